/** Who loses and gains what is in no list: settings, memberships, limits, logging in (src/README.md: Who loses what). */
import test from 'ava'
import type { Membership } from '../../../src/model/catalog.ts'
import { consequenceLines } from '../../../src/model/consequence.ts'
import { planSteps } from '../../../src/model/step.ts'
import { makePlan } from '../../../src/plan/plan.ts'
import { guest, items, lines, type Made, member, OWNER, SHOP, stateOf } from './consequences-sample.ts'
import { ADMIN, declare, input, role, tagOf } from './sample.ts'

test('settings: what a login had set, and as whom it acts from now on', (t) => {
  const had = (name: string, value: string, where: string | null = 'shop_dev_db', of = 'guest') => ({
    role: of,
    database: where,
    name,
    value,
  })
  const told = (fields: object, ...settings: readonly ReturnType<typeof had>[]): string[] =>
    lines(
      {
        ...guest({ access_level: 'reader', ...fields }),
        team: { username: 'team', can_login: false, access_level: 'none' },
      },
      { acl: items('guest', ['CONNECT']), logins: ['guest'], cluster: { settings } },
    ).filter((line) => line.endsWith(' in shop_dev_db') && !line.includes(' on '))
  const lost = ['LOSES guest: work_mem = 8MB in shop_dev_db']
  t.deepEqual(told({}, had('work_mem', '8MB')), lost)
  t.deepEqual(told({ settings: { work_mem: '9MB' } }, had('Work_Mem', '8MB')), [
    'LOSES guest: Work_Mem = 8MB in shop_dev_db',
  ])
  t.deepEqual(told({ settings: { work_mem: '9MB' } }), [], 'a parameter that it had not is no right')
  t.deepEqual(told({ settings: { work_mem: '9MB' } }, had('work_mem', '8MB', null), had('jit', 'off', 'e')), [])
  const acts = { member_of: ['team'], acts_as: 'team' }
  t.deepEqual(told(acts), ['GAINS guest: acting as team in shop_dev_db'])
  t.deepEqual(told(acts, had('role', 'anna')), [
    'LOSES guest: acting as anna in shop_dev_db',
    'GAINS guest: acting as team in shop_dev_db',
  ])
  t.deepEqual(told({}, had('role', 'anna')), ['LOSES guest: acting as anna in shop_dev_db'])
})

test('memberships: of the login, and of all who are members of it, who had it by no other way', (t) => {
  const of = (fields: object, memberships: readonly Membership[], version = 160004): string[] => {
    const given = stateOf({
      acl: items('guest', ['CONNECT']),
      logins: ['guest', 'anna', 'bert'],
      roles: [role('pg_monitor', { canLogin: false }), role('team', { canLogin: false })],
      memberships,
    })
    const declaration = declare(guest({ access_level: 'none', ...fields }))
    return planSteps(makePlan(input(declaration, { ...given, version })))
      .flatMap(consequenceLines)
      .filter((line) => line.includes('membership'))
  }
  const joined = { member_of: ['pg_monitor'] }
  const also = [member('guest', 'anna'), member('guest', 'bert'), member('pg_monitor', 'bert')]
  t.deepEqual(of(joined, also.slice(1)), ['GAINS guest: membership in pg_monitor, and so what that role may'])
  t.deepEqual(of(joined, also), ['GAINS anna, guest: membership in pg_monitor, and so what that role may'])
  const revokes = { undeclared: 'revoke' }
  const mine = member('team', 'guest', { grantor: ADMIN })
  t.deepEqual(of(revokes, [mine]), ['LOSES guest: membership in team, and so what that role may'])
  t.deepEqual(of(revokes, [mine, member('team', 'guest')]), [], 'somebody else gave it too')
  const ofGuest = [mine, member('guest', 'anna'), member('guest', 'bert'), member('team', 'bert')]
  t.deepEqual(of(revokes, ofGuest), ['LOSES anna, guest: membership in team, and so what that role may'])
  t.deepEqual(
    of(revokes, [mine, member('guest', 'anna', { inherit: false, set: false })]),
    ['LOSES guest: membership in team, and so what that role may'],
    'who may only give it on has nothing of it',
  )
})

test('the limit of a database is told of its owner, more or less, and of no limit as what it is', (t) => {
  const of = (limit: number | undefined, before: number): string[] =>
    lines({ shop: { database_connection_limit: limit } }, { fields: { connectionLimit: before } })
  const told = (verb: string, now: string, before: string): string[] => [
    `${verb} ${OWNER}: ${now} to shop_dev_db at once, of all logins (before: ${before})`,
  ]
  t.deepEqual(of(5, 9), told('LOSES', '5 connections', '9 connections'))
  t.deepEqual(of(9, 5), told('GAINS', '9 connections', '5 connections'))
  t.deepEqual(of(9, -1), told('LOSES', '9 connections', 'any number of connections'))
  t.deepEqual(of(undefined, 9), told('GAINS', 'any number of connections', '9 connections'))
  t.deepEqual(of(9, 9), [])
})

test('logging in: opened, with another password than one by hand, by IAM and no more by it', (t) => {
  const of = (fields: object, made: Made = {}): string[] =>
    lines(guest({ access_level: 'none', ...fields }), { logins: ['guest'], ...made }).filter((line) =>
      line.includes('logging in'),
    )
  const wrong = { guest: { kind: 'password_wrong' } } as const
  t.deepEqual(of({}), [])
  t.deepEqual(of({}, { seen: wrong }), ['LOSES guest: logging in with the password that it has now'])
  const ours = { logins: [], roles: [role('guest', { comment: tagOf('guest') })] }
  t.deepEqual(of({}, { seen: wrong, ...ours }), [], 'the password of a role of ours was the secret’s')
  const iam = role('rds_iam', { canLogin: false })
  t.deepEqual(of({ auth: 'iam' }, { roles: [iam] }), [
    'LOSES guest: logging in with a password',
    'GAINS guest: logging in by IAM',
  ])
  const joined = [member('rds_iam', 'guest', { grantor: ADMIN })]
  t.deepEqual(of({}, { roles: [iam], memberships: joined }), ['LOSES guest: logging in by IAM'])
  t.deepEqual(of({ can_login: false }), ['LOSES guest: logging in'])
})

test('a database that is made is its owner’s gain, where that was there', (t) => {
  const made = { roles: [role(OWNER, { comment: tagOf('shop') })], databases: [] }
  const told = planSteps(makePlan(input(declare(SHOP), { ...stateOf({}), ...made }))).flatMap(consequenceLines)
  t.true(told.includes(`GAINS ${OWNER}: the new database shop_dev_db, as its owner`), told.join('\n'))
  const fresh = planSteps(makePlan(input(declare(SHOP)))).flatMap(consequenceLines)
  t.deepEqual(fresh, [])
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
