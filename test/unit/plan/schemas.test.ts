/** Which schemas a login is given something in, now and by default, and as whom (src/README.md: Schemas of guests). */
import test from 'ava'
import type {
  AclItem,
  DefaultAcl,
  Membership,
  RoleState,
  SchemaObject,
  SchemaState,
} from '../../../src/model/catalog.ts'
import { planContext } from '../../../src/plan/context.ts'
import { type InteriorPlan, planInterior } from '../../../src/plan/interior.ts'
import { ADMIN, database, declare, input, interior, membership, role, tagOf } from './sample.ts'

const item = (grantor: string, grantee: string, privilege: string): AclItem => ({ grantor, grantee, privilege })

/** Its owner holds what the server gives it. */
const schema = (name: string, owner = 'o', acl: readonly AclItem[] = [], objects = 0): SchemaState => ({
  name,
  owner,
  acl: [item(owner, owner, 'CREATE'), item(owner, owner, 'USAGE'), ...acl],
  objects,
  foreignObjects: 0,
})
const PUBLIC_SCHEMA = schema('public', 'pg_database_owner', [item('pg_database_owner', '', 'USAGE')])

const table = (inSchema: string, owner = 'o', acl: readonly AclItem[] = []): SchemaObject => ({
  schema: inSchema,
  name: 't',
  objectClass: 'table',
  owner,
  args: null,
  acl,
  columnAcl: [],
})

interface Case {
  readonly applications: Readonly<Record<string, object>>
  readonly schemas?: readonly SchemaState[]
  readonly objects?: readonly SchemaObject[]
  readonly defaultAcl?: readonly DefaultAcl[]
  /** Of the database, beside the owner's; null: it is not there yet. */
  readonly acl?: readonly AclItem[] | null
  readonly roles?: readonly RoleState[]
  readonly memberships?: readonly Membership[]
  readonly leftOut?: readonly string[]
  readonly version?: number
}

/** Of the database `d` of `o`. */
function planned(given: Case): InteriorPlan {
  const { schemas = [], objects = [], defaultAcl = [], acl = [], leftOut = [], version = 160004 } = given
  const declaration = declare({ o: { username: 'o', database_name: 'd' }, ...given.applications })
  const own = database('d', 'o', { comment: tagOf('o') })
  const state = {
    version,
    roles:
      given.roles ?? declaration.applications.map(({ name, username }) => role(username, { comment: tagOf(name) })),
    databases: acl === null ? [] : [{ ...own, acl: [...own.acl, ...acl] }],
    interiors:
      acl === null
        ? []
        : [
            interior('d', {
              schemas: new Map([PUBLIC_SCHEMA, ...schemas].map((one) => [one.name, one])),
              objects,
              defaultAcl,
            }),
          ],
    ...(given.memberships !== undefined && { cluster: { memberships: given.memberships } }),
  }
  const context = planContext({ ...input(declaration, state), leftOut: new Set(leftOut) })
  const [declared] = context.planned.databases
  const plan = declared === undefined ? null : planInterior(context, declared)
  if (plan === null) throw new Error('d is declared, and its inside was seen')
  return plan
}

const statements = (given: Case): string[] =>
  planned(given).steps.flatMap((step) =>
    step.statements.map(({ redacted, runAs }) => `${runAs === null ? '' : `${runAs}: `}${redacted}`),
  )

/** Without what each printed transaction begins with. */
const warnings = (given: Case): string[] =>
  planned(given)
    .findings.filter(({ status }) => status === 'warning')
    .map(({ message }) => message.replace(/SET search_path .*?'transaction_timeout'; /, ''))

const READER = { username: 'g', database_name: 'd', access_level: 'reader' }
const EVERYWHERE = { applications: { g: { ...READER, schemas: ['*'] } } }
const byDefault = (
  objectClass: DefaultAcl['objectClass'],
  privilege: string,
  inSchema: string | null = null,
  creator = 'o',
): DefaultAcl => ({ creator, schema: inSchema, objectClass, grantee: 'g', privilege })
const ALL_BY_DEFAULT = [
  byDefault('schema', 'USAGE'),
  byDefault('table', 'SELECT'),
  byDefault('sequence', 'SELECT'),
  byDefault('function', 'EXECUTE'),
]

test('who works in all schemas has its level in those of the owner and in public, and by default in what it will make', (t) => {
  const schemas = [schema('app'), schema('ext', 'rdsadmin')]
  const objects = [table('app'), table('ext', 'rdsadmin')]
  t.deepEqual(
    statements({ ...EVERYWHERE, schemas, objects }),
    [
      'o: GRANT USAGE ON SCHEMA "public" TO "g"',
      'o: GRANT USAGE ON SCHEMA "app" TO "g"',
      'o: GRANT SELECT ON TABLE "app"."t" TO "g"',
      'ALTER DEFAULT PRIVILEGES FOR ROLE "o" GRANT USAGE ON SCHEMAS TO "g"',
      'ALTER DEFAULT PRIVILEGES FOR ROLE "o" GRANT SELECT ON TABLES TO "g"',
      'ALTER DEFAULT PRIVILEGES FOR ROLE "o" GRANT SELECT ON SEQUENCES TO "g"',
      'ALTER DEFAULT PRIVILEGES FOR ROLE "o" GRANT EXECUTE ON ROUTINES TO "g"',
    ].map((text) => (text.startsWith('ALTER') ? `o: ${text}` : text)),
  )
  const done = {
    schemas: [
      { ...PUBLIC_SCHEMA, acl: [...PUBLIC_SCHEMA.acl, item('pg_database_owner', 'g', 'USAGE')] },
      schema('app', 'o', [item('o', 'g', 'USAGE')]),
    ],
    defaultAcl: ALL_BY_DEFAULT,
  }
  t.deepEqual(statements({ ...EVERYWHERE, ...done }), [])
  const twice = [...ALL_BY_DEFAULT, byDefault('table', 'SELECT', 'app')]
  t.deepEqual(statements({ ...EVERYWHERE, ...done, defaultAcl: twice }), [
    'o: ALTER DEFAULT PRIVILEGES FOR ROLE "o" IN SCHEMA "app" REVOKE SELECT ON TABLES FROM "g"',
  ])
})

test('who worked in all schemas and works in one keeps that one, and the rest is taken before a schema is made', (t) => {
  const held = (name: string): SchemaState => schema(name, 'o', [item('o', 'g', 'USAGE')])
  const before = {
    schemas: [held('app'), held('other')],
    objects: [table('other', 'o', [item('o', 'g', 'SELECT')])],
    defaultAcl: [
      ...ALL_BY_DEFAULT,
      ...ALL_BY_DEFAULT.filter(({ objectClass }) => objectClass !== 'schema').map((one) => ({ ...one, schema: 'app' })),
    ],
  }
  const everywhere = ['USAGE ON SCHEMAS', 'SELECT ON TABLES', 'SELECT ON SEQUENCES', 'EXECUTE ON ROUTINES'].map(
    (what) => `o: ALTER DEFAULT PRIVILEGES FOR ROLE "o" REVOKE ${what} FROM "g"`,
  )
  const elsewhere = ['o: REVOKE USAGE ON SCHEMA "other" FROM "g"', 'o: REVOKE SELECT ON TABLE "other"."t" FROM "g"']
  const owner = { username: 'o', database_name: 'd', schemas: ['app'] }
  const applications = { o: owner, g: { ...READER, schemas: ['app'] } }
  t.deepEqual(statements({ ...before, applications }), [...elsewhere, ...everywhere])
  const grows = { ...applications, o: { ...owner, schemas: ['app', 'fresh'] } }
  t.deepEqual(statements({ ...before, applications: grows }), [...everywhere, 'o: CREATE SCHEMA "fresh"', ...elsewhere])
  const keeps = { ...applications, g: { ...applications.g, undeclared: 'keep' } }
  t.deepEqual(statements({ ...before, applications: keeps }), [])
})

const LOADER = { username: 'l', database_name: 'd', access_level: 'none', owns_schemas: ['raw'] }
const OWNS = { l: LOADER, g: { ...READER, schemas: ['raw'] } }
const GRANTED = [
  'l: GRANT USAGE ON SCHEMA "raw" TO "g"',
  'l: GRANT SELECT ON TABLE "raw"."t" TO "g"',
  ...['SELECT ON TABLES', 'SELECT ON SEQUENCES', 'EXECUTE ON ROUTINES'].map(
    (what) => `l: ALTER DEFAULT PRIVILEGES FOR ROLE "l" IN SCHEMA "raw" GRANT ${what} TO "g"`,
  ),
]
const RAW = { schemas: [schema('raw', 'l')], objects: [table('raw', 'l')] }

test('in a schema that a guest owns all is granted as that guest, which needs nothing there itself', (t) => {
  t.deepEqual(statements({ ...RAW, applications: OWNS }), GRANTED)
  const everywhere = { ...OWNS, g: { ...READER, schemas: ['*', 'raw'] } }
  t.deepEqual(
    statements({ ...RAW, applications: everywhere, defaultAcl: ALL_BY_DEFAULT }),
    ['o: GRANT USAGE ON SCHEMA "public" TO "g"', ...GRANTED],
    'defaults of the owner reach nothing that the guest makes',
  )
  const ofGuest = [byDefault('table', 'INSERT', null, 'l'), byDefault('table', 'INSERT', 'raw', 'o')]
  t.deepEqual(statements({ ...RAW, applications: OWNS, defaultAcl: ofGuest }), [
    ...GRANTED,
    'l: ALTER DEFAULT PRIVILEGES FOR ROLE "l" REVOKE INSERT ON TABLES FROM "g"',
  ])
})

test('nothing is granted as a guest that is left out, unless its role is ours and the admin may act as it', (t) => {
  const ours = [
    role('o', { comment: tagOf('o') }),
    role('l', { comment: tagOf('l') }),
    role('g', { comment: tagOf('g') }),
  ]
  const right = membership('l', ADMIN, { admin: true })
  const of = (fields: Partial<Case>): string[] =>
    statements({ ...RAW, applications: OWNS, leftOut: ['l'], roles: ours, memberships: [right], ...fields })
  t.deepEqual(of({}), GRANTED)
  for (const memberships of [[], [membership('l', ADMIN)], [membership('l', 'other', { admin: true })]])
    t.deepEqual(of({ memberships }), [], JSON.stringify(memberships))
  t.deepEqual(of({ memberships: [membership('l', 'other'), right] }), GRANTED)
  t.deepEqual(of({ memberships: [], version: 159999 }), GRANTED)
  t.deepEqual(of({ memberships: [], version: 160000 }), [])
  const superuser = role(ADMIN, { superuser: true })
  t.deepEqual(of({ memberships: [], roles: [...ours, superuser] }), GRANTED)
  for (const comment of [null, tagOf('l', { Stack: 'theirs' })])
    t.deepEqual(of({ roles: [...ours.filter(({ name }) => name !== 'l'), role('l', { comment })] }), [])
  t.deepEqual(of({ leftOut: [], memberships: [] }), GRANTED, 'who is not left out was looked at before')
})

test('a guest may create its schema while that is made, and no longer, unless it had that and it is kept', (t) => {
  const of = (undeclared: string, acl: readonly AclItem[] | null): string[] =>
    statements({ applications: { l: { ...LOADER, undeclared } }, acl })
  const create = 'l: CREATE SCHEMA "raw"'
  const lent = ['o: GRANT CREATE ON DATABASE "d" TO "l"', create, 'o: REVOKE CREATE ON DATABASE "d" FROM "l"']
  t.deepEqual(of('report', []), lent)
  t.deepEqual(of('report', [item('o', 'l', 'CREATE')]), lent)
  t.deepEqual(of('keep', [item('o', 'l', 'CREATE')]), [create])
  t.deepEqual(of('keep', [item('o', 'l', 'CONNECT')]), lent)
  t.deepEqual(of('keep', [item('x', 'l', 'CREATE')]), lent, 'from somebody else, who may take it back')
  t.deepEqual(of('keep', null), lent, 'of a database that is made')
  t.deepEqual(statements({ applications: { o: { username: 'o', database_name: 'd', schemas: ['app'] } } }), [
    'o: CREATE SCHEMA "app"',
  ])
})

test('where a schema that is made may be one that was renamed, the step says so', (t) => {
  const applications = { o: { username: 'o', database_name: 'd', schemas: ['app'] } }
  const caution = (given: Partial<Case>): unknown => planned({ applications, ...given }).steps[0]?.caution
  t.is(caution({}), undefined)
  t.is(caution({ acl: null }), undefined)
  t.is(caution({ schemas: [schema('empty')] }), undefined)
  t.is(
    caution({ schemas: [schema('apps', 'o', [], 1)] }),
    'schema app of d was not there, and a new, empty one is made; where it was renamed by hand, it is one of those that are not listed: apps',
  )
})

test('an owner gets back what it took from itself in its schemas; on another’s, who can give it is told', (t) => {
  const applications = { o: { username: 'o', database_name: 'd', schemas: ['app'] } }
  const of = (owner: string, ...acl: readonly AclItem[]): Case => ({
    applications,
    schemas: [{ ...schema('app', owner), acl }],
  })
  t.deepEqual(statements(of('o')), ['o: GRANT CREATE, USAGE ON SCHEMA "app" TO "o"'])
  t.deepEqual(statements(of('o', item('o', 'o', 'USAGE'))), ['o: GRANT CREATE ON SCHEMA "app" TO "o"'])
  const mine = (privilege: string): AclItem => item('pg_database_owner', 'pg_database_owner', privilege)
  t.deepEqual(statements(of('pg_database_owner', mine('CREATE'), mine('USAGE'))), [])
  t.deepEqual(statements(of('x')), [])
  t.deepEqual(warnings(of('x')), [
    'o lacks CREATE and USAGE in schema app of d; as x, in d: SET LOCAL ROLE "x"; GRANT CREATE, USAGE ON SCHEMA "app" TO "o"; COMMIT;',
  ])
  t.deepEqual(
    warnings(of('x', item('x', '', 'USAGE'))),
    ['o lacks CREATE in schema app of d; as x, in d: SET LOCAL ROLE "x"; GRANT CREATE ON SCHEMA "app" TO "o"; COMMIT;'],
    'what PUBLIC has, it has there too',
  )
})

test('in a new database of 14 everybody may create in public, which no owner of it can change', (t) => {
  const applications = { o: { username: 'o', database_name: 'd', schemas: ['public'] } }
  const told = (version: number): string[] => warnings({ applications, acl: null, version })
  t.deepEqual(told(150000), [])
  const [lacks, open] = told(149999)
  t.regex(`${String(lacks)} ${String(open)}`, /may create objects in its schema public, which the server owns/)
  const seen = [schema('public', 'rdsadmin', [item('rdsadmin', '', 'CREATE'), item('rdsadmin', '', 'USAGE')])]
  t.true(
    warnings({ applications, schemas: seen }).some((text) =>
      text.includes(
        'which rdsadmin owns; as a superuser, in d: SET LOCAL ROLE NONE; GRANT CREATE ON SCHEMA "public" TO "o"; REVOKE CREATE ON SCHEMA "public" FROM PUBLIC; COMMIT;',
      ),
    ),
    warnings({ applications, schemas: seen }).join('\n'),
  )
})

test('what another role granted beyond the level is told with who can take it, once for a schema', (t) => {
  const of = (fields: object, schemas: readonly SchemaState[], objects: readonly SchemaObject[] = []): string[] =>
    warnings({
      applications: { o: { username: 'o', database_name: 'd', schemas: ['app'] }, g: { ...READER, ...fields } },
      schemas,
      objects,
      defaultAcl: ['table', 'sequence', 'function'].map((on) =>
        byDefault(
          on === 'table' ? 'table' : on === 'sequence' ? 'sequence' : 'function',
          on === 'function' ? 'EXECUTE' : 'SELECT',
          'app',
        ),
      ),
    })
  const app = (...acl: readonly AclItem[]): SchemaState[] => [schema('app', 'o', [item('o', 'g', 'USAGE'), ...acl])]
  const ofTable = [
    table('app', 'o', [
      item('o', 'g', 'SELECT'),
      item('x', 'g', 'SELECT'),
      item('x', 'g', 'INSERT'),
      item('x', 'h', 'DELETE'),
    ]),
  ]
  t.deepEqual(of({}, app(), ofTable), ['g holds INSERT in schema app of d beyond its level, from x, who can revoke it'])
  const columns = [{ ...table('app', 'o', [item('o', 'g', 'SELECT')]), columnAcl: [item('y', 'g', 'UPDATE')] }]
  t.deepEqual(of({}, app(item('x', 'g', 'CREATE')), columns), [
    'g holds CREATE, UPDATE in schema app of d beyond its level, from x, y, who can revoke it',
  ])
  t.deepEqual(of({}, app(item('x', 'g', 'USAGE'))), [])
  t.deepEqual(
    of({ undeclared: 'revoke' }, app(), ofTable).map((text) => text.split('.')[0]),
    ['what g has on d from x (table app'],
    'told with the statement that takes it',
  )
})

test('a schema of another that nobody may use works for no guest, and that is told', (t) => {
  const applications = {
    o: { username: 'o', database_name: 'd', schemas: ['app'] },
    g: { ...READER, undeclared: 'report' },
  }
  const told = (owner: string, ...acl: readonly AclItem[]): string[] =>
    warnings({ applications, schemas: [schema('app', owner, acl)] }).filter((text) => text.startsWith('g '))
  t.deepEqual(told('x'), ['g cannot use schema app of d: it belongs to x, who alone can grant USAGE on it'])
  t.deepEqual(told('x', item('x', '', 'USAGE')), [])
  t.deepEqual(told('x', item('x', 'g', 'USAGE')), [])
  t.deepEqual(told('o'), [])
})
