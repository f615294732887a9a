import test from 'ava'
import { parseDeclaration } from '../../../src/input/parse.ts'
import { LEAST, fieldsOf, parse, parseApps, problemsOf } from './sample.ts'

test('all errors come at once, each with application, field and remedy', (t) => {
  const problems = problemsOf(() =>
    parse({
      enviroment: 'dev',
      max_connections: 0,
      tags: { ManagedBy: 'me' },
      application_databases: {
        a: { acces_level: 'reader', connection_limit: 'five' },
        b: { username: '', valid_until: 'soon' },
        'x y': {},
        c: null,
      },
    }),
  )
  t.deepEqual(problems.map(({ application, field }) => `${application ?? '-'}/${field}`).sort(), [
    '"x y"/application_databases',
    '-/enviroment',
    '-/max_connections',
    '-/tags.ManagedBy',
    'a/acces_level',
    'a/connection_limit',
    'b/username',
    'b/valid_until',
    'c/application_databases',
  ])
  for (const { message, remedy } of problems) t.true(message !== '' && remedy !== '')
})

test('a misspelled field names the nearest known one', (t) => {
  const remedies = problemsOf(() =>
    parse({
      enviroment: 1,
      tls: { cafile: 'x' },
      instance: { hots: 'h', host: 'h' },
      application_databases: { a: { acces_level: 'reader' } },
    }),
  ).map(({ field, remedy }) => `${field}: ${remedy}`)
  t.deepEqual(remedies, [
    'enviroment: Did you mean "environment"?',
    'instance.hots: Did you mean "host"?',
    'tls.cafile: Did you mean "ca_file"?',
    'acces_level: Did you mean "access_level"?',
  ])
})

test('of a word that is near one of those that there are, the remedy names that one', (t) => {
  const remedies = problemsOf(() =>
    parse({
      environment: 'prd',
      admin_auth: 'ldap',
      tls: { mode: 'verify-fill' },
      application_databases: { a: { access_level: 'readr', auth: 'Password', undeclared: 'drop', cleanup_policy: 5 } },
    }),
  ).map(({ field, remedy }) => `${field}: ${remedy}`)
  t.deepEqual(remedies, [
    'environment: Use one of dev, test, staging, prod. Did you mean "prod"?',
    'admin_auth: Use one of password, iam.',
    'tls.mode: Use one of verify-full, verify-ca, disable. Did you mean "verify-full"?',
    'access_level: Use one of owner, editor, reader, none. Did you mean "reader"?',
    'auth: Use one of password, iam, unmanaged. Did you mean "password"?',
    'cleanup_policy: Use one of retain, disable, release, delete, snapshot-and-delete.',
    'undeclared: Use one of keep, report, revoke.',
  ])
})

test('how somebody logs in is not said where nobody does', (t) => {
  for (const auth of ['password', 'iam', 'unmanaged'])
    t.deepEqual(
      problemsOf(() => parseApps({ a: { can_login: false, auth } })).map(({ code, field }) => [code, field]),
      [['misplaced_field', 'auth']],
      auth,
    )
})

const REQUIRED = ['environment', 'instance', 'admin_secret_id'] as const
for (const field of REQUIRED) {
  test(`without ${field} nothing runs`, (t) => {
    t.deepEqual(
      fieldsOf(() => parse({ [field]: null })),
      [`-/${field}`],
    )
  })
}

const GUEST = { database_name: 'app_dev_db', access_level: 'reader' }
const BAD: readonly (readonly [string, unknown])[] = [
  ['schema_version', 2],
  ['environment', 'production'],
  ['environment', ''],
  ['instance', 'db.example'],
  ['instance', {}],
  ['instance', { host: 'db.example:5432' }],
  ['instance', { host: 'db:5432' }],
  ['instance', { host: 'a'.repeat(254) }],
  ['instance', { host: 'postgres://db' }],
  ['instance', { host: '/var/run/postgresql' }],
  ['instance', { host: 'db', port: 0 }],
  ['instance', { host: 'db', port: 'postgres' }],
  ['instance', { host: 'db', port: 65536 }],
  ['instance', { host: 'db', port: 1.5 }],
  ['instance', { host: 'db', database: '' }],
  ['instance', { host: 'db', identifier: 'a\nb' }],
  ['connect_through', { port: 1 }],
  ['cluster_name', ''],
  ['stack', ' x'],
  ['accept_tags_from', 'x'],
  ['accept_tags_from', ['']],
  ['admin_secret_id', 'a b'],
  ['admin_auth', 'kerberos'],
  ['admin_username', 'x'.repeat(64)],
  ['master_secret_id', ''],
  ['aws_region', 'Frankfurt'],
  ['assume_role_arn', 'arn:aws:iam::1:user/x'],
  ['external_id', 'a b'],
  ['aws_profile', ' x'],
  ['expected_account', '1234'],
  ['stack_made_at', 'yesterday'],
  ['secret_prefix', ''],
  ['build_id', ''],
  ['run_id', 'a\u0000'],
  ['tags', ['x']],
  ['tags', { BuildId: 'x' }],
  ['tags', { x: 1 }],
  ['tags', { x: 'a\u0000b' }],
  ['tags', { x: '\ud800' }],
  ['tags', { '': 'x' }],
  ['cleanup_policy', 'drop'],
  ['governance_dir', ''],
  ['tls', { mode: 'prefer' }],
  ['tls', { mode: 'disable' }],
  ['tls', { ca_file: '' }],
  ['max_connections', 0],
  ['max_connections', '4.5'],
  ['verify_logins', 'never'],
  ['connect_timeout', -1],
  ['lock_timeout', 1e12],
  ['enforce_naming', 'yes'],
  ['application_databases', []],
]
for (const [field, value] of BAD) {
  test(`refused: ${field} = ${JSON.stringify(value)}`, (t) => {
    const found = fieldsOf(() => parse({ [field]: value }))
    t.is(found.length, 1)
    t.regex(found[0] ?? '', new RegExp(`^-/${field}(\\.|$)`))
  })
}

const BAD_IN_APPLICATION: readonly (readonly [string, unknown])[] = [
  ['database_name', ''],
  ['database_name', 'a\n'],
  ['database_name', ' a'],
  ['database_name', 'a\u00a0'],
  ['database_name', 'é'.repeat(32)],
  ['username', 'a\u0000b'],
  ['username', 'a\u0085b'],
  ['username', '\udc00'],
  ['username', 7],
  ['access_level', 'admin'],
  ['secret_id', ''],
  ['auth', 'none'],
  ['can_create_databases', 'yes'],
  ['connection_limit', -2],
  ['connection_limit', 2147483648],
  ['valid_until', '2030-02-30T00:00:00Z'],
  ['settings', ['x']],
  ['privileges', ['SELECT']],
  ['schemas', 'public'],
  ['schemas', ['']],
  ['extensions', [1]],
  ['encoding', ''],
  ['locale', 3],
  ['database_connection_limit', 0.5],
  ['cleanup_policy', ''],
  ['adopt_existing', 1],
  ['recreate_missing', 'yes'],
  ['undeclared', 'drop'],
]
for (const [field, value] of BAD_IN_APPLICATION) {
  test(`refused in an application: ${field} = ${JSON.stringify(value)}`, (t) => {
    t.deepEqual(
      fieldsOf(() => parseApps({ app: { [field]: value } })),
      [`app/${field}`],
    )
  })
}

for (const key of ['A', '1a', '_a', 'a\n', 'a b', '', 'ä', 'a"; DROP ROLE x; --']) {
  test(`no application can be called ${JSON.stringify(key)}`, (t) => {
    const [problem, ...others] = problemsOf(() => parseApps({ [key]: {} }))
    t.is(problem?.field, 'application_databases')
    t.deepEqual(others, [])
  })
}

test('__proto__ is refused as a key, and pollutes nothing', (t) => {
  const json = JSON.stringify({ ...LEAST, application_databases: {} }).replace(
    '"application_databases":{}',
    '"__proto__":{"environment":"prod"},"application_databases":{"__proto__":{"username":"x"}}',
  )
  t.deepEqual(
    fieldsOf(() => parseDeclaration(json)),
    ['-/__proto__', '__proto__/application_databases'],
  )
  t.false('username' in {})
})

test('accepted names keep every character', (t) => {
  for (const username of [
    'x"; DROP ROLE y; --',
    "O'Brien",
    'Mixed Case',
    'snow☃',
    '$user',
    'back\\slash',
    'é'.repeat(31),
  ]) {
    t.is(parseApps({ app: { username } }).declaration.applications[0]?.username, username)
  }
})

test('privileges of an entry: kinds and words are known, TRIGGER is refused with its reason, and an owner needs none', (t) => {
  const guest = (privileges: unknown): object => ({ app: {}, g: { ...GUEST, privileges } })
  const refused = (privileges: unknown): string[] =>
    problemsOf(() => parseApps(guest(privileges))).map(({ field, remedy }) => `${field}: ${remedy}`)
  t.deepEqual(refused({ table: ['SELECT'] }), ['privileges.table: Did you mean "tables"?'])
  t.deepEqual(refused({ tables: 'SELECT', sequences: ['EXECUTE'], functions: [1] }), [
    'privileges.tables: Use a list of SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, MAINTAIN.',
    'privileges.sequences: Use a list of SELECT, UPDATE, USAGE.',
    'privileges.functions: Use a list of EXECUTE.',
  ])
  t.regex(refused({ tables: ['TRIGGER'] }).join(), /runs as whoever writes the table/)
  const accepted = parseApps(guest({ tables: ['TRUNCATE', 'SELECT', 'SELECT'], functions: [] })).declaration
  t.deepEqual(accepted.databases[0]?.guests[0]?.privileges, {
    table: ['SELECT', 'TRUNCATE'],
    sequence: null,
    function: [],
  })
  t.deepEqual(
    fieldsOf(() => parseApps({ app: { privileges: { tables: [] } } })),
    ['app/privileges'],
  )
  t.deepEqual(parseApps({ app: { privileges: { tables: null } } }), parseApps({ app: {} }))
})

test('a key that makes a default name too long says which field to set', (t) => {
  const key = 'a'.repeat(56)
  t.deepEqual(
    fieldsOf(() => parseApps({ [key]: {} })),
    [`${key}/username`],
  )
  t.deepEqual(
    fieldsOf(() => parseApps({ [key]: { username: 'x', database_name: 'y' } })),
    [],
  )
})

test('two applications cannot share a login', (t) => {
  const [problem] = problemsOf(() => parseApps({ 'a-b': { database_name: 'x' }, a_b: {} }))
  t.like(problem, { application: 'a_b', field: 'username' })
  t.regex(problem?.message ?? '', /"a_b_dev_user".*a-b, a_b/)
})

test('a database has exactly one owner', (t) => {
  const [none] = problemsOf(() => parseApps({ a: { access_level: 'reader' } }))
  t.like(none, { application: 'a', field: 'access_level' })
  t.regex(none?.message ?? '', /no owner/)
  const [two] = problemsOf(() => parseApps({ a: { database_name: 'd' }, b: { database_name: 'd' } }))
  t.like(two, { application: 'b', field: 'access_level' })
  t.regex(two?.message ?? '', /2 owners: a, b/)
})

test('an owner in error is not also missing', (t) => {
  const entries = { a: { database_name: 'd', access_level: 'ownr' }, b: { database_name: 'd', access_level: 'reader' } }
  t.deepEqual(
    fieldsOf(() => parseApps(entries)),
    ['a/access_level'],
  )
  t.deepEqual(
    fieldsOf(() => parseApps({ ...entries, b: { database_name: 'd' } })),
    ['a/access_level'],
  )
})

test('an entry in error hides no second owner of another database', (t) => {
  const entries = { a: { access_level: 'ownr' }, b: { database_name: 'd' }, c: { database_name: 'd' } }
  t.deepEqual(
    fieldsOf(() => parseApps(entries)),
    ['a/access_level', 'c/access_level'],
  )
})

test('a removal may name an editor or reader alone, which is all that its marker knows', (t) => {
  const guests = {
    ed: { database_name: 'd', access_level: 'editor' },
    rd: { database_name: 'd', access_level: 'reader' },
  }
  const json = JSON.stringify({ ...LEAST, application_databases: guests })
  t.deepEqual(
    fieldsOf(() => parseDeclaration(json)),
    ['ed/access_level'],
  )
  const { declaration } = parseDeclaration(json, 'removal')
  t.deepEqual(
    declaration.applications.map(({ name, database, accessLevel }) => [name, database, accessLevel]),
    [
      ['ed', 'd', 'editor'],
      ['rd', 'd', 'reader'],
    ],
  )
  t.deepEqual(declaration.databases, [])
})

test('what describes the database stands in its owner’s entry', (t) => {
  const guest = {
    database_name: 'd',
    access_level: 'reader',
    encoding: 'UTF8',
    locale: 'C',
    database_connection_limit: 1,
    recreate_missing: false,
  }
  t.deepEqual(
    fieldsOf(() => parseApps({ own: { database_name: 'd' }, guest })),
    ['guest/database_connection_limit', 'guest/encoding', 'guest/locale', 'guest/recreate_missing'],
  )
})

test('a plain connection goes to the loopback only', (t) => {
  const tls = { mode: 'disable' }
  for (const host of ['localhost', 'LOCALHOST', 'localhost.', 'db.localhost', '127.0.0.1', '127.10.200.30', '::1'])
    t.is(parse({ tls, instance: { host } }).declaration.tls.mode, 'disable')
  t.is(parse({ tls, connect_through: { host: '127.0.0.2' } }).declaration.tls.mode, 'disable')
  t.deepEqual(
    fieldsOf(() => parse({ tls, instance: { host: 'localhost' }, connect_through: { host: '10.0.0.1' } })),
    ['-/tls.mode'],
  )
  for (const host of ['127.0.0.1.example.com', '10.127.0.0.1', 'notlocalhost', 'x127.0.0.1', '2001:db8::1', '127.0.0'])
    t.deepEqual(
      fieldsOf(() => parse({ tls, instance: { host } })),
      ['-/tls.mode'],
      host,
    )
})

for (const json of ['', '{', 'null', '[]', '3', '"x"', '\u0000']) {
  test(`no declaration: ${JSON.stringify(json)}`, (t) => {
    t.deepEqual(
      fieldsOf(() => parseDeclaration(json)),
      ['-/input'],
    )
  })
}

test('an input that is not JSON is not quoted', (t) => {
  const [problem] = problemsOf(() => parseDeclaration('{"a": sentinel}'))
  t.false(JSON.stringify(problem).includes('sentinel'))
})

test('long and deep texts are refused without end of stack or time', (t) => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  t.deepEqual(
    fieldsOf(() => parseDeclaration(deep)),
    ['-/input'],
  )
  t.deepEqual(
    fieldsOf(() => parse({ instance: { host: `${':'.repeat(300_000)}g` } })),
    ['-/instance.host'],
  )
  t.deepEqual(
    fieldsOf(() => parseApps({ app: { settings: { search_path: `${'a '.repeat(300_000)}"` } } })),
    ['app/settings.search_path'],
  )
})

test('messages carry nothing that steers a terminal', (t) => {
  const hostile = '\u001b[2J\u202eevil\u2028'
  const text = JSON.stringify(
    problemsOf(() =>
      parse({
        [hostile]: 1,
        stack: hostile,
        application_databases: { [hostile]: {}, a: { [hostile]: 1, settings: { [hostile]: 1 } } },
      }),
    ),
  )
  t.notRegex(text, /[\u001b\u202e\u2028]/)
})
