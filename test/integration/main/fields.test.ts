/** What the table of fields (terraform-module/docs/fields.md) says of a field that changes or is taken out. */
import test from 'ava'
import { bedFor, type Entry, type Stack } from '../../support/provision.ts'

const bed = bedFor(16)

/** One value from the server. */
async function one(text: string, ...values: readonly unknown[]): Promise<unknown> {
  const [row = {}] = await bed().server.sql(`SELECT (${text}) AS value`, [...values])
  return row['value']
}

async function applyAs(stack: Stack, applications: Readonly<Record<string, Entry>>): Promise<string[]> {
  stack.applications = applications
  for (const name of Object.keys(applications)) stack.setPassword(name, name)
  const { audit } = await stack.applyOk()
  return audit.records.map(({ status, message }) => `${status}: ${message}`)
}

/** The guardrails that a run meets. */
async function blockedBy(stack: Stack): Promise<string[]> {
  const { audit, problems } = await stack.apply()
  return audit.run.outcome === 'blocked' ? problems.map(({ field }) => field) : [audit.run.outcome]
}

test.serial('limits, moment, CREATEDB and settings are set, and undone when taken out', async (t) => {
  const stack = bed().declare({
    limits: {
      connection_limit: 20,
      database_connection_limit: 100,
      valid_until: '2127-01-31T00:00:00Z',
      can_create_databases: true,
      settings: { statement_timeout: '30s' },
    },
  })
  await stack.applyOk()
  const state = () =>
    one(
      `SELECT concat_ws(' ', rolconnlimit, datconnlimit, rolcreatedb, coalesce(rolvaliduntil, 'infinity') = 'infinity',
         (SELECT count(*) FROM pg_db_role_setting WHERE setrole = r.oid))
       FROM pg_roles r JOIN pg_database ON datdba = r.oid WHERE rolname = $1`,
      stack.username('limits'),
    )
  t.is(await state(), '20 100 t f 1')
  await applyAs(stack, { limits: {} })
  t.is(await state(), '-1 -1 f t 0')
})

test.serial('another database_name: a new database; the old one stays and is reported', async (t) => {
  const stack = bed().declare({ moves: {} })
  await stack.applyOk()
  const old = stack.database('moves')
  const messages = await applyAs(stack, { moves: { database_name: `${old}_new` } })
  const owned = await one(
    `SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE pg_get_userbyid(datdba) = $1`,
    stack.username('moves'),
  )
  t.is(owned, `${old} ${old}_new`)
  t.true(messages.includes(`skipped: database ${old} is no longer declared and is retained`), messages.join('\n'))
})

test.serial('another username: blocked for an owner, a new login for a reader', async (t) => {
  const stack = bed().declare({ whose: {} })
  await stack.applyOk()
  const reader = { database_name: stack.database('whose'), access_level: 'reader' }
  await applyAs(stack, { whose: {}, reads: reader })
  const old = stack.username('reads')
  const messages = await applyAs(stack, { whose: {}, reads: { ...reader, username: `${old}_2` } })
  const told = `warning: role ${old} is no longer declared, and its policy is disable`
  t.true(
    messages.some((message) => message.startsWith(told)),
    messages.join('\n'),
  )
  t.is(await one('SELECT count(*)::int FROM pg_roles WHERE rolname IN ($1, $2)', old, `${old}_2`), 2)
  stack.applications = {
    whose: { username: `${stack.username('whose')}_2` },
    reads: { ...reader, username: `${old}_2` },
  }
  stack.setPassword('whose', 'whose')
  t.deepEqual(await blockedBy(stack), ['renamed role'])
})

test.serial('schemas and extensions taken out stay; an editor loses its rights in the schema', async (t) => {
  const stack = bed().declare({ whole: { schemas: ['public', 'mart'], extensions: ['pgcrypto'] } })
  await stack.applyOk()
  const edits = { database_name: stack.database('whole'), access_level: 'editor' }
  await applyAs(stack, { whole: { schemas: ['public', 'mart'], extensions: ['pgcrypto'] }, edits })
  const usage = async () =>
    (await stack.sql('whole', `SELECT has_schema_privilege('${stack.username('edits')}', 'mart', 'USAGE')`)).flat()
  t.deepEqual(await usage(), [true])
  await applyAs(stack, { whole: {}, edits })
  t.deepEqual(await usage(), [false])
  const left = await stack.sql(
    'whole',
    `SELECT nspname::text FROM pg_namespace WHERE nspname = 'mart' UNION ALL SELECT extname::text FROM pg_extension WHERE extname = 'pgcrypto'`,
  )
  t.deepEqual(left, [['mart'], ['pgcrypto']])
})

test.serial(
  'another level: rights are given and taken; another owner is blocked until a person changed it',
  async (t) => {
    const stack = bed().declare({ first: {} })
    await stack.applyOk()
    const shared = { database_name: stack.database('first') }
    await applyAs(stack, { first: {}, second: { ...shared, access_level: 'editor' } })
    const temporary = () =>
      one('SELECT has_database_privilege($1, $2, $3)', stack.username('second'), stack.database('first'), 'TEMPORARY')
    t.true(await temporary())
    await applyAs(stack, { first: {}, second: { ...shared, access_level: 'reader' } })
    t.false(await temporary())
    stack.applications = { first: { access_level: 'reader' }, second: shared }
    t.deepEqual(await blockedBy(stack), ['owner mismatch'])
  },
)

test.serial('another secret: its password is set; another policy: the tags are changed', async (t) => {
  const stack = bed().declare({ keeps: {} })
  await stack.applyOk()
  const messages = await applyAs(stack, { keeps: { secret_id: 'team/keeps', cleanup_policy: 'delete' } })
  t.true(
    messages.some((message) =>
      message.startsWith(`updated: password of ${stack.username('keeps')} set from team/keeps`),
    ),
    messages.join('\n'),
  )
  t.true(messages.some((message) => message.includes('CleanupPolicy retain -> delete')))
})

test.serial('adopt_existing changes nothing for a login that has our tag', async (t) => {
  const stack = bed().declare({ ours: {} })
  await stack.applyOk()
  stack.applications = { ours: { adopt_existing: true } }
  t.deepEqual(await stack.plan(), [])
})

test.serial('encoding and locale: blocked where the database has others, nothing when taken out', async (t) => {
  const stack = bed().declare({ fixed: { encoding: 'UTF8', locale: 'C' } })
  await stack.applyOk()
  stack.applications = { fixed: {} }
  t.deepEqual(await stack.plan(), [])
  stack.applications = { fixed: { encoding: 'LATIN1' } }
  t.deepEqual(await blockedBy(stack), ['immutable'])
})
