/**
 * What a run costs over a network, where the number of round trips and connections is what counts (src/README.md: Round
 * trips).
 */
import test from 'ava'
import type { Ended } from '../../support/launch.ts'
import { launchThrough, permitFor, putFunction } from '../../support/lambda.ts'
import { bedFor, type Entry, VERSIONS } from '../../support/provision.ts'
import { startProxy } from '../../support/proxy.ts'

/** Aims for each application (src/README.md: Round trips). */
const COLD = 20
const UNCHANGED = 8

/** What a run costs however few its applications are: the admin's connection, the lock, the catalogs, the end. */
const RUN = { trips: 12, connections: 1 }

const MAX_CONNECTIONS = 4

function applications(count: number): Record<string, Entry> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`app${count}x${index}`, {}]))
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  for (const count of [1, 20, 100]) {
    test.serial(`${on}${count} application(s): round trips and connections, cold and unchanged`, async (t) => {
      const proxy = await startProxy(bed().server.port)
      t.teardown(() => proxy.close())
      const stack = bed().declare(applications(count), {
        connect_through: { host: 'localhost', port: proxy.port },
        max_connections: MAX_CONNECTIONS,
      })

      await stack.applyOk()
      t.true(proxy.answered <= COLD * count + RUN.trips, `cold: ${proxy.answered} round trips`)
      t.true(proxy.mostOpen <= MAX_CONNECTIONS + 1, `cold: ${proxy.mostOpen} connections at once, the lock's included`)

      proxy.reset()
      const { audit } = await stack.applyOk()
      t.is(audit.run.outcome, 'no_change')
      t.true(proxy.answered <= UNCHANGED * count + RUN.trips, `unchanged: ${proxy.answered} round trips`)
      t.is(proxy.connections, count + RUN.connections)
      t.true(
        proxy.mostOpen <= MAX_CONNECTIONS + 1,
        `unchanged: ${proxy.mostOpen} connections at once, the lock's included`,
      )
    })
  }

  test.serial(`${on}several logins of one database: one connection each, its inside over the owner's`, async (t) => {
    const proxy = await startProxy(bed().server.port)
    t.teardown(() => proxy.close())
    const guests = Object.fromEntries(
      Array.from({ length: 6 }, (_, index) => [
        `guest${index}`,
        { database_name: 'shared_dev_db', access_level: index % 2 === 0 ? 'reader' : 'editor' },
      ]),
    )
    const stack = bed().declare(
      { shared: { schemas: ['public', 'app'] }, ...guests },
      { connect_through: { host: 'localhost', port: proxy.port } },
    )
    await stack.applyOk()
    t.true(proxy.answered <= COLD * 7 + RUN.trips, `cold: ${proxy.answered} round trips`)
    proxy.reset()
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
    t.is(proxy.connections, 7 + RUN.connections)
    t.true(proxy.answered <= UNCHANGED * 7 + RUN.trips, `unchanged: ${proxy.answered} round trips`)
  })

  test.serial(
    `${on}through the function a run asks the server as often as beside it, over as many connections`,
    async (t) => {
      const proxy = await startProxy(bed().server.port)
      t.teardown(() => proxy.close())
      const port = { connect_through: null, instance: { host: 'localhost', port: proxy.port, identifier: 'db-1' } }
      const permits = [permitFor(bed(), { instances: [`localhost:${proxy.port}`] })]
      const [here, there] = ['here', 'there'].map((name) => {
        const of = Object.fromEntries(Object.entries(applications(20)).map(([key, entry]) => [`${key}${name}`, entry]))
        return bed().declare(of, { ...port, stack: name, max_connections: MAX_CONNECTIONS })
      })
      if (here === undefined || there === undefined) throw new Error('two stacks')
      const made = putFunction(bed(), { permits })
      const counted = async (run: () => Promise<Ended>): Promise<{ trips: number; connections: number }> => {
        proxy.reset()
        const { code, stderr } = await run()
        t.is(code, 0, stderr)
        return { trips: proxy.answered, connections: proxy.connections }
      }
      for (const moment of ['cold', 'unchanged']) {
        const direct = await counted(() => here.launch(['apply']).ended)
        const through = await counted(() => launchThrough(bed(), there, made, ['apply']).ended)
        t.is(through.connections, direct.connections, moment)
        t.true(through.trips <= direct.trips + RUN.trips, `${moment}: ${through.trips} and ${direct.trips} round trips`)
      }
    },
  )

  test.serial(`${on}one more application among 40 costs a run that finds nothing to do, and the one`, async (t) => {
    const proxy = await startProxy(bed().server.port)
    t.teardown(() => proxy.close())
    const stack = bed().declare(applications(40), { connect_through: { host: 'localhost', port: proxy.port } })
    await stack.applyOk()
    proxy.reset()
    await stack.applyOk()
    const unchanged = proxy.answered
    stack.applications = { ...stack.applications, onemore: {} }
    proxy.reset()
    await stack.applyOk()
    t.true(
      proxy.answered <= unchanged + COLD + RUN.trips,
      `${proxy.answered} round trips, ${unchanged} for the 40 alone`,
    )
  })
}
