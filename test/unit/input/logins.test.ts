/** Entries that use the login of another one. */
import test from 'ava'
import { parseApps, problemsOf } from './sample.ts'

const READER = { access_level: 'reader' }

function told(applications: object): string[] {
  return problemsOf(() => parseApps(applications)).map(
    ({ application, field, message, remedy }) => `${application ?? '-'}/${field}: ${message} ${remedy}`,
  )
}

test('login_of is the login of that entry, with all that describes it, in whatever order they stand', (t) => {
  const { applications } = parseApps({
    a: { ...READER, login_of: 'app', database_of: 'tenant' },
    app: {
      access_level: 'none',
      username: 'u',
      secret_id: 's',
      auth: 'iam',
      connection_limit: 7,
      valid_until: '2030-01-01T00:00:00Z',
      can_create_databases: true,
      cleanup_policy: 'delete',
    },
    tenant: { can_login: false },
  }).declaration
  const [a, app, tenant] = applications
  const login = { username: 'u', secretId: 's', auth: 'iam', connectionLimit: 7, canCreateDatabases: true }
  t.like(a, { ...login, loginOf: 'app', database: 'tenant_dev_db', cleanupPolicy: 'disable', schemas: ['public'] })
  t.deepEqual(a?.validUntil, new Date('2030-01-01T00:00:00Z'))
  t.like(app, { ...login, loginOf: null, database: null, cleanupPolicy: 'delete' })
  t.like(tenant, { loginOf: null, canLogin: false })
})

test('what the module resolved itself is accepted, and anything else that describes the login is not', (t) => {
  const use = { ...READER, login_of: 'app', database_of: 'tenant' }
  const resolved = { username: 'app_dev_user', secret_id: 'platform/dev/app/postgres', cleanup_policy: 'disable' }
  t.deepEqual(told({ app: {}, tenant: {}, use: { ...use, ...resolved } }), [])
  const others = {
    username: 'x',
    secret_id: 'x',
    cleanup_policy: 'retain',
    auth: 'password',
    can_login: true,
    can_create_databases: false,
    connection_limit: -1,
    valid_until: '2030-01-01T00:00:00Z',
    adopt_existing: false,
  }
  const found = told({ app: {}, tenant: {}, use: { ...use, ...others } })
  t.deepEqual(
    found.sort(),
    Object.keys(others)
      .map((field) => `use/${field}: describes the login, which belongs to "app". Set it in the entry "app".`)
      .sort(),
  )
})

test('an entry that nobody has, one that uses another login itself, and its own', (t) => {
  const entries = { app: {}, tenant: {} }
  const of = (login: string): object => ({ ...READER, login_of: login, database_of: 'tenant' })
  t.deepEqual(told({ ...entries, a: of('ap') }), [
    'a/login_of: no entry has the key "ap". Did you mean "app"? Use the key of the entry whose login it is.',
  ])
  const own = 'Use the key of an entry that has a login of its own.'
  t.deepEqual(told({ ...entries, a: of('app'), b: of('a') }), [
    `b/login_of: names "a", which has login_of itself ("app"). ${own}`,
  ])
  t.deepEqual(told({ ...entries, c: of('c') }), [`c/login_of: names its own entry. ${own}`])
})

test('an owner, an entry without a database, and a login that is there already have none of another', (t) => {
  const entries = { app: {}, tenant: { can_login: false } }
  t.deepEqual(told({ ...entries, a: { login_of: 'app' } }), [
    'a/access_level: an owner has a login of its own, and login_of names that of "app". ' +
      'Use "editor", "reader" or "none"; an owner that nobody logs in as has can_login = false.',
  ])
  t.deepEqual(told({ ...entries, a: { login_of: 'app', access_level: 'none' } }), [
    'a/login_of: is for a database, and this entry names none (access_level = "none"). Set database_name or database_of.',
  ])
  t.deepEqual(told({ ...entries, a: { ...READER, login_of: 'app', database_of: 'app' } }), [
    'a/login_of: "app_dev_user" has several entries in the database "app_dev_db": app, a. Keep one of them.',
  ])
})

test('an entry of level none that uses a login says its database in one of two ways', (t) => {
  const entries = { app: {}, tenant: {} }
  for (const where of [{ database_of: 'tenant' }, { database_name: 'tenant_dev_db' }])
    t.deepEqual(told({ ...entries, a: { login_of: 'app', access_level: 'none', ...where } }), [])
})

test('of an entry whose login cannot be told, or that cannot use it, nothing more is said', (t) => {
  const use = { ...READER, login_of: 'app', database_of: 'tenant' }
  const fields = (applications: object): string[] => told(applications).map((line) => line.split(':')[0] ?? '')
  t.deepEqual(
    fields({
      tenant: {},
      a: { ...use, login_of: 'b' },
      c: { ...READER, username: 'a_dev_user', database_of: 'tenant' },
    }),
    ['a/login_of'],
  )
  t.deepEqual(fields({ tenant: {}, app: { username: ' ' }, a: use, b: use }), ['app/username'])
  t.deepEqual(fields({ tenant: {}, app: 'x', a: use, b: use }), ['app/application_databases'])
  t.deepEqual(fields({ tenant: {}, app: {}, a: { ...use, access_level: 'x' }, b: use }), ['a/access_level'])
  const unread = { login_of: 'app', access_level: 'none', database_name: ' ' }
  t.deepEqual(fields({ tenant: {}, app: {}, a: unread }), ['a/database_name'])
  const owner = { login_of: 'app', database_name: 'tenant_dev_db' }
  t.deepEqual(fields({ tenant: {}, app: {}, a: owner, b: use }), ['a/access_level'])
  const none = { login_of: 'app', access_level: 'none' }
  t.deepEqual(fields({ app: {}, a: none, b: none }), ['a/login_of', 'b/login_of'])
  t.deepEqual(told({ app1: { ...READER, login_of: 'app2', database_name: 'd' }, own: { database_name: 'd' } }), [
    'app1/login_of: no entry has the key "app2". Use the key of the entry whose login it is.',
  ])
})

test('two logins of one name are told as before', (t) => {
  t.deepEqual(told({ a: { username: 'u' }, b: { username: 'u' } }), [
    'b/username: "u" is the login of several applications: a, b. Give each its own username, or all but one login_of ' +
      'with the key of that one.',
  ])
})
