/** Databases with many tables: no transaction holds more than a part of them (src/README.md: Large catalogs). */
import test from 'ava'
import { bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'
import { makeTables, tablesNamed } from '../../support/tables.ts'

/** Of `npm test`; the whole figure of the case is 20000. */
const TABLES = Number(process.env['RDS_PROVISION_TABLES'] ?? '3000')
const GUEST: Entry = { database_name: 'shop_dev_db', cleanup_policy: 'delete' }

/** A lock table that a transaction over all tables does not fit into, on 18, where a GRANT locks what it names. */
const SMALL: Readonly<Record<string, string>> =
  TABLES < 20_000
    ? { max_connections: '20', max_locks_per_transaction: '32', max_wal_senders: '0', max_worker_processes: '1' }
    : { max_connections: '80' }

for (const version of new Set([...VERSIONS, 18] as const)) {
  const bed = bedFor(version, { settings: SMALL })
  const on = `PostgreSQL ${version}: `

  /** Another tenant at work: every failure of a transaction that locks some tables. */
  const otherTenant = async (stack: Stack): Promise<() => Promise<string[]>> => {
    await makeTables(stack, 'other', 'public', 60)
    const client = await stack.connect('other')
    const failures: string[] = []
    const state = { isOn: true }
    const work = (async () => {
      while (state.isOn) {
        const tables = Array.from({ length: 60 }, (_, index) => `t${String(index + 1)}`).join(', ')
        await client
          .query(`BEGIN; LOCK TABLE ${tables} IN ROW EXCLUSIVE MODE; SELECT pg_sleep(0.02); COMMIT`)
          .catch(async (error: unknown) => {
            failures.push(String(error))
            await client.query('ROLLBACK')
          })
      }
    })()
    return async () => {
      state.isOn = false
      await work
      await client.end()
      return failures
    }
  }

  test.serial(
    `${on}${TABLES} tables: a reader comes, is raised, lowered and goes, in parts, and nobody else notices`,
    async (t) => {
      t.timeout(20 * 60_000)
      const stack = bed().declare({ shop: { schemas: ['app'] }, other: {} }, { stack: 'large' })
      const { server } = bed()
      await stack.applyOk()
      await makeTables(stack, 'shop', 'app', TABLES)
      const stopOther = await otherTenant(stack)
      const mark = await server.mark()
      const { shop = {}, other = {} } = stack.applications
      const run = async (level: string | null): Promise<readonly string[]> => {
        stack.applications = { shop, other, ...(level !== null && { rd: { ...GUEST, access_level: level } }) }
        const outcome = await stack.applyOk()
        t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
        const last = `app.t${String(TABLES)}`
        t.is(outcome.audit.run.outcome, 'changed')
        return Promise.all([
          stack.answer('rd', `SELECT FROM app.t1, ${last}`, 'shop_dev_db'),
          stack.answer('rd', `INSERT INTO ${last} VALUES (1)`, 'shop_dev_db'),
        ])
      }
      t.deepEqual(await run('reader'), ['ok', '42501'])
      t.deepEqual(await run('editor'), ['ok', 'ok'])
      t.deepEqual(await run('reader'), ['ok', '42501'])
      await stack.destroyOk('rd')
      t.deepEqual(await server.sql(`SELECT FROM pg_roles WHERE rolname = 'rd_dev_user'`), [])
      t.deepEqual(await stopOther(), [])
      const [most = 0, ...rest] = tablesNamed(await server.logSince(mark), 'app')
      t.true(most <= 500, `${String(most)} objects in one transaction`)
      t.true(rest.length >= (4 * TABLES) / 500 - 1)
    },
  )

  test.serial(
    `${on}a connection that breaks between two parts: the run goes on, and tells each part once`,
    async (t) => {
      const { server } = bed()
      const stack = bed().declare({ cut: { schemas: ['app'] } }, { stack: 'cut' })
      await stack.applyOk()
      await makeTables(stack, 'cut', 'app', 1_500)
      stack.applications = { ...stack.applications, half: { database_name: 'cut_dev_db', access_level: 'reader' } }
      const state = { isOver: false, isCut: false }
      const cut = (async () => {
        while (!state.isOver && !state.isCut) {
          const rows = await server.sql(
            `SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
            WHERE a.application_name LIKE 'rds-provision%' AND a.datname = 'cut_dev_db'
              AND EXISTS (SELECT FROM pg_class WHERE relacl::text LIKE '%half_dev_user=r%')`,
            [],
            'cut_dev_db',
          )
          state.isCut = rows.length > 0
        }
      })()
      const outcome = await stack.applyOk()
      state.isOver = true
      await cut
      t.true(state.isCut)
      t.is(await stack.answer('half', 'SELECT FROM app.t1, app.t1500', 'cut_dev_db'), 'ok')
      const granted = outcome.records.flatMap(({ statements }) =>
        statements
          .filter((statement) => statement.startsWith('GRANT SELECT ON TABLE'))
          .flatMap((statement) => statement.match(/"t\d+"/g) ?? []),
      )
      t.deepEqual([granted.length, new Set(granted).size], [1_500, 1_500])
      t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
    },
  )
}
