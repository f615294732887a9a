/** A session that does not end in time is counted, and told of: a stopped process answers no signal but the last. */
import test from 'ava'
import type pg from 'pg'
import { holdSessions } from '../../support/held-sessions.ts'
import { ANY_VERSION, bedFor, type Entry } from '../../support/provision.ts'

const { open: session } = holdSessions()

/** The process of a session is stopped until the result is called. */
async function stop(client: pg.Client): Promise<() => void> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const pid = rows[0]?.pid ?? 0
  process.kill(pid, 'SIGSTOP')
  return () => process.kill(pid, 'SIGCONT')
}

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `
  const guest = (level: string): Entry => ({ database_name: 'shop_dev_db', access_level: level })

  test.serial.before(`${on}RDS knows the instance`, () => {
    bed().aws.putInstance('db-1')
  })

  test.serial(`${on}of a login that is lowered`, async (t) => {
    const stack = bed().declare({ shop: {}, ed: guest('editor') }, { stack: 'stuck' })
    await stack.applyOk()
    await stack.sql('shop', 'CREATE TABLE t (id int)')
    await stack.applyOk()
    const [one, other] = [await session(stack, 'ed'), await session(stack, 'ed')]
    const resume = await stop(one)
    await stop(other).then((goOn) => {
      goOn()
    })
    stack.applications = { ...stack.applications, ed: guest('reader') }
    const started = Date.now()
    const { records } = await stack.applyOk()
    const took = Date.now() - started
    resume()
    t.true(took < 10_000, `${String(took)} ms`)
    t.deepEqual(
      records
        .filter(({ action }) => action === 'disconnect')
        .map(({ status, message }) => [status, message.slice(0, 30)]),
      [
        ['updated', '1 session(s) of ed_dev_user en'],
        ['warning', '1 session(s) of ed_dev_user ke'],
      ],
    )
  })

  test.serial(`${on}in a database that is to go with a snapshot: nothing is dropped`, async (t) => {
    const stack = bed().declare({ kept: { cleanup_policy: 'snapshot-and-delete' } }, { stack: 'stuck' })
    await stack.applyOk()
    const resume = await stop(await session(stack, 'kept'))
    const before = bed().aws.callsTo('CreateDBSnapshot').length
    const { audit, problems, records } = await stack.destroy('kept')
    resume()
    t.is(audit.run.exit_code, 1, audit.run.error ?? '')
    t.deepEqual(
      problems.map(({ application, code }) => [application, code]),
      [['kept', 'session_left']],
    )
    t.is(bed().aws.callsTo('CreateDBSnapshot').length, before)
    t.true(records.some(({ action, status }) => action === 'disconnect' && status === 'warning'))
    await stack.destroyOk('kept')
  })
}
