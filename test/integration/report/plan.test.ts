/** `plan` on a real server: what it prints is what the next apply runs; it changes nothing and waits for nobody. */
import test from 'ava'
import fc from 'fast-check'
import * as v from 'valibot'
import { dump } from '../../support/catalogs.ts'
import { bedFor, type Entry, VERSIONS } from '../../support/provision.ts'
import { previewJson } from '../../../src/preview/json.ts'
import { listChanges } from '../../../src/preview/preview.ts'
import { createSecretReader } from '../../../src/secrets/aws-secret-reader.ts'
import { previewText } from '../../../src/preview/text.ts'

const SCHEMAS = fc.subarray(['public', 'mart', 'My "odd" schema'], { minLength: 1 })
const OWNER = fc.record(
  {
    schemas: SCHEMAS,
    can_create_databases: fc.boolean(),
    connection_limit: fc.constantFrom(-1, 5, 20),
    valid_until: fc.constantFrom('2040-01-01T00:00:00Z', '2041-06-01T12:00:00+02:00'),
    settings: fc.constantFrom({}, { statement_timeout: '1min' }, { search_path: ['mart', 'public'], work_mem: '8MB' }),
    database_connection_limit: fc.constantFrom(-1, 50),
  },
  { requiredKeys: [] },
)
const GUEST = fc.record(
  { access_level: fc.constantFrom('editor', 'reader'), schemas: SCHEMAS },
  { requiredKeys: ['access_level'] },
)

/** Declarations of one stack, one after the other; each change of one is a change to plan. */
const HISTORY = fc.array(fc.record({ shop: OWNER, guest: GUEST, second: OWNER, newPassword: fc.boolean() }), {
  minLength: 2,
  maxLength: 3,
})

for (const version of VERSIONS) {
  const bed = bedFor(version)
  let stacks = 0

  test.serial(`${version}: what plan prints is what apply runs`, async (t) => {
    await fc.assert(
      fc.asyncProperty(HISTORY, async (history) => {
        stacks += 1
        const prefix = `p${stacks}`
        const stack = bed().declare({})
        for (const { shop, guest, second, newPassword } of history) {
          const guests: Record<string, Entry> = {
            [`${prefix}_guest`]: { ...guest, database_name: `${prefix}_shop_dev_db` },
          }
          stack.applications = { [`${prefix}_shop`]: shop, ...guests, [`${prefix}_second`]: second }
          if (newPassword) stack.setPassword(`${prefix}_shop`, `changed by hand ${stacks}`)
          const found = await stack.preview()
          const planned = listChanges(found.plan)
          const printed: unknown = JSON.parse(previewJson(found))
          t.deepEqual(
            statementsOf(printed),
            planned.flatMap(({ statements }) => statements),
          )
          const text = previewText(found, PLAIN)
          for (const statement of statementsOf(printed)) t.true(text.includes(`      ${statement};\n`), statement)

          const { records } = await stack.applyOk()
          const ran = records.filter(({ statements }) => statements.length > 0)
          t.deepEqual(stepsOf(changesIn(printed)), stepsOf(ran))
          const { plan: after } = await stack.preview()
          t.deepEqual(listChanges(after), [])
        }
      }),
      { numRuns: 3 },
    )
  })
}

const bed = bedFor(VERSIONS[1] ?? 16)

test.serial('plan changes nothing, does not wait for the lock, and says who holds it', async (t) => {
  const stack = bed().declare({ calm: {} })
  const { admin } = bed().server
  const other = await bed().server.connect({ ...admin, database: 'postgres' })
  try {
    await other.query('SELECT pg_advisory_lock(8242267087886938998)')
    const before = await dump(bed().server)
    const mark = await bed().server.mark()
    const { moving, plan } = await stack.preview()
    t.deepEqual(await bed().server.changesSince(mark), [])
    t.deepEqual(await dump(bed().server), before)
    t.true(listChanges(plan).length > 0)
    t.is(moving.length, 1)
    t.regex(moving[0] ?? '', /^Another run is changing this instance \(.*platform_provisioner\)/)
  } finally {
    await other.end()
  }
})

test.serial('plan says that the server changed while it looked', async (t) => {
  const stack = bed().declare({ moved: {} })
  await stack.applyOk()
  await bed().server.sql('CREATE ROLE while_looking')
  stack.setPassword('moved', 'not the one of the role')
  const { moving } = await stack.preview({
    // A wrong password makes the plan ask for a pending one, which is after it read the catalogs.
    secrets: (aws) => ({
      ...createSecretReader(aws),
      readStage: async () => {
        await bed().server.sql('DROP ROLE IF EXISTS while_looking')
        return null
      },
    }),
  })
  t.deepEqual(moving, ['Roles, databases or memberships changed while this plan was made: plan again.'])
})

test.serial('an approval is missing: said, and no reason to plan nothing', async (t) => {
  const stack = bed().declare({ approved: {} }, { environment: 'prod', build_id: 'build-9' })
  const found = await stack.preview()
  t.is(found.approval?.field, 'approval')
  t.deepEqual(found.blocked, [])
  t.true(listChanges(found.plan).length > 0)
  t.regex(
    previewText(found, PLAIN),
    /! approval: the environment is prod, and nobody approved this run\.\n {2}-> Set ALLOW_DB_PROVISION=true/,
  )
})

test.serial('everything that would block is said at once, and nothing is planned', async (t) => {
  await bed().server.sql('CREATE ROLE taken_dev_user LOGIN')
  await bed().server.sql('CREATE DATABASE theirs_dev_db')
  const stack = bed().declare({ taken: {}, theirs: {}, 'odd-name': { username: 'Odd Name' } }, { enforce_naming: true })
  const found = await stack.preview()
  t.deepEqual(found.blocked.map(({ application, field }) => `${String(application)}: ${field}`).sort(), [
    'odd-name: naming',
    'taken: unmanaged role',
    'theirs: owner mismatch',
  ])
  t.deepEqual(listChanges(found.plan), [])
  t.regex(
    previewText(found, PLAIN),
    /would be blocked: 3\n[^]*\n\nPlan: nothing would be changed, since the apply would be blocked\.\n$/,
  )
})

test.serial('a database whose inside cannot be seen is named', async (t) => {
  const stack = bed().declare({ closed: {} })
  await stack.applyOk()
  await bed().server.sql('ALTER DATABASE closed_dev_db CONNECTION LIMIT 0')
  const found = await stack.preview()
  t.regex(previewText(found, PLAIN), /! The inside of closed_dev_db cannot be seen before its access is restored/)
})

test.serial('no password stands in a plan', async (t) => {
  const stack = bed().declare({ quiet: {} })
  stack.setPassword('quiet', 'sentinel-password')
  const found = await stack.preview()
  for (const text of [previewText(found, { ...PLAIN, colour: true }), previewJson(found)]) {
    t.false(text.includes('sentinel-password'))
    t.false(text.includes('SCRAM-SHA-256$'))
    t.true(text.includes('[redacted]'))
  }
})

const PLAIN = { colour: false, listUnchanged: false }

/** What a change of a plan and a record of the audit have in common. */
const Step = v.object({
  application: v.nullable(v.string()),
  database: v.nullable(v.string()),
  username: v.nullable(v.string()),
  object: v.string(),
  action: v.string(),
  status: v.string(),
  message: v.string(),
  statements: v.pipe(v.array(v.string()), v.readonly()),
})
const Printed = v.object({ changes: v.array(Step) })

function changesIn(document: unknown): v.InferOutput<typeof Step>[] {
  return v.parse(Printed, document).changes
}

function statementsOf(document: unknown): string[] {
  return changesIn(document).flatMap(({ statements }) => statements)
}

/** Each step with its statements in their order; databases are worked on side by side, so the steps themselves have none. */
function stepsOf(steps: readonly v.InferOutput<typeof Step>[]): string[] {
  return steps.map((step) => JSON.stringify(v.parse(Step, step))).sort()
}
