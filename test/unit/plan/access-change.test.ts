/** What steps say as data of the privileges that their statements change. */
import test from 'ava'
import type { AccessChange } from '../../../src/model/access-change.ts'
import type { AclItem, ObjectClass, SchemaObject, SchemaState } from '../../../src/model/catalog.ts'
import type { DefaultHolding, Departure, Holding, RemovalFacts } from '../../../src/model/removal.ts'
import { planSteps, type Plan } from '../../../src/model/step.ts'
import { makePlan } from '../../../src/plan/plan.ts'
import { planRevocation } from '../../../src/plan/removal.ts'
import { planRoleEnds } from '../../../src/plan/removal-ends.ts'
import { ADMIN, actual, database, declare, input, interior, role, tagOf } from './sample.ts'

const acl = (grantee: string, ...privileges: readonly string[]): AclItem[] =>
  privileges.map((privilege) => ({ grantor: 'o', grantee, privilege }))
const schema = (items: readonly AclItem[]): SchemaState => ({
  name: 's',
  owner: 'o',
  acl: items,
  objects: 1,
  foreignObjects: 0,
})
const object = (name: string, objectClass: ObjectClass, items: readonly AclItem[]): SchemaObject => ({
  schema: 's',
  name,
  objectClass,
  owner: 'o',
  args: objectClass === 'function' ? '' : null,
  acl: items,
  columnAcl: [],
})

/** Object and action of each step that changes privileges of a login, with what it says of them. */
function accessOf(plan: Plan): [string, AccessChange][] {
  return planSteps(plan).flatMap(({ username, object: about, action, access }): [string, AccessChange][] =>
    access === undefined ? [] : [[`${username ?? ''} ${about} ${action}`, access]],
  )
}

test('a new guest: its level, and the privileges on database, schema and what will be created', (t) => {
  const declaration = declare({
    o: { username: 'o', database_name: 'd', schemas: ['s'] },
    g: { username: 'g', database_name: 'd', access_level: 'reader' },
  })
  const plan = makePlan(input(declaration))
  const changes = (granted: readonly string[], on: 'database' | 'schema'): AccessChange => ({
    level: 'reader',
    changes: [{ on, schema: on === 'schema' ? 's' : null, granted }],
  })
  t.deepEqual(accessOf(plan), [
    ['g grant grant', changes(['CONNECT'], 'database')],
    ['g grant grant', changes(['USAGE'], 'schema')],
    [
      'g default_privileges grant',
      {
        level: 'reader',
        changes: [
          { on: 'table', schema: 's', granted: ['SELECT'] },
          { on: 'sequence', schema: 's', granted: ['SELECT'] },
          { on: 'function', schema: 's', granted: ['EXECUTE'] },
        ],
      },
    ],
  ])
  for (const { object: about, access } of planSteps(plan)) {
    if (about !== 'grant' && about !== 'default_privileges') t.is(access, undefined)
  }
})

test('what is revoked from a guest and from a login of another database; many objects are one change', (t) => {
  const declaration = declare({
    o: { username: 'o', database_name: 'd', schemas: ['s'] },
    g: { username: 'g', database_name: 'd', access_level: 'reader' },
    x: { username: 'x', database_name: 'other' },
  })
  const held = (grantee: string, privilege: string, inSchema: string | null) =>
    ({ creator: 'o', schema: inSchema, objectClass: 'table', grantee, privilege }) as const
  const many = Array.from({ length: 401 }, (_, index) => object(`t${index}`, 'table', acl('g', 'SELECT', 'INSERT')))
  const plan = makePlan(
    input(declaration, {
      roles: ['o', 'g', 'x'].map((name) => role(name, { comment: tagOf(name) })),
      databases: [
        database('d', 'o', {
          acl: [
            ...acl('o', 'CONNECT', 'CREATE', 'TEMPORARY'),
            ...acl(ADMIN, 'CONNECT'),
            ...acl('g', 'CONNECT', 'TEMPORARY'),
            ...acl('x', 'CONNECT'),
          ],
        }),
        database('other', 'x'),
      ],
      interiors: [
        interior('d', {
          schemas: new Map([['s', schema([...acl('o', 'CREATE', 'USAGE'), ...acl('g', 'USAGE', 'CREATE')])]]),
          objects: [...many, object('f', 'function', acl('x', 'EXECUTE'))],
          defaultAcl: [
            ...['SELECT', 'INSERT'].map((privilege) => held('g', privilege, 's')),
            held('g', 'DELETE', null),
            { ...held('g', 'SELECT', 's'), objectClass: 'sequence' },
            { ...held('g', 'EXECUTE', 's'), objectClass: 'function' },
          ],
        }),
        interior('other'),
      ],
      cluster: { holders: new Map([['d', new Set(['x'])]]) },
    }),
  )
  const change = (level: AccessChange['level'], ...changes: AccessChange['changes']): AccessChange => ({
    level,
    changes,
  })
  t.deepEqual(accessOf(plan), [
    ['g grant revoke', change('reader', { on: 'database', schema: null, revoked: ['TEMPORARY'] })],
    ['x grant revoke', change(null, { on: 'database', schema: null, revoked: ['CONNECT'] })],
    ['g grant grant', change('reader', { on: 'function', schema: 's', granted: ['EXECUTE'] })],
    [
      'g grant revoke',
      change(
        'reader',
        { on: 'schema', schema: 's', revoked: ['CREATE'] },
        { on: 'table', schema: 's', revoked: ['INSERT'] },
      ),
    ],
    ['g default_privileges revoke', change('reader', { on: 'table', schema: 's', revoked: ['INSERT'] })],
    ['x grant revoke', change(null, { on: 'function', schema: 's', revoked: ['EXECUTE'] })],
    ['g default_privileges revoke', change('reader', { on: 'table', schema: null, revoked: ['DELETE'] })],
  ])
})

test('an owner that gets back what it took from itself; what others get or lose is no access of the owner', (t) => {
  const declaration = declare({ o: { username: 'o', database_name: 'd', schemas: ['s'] } })
  const plan = makePlan(
    input(declaration, {
      roles: [role('o', { comment: tagOf('o') })],
      databases: [
        database('d', 'o', { acl: [...acl('o', 'CONNECT', 'CREATE'), ...acl('', 'CONNECT')], comment: tagOf('o') }),
      ],
      interiors: [interior('d', { schemas: new Map([['s', schema(acl('o', 'USAGE'))]]) })],
    }),
  )
  t.deepEqual(accessOf(plan), [
    ['o grant restrict', { level: 'owner', changes: [{ on: 'database', schema: null, granted: ['TEMPORARY'] }] }],
    ['o grant grant', { level: 'owner', changes: [{ on: 'schema', schema: 's', granted: ['CREATE'] }] }],
  ])
  t.true(planSteps(plan).some(({ action, access }) => action === 'admit' && access === undefined))
})

test('a removal takes all, once for each kind of object', (t) => {
  const departure: Departure = { application: 'g', username: 'g', database: 'd', drops: null, policy: 'delete' }
  const holding = (keyword: string, identity: string): Holding => ({
    database: 'd',
    keyword,
    identity,
    isTemporary: false,
    grantor: 'o',
    grantee: 'g',
  })
  const byDefault = (keyword: string, inSchema: string | null): DefaultHolding => ({
    database: 'd',
    grantee: 'g',
    creator: 'o',
    schema: inSchema,
    keyword,
  })
  const facts: RemovalFacts = {
    holdings: [
      ...['a', 'b'].map((name) => holding('TABLE', `s.${name}`)),
      ...['SEQUENCE', 'ROUTINE', 'SCHEMA', 'TYPE', 'FOREIGN SERVER', 'DATABASE'].map((word) => holding(word, 'n')),
    ],
    defaults: [byDefault('TABLES', 's'), byDefault('ROUTINES', 's'), byDefault('SCHEMAS', null)],
    obstacles: [],
    unseen: new Map(),
    tenants: new Map(),
    sessions: [],
    canSignal: true,
  }
  const declaration = declare({ o: { username: 'o', database_name: 'd' } })
  const { cluster } = actual({ roles: [role('o'), role('g')], databases: [database('d', 'o')] })
  const removal = { declaration, cluster, departures: [departure], facts, startedAt: new Date(0) }
  const all = (on: AccessChange['changes'][number]['on'], inSchema: string | null = null) => ({
    on,
    schema: inSchema,
    revoked: ['ALL'],
  })
  t.deepEqual(accessOf(planRevocation(removal)), [
    [
      'g grant revoke',
      { level: null, changes: [all('table'), all('sequence'), all('function'), all('schema'), all('other')] },
    ],
    ['g default_privileges revoke', { level: null, changes: [all('table', 's'), all('function', 's'), all('schema')] }],
  ])
  t.deepEqual(accessOf(planRoleEnds(removal)), [['g grant revoke', { level: null, changes: [all('database')] }]])
})
