/** Who loses and gains what by which step, on lists (src/README.md: Who loses what). */
import test from 'ava'
import type { AclItem, DefaultAcl, Interior, SchemaObject, SchemaState } from '../../../src/model/catalog.ts'
import { consequenceLines } from '../../../src/model/consequence.ts'
import { jobSteps, planSteps } from '../../../src/model/step.ts'
import { makePlan } from '../../../src/plan/plan.ts'
import { guest, items, lines, type Made, member, OWNER, SHOP, stateOf } from './consequences-sample.ts'
import { declare, input, role, tagOf } from './sample.ts'

/** Shows that the guest had a level in the schema. */
const READS_LATER: DefaultAcl = {
  creator: OWNER,
  schema: 'public',
  objectClass: 'table',
  grantee: 'guest',
  privilege: 'SELECT',
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
      defaultAcl: [READS_LATER],
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

test('who reads or writes all data by a predefined role loses none of that, of columns and of sequences neither', (t) => {
  const of = (predefined: string, privileges: readonly string[], columns: readonly string[] = []): string[] =>
    lines(guest({ access_level: 'none' }), {
      acl: [...items('guest', ['CONNECT']), ...items('anna', ['CONNECT'])],
      tables: { a: items('guest', privileges) },
      columns: { a: items('guest', columns) },
      logins: ['guest', 'anna'],
      roles: [role(predefined, { canLogin: false })],
      memberships: [member('guest', 'anna'), member(predefined, 'anna')],
      inside: {
        defaultAcl: [READS_LATER],
      },
    }).filter((line) => line.includes('public.a'))
  const lost = (who: string, privileges: string): string => `LOSES ${who}: ${privileges} in shop_dev_db`
  const all = ['TRUNCATE', 'DELETE', 'UPDATE', 'INSERT', 'SELECT']
  const guests = lost('guest', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE on public.a')
  t.deepEqual(of('pg_read_all_data', all, ['SELECT', 'UPDATE']), [
    lost('anna', 'INSERT, UPDATE, DELETE, TRUNCATE on public.a'),
    guests,
  ])
  t.deepEqual(of('pg_write_all_data', all, ['SELECT', 'UPDATE']), [
    lost('anna', 'SELECT, TRUNCATE on public.a'),
    guests,
  ])
  t.deepEqual(of('pg_monitor', ['INSERT']), [lost('anna, guest', 'INSERT on public.a')])
  t.deepEqual(of('pg_read_all_data', [], ['SELECT', 'UPDATE']), [
    lost('anna', 'UPDATE on columns of public.a'),
    lost('guest', 'SELECT, UPDATE on columns of public.a'),
  ])
  t.deepEqual(of('pg_write_all_data', [], ['INSERT', 'REFERENCES']), [
    lost('anna', 'REFERENCES on columns of public.a'),
    lost('guest', 'INSERT, REFERENCES on columns of public.a'),
  ])
})

test('what goes on the table is told apart from what goes on its columns, and a sequence is written by who writes all', (t) => {
  const about = {
    acl: [...items('guest', ['CONNECT']), ...items('anna', ['CONNECT'])],
    logins: ['guest', 'anna'],
    inside: {
      defaultAcl: [READS_LATER],
    },
  }
  const of = (made: Made): string[] =>
    lines(guest({ access_level: 'none' }), { ...about, ...made }).filter((line) => line.includes('public.a'))
  const mixed = { tables: { a: items('guest', ['SELECT']) }, columns: { a: items('guest', ['UPDATE']) } }
  t.deepEqual(of(mixed), [
    'LOSES guest: SELECT on public.a in shop_dev_db',
    'LOSES guest: UPDATE on columns of public.a in shop_dev_db',
  ])
  const sequence = {
    schema: 'public',
    name: 'a',
    objectClass: 'sequence' as const,
    owner: OWNER,
    args: null,
    acl: items('guest', ['SELECT', 'UPDATE', 'USAGE']),
    columnAcl: [],
  }
  t.deepEqual(
    of({
      roles: [role('pg_write_all_data', { canLogin: false })],
      memberships: [member('guest', 'anna'), member('pg_write_all_data', 'anna')],
      inside: { ...about.inside, objects: [sequence] },
    }),
    [
      'LOSES anna: SELECT, USAGE on sequence public.a in shop_dev_db',
      'LOSES guest: SELECT, UPDATE, USAGE on sequence public.a in shop_dev_db',
    ],
  )
})

test('who may not connect, or may not use the schema, loses and gains nothing inside', (t) => {
  const table = (acl: readonly AclItem[]): SchemaObject => ({
    schema: 'app',
    name: 't',
    objectClass: 'table',
    owner: OWNER,
    args: null,
    acl,
    columnAcl: [],
  })
  const of = (connects: boolean, uses: boolean, fields: Made['fields'] = {}): string[] => {
    const schema: SchemaState = {
      name: 'app',
      owner: OWNER,
      acl: [...items(OWNER, ['CREATE', 'USAGE']), ...(uses ? items('guest', ['USAGE']) : [])],
      objects: 1,
      foreignObjects: 0,
    }
    const made = {
      acl: connects ? items('guest', ['CONNECT']) : [],
      logins: ['guest'],
      inside: {
        schemas: new Map([['app', schema]]),
        objects: [table(items('guest', ['SELECT', 'INSERT']))],
        defaultAcl: [{ ...READS_LATER, schema: 'app' }],
      },
      fields,
    }
    return lines(guest({ access_level: 'none' }), made).filter((line) => line.includes('app'))
  }
  const lost = 'LOSES guest: SELECT, INSERT on app.t in shop_dev_db'
  const uses = 'LOSES guest: USAGE on schema app in shop_dev_db'
  const later = `LOSES guest: SELECT on tables that ${OWNER} will create in schema app of shop_dev_db`
  t.deepEqual(of(true, true), [uses, lost, later])
  t.deepEqual(of(true, false), [later], 'what is created later may stand where it may be used')
  t.deepEqual(of(false, true), [])
  t.deepEqual(of(true, true, { allowConnections: false }), [])
})

test('what somebody has from another too stays, and so does what it granted on', (t) => {
  const twice = [
    ...items('guest', ['INSERT']),
    ...items('guest', ['INSERT'], 'x'),
    ...items('third', ['INSERT'], 'guest'),
  ]
  const of = (a: readonly AclItem[]): string[] =>
    lines(guest({ access_level: 'reader' }), {
      acl: [...items('guest', ['CONNECT']), ...items('third', ['CONNECT'])],
      tables: { a: [...items('guest', ['SELECT']), ...a] },
      logins: ['guest', 'third', 'x'],
      inside: { defaultAcl: [READS_LATER] },
    }).filter((line) => line.includes('public.a'))
  t.deepEqual(of(twice), [])
  const [owners, , passedOn] = twice
  t.deepEqual(of([owners, passedOn].flatMap((one) => one ?? [])), [
    'LOSES guest, third: INSERT on public.a in shop_dev_db',
  ])
})

test('a database that is opened again is the gain of all who may connect to it', (t) => {
  const of = (fields: NonNullable<Made['fields']>): string[] =>
    lines(SHOP, { acl: items('a', ['CONNECT']), logins: ['a', 'b'], fields }).filter((line) =>
      line.includes('which accepted'),
    )
  t.deepEqual(of({ allowConnections: false }), [`GAINS a, ${OWNER}: connections to shop_dev_db, which accepted none`])
  t.deepEqual(of({}), [])
})
