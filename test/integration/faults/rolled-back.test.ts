/**
 * What is tried again and what is not, and what a message leaves behind for those who may look (src/README.md: What is
 * tried again).
 */
import test from 'ava'
import type pg from 'pg'
import { lockWait } from '../../../src/execute/lock-wait.ts'
import { runAtomic, type TransactionOutcome } from '../../../src/execute/transaction.ts'
import { Secret } from '../../../src/model/secret.ts'
import type { Statement } from '../../../src/model/statement.ts'
import { Session } from '../../../src/server/session.ts'
import { alterRole } from '../../../src/sql/role.ts'
import { until } from '../../support/faults/moments.ts'
import { type Bed, bedFor, VERSIONS } from '../../support/provision.ts'
import { sampleStep } from '../../support/sample-step.ts'

async function sessionOf(bed: Bed): Promise<{ session: Session; client: pg.Client; pid: number }> {
  const { server } = bed
  const client = await server.connect({ ...server.admin, database: 'postgres' })
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const pid = rows[0]?.pid ?? 0
  const session = new Session(client, 'postgres', server.admin.user, {
    version: server.version * 10_000,
    text: '',
    pid,
  })
  return { session, client, pid }
}

function run(session: Session, statement: Statement): Promise<TransactionOutcome> {
  const step = sampleStep([statement])
  return runAtomic({ kind: 'atomic', steps: [step] }, session, {
    signal: new AbortController().signal,
    lockWait: lockWait(0, false),
  })
}

for (const version of VERSIONS) {
  const on = `PostgreSQL ${version}: `
  const bed = bedFor(version)

  test.serial(
    `${on}a row that somebody else updates meanwhile is tried again; one that is deleted is refused`,
    async (t) => {
      const { server } = bed()
      const admin = await server.connect({ ...server.admin, database: 'postgres' })
      t.teardown(() => admin.end())
      const { session, client, pid } = await sessionOf(bed())
      t.teardown(() => client.end())
      await admin.query('CREATE ROLE r')
      const endings: readonly (readonly [string, TransactionOutcome['kind']])[] = [
        ['ALTER ROLE r CONNECTION LIMIT 5', 'applied'],
        ['DROP ROLE r', 'refused'],
      ]
      for (const [statement, kind] of endings) {
        await admin.query('BEGIN')
        await admin.query(statement)
        const running = run(session, alterRole('r', { connectionLimit: 6 }))
        await until('a blocked statement', async () => {
          const rows = await server.sql("SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'", [
            pid,
          ])
          return rows.length > 0
        })
        await admin.query('COMMIT')
        const outcome = await running
        t.is(outcome.kind, kind)
        if (outcome.kind === 'applied') t.is(outcome.applied[0]?.retries, 1)
        if (outcome.kind === 'refused') t.is(outcome.error.code, '42704')
      }
    },
  )

  test.serial(`${on}the last message of a session that set a password holds no verifier`, async (t) => {
    const { server } = bed()
    const { session, client, pid } = await sessionOf(bed())
    t.teardown(() => client.end())
    await server.sql("CREATE ROLE watcher LOGIN PASSWORD 'w' IN ROLE pg_monitor")
    const watcher = await server.connect({ user: 'watcher', password: 'w', database: 'postgres' })
    t.teardown(() => watcher.end())
    const seen = async (): Promise<unknown> =>
      (await watcher.query<{ query: string }>('SELECT query FROM pg_stat_activity WHERE pid = $1', [pid])).rows[0]
        ?.query
    await server.sql(`CREATE ROLE mine; ${version >= 16 ? `GRANT mine TO ${server.admin.user} WITH ADMIN TRUE` : ''}`)
    const verifier = new Secret(`SCRAM-SHA-256$4096:${'a'.repeat(24)}$${'b'.repeat(44)}:${'c'.repeat(44)}`)
    t.is((await run(session, alterRole('mine', { verifier }))).kind, 'applied')
    t.is(await seen(), 'SELECT 1')
    t.is((await run(session, alterRole('none such', { verifier }))).kind, 'refused')
    t.is(await seen(), 'ROLLBACK')
  })

  test.serial(`${on}what PUBLIC may lock of the catalogs is not read`, async (t) => {
    const { server } = bed()
    const lockable = await server.sql(`
      SELECT DISTINCT c.relname::text AS name
      FROM pg_class c, aclexplode(c.relacl) a
      WHERE a.grantee = 0 AND a.privilege_type <> 'SELECT'`)
    t.deepEqual(lockable, [{ name: 'pg_settings' }], 'as the lint rule says')
    const stack = bed().declare({ app: { username: 'locks', database_name: 'locks' } }, { lock_timeout: 5 })
    await stack.applyOk()
    const tenant = await stack.connect('app', 'postgres')
    t.teardown(() => tenant.end())
    await tenant.query('BEGIN; LOCK TABLE pg_catalog.pg_settings IN ACCESS EXCLUSIVE MODE')
    stack.applications = { app: { username: 'locks', database_name: 'locks', settings: { work_mem: '8MB' } } }
    t.is((await stack.applyOk()).audit.run.outcome, 'changed')
  })
}
