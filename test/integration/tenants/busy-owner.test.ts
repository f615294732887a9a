/** Owners that change their tables while a run looks and grants (src/README.md: Applications at work). */
import test from 'ava'
import { holdSessions } from '../../support/held-sessions.ts'
import { keepBusy, swapTables } from '../../support/busy-owner.ts'
import { bedFor, type Entry, VERSIONS } from '../../support/provision.ts'
import { makeTables } from '../../support/tables.ts'

/** How long the application works beside the runs; 5 by hand. */
const MINUTES = Number(process.env['RDS_PROVISION_DDL_MINUTES'] ?? '0.2')
const RUNS = MINUTES < 1 ? 5 : 20
const TABLES = 300
/** What a 14 or 15 answers to whoever changes a table beside a GRANT on it; nobody can keep it from that. */
const SERVERS_OWN = 'XX000 tuple concurrently updated'

const { open: session } = holdSessions()
const guest = (level: string, database = 'shop_dev_db'): Entry => ({
  database_name: database,
  access_level: level,
  cleanup_policy: 'delete',
})

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial(
    `${on}tables that are swapped ten times a second beside runs that add, raise and remove guests`,
    async (t) => {
      t.timeout(20 * 60_000)
      const stack = bed().declare({ shop: { schemas: ['app'] } }, { stack: 'swap' })
      await stack.applyOk()
      await makeTables(stack, 'shop', 'app', TABLES)
      const { shop = {} } = stack.applications
      const stop = await keepBusy(stack, 'shop', 100, swapTables('app', TABLES))
      const end = Date.now() + MINUTES * 60_000
      const failed: string[] = []
      let runs = 0
      for (; runs < RUNS || Date.now() < end; runs += 1) {
        const names = Array.from({ length: (runs % 5) + 1 }, (_, index) => `rd${String(index)}`)
        stack.applications = {
          shop,
          ...Object.fromEntries(names.map((name) => [name, guest(runs % 2 === 0 ? 'reader' : 'editor')])),
        }
        const outcome = await stack.apply()
        if (outcome.audit.run.exit_code !== 0) failed.push(outcome.audit.run.error ?? '')
        if (runs % 5 === 4)
          for (const name of names) {
            const removal = await stack.destroy(name)
            if (removal.audit.run.exit_code !== 0) failed.push(removal.audit.run.error ?? '')
          }
      }
      const { turns, longestMs, errors } = await stop()
      const own = errors.filter((error) => error === SERVERS_OWN)
      t.log(
        `${String(runs)} runs, ${String(turns)} swaps, the longest ${String(longestMs)} ms, ${String(own.length)} × ${SERVERS_OWN}`,
      )
      t.deepEqual(failed, [])
      t.deepEqual(
        errors.filter((error) => error !== SERVERS_OWN),
        [],
      )
      t.true(longestMs < 2_000)
      stack.applications = { shop, last: guest('reader') }
      await stack.applyOk()
      t.is(await stack.answer('last', 'SELECT FROM app.t1, app.t2, app.t300', 'shop_dev_db'), 'ok')
    },
  )

  test.serial(`${on}a reader leaves while the owner creates tables all the time`, async (t) => {
    const stack = bed().declare({ maker: {} }, { stack: 'maker' })
    await stack.applyOk()
    const { maker = {} } = stack.applications
    const stop = await keepBusy(stack, 'maker', 30, async (client, turn) => {
      await client.query(`CREATE TABLE made${String(turn)} (id int)`)
    })
    const answers: string[] = []
    for (let run = 0; run < 3; run += 1) {
      stack.applications = { maker, leaves: guest('reader', 'maker_dev_db') }
      await stack.applyOk()
      stack.applications = { maker, leaves: guest('reader', 'maker_dev_db') }
      const { audit } = await stack.destroy('leaves')
      answers.push(audit.run.error ?? 'ok')
      t.deepEqual(await bed().server.sql(`SELECT FROM pg_roles WHERE rolname = 'leaves_dev_user'`), [])
    }
    t.deepEqual(answers, ['ok', 'ok', 'ok'])
    t.deepEqual((await stop()).errors, [])
  })

  test.serial(
    `${on}a table of a transaction that was open while default privileges came is granted too; a run does not wait longer than five seconds for it`,
    async (t) => {
      const stack = bed().declare({ open: {} }, { stack: 'open' })
      await stack.applyOk()
      const { open = {} } = stack.applications
      const client = await session(stack, 'open')
      await client.query('BEGIN; CREATE TABLE late (id int)')
      stack.applications = { open, first: guest('reader', 'open_dev_db') }
      setTimeout(() => void client.query('COMMIT'), 1_500)
      await stack.applyOk()
      t.is(await stack.answer('first', 'SELECT FROM late', 'open_dev_db'), 'ok')
      await client.query('BEGIN; CREATE TABLE later (id int)')
      stack.applications = { ...stack.applications, second: guest('reader', 'open_dev_db') }
      const started = Date.now()
      const { records } = await stack.applyOk()
      t.true(Date.now() - started < 15_000)
      t.deepEqual(
        records
          .filter(({ action }) => action === 'wait')
          .map(({ username, database, status }) => [username, database, status]),
        [['open_dev_user', 'open_dev_db', 'warning']],
      )
      await client.query('COMMIT')
      t.is((await stack.applyOk()).audit.run.outcome, 'changed')
      t.is(await stack.answer('second', 'SELECT FROM later', 'open_dev_db'), 'ok')
    },
  )
}
