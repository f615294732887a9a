import test, { type ExecutionContext } from 'ava'
import pg from 'pg'
import { readFile } from 'node:fs/promises'
import { POSTGRES_VERSIONS, startServer, type Server, type ServerOptions } from '../../support/postgres.ts'

// Tests run one after the other: each starts a server of its own, and ends it.
const servers: Server[] = []

async function start(options: ServerOptions): Promise<Server> {
  const server = await startServer(options)
  servers.push(server)
  return server
}

test.afterEach.always('stop the servers', async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

async function membersOfIamNeedATokenOn(server: Server, t: ExecutionContext): Promise<void> {
  const admin = await server.connect({ ...server.admin, database: 'postgres' })
  await admin.query(`CREATE ROLE app LOGIN PASSWORD 'of the role'`)
  await admin.end()
  t.true(await server.canLogin('app', 'of the role'))
  const master = await server.connect({ ...server.master, database: 'postgres' })
  await master.query('GRANT rds_iam TO app')
  await master.end()
  server.acceptToken('app', 'a token')
  t.false(await server.canLogin('app', 'of the role'))
  t.false(await server.canLogin('app', 'another token'))
  t.true(await server.canLogin('app', 'a token'))
  // (src/README.md: IAM and PAM)
  t.is(await server.canLogin(server.admin.user, server.admin.password), server.version < 16)
  t.true(await server.canLogin(server.master.user, server.master.password))
}

for (const version of POSTGRES_VERSIONS) {
  test.serial(
    `PostgreSQL ${version}: nobody enters as a superuser, and members of rds_iam enter by token only`,
    async (t) => {
      const server = await start({ version })
      const [{ version: number } = {}] = await server.sql('SELECT current_setting($1)::int / 10000 AS version', [
        'server_version_num',
      ])
      t.is(number, version)
      const roles = await server.sql(`SELECT rolname, rolsuper, rolcreaterole, rolcreatedb FROM pg_roles
                                    WHERE rolname IN ('dbmaster', 'platform_provisioner') ORDER BY 1`)
      t.deepEqual(roles, [
        { rolname: 'dbmaster', rolsuper: false, rolcreaterole: true, rolcreatedb: true },
        { rolname: 'platform_provisioner', rolsuper: false, rolcreaterole: true, rolcreatedb: true },
      ])
      t.true(await server.canLogin(server.master.user, server.master.password))
      t.true(await server.canLogin(server.admin.user, server.admin.password))
      t.false(await server.canLogin(server.admin.user, 'wrong'))
      t.false(await server.canLogin(server.admin.user, server.admin.password, 'rdsadmin'))
      await server.setPassword('rdsadmin', 'known')
      t.false(await server.canLogin('rdsadmin', 'known'))
      await membersOfIamNeedATokenOn(server, t)
    },
  )
}

for (const version of [15, 16] as const) {
  test.serial(`PostgreSQL ${version}: an admin of kind iam logs in by token and hands rds_iam on`, async (t) => {
    const server = await start({ version, adminAuth: 'iam' })
    const admin = await server.connect({ ...server.admin, database: 'postgres' })
    await admin.query('CREATE ROLE app LOGIN')
    await admin.query('GRANT rds_iam TO app')
    await admin.end()
    await server.setPassword(server.admin.user, 'a password')
    t.false(await server.canLogin(server.admin.user, 'a password'))
    t.true(await server.canLogin(server.admin.user, server.admin.password))
  })
}

test.serial(
  'the log shows what others ran and connected, without passwords and without the tests themselves',
  async (t) => {
    const server = await start({ version: 14 })
    const client = await server.connect({ ...server.admin, database: 'postgres' })
    await client.query('CREATE ROLE before_the_mark')
    const mark = await server.mark()
    await server.sql('CREATE ROLE by_the_test')
    await server.setPassword('by_the_test', 'sentinel-of-the-test')
    await client.query(`BEGIN; CREATE ROLE seen PASSWORD 'sentinel;x'; SELECT 'CREATE ROLE no'; COMMIT`)
    await client.query('SELECT set_config($1, $2, false)', ['work_mem', '1MB'])
    await client.query('DROP ROLE\n  before_the_mark')
    await client.query({ name: 'prepared', text: 'COMMENT ON ROLE seen IS NULL' })
    t.deepEqual(await server.changesSince(mark), [
      'CREATE ROLE seen PASSWORD <redacted>',
      'DROP ROLE before_the_mark',
      'COMMENT ON ROLE seen IS NULL',
    ])
    t.is(await server.connectionsSince(mark), 0)
    await (await server.connect({ ...server.master, database: 'postgres' })).end()
    t.is(await server.connectionsSince(mark), 1)
    await t.throwsAsync(client.query('SELECT 1/0'), { code: '22012' })
    await client.end()
    const entries = await server.logSince(mark)
    const error = entries.find(({ severity }) => severity === 'ERROR')
    t.like(error, { user: server.admin.user, database: 'postgres', sqlState: '22012', statement: 'SELECT 1/0' })
    t.false(JSON.stringify(entries).includes('sentinel-of-the-test'))
  },
)

test.serial(
  'a certificate is right, of an unknown authority, expired or of another host; a server may have none',
  async (t) => {
    const right = await start({ version: 17 })
    const expired = await start({ version: 17, certificate: 'expired' })
    const elsewhere = await start({ version: 17, certificate: 'wrong_host' })
    const plain = await start({ version: 17, certificate: null })
    const login = async (server: Server, ca: string | null, host = 'localhost'): Promise<void> => {
      const ssl = ca === null ? false : { ca: await readFile(ca, 'utf8') }
      const client = new pg.Client({ host, port: server.port, ...server.admin, database: 'postgres', ssl })
      await client.connect()
      await client.end()
    }
    await t.notThrowsAsync(login(right, right.caFile))
    await t.notThrowsAsync(login(right, right.caFile, '127.0.0.1'))
    await t.throwsAsync(login(right, null), { code: '28000', message: /no encryption/ })
    await t.throwsAsync(login(right, right.otherCaFile), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
    await t.throwsAsync(login(expired, expired.caFile), { code: 'CERT_HAS_EXPIRED' })
    await t.throwsAsync(login(elsewhere, elsewhere.caFile), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    await t.throwsAsync(login(plain, plain.caFile), { message: /does not support SSL/ })
    t.true(await plain.canLogin(plain.admin.user, plain.admin.password))
  },
)

test.serial('a server may be fresh, and take settings and host lines of its own', async (t) => {
  const server = await start({
    version: 16,
    createAdmin: false,
    settings: { max_connections: '17', shared_preload_libraries: 'pg_stat_statements' },
    hba: ['hostssl all refused all reject'],
  })
  t.false(await server.canLogin(server.admin.user, server.admin.password))
  t.deepEqual(await server.sql('SHOW max_connections'), [{ max_connections: '17' }])
  await server.sql('CREATE EXTENSION pg_stat_statements')
  await server.setPassword(server.master.user, server.master.password)
  t.deepEqual(
    await server.sql(`SELECT query FROM pg_stat_statements WHERE query ~ 'PASSWORD'`),
    [],
    'the tests leave no passwords',
  )
  const master = await server.connect({ ...server.master, database: 'postgres' })
  await master.query(`CREATE ROLE refused LOGIN PASSWORD 'right'`)
  await master.query(`CREATE ROLE welcome LOGIN PASSWORD 'right'`)
  await master.end()
  t.false(await server.canLogin('refused', 'right'))
  t.true(await server.canLogin('welcome', 'right'))
})

test.serial('a restart keeps port and data, even after a crash', async (t) => {
  const server = await start({ version: 18 })
  await server.sql('CREATE ROLE kept')
  await server.sql('CHECKPOINT')
  await server.restart()
  await server.restart('immediate')
  t.deepEqual(await server.sql(`SELECT rolname FROM pg_roles WHERE rolname = 'kept'`), [{ rolname: 'kept' }])
  t.true(await server.canLogin(server.admin.user, server.admin.password))
})

test.serial('a database can be dropped once its session is forgotten, or by force', async (t) => {
  const server = await start({ version: 15 })
  await server.sql('CREATE DATABASE gone')
  await server.sql('SELECT 1', [], 'gone')
  await server.forget('gone')
  await server.sql('DROP DATABASE gone')
  await t.throwsAsync(server.sql('SELECT 1', [], 'gone'), { code: '3D000' })
  await server.sql('CREATE DATABASE gone')
  await server.sql('SELECT 1', [], 'gone')
  await server.sql('DROP DATABASE gone WITH (FORCE)')
  await server.sql('CREATE DATABASE gone')
  t.deepEqual(await server.sql('SELECT 1 AS one', [], 'gone'), [{ one: 1 }])
})

test.serial('a setting that the server refuses is told in its own words', async (t) => {
  await t.throwsAsync(start({ version: 16, settings: { max_connections: 'many' } }), {
    message: /invalid value for parameter "max_connections"/,
  })
})
