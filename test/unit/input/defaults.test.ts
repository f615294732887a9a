import test from 'ava'
import { parse, parseApps } from './sample.ts'

test('a declaration that says nothing more has the defaults, all of them', (t) => {
  const { declaration, buildId, runId, auditDir } = parse()
  t.deepEqual(declaration, {
    environment: 'dev',
    instance: { host: 'db-1.abc.eu-central-1.rds.amazonaws.com', port: 5432, database: 'postgres', identifier: 'db-1' },
    connectThrough: null,
    clusterName: 'db-1',
    stack: 'db-1/dev',
    claim: null,
    isByHand: false,
    workspace: null,
    stackMadeAt: null,
    acceptTagsFrom: new Set(),
    admin: { auth: 'password', secretId: 'platform/dev/admin', username: 'platform_provisioner' },
    masterSecretId: null,
    aws: { region: null, profile: null, assumeRoleArn: null, externalId: null, expectedAccount: null },
    prepareMajorUpgrade: false,
    tags: new Map(),
    governanceDir: null,
    tls: { mode: 'verify-full', caFile: null, serverName: null },
    maxConnections: 4,
    verifyLogins: 'all',
    connectTimeoutSeconds: 300,
    lockTimeoutSeconds: 300,
    enforceNaming: false,
    applications: [],
    databases: [],
  })
  t.deepEqual([buildId, runId, auditDir], [null, null, null])
})

test('an application that says nothing more has the default names, with _ for -', (t) => {
  const { applications, databases } = parseApps({ 'my-app': {} }).declaration
  const application = {
    name: 'my-app',
    database: 'my_app_dev_db',
    username: 'my_app_dev_user',
    loginOf: null,
    accessLevel: 'owner',
    secretId: 'platform/dev/my-app/postgres',
    auth: 'password',
    canLogin: true,
    connects: true,
    canCreateDatabases: false,
    connectionLimit: -1,
    validUntil: null,
    marker: null,
    memberOf: [],
    ownsSchemas: [],
    actsAs: null,
    settings: new Map(),
    schemas: ['public'],
    allSchemas: false,
    privileges: { table: null, sequence: null, function: null },
    cleanupPolicy: 'retain',
    adoptExisting: false,
    undeclared: 'report',
    kept: new Set(),
  }
  t.deepEqual<unknown, unknown>(applications, [application])
  t.deepEqual<unknown, unknown>(databases, [
    {
      name: 'my_app_dev_db',
      owner: application,
      guests: [],
      schemas: ['public'],
      schemaOwners: new Map(),
      extensions: [],
      encoding: null,
      locale: null,
      connectionLimit: -1,
      recreateMissing: false,
    },
  ])
})

test('null is the default everywhere', (t) => {
  const nulls = Object.fromEntries(
    [
      'schema_version',
      'connect_through',
      'cluster_name',
      'stack',
      'accept_tags_from',
      'admin_auth',
      'admin_username',
      'master_secret_id',
      'prepare_major_upgrade',
      'aws_region',
      'assume_role_arn',
      'external_id',
      'aws_profile',
      'expected_account',
      'secret_prefix',
      'build_id',
      'run_id',
      'tags',
      'cleanup_policy',
      'governance_dir',
      'max_connections',
      'verify_logins',
      'connect_timeout',
      'lock_timeout',
      'enforce_naming',
      'audit_dir',
      'node_command',
      'workspace',
      'stack_made_at',
    ].map((field) => [field, null]),
  )
  const nested = {
    instance: {
      host: 'db-1.abc.eu-central-1.rds.amazonaws.com',
      port: null,
      database: null,
      identifier: null,
      resource_id: null,
    },
    tls: { mode: null, ca_file: null, server_name: null },
  }
  t.deepEqual(parse({ ...nulls, ...nested }), parse())
  const app = Object.fromEntries(
    [
      'database_name',
      'username',
      'access_level',
      'secret_id',
      'auth',
      'can_create_databases',
      'can_login',
      'connection_limit',
      'valid_until',
      'settings',
      'schemas',
      'extensions',
      'encoding',
      'locale',
      'database_connection_limit',
      'cleanup_policy',
      'adopt_existing',
      'recreate_missing',
      'undeclared',
      'privileges',
      'member_of',
      'acts_as',
    ].map((field) => [field, null]),
  )
  t.deepEqual(parseApps({ app }), parseApps({ app: {} }))
})

test('everything declared arrives', (t) => {
  const { declaration, buildId, runId, auditDir } = parse({
    schema_version: 1,
    environment: 'prod',
    instance: { host: 'h.example', port: 6432, database: 'main', identifier: 'inst', resource_id: 'db-X' },
    connect_through: { host: '127.0.0.1', port: 15432 },
    cluster_name: 'blue',
    stack: 'team/x',
    accept_tags_from: ['old/prod'],
    admin_auth: 'iam',
    admin_secret_id: null,
    admin_username: 'admin',
    master_secret_id: 'rds!db-1',
    prepare_major_upgrade: true,
    aws_region: 'eu-west-1',
    assume_role_arn: 'arn:aws:iam::123456789012:role/x/y',
    external_id: 'of-us',
    aws_profile: 'runner',
    expected_account: '123456789012',
    secret_prefix: 'team',
    build_id: '42',
    run_id: 'r-1',
    tags: { Team: 'a "b"', Empty: '', Gone: null },
    cleanup_policy: 'delete',
    governance_dir: '/g',
    tls: { mode: 'verify-ca', ca_file: 'ca.pem', server_name: 'real.example' },
    max_connections: 9,
    verify_logins: 'changed',
    connect_timeout: 10,
    lock_timeout: 20,
    enforce_naming: true,
    audit_dir: '/a',
    node_command: 'node',
    workspace: 'default',
    stack_made_at: '2026-05-06T07:08:09Z',
    application_databases: { a: {}, b: { cleanup_policy: 'retain' } },
  })
  t.like(declaration, {
    stackMadeAt: new Date('2026-05-06T07:08:09Z'),
    instance: { host: 'h.example', port: 6432, database: 'main', identifier: 'inst' },
    connectThrough: { host: '127.0.0.1', port: 15432 },
    clusterName: 'blue',
    stack: 'team/x',
    admin: { auth: 'iam', secretId: null, username: 'admin' },
    masterSecretId: 'rds!db-1',
    aws: {
      region: 'eu-west-1',
      profile: 'runner',
      assumeRoleArn: 'arn:aws:iam::123456789012:role/x/y',
      externalId: 'of-us',
      expectedAccount: '123456789012',
    },
    prepareMajorUpgrade: true,
    tls: { mode: 'verify-ca', caFile: 'ca.pem', serverName: 'real.example' },
    governanceDir: '/g',
    maxConnections: 9,
    connectTimeoutSeconds: 10,
    lockTimeoutSeconds: 20,
    enforceNaming: true,
  })
  t.deepEqual(declaration.acceptTagsFrom, new Set(['old/prod']))
  t.deepEqual(
    declaration.tags,
    new Map([
      ['Team', 'a "b"'],
      ['Empty', ''],
    ]),
  )
  t.deepEqual(
    declaration.applications.map(({ secretId, cleanupPolicy }) => [secretId, cleanupPolicy]),
    [
      ['team/prod/a/postgres', 'delete'],
      ['team/prod/b/postgres', 'retain'],
    ],
  )
  t.deepEqual([buildId, runId, auditDir], ['42', 'r-1', '/a'])
})

test('logins that share a database: the owner describes it, guests follow its schemas or name their own', (t) => {
  const shared = { database_name: 'shop' }
  const [database, ...others] = parseApps({
    zed: {
      ...shared,
      schemas: ['app', 'public'],
      extensions: ['citext'],
      encoding: 'UTF8',
      locale: 'C',
      database_connection_limit: 7,
      recreate_missing: true,
    },
    reader: { ...shared, access_level: 'reader', schemas: ['mart', 'app'], extensions: ['citext', 'pgcrypto'] },
    editor: { ...shared, access_level: 'editor' },
  }).declaration.databases
  t.deepEqual(others, [])
  t.is(database?.owner.name, 'zed')
  t.deepEqual(
    database?.guests.map(({ name, accessLevel, schemas }) => [name, accessLevel, schemas]),
    [
      ['editor', 'editor', ['app', 'public']],
      ['reader', 'reader', ['mart', 'app']],
    ],
  )
  t.deepEqual(database?.schemas, ['app', 'public', 'mart'])
  t.deepEqual(database?.extensions, ['citext', 'pgcrypto'])
  t.like(database, { name: 'shop', encoding: 'UTF8', locale: 'C', connectionLimit: 7, recreateMissing: true })
})

test('* is all schemas of the owner, and no name of one', (t) => {
  const of = (owner: readonly string[], guest?: readonly string[]) => {
    const { databases } = parseApps({
      own: { database_name: 'd', schemas: owner },
      guest: { database_name: 'd', access_level: 'reader', ...(guest !== undefined && { schemas: guest }) },
    }).declaration
    return databases.flatMap(({ schemas, owner: own, guests }) => [
      schemas,
      ...[own, ...guests].map((item) => [item.allSchemas, ...item.schemas]),
    ])
  }
  t.deepEqual(of(['a', '*', 'a']), [['a'], [true, 'a'], [true, 'a']])
  t.deepEqual(of(['a'], ['*']), [['a'], [false, 'a'], [true]])
  t.deepEqual(of(['*'], ['b']), [['b'], [true], [false, 'b']])
})

test('what Terraform would convert to a number or a bool is converted', (t) => {
  const instance = { host: 'db', port: '5433' }
  const application_databases = {
    a: { connection_limit: '10', can_create_databases: 'true', can_login: '0', adopt_existing: '1' },
    b: { connection_limit: '-1', database_connection_limit: '007', can_create_databases: 'false' },
  }
  const { declaration } = parse({ instance, enforce_naming: 'true', max_connections: '8', application_databases })
  t.like(declaration, { instance: { port: 5433 }, enforceNaming: true, maxConnections: 8 })
  t.like(declaration.applications[0], {
    connectionLimit: 10,
    canCreateDatabases: true,
    canLogin: false,
    adoptExisting: true,
  })
  t.like(declaration.applications[1], { connectionLimit: -1, canCreateDatabases: false, canLogin: true })
  t.like(declaration.databases[1], { connectionLimit: 7 })
})

test('a role that nobody logs in as has no password of ours', (t) => {
  const { applications } = parseApps({ a: { can_login: false }, b: { auth: 'unmanaged' } }).declaration
  t.deepEqual(
    applications.map(({ auth, canLogin }) => [auth, canLogin]),
    [
      ['unmanaged', false],
      ['unmanaged', true],
    ],
  )
})

test('with keep what is not named stays, as is the default of what is adopted', (t) => {
  const ofApp = (app: Record<string, unknown>): [string | undefined, string[]] => {
    const [application] = parseApps({ app }).declaration.applications
    return [application?.undeclared, [...(application?.kept ?? [])]]
  }
  const all = ['can_login', 'can_create_databases', 'connection_limit', 'valid_until', 'database_connection_limit']
  t.deepEqual(ofApp({}), ['report', []])
  t.deepEqual(ofApp({ undeclared: 'keep' }), ['keep', all])
  t.deepEqual(ofApp({ adopt_existing: true }), ['keep', all])
  t.deepEqual(ofApp({ adopt_existing: true, undeclared: 'report' }), ['report', []])
  t.deepEqual(ofApp({ adopt_existing: true, connection_limit: -1, can_create_databases: false, can_login: true }), [
    'keep',
    ['valid_until', 'database_connection_limit'],
  ])
})

test('a key that objects inherit is an application like others', (t) => {
  const { applications } = parseApps({ constructor: {}, valueof: { settings: { constructor: '1' } } }).declaration
  t.deepEqual(
    applications.map(({ username, settings }) => [username, [...settings]]),
    [
      ['constructor_dev_user', []],
      ['valueof_dev_user', [['constructor', '1']]],
    ],
  )
})
