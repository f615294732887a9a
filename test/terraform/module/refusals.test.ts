/** What plan time can tell, in the caller's words: application, field and remedy; all of it at once; never a crash. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import type { Variables } from '../../support/terraform.ts'
import { makeRig, type Rig } from './rig.ts'

let rig: Rig
test.before(async () => {
  rig = await makeRig()
})
test.after.always(() => rig.stack.remove())

/** Plans and gives the messages, folded; the plan must fail, and not with an error of Terraform's own. */
async function refusal(applications: Variables, variables: Variables = {}): Promise<string> {
  rig.stack.applications = applications
  const own = rig.stack.variables
  rig.stack.variables = { ...own, ...variables }
  const { code, text } = await rig.stack.plan()
  rig.stack.variables = own
  if (code !== 1) throw new Error(`the plan was expected to fail: ${text}`)
  const foreign = /Error: (?!Resource precondition failed|Invalid value for variable)[^.]*/.exec(text)
  if (foreign !== null) throw new Error(text)
  return text
}

const accepted = async (applications: Variables, variables: Variables = {}): Promise<number> => {
  const own = rig.stack.variables
  rig.stack.applications = applications
  rig.stack.variables = { ...own, ...variables }
  const { code } = await rig.stack.plan()
  rig.stack.variables = own
  return code
}

const LONG = 'x'.repeat(64)

test.serial('every mistake in the applications is named, in one plan', async (t) => {
  const text = await refusal({
    a1: { acces_level: 'reader', foo: 1 },
    a2: {
      username: 5,
      can_create_databases: 'yes',
      connection_limit: 'ten',
      schemas: 'public',
      extensions: ['x', 5],
      settings: 'x',
      secret_id: ['x'],
      valid_until: 7,
      database_name: {},
      access_level: true,
    },
    a3: { username: '', database_name: ' x', encoding: '', locale: 'a\n' },
    a4: { username: 'é'.repeat(32), database_name: LONG },
    a5: {
      access_level: 'admin',
      auth: 'ldap',
      cleanup_policy: 'drop',
      connection_limit: -2,
      valid_until: '2030-01-31T00:00:00',
    },
    a6: { database_connection_limit: 1.5, valid_until: '2030-02-30T00:00:00Z', schemas: ['', LONG] },
    a7: { username: 'rds_x', database_name: 'postgres' },
    a8: { username: 'platform_provisioner' },
    b0: { settings: ['work_mem'] },
    a9: { settings: { role: 'x', 'a b': '1', map: { y: 1 }, none: [], mixed: ['a', 1], Session_Authorization: 'x' } },
    b1: { database_name: 'shared' },
    b2: { database_name: 'shared' },
    c1: { database_name: 'lonely', access_level: 'reader', encoding: 'UTF8' },
    d1: { username: 'same' },
    d2: { username: 'same' },
    c2: { database_name: 'shared', access_level: 'reader', privileges: { tables: ['TRIGGER'], table: [] } },
    c3: { privileges: { functions: ['EXECUTE'] } },
    e1: { secret_id: '' },
    e2: { secret_id: 'a b' },
    f1: { can_login: false, auth: 'iam' },
    f2: { database_of: 'nobody_has_it', access_level: 'reader' },
    f3: { access_level: 'none', schemas: ['x'], settings: {}, acts_as: 'shop' },
    f4: { database_name: 'shraed', access_level: 'reader' },
    g1: { database_name: 'g', schemas: ['public', 'raw'], owns_schemas: ['x'] },
    g2: { database_name: 'g', access_level: 'none', owns_schemas: ['raw', '*', 'public', 'pg_x', 'stage'] },
    g3: { database_name: 'g', access_level: 'none', owns_schemas: ['stage', 'own'] },
    g4: { access_level: 'none', owns_schemas: ['own'] },
    h1: { access_level: 'readr', auth: 'passwrd', cleanup_policy: 'snapshot-delete', undeclared: 'Report' },
    [LONG]: {},
  })
  const expected = [
    'a1: acces_level: is not a known field. Did you mean "access_level"?',
    'a1: foo: is not a known field. Known fields: access_level,',
    'a2: username: 5 is not accepted. Use a string.',
    'a2: database_name: {} is not accepted. Use a string.',
    'a2: access_level: true is not accepted. Use a string.',
    'a2: can_create_databases: "yes" is not accepted. Use true or false.',
    'a2: connection_limit: "ten" is not accepted. Use a number.',
    'a2: schemas: "public" is not accepted. Use a list of strings.',
    'a2: extensions: ["x",5] is not accepted. Use a list of strings.',
    'a2: settings: "x" is not accepted. Use a map.',
    'a2: secret_id: ["x"] is not accepted.',
    'a2: valid_until: 7 is not accepted. Use a string.',
    'a3: username: "" is not accepted. Use 1 to 63 bytes of UTF-8',
    'a3: database_name: " x" is not accepted.',
    'a3: encoding: "" is not accepted.',
    'a3: locale: "a\\n" is not accepted.',
    `a4: username: "${'é'.repeat(32)}" is not accepted.`,
    `a4: database_name: "${LONG}" is not accepted.`,
    'a5: access_level: "admin" is not accepted. Use one of owner, editor, reader, none.',
    'a5: auth: "ldap" is not accepted. Use one of password, iam, unmanaged.',
    'h1: access_level: "readr" is not accepted. Use one of owner, editor, reader, none. Did you mean "reader"?',
    'h1: auth: "passwrd" is not accepted. Use one of password, iam, unmanaged. Did you mean "password"?',
    'h1: cleanup_policy: "snapshot-delete" is not accepted. Use one of retain, disable, release, delete, snapshot-and-delete. Did you mean "snapshot-and-delete"?',
    'h1: undeclared: "Report" is not accepted. Use one of keep, report, revoke. Did you mean "report"?',
    'f2: database_of: no entry has the key "nobody_has_it". Use the key of the entry whose database it is.',
    'f3: schemas: is for owners, editors and readers;',
    'f3: settings: is about a database, and this login has none',
    'f3: acts_as: is about a database, and this login has none',
    'g1: owns_schemas: is for others than the owner, to whom all other schemas belong. List them in schemas.',
    'g2: owns_schemas: the schema "raw" is that of "g1". Keep it in one of the two.',
    'g2: owns_schemas: "*" is no schema. Name each schema.',
    'g2: owns_schemas: the schema "public" belongs to whoever owns the database. Use another schema.',
    'g2: owns_schemas: "pg_x" is reserved. Use another name.',
    'g3: owns_schemas: the schema "stage" is that of "g2". Keep it in one of the two.',
    'g4: owns_schemas: is about a database, and this login has none',
    'f4: access_level: the database "shraed" has no owner. Did you mean "shared"?',
    'f1: auth: says how a login logs in, and nobody logs in as this role (can_login = false).',
    'a5: cleanup_policy: "drop" is not accepted. Use one of retain, disable, release, delete, snapshot-and-delete.',
    'a5: connection_limit: -2 is not accepted.',
    'a5: valid_until: "2030-01-31T00:00:00" is not accepted. Use RFC 3339 with an offset',
    'a6: database_connection_limit: 1.5 is not accepted.',
    'a6: valid_until: "2030-02-30T00:00:00Z" is not accepted.',
    'a6: schemas: "" is not accepted.',
    `a6: schemas: "${LONG}" is not accepted.`,
    'a7: username: "rds_x" is reserved.',
    'a7: database_name: "postgres" is reserved.',
    'a8: username: "platform_provisioner" is reserved.',
    'a9: settings.role: may not be set for an application.',
    'a9: settings.Session_Authorization: may not be set for an application.',
    'a9: settings.a b: is not the name of a parameter.',
    'a9: settings.map: {"y":1} is not accepted.',
    'a9: settings.none: [] is not accepted.',
    'a9: settings.mixed: ["a",1] is not accepted.',
    'b0: settings: ["work_mem"] is not accepted. Use a map.',
    'b2: access_level: the database "shared" has 2 owners: b1, b2.',
    'c1: access_level: the database "lonely" has no owner. Give one of its entries (c1) access_level = "owner", or ' +
      'correct database_name; where its owner was taken out, take them out too.',
    'c1: encoding: describes the database, which belongs to its owner.',
    'c2: privileges.tables: ["TRIGGER"] is not accepted. Use a list of SELECT, INSERT, UPDATE, DELETE,',
    'TRIGGER is never given: the function of a trigger runs as whoever writes the table',
    'c2: privileges.table: is not a known field. Known fields: tables, sequences, functions.',
    'c3: privileges: is for editors and readers;',
    'd2: username: "same" is the login of several applications: d1, d2.',
    'e1: secret_id: "" is not accepted.',
    'e2: secret_id: "a b" is not accepted.',
    `${LONG}: username: "${LONG}_dev_user" is not accepted.`,
  ]
  for (const message of expected) t.true(text.includes(message), `${message}\n${text}`)
})

const SHAPES: readonly (readonly [json: string, message: string])[] = [
  ['"x"', 'the value is not an object'],
  ['3', 'the value is not an object'],
  ['[{}]', 'the value is not an object'],
  ['null', 'application_databases'],
  ['{ "a": null, "ok": {} }', '"a" is not an object'],
  ['{ "a": "reader" }', '"a" is not an object'],
  ['{ "a": [] }', '"a" is not an object'],
  ['{ "A b": {}, "ok": {} }', '"A b" is not a key'],
]
test('application_databases that is no map of objects', async (t) => {
  const { stack } = await makeRig()
  for (const [json, message] of SHAPES) {
    await writeFile(
      join(stack.folder, 'main.tf'),
      `module "databases" {
  source                = "./module"
  environment           = "dev"
  instance              = { host = "x" }
  admin_secret_id       = "admin"
  application_databases = jsondecode(${JSON.stringify(json)})
}`,
    )
    await stack.terraform(['init', '-no-color'])
    const { code, text } = await stack.terraform(['plan', '-no-color'])
    t.is(code, 1, json)
    t.true(text.includes(message), text)
  }
  await stack.remove()
})

test.serial('an empty string is an error where null is the default', async (t) => {
  const optional = [
    'cluster_name',
    'stack',
    'build_id',
    'run_id',
    'aws_region',
    'admin_secret_id',
    'master_secret_id',
    'audit_dir',
    'governance_dir',
    'node_command',
    'assume_role_arn',
    'external_id',
    'aws_profile',
    'expected_account',
    'secret_prefix',
    'admin_username',
  ]
  const text = await refusal({}, Object.fromEntries(optional.map((name) => [name, ''])))
  for (const name of optional) t.true(text.includes(`${name}: use`), name)
  t.is(
    await accepted(
      {},
      Object.fromEntries(optional.filter((name) => name !== 'admin_secret_id').map((name) => [name, null])),
    ),
    2,
  )
})

test.serial('ranges, words and shapes of the other variables', async (t) => {
  const text = await refusal(
    {},
    {
      environment: 'qa',
      instance: { host: 'db.example:5432', port: 70000, database: '', identifier: '' },
      connect_through: { host: '', port: 0 },
      tls: { mode: 'require', ca_file: '', server_name: '' },
      tags: { ManagedBy: 'me', 'a\n': 'b' },
      accept_tags_from: [''],
      admin_auth: 'ldap',
      cleanup_policy: 'drop',
      max_connections: 0,
      verify_logins: 'never',
      connect_timeout: 1.5,
      lock_timeout: -1,
    },
  )
  const subjects = [
    'environment: "qa"',
    'instance.host:',
    'instance.port:',
    'instance.database:',
    'instance.identifier:',
    'connect_through.host:',
    'connect_through.port:',
    'tls.mode:',
    'tls.ca_file:',
    'tls.server_name:',
    'tags: ManagedBy',
    'tags: keys',
    'accept_tags_from:',
    'admin_auth:',
    'cleanup_policy:',
    'max_connections:',
    'verify_logins: "never"',
    'connect_timeout:',
    'lock_timeout:',
  ]
  for (const subject of subjects) t.true(text.includes(subject), `${subject}\n${text}`)
})

test.serial(
  'attributes that nobody knows are named with the nearest one, and what is wrong beside them too',
  async (t) => {
    const text = await refusal(
      {},
      {
        instance: { hots: 'db.example', identifer: 'orders', port: 'ten', nonsense: 1 },
        connect_through: { host: 'localhost', prot: 5432 },
        tls: { cafile: 'ca.pem', mode: 'require' },
        runner: { functoin: 'x' },
        lock_timeout: -1,
      },
    )
    const expected = [
      'instance.hots: is not a known field. Did you mean "host"? Known fields: database, host, identifier, port, resource_id.',
      'instance.identifer: is not a known field. Did you mean "identifier"?',
      'instance.nonsense: is not a known field. Known fields: database,',
      'instance.host: use a host name',
      'instance.port: use a whole number',
      'connect_through.prot: is not a known field. Did you mean "port"? Known fields: host, port.',
      'tls.cafile: is not a known field. Did you mean "ca_file"? Known fields: ca_file, mode, server_name.',
      'tls.mode: "require" is not accepted.',
      'runner.functoin: is not a known field. Did you mean "function"? Known fields: function.',
      'runner.function: use the name of a Lambda function',
      'lock_timeout: use a whole number',
    ]
    for (const message of expected) t.true(text.includes(message), `${message}\n${text}`)
  },
)

test.serial('a file of authorities that cannot be read', async (t) => {
  const { folder } = rig.stack
  await mkdir(join(folder, 'certificates', '~'), { recursive: true })
  await writeFile(join(folder, 'certificates', 'ca.pem'), '-----BEGIN CERTIFICATE-----')
  await writeFile(join(folder, 'home', 'ca.pem'), '-----BEGIN CERTIFICATE-----')
  // The script knows no ~, which Terraform's functions take for the home.
  for (const file of ['nowhere/ca.pem', 'certificates', '~/ca.pem', join(folder, 'ca.pem')]) {
    const text = await refusal({ a: { acces_level: 'owner' } }, { tls: { ca_file: file } })
    t.true(
      text.includes(`tls.ca_file: ${JSON.stringify(file)} cannot be read by Terraform, which runs in ${folder}.`),
      text,
    )
    t.true(text.includes('such as "${path.root}/ca.pem"'), text)
    t.true(text.includes('a: acces_level: is not a known field.'), text)
  }
  for (const file of ['certificates/ca.pem', './certificates/ca.pem', join(folder, 'certificates', 'ca.pem')])
    t.is(await accepted({}, { tls: { ca_file: file } }), 2, file)
  const plain = { tls: { mode: 'disable', ca_file: 'nowhere/ca.pem' }, connect_through: { host: 'localhost' } }
  t.is(await accepted({}, plain), 2, 'nobody reads it')
})

test.serial('what is no object is told to be none', async (t) => {
  const own = rig.stack.variables
  rig.stack.variables = { ...own, instance: 'db.example', connect_through: ['localhost'], tls: 5, runner: 'x' }
  const { code, text } = await rig.stack.plan()
  rig.stack.variables = own
  t.is(code, 1)
  for (const name of ['instance', 'connect_through', 'tls', 'runner'])
    t.true(text.includes(`${name}: is not an object. Use {`), `${name}\n${text}`)
})

test.serial('what needs several variables', async (t) => {
  t.regex(await refusal({}, { admin_secret_id: null }), /admin_secret_id: is missing/)
  t.is(await accepted({}, { admin_secret_id: null, admin_auth: 'iam' }), 2)
  t.regex(
    await refusal({}, { master_secret_id: 'platform/dev/rds/provisioner' }),
    /master_secret_id: is the secret of the delegated admin/,
  )
  t.regex(await refusal({}, { prepare_major_upgrade: true }), /master_secret_id: is missing.*prepare_major_upgrade/s)
  t.regex(
    await refusal({ a: { schemas: ['Bad'] } }, { enforce_naming: true }),
    /a: schemas: "Bad" is off the naming convention/,
  )
  t.regex(await refusal({}, { tls: { mode: 'disable' } }), /tls\.mode: "disable" would send/)
  t.is(await accepted({}, { tls: { mode: 'disable' }, connect_through: { host: 'localhost', port: 1 } }), 2)
  t.regex(
    await refusal({ a: { username: 'Bad' } }, { enforce_naming: true }),
    /a: username: "Bad" is off the naming convention/,
  )
  t.is(
    await accepted(
      { a: {}, b: { database_name: 'a_dev_db', username: 'a_dev_reader', access_level: 'reader' } },
      { enforce_naming: true },
    ),
    2,
  )
})

test.serial('a declaration too large for one environment variable', async (t) => {
  const noise = (seed: number): string =>
    Array.from({ length: 40 }, (_, at) => (((seed * 7919 + at * 104729) * 2654435761) % 4294967296).toString(36)).join(
      '',
    )
  const applications = Object.fromEntries(
    Array.from({ length: 900 }, (_, at) => [`a${String(at)}`, { settings: { search_path: noise(at) } }]),
  )
  t.regex(await refusal(applications), /application_databases: the declaration is \d+ bytes compressed/)
})

test.serial('odd but sound values are accepted', async (t) => {
  const code = await accepted({
    a1: { username: 'é'.repeat(31), database_name: 'x'.repeat(63) },
    a2: { username: 'x"; DROP ROLE y; --', database_name: "O'Brien $1 \\ ${x}" },
    a3: { username: null, secret_id: null, settings: null, schemas: null, connection_limit: null, valid_until: null },
    a4: {
      settings: { ok: null, list: ['a', 'b'], number: 5, flag: true, 'my.parameter': 'x "y"' },
      connection_limit: -1,
      schemas: [],
      extensions: [],
    },
    a5: {
      valid_until: '2030-01-31T00:00:00.5+02:00',
      encoding: 'UTF8',
      locale: 'C.UTF-8',
      database_connection_limit: 0,
      recreate_missing: true,
    },
    a6: { can_login: 'false', connection_limit: '10', database_connection_limit: '-1', adopt_existing: '1' },
    a7: { auth: 'unmanaged' },
  })
  t.is(code, 2)
})
