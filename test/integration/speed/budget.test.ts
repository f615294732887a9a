/** The connection budget: never more than declared, and never more than the server still has to give. */
import test from 'ava'
import { bedFor, type Entry, VERSIONS } from '../../support/provision.ts'
import { startProxy } from '../../support/proxy.ts'

function applications(prefix: string, count: number, entry: Entry = {}): Record<string, Entry> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, entry]))
}

for (const version of VERSIONS) {
  // 14 connections for everybody; 3 are for superusers.
  const bed = bedFor(version, {
    settings: { max_connections: '14', superuser_reserved_connections: '3', max_wal_senders: '0' },
  })
  const on = `PostgreSQL ${version}: `

  for (const max of [1, 2, 6]) {
    test.serial(`${on}max_connections = ${max} is all that is open at once, besides the lock's`, async (t) => {
      const proxy = await startProxy(bed().server.port)
      t.teardown(() => proxy.close())
      const stack = bed().declare(applications(`max${max}x`, 8), {
        connect_through: { host: 'localhost', port: proxy.port },
        max_connections: max,
      })
      await stack.applyOk()
      t.is(proxy.mostOpen, max + 1)
    })
  }

  test.serial(`${on}a server with few connections left is not asked for more than those`, async (t) => {
    const proxy = await startProxy(bed().server.port)
    t.teardown(() => proxy.close())
    const { server } = bed()
    const others = await Promise.all(
      Array.from({ length: 7 }, () => server.connect({ ...server.master, database: 'postgres' })),
    )
    t.teardown(() => Promise.all(others.map((client) => client.end())))
    const mark = await server.mark()
    const stack = bed().declare(applications('few', 8), {
      connect_through: { host: 'localhost', port: proxy.port },
      max_connections: 20,
    })
    await stack.applyOk()
    t.true(
      proxy.mostOpen > 1 && proxy.mostOpen <= 4,
      `${proxy.mostOpen} at once, where 11 are for everybody and 7 were taken`,
    )
    t.deepEqual(
      (await server.logSince(mark)).filter(
        (entry) => entry.message.includes('too many') || entry.message.includes('remaining connection slots'),
      ),
      [],
    )
  })

  test.serial(`${on}the admin's own connection limit is kept to`, async (t) => {
    const proxy = await startProxy(bed().server.port)
    t.teardown(() => proxy.close())
    const { server } = bed()
    await server.sql(`ALTER ROLE ${server.admin.user} CONNECTION LIMIT 2`)
    t.teardown(() => server.sql(`ALTER ROLE ${server.admin.user} CONNECTION LIMIT -1`))
    const stack = bed().declare(applications('own', 5), { connect_through: { host: 'localhost', port: proxy.port } })
    await stack.applyOk()
    t.is(proxy.mostOpen, 2)
  })

  test.serial(`${on}logins of a database with a limit of one connection do not refuse each other`, async (t) => {
    const guests = applications('turn', 5, { database_name: 'turns_dev_db', access_level: 'reader' })
    const stack = bed().declare({ turns: { database_connection_limit: 1 }, ...guests })
    await stack.applyOk()
    const { audit, records } = await stack.applyOk()
    t.is(audit.run.outcome, 'no_change')
    t.deepEqual(
      records.filter((record) => record.object === 'password').map((record) => record.message.includes('then refused')),
      Array.from({ length: 6 }, () => false),
    )
  })
}
