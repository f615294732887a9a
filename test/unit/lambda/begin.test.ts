/** What comes along of an approved plan is proven by the function itself (src/README.md: What was approved). */
import { randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import test from 'ava'
import { InvalidInputError } from '../../../src/errors.ts'
import { packPlan } from '../../../src/input/plan-file.ts'
import { beginRequest, type BegunRequest } from '../../../src/lambda/function/begin.ts'
import { parseRequest } from '../../../src/lambda/protocol.ts'
import { digestOf } from '../../../src/plan/effects.ts'

const INPUT = JSON.stringify({
  environment: 'staging',
  instance: { host: 'db-1.example' },
  admin_secret_id: 'platform/staging/admin',
  application_databases: { shop: {} },
})
const EFFECTS = [
  {
    application: 'shop',
    database: null,
    username: 'shop_u',
    object: 'role',
    rule: 'alter_role',
    effect: 'limit 1 -> 2',
    detail: null,
  },
]

function begin(digest: string, approvedPlan: unknown): Promise<BegunRequest> {
  const request = parseRequest(
    JSON.stringify({
      id: randomUUID(),
      turn: 2,
      command: 'apply',
      input: gzipSync(INPUT).toString('base64'),
      variables: { ALLOW_DB_PROVISION: `plan:${digest}`, RDS_PROVISION_RUN_ID: 'r', RDS_PROVISION_BUILD_ID: 'b' },
      run_group: 'g',
      ca_pem: null,
      removal: null,
      tell: null,
      report: null,
      resume: null,
      packed: false,
      ...(approvedPlan !== undefined && { approved_plan: approvedPlan }),
    }),
  )
  if (typeof request === 'string') throw new Error(request)
  return beginRequest(request)
}

test('of a client that is older only the digest counts; a plan that comes along is proven by it', async (t) => {
  const { parsed, end } = await begin('0'.repeat(64), undefined)
  await end()
  const digest = digestOf(parsed.declaration, EFFECTS)
  const old = await begin(digest, undefined)
  t.deepEqual(old.identity.approvedPlan, { digest, effects: null })
  const given = await begin(digest, { plan: packPlan({ digest, effects: EFFECTS }), is_begun: true })
  t.deepEqual(given.identity.approvedPlan, { digest, effects: EFFECTS })
})

test('a client that widens what is approved, or sends what is no plan, is refused', async (t) => {
  const { parsed } = await begin('0'.repeat(64), null)
  const digest = digestOf(parsed.declaration, EFFECTS)
  const [effect] = EFFECTS
  const wider = [...EFFECTS, { ...effect, effect: 'gets CREATEDB' }]
  const other = digestOf(parsed.declaration, [])
  for (const plan of [
    gzipSync(JSON.stringify({ digest, effects: wider })).toString('base64'),
    packPlan({ digest: other, effects: [] }),
    packPlan({ digest, effects: [] }),
    'H4sInothing',
    gzipSync('{}').toString('base64'),
  ]) {
    const error = await t.throwsAsync(begin(digest, { plan, is_begun: true }), { instanceOf: InvalidInputError })
    t.deepEqual(
      error.problems.map(({ field }) => field),
      ['RDS_PROVISION_PLAN_FILE'],
    )
  }
})
