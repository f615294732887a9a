/** A plan as a person reads it. */
import test from 'ava'
import type { Finding, Step } from '../../../src/model/step.ts'
import { previewSummary } from '../../../src/preview/summary.ts'
import { previewText } from '../../../src/preview/text.ts'
import { HOSTILE, samplePreview } from '../report/sample.ts'

const PLAIN = { colour: false, listUnchanged: false }
const ABOUT = { application: 'shop', database: 'shop_dev_db', username: 'shop_dev_user' }
const FINDINGS: readonly Finding[] = [
  { ...ABOUT, object: 'password', action: 'verify', status: 'no_change', message: 'shop_dev_user logs in' },
  {
    ...ABOUT,
    object: 'role',
    action: 'retained',
    status: 'skipped',
    message: 'role old_dev_user is no longer declared and is retained',
    standing: 'orphan',
  },
  { ...ABOUT, object: 'grant', action: 'grant', status: 'skipped', message: 'shop_dev_user is not made a member yet' },
  { ...ABOUT, object: 'schema', action: 'revoke', status: 'warning', message: 'PUBLIC may create objects in public' },
]

function planOf(steps: readonly Partial<Step>[], findings: readonly Finding[] = []): Parameters<typeof previewText>[0] {
  const [first] = samplePreview().plan.jobs
  const [sample] =
    first?.transactions.flatMap((transaction) => (transaction.kind === 'atomic' ? transaction.steps : [])) ?? []
  if (first === undefined || sample === undefined) throw new Error('no sample')
  return samplePreview({
    plan: {
      findings,
      jobs: [{ ...first, transactions: [{ kind: 'atomic', steps: steps.map((step) => ({ ...sample, ...step })) }] }],
    },
  })
}

test('changes by application with their SQL, then what is left alone, what to look at, and the counts', (t) => {
  const steps: readonly Partial<Step>[] = [
    {},
    {
      application: null,
      object: 'admin',
      action: 'repair',
      status: 'created',
      message: 'a membership',
      statements: [],
    },
    {
      object: 'grant',
      action: 'restrict',
      status: 'removed',
      message: 'PUBLIC may not connect to shop_dev_db',
      statements: [],
    },
    { application: 'blog', status: 'created', action: 'create', message: 'role blog_dev_user (owner)', statements: [] },
  ]
  t.is(
    previewText(planOf(steps, FINDINGS), PLAIN),
    `\
Plan for stack shop/dev (dev) on db-1 (h:5432)

application blog
  + create role blog_dev_user (owner)

application shop
  ~ alter role shop_dev_user: connection limit -1 -> 5
      ALTER ROLE "shop_dev_user" CONNECTION LIMIT 5;
  - PUBLIC may not connect to shop_dev_db

instance
  + repair admin: a membership

. shop: shop_dev_user is not made a member yet
. no longer declared: 1 role (RDS_PROVISION_LOG=verbose names each)

warnings: 1
! shop: schema: PUBLIC may create objects in public

Plan: 2 to create, 1 to update, 1 to remove (1 unchanged, 2 skipped, 1 warning).
`,
  )
})

test('what did not change is listed where asked', (t) => {
  const text = previewText(planOf([], FINDINGS), { ...PLAIN, listUnchanged: true })
  t.true(text.includes('\n= shop: shop_dev_user logs in\n'))
  t.true(text.includes('\n. shop: role: role old_dev_user is no longer declared and is retained\n'))
  t.true(text.endsWith('\nPlan: nothing to change (1 unchanged, 2 skipped, 1 warning).\n'))
})

test('no name adds a line or moves a cursor', (t) => {
  const lines = previewText(planOf([{ application: HOSTILE, message: `${HOSTILE}\nrole x` }]), PLAIN).split('\n')
  t.is(lines.length, 8)
  for (const line of lines) t.notRegex(line, /[\p{Cc}\u202e]/u)
})

test('as a job summary: the text in a fence that nothing in it closes, and no more than the page takes', (t) => {
  const summary = previewSummary(planOf([{ application: '````', message: '````\n````', statements: [] }]))
  t.regex(summary, /^### rds-provision plan: dev, shop\n\n````text\nPlan for stack/)
  t.deepEqual(
    summary.split('\n').filter((line) => /^ {0,3}`{4}/.test(line)),
    ['````text', '````'],
  )
  const long = previewSummary(planOf(Array.from({ length: 5000 }, () => ({ message: 'x'.repeat(100) }))))
  t.true(Buffer.byteLength(long) < 1024 * 1024)
  t.true(long.includes('--json has all of it'))
})

test('colours only where asked', (t) => {
  t.false(previewText(planOf([{}]), PLAIN).includes('\u001b'))
  t.true(previewText(planOf([{}]), { ...PLAIN, colour: true }).includes('\u001b[33m'))
})
