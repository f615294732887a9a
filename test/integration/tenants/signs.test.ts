/** Signs of removals that tenants make (src/README.md: Locks and signs of others): they delay nobody. */
import test from 'ava'
import { ANY_VERSION, bedFor, type Entry, type Stack } from '../../support/provision.ts'

/** What a removal shows while its databases are closed (src/server/removal-signals.ts). */
const CLOSED = 1919185778
const GUEST: Entry = { database_name: 'own_dev_db', access_level: 'editor', cleanup_policy: 'delete' }
/** A removal that believed the sign would wait a minute for it (`snapshotTimeoutMs` of the bed). */
const LONGEST_MS = 30_000
const WAITS = { othersMs: 1_000, abandonedMs: 500, superusersMs: 500 }

/** A session of the owner, outside of its database, with statements that hold until it ends. */
async function holding(stack: Stack, ...statements: readonly string[]): Promise<() => Promise<void>> {
  const client = await stack.connect('own', 'postgres')
  client.on('error', () => {}) // ended by the removal
  for (const statement of statements) await client.query(statement)
  return () => client.end().catch(() => {})
}

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial.before(`${on}RDS knows the instance`, () => {
    bed().aws.putInstance('db-1')
  })

  test.serial(
    `${on}an owner that closes its database and shows the sign of a removal keeps no editor from leaving`,
    async (t) => {
      const stack = bed().declare({ own: {}, ed: GUEST, gamma: {} })
      await stack.applyOk()
      const release = await holding(
        stack,
        `SELECT pg_advisory_lock_shared(${String(CLOSED)}, oid::int8::bit(32)::int4) FROM pg_database WHERE datname = 'own_dev_db'`,
        'ALTER DATABASE own_dev_db ALLOW_CONNECTIONS false',
      )
      const started = Date.now()
      const { audit } = await stack.destroy('ed', { waits: WAITS })
      t.is(audit.run.exit_code, 0, audit.run.error ?? '')
      t.true(Date.now() - started < LONGEST_MS)
      await release()
      t.deepEqual(await bed().server.sql(`SELECT FROM pg_roles WHERE rolname = 'ed_dev_user'`), [])
      t.is(await stack.answer('own', 'SELECT 1'), '55000') // as its owner left it
      t.is(await stack.answer('gamma', 'SELECT 1'), 'ok')
    },
  )

  test.serial(`${on}an application_name that says another removal is to come delays no snapshot`, async (t) => {
    const stack = bed().declare({ own: {}, goes: { cleanup_policy: 'snapshot-and-delete' } }, { stack: 'names' })
    await bed().server.sql('DROP DATABASE IF EXISTS own_dev_db WITH (FORCE)')
    await bed().server.sql('DROP ROLE IF EXISTS own_dev_user')
    await stack.applyOk()
    const release = await holding(stack, `SET application_name = 'rds-provision removal pending one'`)
    const started = Date.now()
    await stack.destroyOk('goes', { runGroup: 'one', waits: WAITS })
    t.true(Date.now() - started < LONGEST_MS)
    await release()
    t.is(await stack.answer('own', 'SELECT 1'), 'ok')
  })
}
