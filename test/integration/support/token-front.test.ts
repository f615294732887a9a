import test from 'ava'
import { startServer, startTokenFront } from '../../support/postgres.ts'

test('a token as long as those of RDS logs in through the front, once for its own user; passwords and data pass through', async (t) => {
  const server = await startServer({ version: 17 })
  const right = `db.test.internal:5432/?Action=connect&DBUser=app&${'X'.repeat(1500)}`
  const shown: string[] = []
  const front = await startTokenFront(server, (user, token) => {
    shown.push(user)
    return user === 'app' && token === right
  })
  try {
    await server.sql('CREATE ROLE app LOGIN IN ROLE rds_iam')
    await server.sql('CREATE ROLE other LOGIN IN ROLE rds_iam')
    const client = await server.connect({ user: 'app', password: right, database: 'postgres', port: front.port })
    const text = 'é'.repeat(300_000)
    const { rows } = await client.query<{ text: string }>('SELECT $1::text AS text', [text])
    t.is(rows[0]?.text, text)
    await client.end()
    await t.throwsAsync(
      server.connect({ user: 'app', password: `${right}.`, database: 'postgres', port: front.port }),
      { code: '28000' },
    )
    await t.throwsAsync(server.connect({ user: 'other', password: right, database: 'postgres', port: front.port }), {
      code: '28000',
    })
    await (await server.connect({ ...server.admin, database: 'postgres', port: front.port })).end()
    t.deepEqual(shown, ['app', 'app', 'other'])
    t.false(await server.canLogin('app', right), 'without the front the server refuses its length')
  } finally {
    await front.close()
    await server.stop()
  }
})
