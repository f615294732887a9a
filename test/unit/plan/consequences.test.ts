/** Who loses and gains what by which step (src/README.md: Who loses what). */
import test from 'ava'
import type { AclItem, Cluster, Interior, Membership } from '../../../src/model/catalog.ts'
import { consequenceLines } from '../../../src/model/consequence.ts'
import { jobSteps, planSteps } from '../../../src/model/step.ts'
import { makePlan } from '../../../src/plan/plan.ts'
import { ADMIN, database, declare, input, interior, role, type State, tagOf } from './sample.ts'

const OWNER = 'shop_dev_user'
const items = (grantee: string, privileges: readonly string[], grantor = OWNER): AclItem[] =>
  privileges.map((privilege) => ({ grantor, grantee, privilege }))

function member(of: string, name: string, over: Partial<Membership> = {}): Membership {
  return { role: of, member: name, grantor: 'dbmaster', admin: false, inherit: true, set: true, ...over }
}

interface Made {
  /** Of the database, beside the owner's and the admin's. */
  readonly acl?: readonly AclItem[]
  readonly tables?: Readonly<Record<string, readonly AclItem[]>>
  readonly columns?: Readonly<Record<string, readonly AclItem[]>>
  readonly logins?: readonly string[]
  readonly roles?: State['roles']
  readonly memberships?: readonly Membership[]
  readonly inside?: Partial<Interior>
  readonly cluster?: Partial<Cluster>
}

function stateOf(made: Made): State {
  const { acl = [], tables = {}, columns = {}, logins = [], roles = [], memberships = [], inside = {} } = made
  const owner = role(OWNER, { comment: tagOf('shop', { OwnedDatabase: 'shop_dev_db' }) })
  const all = [owner, ...logins.map((name) => role(name)), ...roles]
  const objects = Object.entries(tables).map(([name, list]) => ({
    schema: 'public',
    name,
    objectClass: 'table' as const,
    owner: OWNER,
    args: null,
    acl: [...items(OWNER, ['SELECT', 'INSERT', 'UPDATE', 'DELETE']), ...list],
    columnAcl: columns[name] ?? [],
  }))
  const own = all.map(({ name }) => member(name, ADMIN, { admin: true, inherit: false, set: false }))
  return {
    roles: all,
    databases: [database('shop_dev_db', OWNER, { acl: [...database('shop_dev_db', OWNER).acl, ...acl] })],
    interiors: [interior('shop_dev_db', { objects, ...inside })],
    logins: { shop: { kind: 'password_right', note: null }, guest: { kind: 'password_right', note: null } },
    cluster: { memberships: [...own, ...memberships], ...made.cluster },
  }
}

const SHOP = { shop: {} }
const guest = (fields: object): object => ({
  ...SHOP,
  guest: { database_name: 'shop_dev_db', username: 'guest', adopt_existing: true, undeclared: 'report', ...fields },
})

/** Lines of all steps, in their order. */
function lines(applications: object, made: Made, newRoles = new Set<string>()): string[] {
  const declaration = declare(applications)
  return planSteps(makePlan({ ...input(declaration, stateOf(made)), made: newRoles })).flatMap(consequenceLines)
}

test('who came in through PUBLIC loses that by name, few of many', (t) => {
  const acl = items('', ['CONNECT', 'TEMPORARY'])
  t.deepEqual(lines(SHOP, { acl, logins: ['b', 'a'] }), ['LOSES a, b: CONNECT, TEMPORARY on database shop_dev_db'])
  const many = Array.from({ length: 120 }, (_, index) => `u${String(index).padStart(3, '0')}`)
  const [first] = lines(SHOP, { acl, logins: many })
  t.is(first, 'LOSES u000, u001, u002 and 117 more: CONNECT, TEMPORARY on database shop_dev_db')
  const steps = planSteps(makePlan(input(declare(SHOP), stateOf({ acl, logins: many }))))
  const loses = steps.find(({ loses: found }) => found !== undefined)?.loses ?? []
  t.is(loses.length, 51)
  t.deepEqual(loses.at(-1), { who: '70 more', what: 'CONNECT, TEMPORARY on database shop_dev_db', logins: 70 })
})

test('who keeps it by name, by a group or as a superuser loses nothing', (t) => {
  const acl = [...items('', ['CONNECT', 'TEMPORARY']), ...items('a', ['CONNECT']), ...items('team', ['CONNECT'])]
  const made = {
    acl,
    logins: ['a', 'b'],
    roles: [role('team', { canLogin: false }), role('root', { superuser: true })],
    memberships: [member('team', 'b')],
  }
  t.deepEqual(lines(SHOP, made), ['LOSES a, b: TEMPORARY on database shop_dev_db'])
})

test('a level that is lowered names what is lost, and on what', (t) => {
  const acl = items('guest', ['CONNECT', 'TEMPORARY'])
  const tables = Object.fromEntries(
    ['a', 'b', 'c', 'd'].map((name) => [name, items('guest', ['SELECT', 'INSERT', 'UPDATE', 'DELETE'])]),
  )
  const defaultAcl = ['SELECT', 'INSERT'].map((privilege) => ({
    creator: OWNER,
    schema: 'public',
    objectClass: 'table' as const,
    grantee: 'guest',
    privilege,
  }))
  const made = { acl, tables, logins: ['guest'], inside: { defaultAcl } }
  const told = lines(guest({ access_level: 'reader' }), made)
  t.true(told.includes('LOSES guest: TEMPORARY on database shop_dev_db'))
  t.true(told.includes('LOSES guest: INSERT, UPDATE, DELETE on public.a, public.b, public.c and 1 more in shop_dev_db'))
  t.true(
    told.includes(`LOSES guest: INSERT on tables that ${OWNER} will create in schema public of shop_dev_db`),
    told.join('\n'),
  )
  const kept = lines(guest({ access_level: 'reader', undeclared: 'keep' }), made)
  t.deepEqual(
    kept.filter((line) => line.startsWith('LOSES')),
    [],
  )
})

test('PUBLIC may call what is created: nobody gains that, unless the creator took it from PUBLIC', (t) => {
  const made = { acl: items('guest', ['CONNECT']), logins: ['guest'] }
  const what = `GAINS guest: EXECUTE on functions that ${OWNER} will create in schema public of shop_dev_db`
  const of = (defaultAcl: Interior['defaultAcl']): string[] =>
    lines(guest({ access_level: 'reader' }), { ...made, inside: { defaultAcl } })
  t.false(of([]).includes(what))
  const byDefault = { creator: OWNER, schema: null, objectClass: 'function' as const, privilege: 'EXECUTE' }
  t.true(of([{ ...byDefault, grantee: OWNER }]).includes(what))
  t.false(of([{ ...byDefault, grantee: '' }]).includes(what))
})

test('what a group has, its members have: they lose and gain it with it', (t) => {
  const made = {
    acl: items('guest', ['CONNECT']),
    tables: { a: items('guest', ['SELECT']) },
    logins: ['anna', 'noinherit'],
    roles: [role('guest', { canLogin: false })],
    memberships: [member('guest', 'anna'), member('guest', 'noinherit', { inherit: false })],
  }
  const less = { ...made, acl: items('guest', ['CONNECT', 'TEMPORARY']) }
  const lost = lines(guest({ access_level: 'reader', can_login: false }), less)
  t.deepEqual(
    lost.filter((line) => line.startsWith('LOSES')),
    ['LOSES anna, noinherit: TEMPORARY on database shop_dev_db'],
  )
  const gained = lines(guest({ access_level: 'editor', can_login: false }), made)
  t.true(gained.includes('GAINS anna, noinherit: INSERT, UPDATE, DELETE on public.a in shop_dev_db'), gained.join('\n'))
})

test('a privilege on columns is less than one on the table', (t) => {
  const made = {
    acl: items('guest', ['CONNECT']),
    tables: { goods: [] },
    columns: { goods: items('guest', ['SELECT']) },
    logins: ['guest'],
  }
  t.true(lines(guest({ access_level: 'reader' }), made).includes('GAINS guest: SELECT on public.goods in shop_dev_db'))
})

test('what was granted on goes with it, and its holders are told', (t) => {
  const made = {
    acl: [...items('guest', ['CONNECT']), ...items('third', ['CONNECT'])],
    tables: { a: [...items('guest', ['INSERT']), ...items('third', ['INSERT'], 'guest')] },
    logins: ['guest', 'third'],
    inside: {
      defaultAcl: [
        { creator: OWNER, schema: 'public', objectClass: 'table' as const, grantee: 'guest', privilege: 'SELECT' },
      ],
    },
  }
  const told = lines(guest({ access_level: 'reader' }), made)
  t.true(told.includes('LOSES guest, third: INSERT on public.a in shop_dev_db'), told.join('\n'))
})

test('nothing for a login that the same run makes, be it in a later round', (t) => {
  const applications = { ...SHOP, guest: { database_name: 'shop_dev_db', access_level: 'reader' } }
  t.deepEqual(lines(applications, { tables: { a: [] } }), [])
  const made = { tables: { a: [] }, roles: [role('guest_dev_user', { comment: tagOf('guest') })] }
  t.true(lines(applications, made).some((line) => line.startsWith('GAINS guest_dev_user: SELECT on public.a')))
  t.deepEqual(lines(applications, made, new Set(['guest_dev_user'])), [])
})

test('attributes, limits and ends are told with what they were', (t) => {
  const shop = role(OWNER, {
    comment: tagOf('shop', { OwnedDatabase: 'shop_dev_db' }),
    connectionLimit: 20,
    createDb: true,
    validUntil: new Date('2030-01-01T00:00:00Z'),
  })
  const state = { ...stateOf({}), roles: [shop] }
  const told = (fields: object): string[] =>
    planSteps(makePlan(input(declare({ shop: fields }), state))).flatMap(consequenceLines)
  t.deepEqual(told({ connection_limit: 30, valid_until: '2029-01-01T00:00:00Z' }), [
    `LOSES ${OWNER}: CREATEDB`,
    `LOSES ${OWNER}: a password valid until 2029-01-01T00:00:00.000Z (before: 2030-01-01T00:00:00.000Z)`,
    `GAINS ${OWNER}: 30 connections at once (before: 20 connections)`,
  ])
  t.deepEqual(told({ connection_limit: 10, can_create_databases: true }), [
    `LOSES ${OWNER}: 10 connections at once (before: 20 connections)`,
    `GAINS ${OWNER}: a password valid until infinity (before: 2030-01-01T00:00:00.000Z)`,
  ])
})

test('parts and halves of a step each tell of their own objects', (t) => {
  const names = Array.from({ length: 600 }, (_, index) => `t${String(index).padStart(3, '0')}`)
  const made = {
    acl: items('guest', ['CONNECT']),
    tables: Object.fromEntries(names.map((name) => [name, items('guest', ['SELECT'])])),
    logins: ['guest'],
  }
  const plan = makePlan(input(declare(guest({ access_level: 'editor' })), stateOf(made)))
  const inside = plan.jobs.filter(({ stage }) => stage === 'interiors')
  const told = inside.flatMap(jobSteps).flatMap(consequenceLines)
  t.deepEqual(
    told.filter((line) => line.includes('public.t')),
    [
      'GAINS guest: INSERT, UPDATE, DELETE on public.t000, public.t001, public.t002 and 197 more in shop_dev_db',
      'GAINS guest: INSERT, UPDATE, DELETE on public.t200, public.t201, public.t202 and 197 more in shop_dev_db',
      'GAINS guest: INSERT, UPDATE, DELETE on public.t400, public.t401, public.t402 and 197 more in shop_dev_db',
    ],
  )
  const transaction = inside.flatMap(({ transactions }) => transactions).at(-1)
  const halves = transaction?.kind === 'atomic' ? (transaction.halves?.() ?? []) : []
  t.deepEqual(
    halves.flatMap(({ steps }) => steps.flatMap(consequenceLines)),
    [
      'GAINS guest: INSERT, UPDATE, DELETE on public.t400, public.t401, public.t402 and 97 more in shop_dev_db',
      'GAINS guest: INSERT, UPDATE, DELETE on public.t500, public.t501, public.t502 and 97 more in shop_dev_db',
    ],
  )
})
