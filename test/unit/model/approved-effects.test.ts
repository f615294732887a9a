/** What is approved with the effects of a plan, and what is not (src/README.md: What was approved). */
import test from 'ava'
import { approvalOf, doneOf, withoutImplied } from '../../../src/model/approved-effects.ts'
import type { Effect } from '../../../src/model/effect.ts'

const ABOUT = { application: 'ro', database: 'shop_db', username: 'ro_u' } as const

function grant(effect: string, over: Partial<Effect> = {}): Effect {
  return { ...ABOUT, object: 'grant', rule: 'grant_privileges', effect, ...over }
}

function byDefault(effect: string): Effect {
  return { ...ABOUT, object: 'default_privileges', rule: 'grant_default_privileges', effect }
}

function ofDatabase(rule: string, effect: string, over: Partial<Effect> = {}): Effect {
  return { application: 'shop', database: 'shop_db', username: 'shop_u', object: 'database', rule, effect, ...over }
}

function revoke(names: string): Effect {
  return {
    ...ABOUT,
    object: 'grant',
    rule: 'revoke_privileges',
    effect: `revoke SELECT on tables of app, as reader: ${names}`,
  }
}

const isApproved = (approved: Effect, found: Effect): boolean => approvalOf([approved])(found)

test('what is granted by default is granted on what is there too, to that login in that place and no other', (t) => {
  const approved = byDefault('grant INSERT, SELECT on tables of app that are created later, as editor')
  t.true(isApproved(approved, grant('grant INSERT, SELECT on tables of app, as editor')))
  t.true(isApproved(approved, grant('grant SELECT on tables of app, as editor')))
  for (const other of [
    grant('grant DELETE, SELECT on tables of app, as editor'),
    grant('grant SELECT on tables of other, as editor'),
    grant('grant SELECT on sequences of app, as editor'),
    grant('grant SELECT on tables of app, as reader'),
    grant('grant SELECT on tables of app, as editor', { username: 'other_u' }),
    grant('grant SELECT on tables of app, as editor', { database: 'other_db' }),
    grant('LOSES ro_u: SELECT on app.one in shop_db'),
    { ...grant('grant SELECT on tables of app, as editor'), rule: 'grant_membership' },
  ])
    t.false(isApproved(approved, other), other.effect)
})

test('default privileges in all schemas are for each of them', (t) => {
  t.true(
    isApproved(
      byDefault('grant SELECT on tables that are created later, as reader'),
      grant('grant SELECT on tables of app, as reader'),
    ),
  )
  t.true(
    isApproved(
      byDefault('grant USAGE on schemas that are created later, as reader'),
      grant('grant USAGE on schema app, as reader'),
    ),
  )
  t.false(
    isApproved(
      byDefault('grant USAGE on schemas that are created later, as reader'),
      grant('grant CREATE on schema app, as reader'),
    ),
  )
})

test('the other way round nothing is approved: what is there says nothing of what is created later', (t) => {
  const now = grant('grant SELECT on tables of app, as reader')
  t.false(isApproved(now, byDefault('grant SELECT on tables of app that are created later, as reader')))
})

test('of what is taken away by name less may be left, and nothing else', (t) => {
  const approved = revoke('"app"."a, b", "app"."c", "app"."f"(integer, text)')
  for (const names of ['"app"."c"', '"app"."a, b", "app"."f"(integer, text)'])
    t.true(isApproved(approved, revoke(names)), names)
  for (const names of ['"app"."d"', '"app"."a', '"app"."c", "app"."d"', '"app"."f"(integer)'])
    t.false(isApproved(approved, revoke(names)), names)
  t.false(isApproved(approved, { ...revoke('"app"."c"'), username: 'other_u' }))
})

test('who loses what is approved by name, and not where names are only counted', (t) => {
  const loses = (what: string, who = 'anna'): Effect => ({
    ...revoke(''),
    effect: `LOSES ${who}: SELECT on ${what} in shop_db`,
  })
  t.true(isApproved(loses('app.one, app.two'), loses('app.two')))
  t.false(isApproved(loses('app.one, app.two'), loses('app.three')))
  t.false(isApproved(loses('app.one, app.two'), loses('app.two', 'ben')))
  t.false(isApproved(loses('app.one, app.two and 7 more'), loses('app.two')))
  t.true(isApproved(loses('app.one, app.two and 7 more'), loses('app.one, app.two and 7 more')))
})

test('a database that is approved to be made is opened to its owner, whatever it is called; nobody loses anything by it', (t) => {
  const made = ofDatabase('create_database', 'database shop_db, owned by shop_u')
  const restrict = ofDatabase('restrict_public', 'PUBLIC may not connect to shop_db')
  t.true(isApproved(made, restrict))
  t.true(isApproved(made, ofDatabase('reopen_database', 'shop_db accepts connections again')))
  t.false(isApproved(made, { ...restrict, effect: 'LOSES anna: CONNECT on database shop_db' }))
  t.false(isApproved(made, { ...restrict, database: 'other_db' }))
  t.false(isApproved(made, ofDatabase('limit_database', 'connection limit of shop_db: 1 -> 2')))
  t.false(isApproved(ofDatabase('alter_role', 'x'), restrict))
})

test('what is done is told, but not what is left in another guise', (t) => {
  const [made, open] = [ofDatabase('create_database', 'database'), ofDatabase('open_database', 'PUBLIC may not')]
  t.deepEqual(doneOf([made, open], [ofDatabase('restrict_public', 'PUBLIC may not')]), [made])
  t.deepEqual(doneOf([made, open], [made, open]), [])
  t.deepEqual(doneOf([made, open], []), [made, open])
})

test('a digest leaves out what the rest of the plan says already', (t) => {
  const [now, later] = [
    grant('grant SELECT on tables of app, as reader'),
    byDefault('grant SELECT on tables of app that are created later, as reader'),
  ]
  t.deepEqual(withoutImplied([now, later]), [later])
  t.deepEqual(withoutImplied([now]), [now])
})
