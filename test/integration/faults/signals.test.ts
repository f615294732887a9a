/** SIGINT and SIGTERM at every moment of a run: it ends in order, tells why, and leaves nothing behind. */
import { createServer } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import type pg from 'pg'
import { ANY_VERSION, type Bed, bedFor } from '../../support/provision.ts'
import { startProxy } from '../../support/proxy.ts'
import { count, IS_WHOLE } from '../../support/faults/intensity.ts'
import { isBlocked, lockHolders, until } from '../../support/faults/moments.ts'
import { endsInOrder, holdRoles, launch } from '../../support/faults/signals.ts'
import { quiet, TRUTH_SETTINGS } from '../../support/faults/truth.ts'

const LOCK_KEY = '8242267087886938998'
const APPLICATIONS = { shop: {}, ed: { database_name: 'shop_dev_db', access_level: 'editor' } }

/** A superuser's session that holds something until it is let go. */
async function hold(t: ExecutionContext, bed: Bed, text: string): Promise<pg.Client> {
  const master = await bed.server.connect({ ...bed.server.master, database: 'postgres' })
  t.teardown(() => master.end())
  await master.query(text)
  return master
}

for (const version of ANY_VERSION) {
  const bed = bedFor(version, { settings: TRUTH_SETTINGS })
  const on = `PostgreSQL ${version}: `

  test.serial(`${on}interrupted while it waits for AWS`, async (t) => {
    const stack = bed().declare(APPLICATIONS)
    bed().aws.delay('BatchGetSecretValue', 60_000)
    t.teardown(() => {
      bed().aws.heal()
    })
    const mark = await bed().server.mark()
    const asked = bed().aws.calls.length
    const run = await launch(t, stack)
    await until('a call to AWS', () => bed().aws.calls.length > asked)
    await endsInOrder(t, bed(), run, 'SIGINT', mark)
  })

  test.serial(`${on}interrupted while it connects to a server that does not answer`, async (t) => {
    let connections = 0
    const silent = createServer(() => {
      connections += 1
    }).listen(0, '127.0.0.1')
    t.teardown(() => silent.close())
    await until('the silent server', () => silent.listening)
    const address = silent.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const stack = bed().declare(APPLICATIONS, { connect_through: { host: '127.0.0.1', port } })
    const mark = await bed().server.mark()
    const run = await launch(t, stack)
    await until('a connection', () => connections > 0)
    await endsInOrder(t, bed(), run, 'SIGTERM', mark)
  })

  test.serial(`${on}interrupted while it waits for the instance's lock`, async (t) => {
    const stack = bed().declare(APPLICATIONS)
    await hold(t, bed(), `SELECT pg_advisory_lock(${LOCK_KEY})`)
    const mark = await bed().server.mark()
    const run = await launch(t, stack)
    await until('the wait', () => run.process.output().includes("waiting for the instance's lock"))
    await endsInOrder(t, bed(), run, 'SIGINT', mark)
  })

  test.serial(`${on}interrupted in a statement that waits for a lock: it is cancelled and rolled back`, async (t) => {
    const stack = bed().declare({ ...APPLICATIONS, more: { connection_limit: 3 } }, { max_connections: 1 })
    await stack.applyOk()
    stack.applications = { ...stack.applications, more: { connection_limit: 4 } }
    const blocker = await holdRoles(t, bed())
    const mark = await bed().server.mark()
    const run = await launch(t, stack)
    await until('a blocked statement', () => isBlocked(bed().server))
    await endsInOrder(t, bed(), run, 'SIGINT', mark)
    await blocker()
    t.is(await lockHolders(bed().server), 0)
    await stack.applyOk()
  })

  test.serial(`${on}a second signal ends it at once, and the server rolls back and lets the lock go`, async (t) => {
    const stack = bed().declare({ late: { connection_limit: 3 } })
    await stack.applyOk()
    stack.applications = { late: { connection_limit: 4 } }
    const release = await holdRoles(t, bed())
    const run = await launch(t, stack)
    await until('a blocked statement', () => isBlocked(bed().server))
    run.process.kill('SIGINT')
    run.process.kill('SIGINT')
    const again = setInterval(() => {
      run.process.kill('SIGINT')
    }, 50)
    const { code } = await run.process.ended
    clearInterval(again)
    t.is(code, 1)
    await release()
    await quiet(bed().server)
    t.is(await lockHolders(bed().server), 0)
    await stack.applyOk()
    count('events', 'two signals to the process')
  })

  test.serial(`${on}interrupted at points all over a run`, async (t) => {
    const proxy = await startProxy(bed().server.port, 5)
    t.teardown(() => proxy.close())
    await removeAll(bed())
    for (let flight = 2; flight < 60; flight += IS_WHOLE ? 5 : 19) {
      const stack = bed().declare(APPLICATIONS, {
        instance: { host: 'localhost', port: proxy.port, identifier: 'db-1' },
        cluster_name: 'c',
        stack: 'all-over',
      })
      proxy.reset()
      const mark = await bed().server.mark()
      const run = await launch(t, stack)
      const over = new AbortController()
      void run.process.ended.then(() => {
        over.abort()
      })
      await until(`exchange ${String(flight)}`, () => over.signal.aborted || proxy.flights >= flight)
      if (over.signal.aborted) break
      await endsInOrder(t, bed(), run, flight % 2 === 0 ? 'SIGINT' : 'SIGTERM', mark, true)
      await stack.applyOk()
      t.deepEqual(await stack.plan(), [])
      await removeAll(bed())
    }
  })
}

async function removeAll({ server }: Bed): Promise<void> {
  await server.sql('DROP DATABASE IF EXISTS shop_dev_db WITH (FORCE)')
  for (const role of ['shop_dev_user', 'ed_dev_user']) await server.sql(`DROP ROLE IF EXISTS ${role}`)
}
