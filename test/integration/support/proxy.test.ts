import test from 'ava'
import { startServer, type Server } from '../../support/postgres.ts'
import { startProxy } from '../../support/proxy.ts'

let server: Server

test.before('start a server', async () => {
  server = await startServer({ version: 16 })
})

test.after.always('stop it', async () => {
  await server.stop()
})

const login = () => ({ ...server.admin, database: 'postgres' })

test('connections, flights and round trips are counted', async (t) => {
  const proxy = await startProxy(server.port)
  const client = await server.connect({ ...login(), port: proxy.port })
  t.is(proxy.connections, 1)
  t.true(proxy.flights >= 5, 'TLS and SCRAM cost five round trips (src/README.md: Round trips)')
  proxy.reset()
  await client.query('SELECT 1')
  await client.query('SELECT $1::text', ['x'.repeat(200_000)])
  t.is(proxy.answered, 2)
  t.is(proxy.flights, 2)
  t.is(proxy.connections, 0)
  const other = await server.connect({ ...login(), port: proxy.port })
  t.is(proxy.connections, 1)
  await Promise.all([client.end(), other.end()])
  await proxy.close()
})

test('a delay keeps bytes whole and in order, and holds each direction', async (t) => {
  const proxy = await startProxy(server.port, 20)
  const client = await server.connect({ ...login(), port: proxy.port })
  const text = Array.from({ length: 50_000 }, (_, i) => i).join(',')
  const began = performance.now()
  const { rows } = await client.query<{ text: string }>('SELECT $1::text AS text', [text])
  t.is(rows[0]?.text, text)
  t.true(
    performance.now() - began >= 30,
    'two directions of 20 ms; timers may be early by a millisecond, and a lower bound holds on any machine',
  )
  await client.end()
  await proxy.close()
})

for (const [mode, ran] of [
  ['before', false],
  ['after', true],
  ['kill', true],
] as const) {
  test(`a cut ${mode}: the server ${ran ? 'ran' : 'never saw'} the statement, the client never hears, until a reset`, async (t) => {
    const proxy = await startProxy(server.port)
    const client = await server.connect({ ...login(), port: proxy.port })
    const lost: Error[] = []
    client.on('error', (error) => lost.push(error))
    proxy.reset()
    let called = 0
    proxy.cutAt(2, mode, () => {
      called += 1
    })
    await client.query('SELECT 1')
    await t.throwsAsync(client.query(`CREATE ROLE cut_${mode}`))
    t.is(called, 1)
    await t.throwsAsync(server.connect({ ...login(), port: proxy.port }))
    proxy.reset()
    const again = await server.connect({ ...login(), port: proxy.port })
    await again.query('SELECT 1')
    const found = async () =>
      (await server.sql('SELECT 1 FROM pg_roles WHERE rolname = $1', [`cut_${mode}`])).length === 1
    if (mode === 'kill') while (!(await found())) await new Promise((resolve) => setTimeout(resolve, 10)) // it runs after the cut
    t.is(await found(), ran)
    await again.end()
    await proxy.close()
  })
}
