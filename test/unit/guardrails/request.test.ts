import test from 'ava'
import { checkReservedNames } from '../../../src/guardrails/names.ts'
import { checkRequest } from '../../../src/guardrails/request.ts'
import { parse, parseApps } from '../input/sample.ts'

const APPROVED = { approval: 'approved', refusedApproval: null } as const

/** `application/guardrail` of each violation. */
function violations(fields: object, run: Parameters<typeof checkRequest>[1] = APPROVED): readonly string[] {
  return checkRequest(parse(fields).declaration, run).map(({ application, field }) => `${application ?? '-'}/${field}`)
}

test('a good request passes', (t) => {
  t.deepEqual(violations({ enforce_naming: true, application_databases: { keycloak: {}, 'my-app': {} } }), [])
})

test('without approval nothing goes on', (t) => {
  t.deepEqual(violations({ environment: 'prod' }, { approval: 'missing', refusedApproval: null }), ['-/approval'])
  t.deepEqual(violations({ environment: 'dev' }, { approval: 'not_required', refusedApproval: null }), [])
})

for (const name of [
  'postgres',
  'rdsadmin',
  'rds_superuser',
  'rds_',
  'pg_monitor',
  'template0',
  'template1',
  'rdsproxyadmin',
]) {
  test(`reserved: ${name}`, (t) => {
    t.deepEqual(violations({ application_databases: { app: { username: name } } }), ['app/reserved names'])
    t.deepEqual(violations({ application_databases: { app: { database_name: name } } }), ['app/reserved names'])
  })
}

test('names that only look reserved are free', (t) => {
  for (const username of ['postgres2', 'rds', 'pg', 'pgbouncer', 'my_rds_user', 'template2', 'Postgres']) {
    t.deepEqual(violations({ application_databases: { app: { username } } }), [], username)
  }
})

test('logins of the admin and of the master are theirs; a database may have the same name', (t) => {
  t.deepEqual(violations({ application_databases: { app: { username: 'platform_provisioner' } } }), [
    'app/reserved names',
  ])
  t.deepEqual(
    violations({
      admin_username: 'adm',
      application_databases: { app: { username: 'adm' }, b: { database_name: 'adm' } },
    }),
    ['app/reserved names'],
  )
  const { declaration } = parseApps({ app: { username: 'boss' } })
  t.deepEqual(checkReservedNames(declaration, null), [])
  t.is(checkReservedNames(declaration, 'boss').length, 1)
})

test('no role can be called public or none, no schema like the server’s', (t) => {
  t.deepEqual(violations({ application_databases: { app: { username: 'public' }, b: { username: 'none' } } }), [
    'app/reserved names',
    'b/reserved names',
  ])
  t.deepEqual(
    violations({
      application_databases: { app: { schemas: ['public', 'pg_catalog', 'information_schema', 'pg_temp'] } },
    }),
    Array(3).fill('app/reserved names'),
  )
})

test('the convention counts only where it is asked for', (t) => {
  const application_databases = {
    app: { username: 'App', database_name: 'shop' },
    b: { username: 'b_prod_user', schemas: ['Mart'] },
  }
  t.deepEqual(violations({ application_databases }), [])
  t.deepEqual(violations({ enforce_naming: true, application_databases }), [
    'app/naming',
    'app/naming',
    'b/naming',
    'b/naming',
  ])
})

test('second logins are within the convention', (t) => {
  const analytics_reader = {
    database_name: 'analytics_dev_db',
    username: 'analytics_dev_reader',
    access_level: 'reader',
  }
  t.deepEqual(violations({ enforce_naming: true, application_databases: { analytics: {}, analytics_reader } }), [])
})

for (const host of [
  'shop.proxy-abc123.eu-west-1.rds.amazonaws.com',
  'ro.endpoint.proxy-abc123.eu-west-1.rds.amazonaws.com',
  'shop.proxy-abc123.cn-north-1.rds.amazonaws.com.cn',
  'shop.proxy-abc123.rds.cn-north-1.amazonaws.com.cn',
  'ro.endpoint.proxy-abc123.rds.cn-northwest-1.amazonaws.com.cn',
  'shop.proxy-abc123.us-gov-west-1.rds.amazonaws.com',
  'SHOP.PROXY-ABC.EU-WEST-1.RDS.AMAZONAWS.COM',
]) {
  test(`a proxy cannot carry provisioning: ${host}`, (t) => {
    t.deepEqual(violations({ instance: { host } }), ['-/endpoint'])
    t.deepEqual(violations({ connect_through: { host } }), ['-/endpoint'])
  })
}

test('instances and clusters are no proxies', (t) => {
  for (const host of [
    'proxy-db.abc.eu-west-1.rds.amazonaws.com',
    'proxy-db.abc.rds.cn-north-1.amazonaws.com.cn',
    'c.cluster-abc.eu-west-1.rds.amazonaws.com',
    'db.proxy-x.example.com',
    'localhost',
  ]) {
    t.deepEqual(violations({ instance: { host } }), [], host)
  }
})

test('all violations come together, each with a remedy', (t) => {
  const fields = {
    environment: 'prod',
    instance: { host: 'p.proxy-a.eu-west-1.rds.amazonaws.com' },
    enforce_naming: true,
    application_databases: { a: { username: 'rds_x' }, b: { database_name: 'B' } },
  }
  const problems = checkRequest(parse(fields).declaration, { approval: 'missing', refusedApproval: null })
  t.deepEqual(problems.map(({ field }) => field).sort(), ['approval', 'endpoint', 'naming', 'naming', 'reserved names'])
  for (const { remedy } of problems) t.not(remedy, '')
})
