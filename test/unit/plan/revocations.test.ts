/** What `revoke` takes away, from whom, as whom, and what it leaves (src/README.md: Beyond the declaration). */
import test from 'ava'
import type { AclItem, Interior, Membership, RoleState, SchemaState } from '../../../src/model/catalog.ts'
import { planSteps } from '../../../src/model/step.ts'
import { effectsOf } from '../../../src/plan/effects.ts'
import { makePlan } from '../../../src/plan/plan.ts'
import { ADMIN, database, declare, input, interior, role, tagOf } from './sample.ts'

const OWNER = 'shop_dev_user'
const items = (grantee: string, privileges: readonly string[], grantor = OWNER): AclItem[] =>
  privileges.map((privilege) => ({ grantor, grantee, privilege }))

interface Made {
  readonly acl?: readonly AclItem[]
  /** Of the one table. */
  readonly table?: readonly AclItem[]
  readonly roles?: readonly RoleState[]
  readonly memberships?: readonly Membership[]
  readonly defaultAcl?: Interior['defaultAcl']
  readonly version?: number
  readonly schemas?: readonly SchemaState[]
}

function planned(made: Made, applications: object = { shop: { undeclared: 'revoke' } }) {
  const { acl = [], table = [], roles = [], memberships = [], defaultAcl = [], version = 160004, schemas = null } = made
  const all = [role(OWNER, { comment: tagOf('shop', { OwnedDatabase: 'shop_dev_db' }) }), ...roles]
  const object = { schema: 'public', name: 't', objectClass: 'table' as const, owner: OWNER, args: null, columnAcl: [] }
  const objects = [{ ...object, acl: [...items(OWNER, ['SELECT', 'INSERT']), ...table] }]
  const ours = all
    .filter(({ comment }) => comment !== null)
    .map(({ name }) => ({
      role: name,
      member: ADMIN,
      grantor: 'bootstrap',
      admin: true,
      inherit: false,
      set: false,
    }))
  const state = {
    version,
    roles: all,
    databases: [database('shop_dev_db', OWNER, { acl: [...database('shop_dev_db', OWNER).acl, ...acl] })],
    interiors: [
      interior('shop_dev_db', {
        objects,
        defaultAcl,
        ...(schemas !== null && { schemas: new Map(schemas.map((schema) => [schema.name, schema])) }),
      }),
    ],
    logins: { shop: { kind: 'password_right', note: null } as const },
    cluster: { memberships: [...ours, ...memberships] },
  }
  return makePlan(input(declare(applications), state))
}

const statements = (made: Made, applications?: object): string[] =>
  planSteps(planned(made, applications)).flatMap((step) =>
    step.statements
      .map(({ redacted }) => redacted)
      .filter((text) => text.startsWith('REVOKE') && !/TO|FROM "admin"/.test(text)),
  )
const told = (made: Made, applications?: object): string[] =>
  planned(made, applications)
    .findings.filter(({ status, action }) => status !== 'no_change' && action === 'keep')
    .map(({ status, message }) => `${status}: ${message}`)

test('what nobody declares goes, of roles and of PUBLIC, on the database and inside', (t) => {
  const made = {
    acl: [...items('x', ['CONNECT']), ...items('', ['CONNECT'])],
    table: [...items('x', ['SELECT']), ...items('', ['SELECT'])],
    roles: [role('x')],
    defaultAcl: [
      { creator: OWNER, schema: 'public', objectClass: 'table' as const, grantee: 'x', privilege: 'SELECT' },
    ],
  }
  t.deepEqual(statements(made), [
    'REVOKE CONNECT ON DATABASE "shop_dev_db" FROM "x"',
    'REVOKE CONNECT ON DATABASE "shop_dev_db" FROM PUBLIC',
    'REVOKE SELECT ON TABLE "public"."t" FROM "x"',
    'REVOKE SELECT ON TABLE "public"."t" FROM PUBLIC',
  ])
  const all = planSteps(planned(made)).flatMap((step) => step.statements.map(String))
  t.true(
    all.includes(`ALTER DEFAULT PRIVILEGES FOR ROLE "${OWNER}" IN SCHEMA "public" REVOKE SELECT ON TABLES FROM "x"`),
  )
  t.deepEqual(told(made), [])
  t.deepEqual(statements(made, { shop: { undeclared: 'report' } }), [
    'REVOKE CONNECT ON DATABASE "shop_dev_db" FROM PUBLIC',
  ])
  t.deepEqual(statements(made, { shop: { undeclared: 'keep' } }), [])
})

test('what a digest approves of it is which privileges, on what and by whose name', (t) => {
  const later = (privilege: string): Interior['defaultAcl'][number] => ({
    creator: OWNER,
    schema: 'public',
    objectClass: 'table',
    grantee: 'x',
    privilege,
  })
  const given = { roles: [role('x')], acl: items('x', ['CONNECT']), table: items('x', ['SELECT']) }
  const made: Made = { ...given, defaultAcl: [later('SELECT')] }
  const effects = (of: Made): string[] => effectsOf(planned(of)).map(({ effect }) => effect)
  t.deepEqual(
    effects(made).filter((effect) => effect.startsWith('revoke')),
    [
      'revoke SELECT on tables of public that are created later',
      'revoke CONNECT on the database',
      'revoke SELECT on tables of public: "public"."t"',
    ],
  )
  const more: readonly Made[] = [
    { ...made, acl: items('x', ['CONNECT', 'CREATE']) },
    { ...made, table: items('x', ['SELECT', 'INSERT']) },
    { ...made, defaultAcl: [later('SELECT'), later('INSERT')] },
  ]
  for (const other of more) t.false(effects(other).every((effect) => effects(made).includes(effect)))
  t.true(
    effects({ ...made, table: items('', ['SELECT']) }).some((effect) => / from PUBLIC: "public"."t"$/.test(effect)),
  )
})

test('nothing from who administers the instance, from roles of the server, from what a state manages', (t) => {
  const spared = [
    role('master', { createRole: true }),
    role('root', { superuser: true }),
    role('rds_superuser', { canLogin: false }),
    role('second_master'),
    role('pg_monitor', { canLogin: false }),
    role('others', { comment: tagOf('o', { Stack: 'theirs' }) }),
    role('retained', { comment: tagOf('former') }),
    role(`${OWNER}_clone`),
  ]
  const made = {
    roles: spared,
    acl: spared.flatMap(({ name }) => items(name, ['CONNECT'])),
    memberships: [
      { role: 'rds_superuser', member: 'second_master', grantor: 'bootstrap', admin: false, inherit: true, set: true },
    ],
  }
  t.deepEqual(statements(made), [])
  t.true(
    told(made).some((line) => line.startsWith('skipped: left alone on shop_dev_db, since they administer')),
    told(made).join('\n'),
  )
})

test('what others granted goes with it, is taken as them where they are ours, else who can is named', (t) => {
  const guest = {
    shop: { undeclared: 'revoke' },
    guest: { database_name: 'shop_dev_db', access_level: 'reader', undeclared: 'revoke' },
  }
  const roles = [role('x'), role('y'), role('guest_dev_user', { comment: tagOf('guest') })]
  const hanging = { roles, table: [...items('x', ['SELECT']), ...items('y', ['SELECT'], 'x')] }
  t.deepEqual(statements(hanging), ['REVOKE SELECT ON TABLE "public"."t" FROM "x" CASCADE'])
  t.deepEqual(told(hanging), [])
  const loses = planSteps(planned({ ...hanging, acl: [...items('x', ['CONNECT']), ...items('y', ['CONNECT'])] }))
    .flatMap((step) => step.loses ?? [])
    .filter(({ what }) => what.includes('public.t'))
  t.deepEqual(
    loses.map(({ who }) => who),
    ['x', 'y'],
  )
  const asGuest = { roles, table: items('x', ['SELECT'], 'guest_dev_user') }
  t.deepEqual(statements(asGuest, guest).slice(0, 1), ['REVOKE SELECT ON TABLE "public"."t" FROM "x"'])
  const step = planSteps(planned(asGuest, guest)).find(({ message }) => message.includes('nobody declares'))
  t.deepEqual(
    step?.statements.map(({ runAs }) => runAs).filter((name) => name !== null),
    ['guest_dev_user'],
  )
  const asMaster = { roles: [...roles, role('dbmaster')], table: items('x', ['SELECT'], 'dbmaster') }
  t.deepEqual(statements(asMaster), [])
  t.regex(
    told(asMaster).join(),
    /warning: what x has on shop_dev_db from dbmaster \(table public\.t\) .*as dbmaster, in .*REVOKE SELECT/,
  )
  const toMaster = {
    roles: [role('x'), role('boss', { createRole: true })],
    table: [...items('x', ['SELECT']), ...items('boss', ['SELECT'], 'x')],
  }
  t.deepEqual(statements(toMaster), [], 'a CASCADE would take it from the master')
})

test('memberships: of the login and in it, those that the run can take back', (t) => {
  const member = (of: string, name: string, grantor: string): Membership => ({
    role: of,
    member: name,
    grantor,
    admin: false,
    inherit: true,
    set: true,
  })
  const roles = [role('team', { canLogin: false }), role('x'), role('master', { createRole: true })]
  const memberships = [
    member('team', OWNER, ADMIN),
    member(OWNER, 'x', ADMIN),
    member(OWNER, 'master', 'bootstrap'),
    member('team', OWNER, 'master'),
  ]
  const made = { roles, memberships }
  const revoked = planSteps(planned(made)).filter(({ kind }) => kind === 'revoke_membership')
  t.deepEqual(
    revoked.flatMap((step) => step.statements.map(String)),
    [
      `REVOKE "team" FROM "${OWNER}" GRANTED BY "${ADMIN}" CASCADE`,
      `REVOKE "${OWNER}" FROM "x" GRANTED BY "${ADMIN}" CASCADE`,
    ],
  )
  t.regex(told(made).join('\n'), /warning: .*member of team.*as master: REVOKE/)
  t.regex(told(made).join('\n'), /skipped: members of shop_dev_user.*master/)
  const below = planSteps(planned({ ...made, version: 150000 })).filter(({ kind }) => kind === 'revoke_membership')
  t.true(below.length >= 2)
})

test('who may not connect any more is put out of the database', (t) => {
  const made = { roles: [role('x'), role('y')], acl: [...items('', ['CONNECT']), ...items('y', ['CONNECT'])] }
  const shut = planSteps(planned(made)).flatMap(({ kind, shutOut = [] }) => shutOut.map((name) => `${kind} ${name}`))
  t.deepEqual(shut, ['restrict_public x', 'restrict_public y'])
  const masters = {
    ...made,
    roles: [...made.roles, role('master', { createRole: true }), role('rest', { comment: tagOf('z') })],
  }
  t.deepEqual(
    planSteps(planned(masters)).flatMap(({ shutOut = [] }) => shutOut),
    ['x', 'y'],
    'nobody who administers the instance or is managed elsewhere',
  )
  t.deepEqual(
    planSteps(planned(made, { shop: {} })).flatMap(({ shutOut = [] }) => shutOut),
    [],
  )
})

test('in schemas and by default each goes once, of PUBLIC too, as whose the schema is', (t) => {
  const schema = (name: string, owner: string, acl: readonly AclItem[]): SchemaState => ({
    name,
    owner,
    acl: [...items(owner, ['CREATE', 'USAGE'], owner), ...acl],
    objects: 0,
    foreignObjects: 0,
  })
  const by = 'pg_database_owner'
  const guest = 'guest_dev_user'
  const later = (grantee: string, privilege: string): Interior['defaultAcl'][number] => ({
    creator: OWNER,
    schema: 'app',
    objectClass: 'table',
    grantee,
    privilege,
  })
  const made: Made = {
    roles: [role('x'), role('y'), role(guest, { comment: tagOf('guest') })],
    acl: items(guest, ['CONNECT']),
    schemas: [
      schema('public', by, [
        ...items('', ['USAGE', 'CREATE'], by),
        ...items('x', ['USAGE'], by),
        ...items('y', ['USAGE'], 'x'),
      ]),
      schema('app', OWNER, [...items('', ['USAGE']), ...items(guest, ['USAGE', 'CREATE'])]),
    ],
    defaultAcl: [later('', 'SELECT'), later('x', 'SELECT'), later(guest, 'INSERT')],
  }
  const applications = {
    shop: { undeclared: 'revoke', schemas: ['app'] },
    guest: { database_name: 'shop_dev_db', access_level: 'reader', schemas: ['app'], undeclared: 'revoke' },
  }
  t.deepEqual(
    statements(made, applications)
      .filter((text) => text.includes('SCHEMA'))
      .sort(),
    [
      `REVOKE CREATE ON SCHEMA "app" FROM "${guest}"`,
      'REVOKE CREATE ON SCHEMA "public" FROM PUBLIC',
      'REVOKE USAGE ON SCHEMA "app" FROM PUBLIC',
      'REVOKE USAGE ON SCHEMA "public" FROM "x" CASCADE',
    ],
  )
  const byDefault = planSteps(planned(made, applications)).flatMap((step) => step.statements.map(String))
  t.deepEqual(
    byDefault
      .filter((text) => /DEFAULT.*REVOKE/.test(text))
      .map((text) => text.replace(/^.*REVOKE/, 'REVOKE'))
      .sort(),
    [
      'REVOKE INSERT ON TABLES FROM "guest_dev_user"',
      'REVOKE SELECT ON TABLES FROM "x"',
      'REVOKE SELECT ON TABLES FROM PUBLIC',
    ],
  )
})
