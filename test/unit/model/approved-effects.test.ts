/** What is approved with the effects of a plan, and what is not (src/README.md: What was approved). */
import test from 'ava'
import { approvalOf, doneOf, withoutImplied } from '../../../src/model/approved-effects.ts'
import type { Effect, GrantDetail } from '../../../src/model/effect.ts'

const ABOUT = { application: 'ro', database: 'shop_db', username: 'ro_u' } as const

type Granted = Partial<Omit<GrantDetail, 'kind'>>

function granted(rule: string, object: string, given: Granted, over: Partial<Effect>): Effect {
  const all = { privileges: ['SELECT'], on: 'table', schema: 'app', level: 'reader', later: false, ...given } as const
  const effect = `grant ${JSON.stringify(all)}`
  return { ...ABOUT, object, rule, effect, detail: { kind: 'grant', ...all }, ...over }
}

function grant(given: Granted = {}, over: Partial<Effect> = {}): Effect {
  return granted('grant_privileges', 'grant', given, over)
}

function byDefault(given: Granted = {}): Effect {
  return granted('grant_default_privileges', 'default_privileges', { ...given, later: true }, {})
}

function ofDatabase(rule: string, effect: string, over: Partial<Effect> = {}): Effect {
  const about = { application: 'shop', database: 'shop_db', username: 'shop_u', object: 'database' }
  return { ...about, rule, effect, detail: null, ...over }
}

function revoke(objects: readonly string[], what = 'revoke SELECT on tables of app, as reader'): Effect {
  const effect = `${what}: ${objects.join(', ')}`
  return { ...ABOUT, object: 'grant', rule: 'revoke_privileges', effect, detail: { kind: 'taken', what, objects } }
}

const isApproved = (approved: Effect, found: Effect): boolean => approvalOf([approved])(found)
const loses = (what: string): Pick<Effect, 'effect' | 'detail'> => ({
  effect: `LOSES anna: ${what}`,
  detail: { kind: 'loss' },
})

test('what is granted by default is granted on what is there too, to that login in that place and no other', (t) => {
  const editor = { privileges: ['INSERT', 'SELECT'], level: 'editor' } as const
  const approved = byDefault(editor)
  t.true(isApproved(approved, grant(editor)))
  t.true(isApproved(approved, grant({ ...editor, privileges: ['SELECT'] })))
  for (const other of [
    grant({ ...editor, privileges: ['DELETE', 'SELECT'] }),
    grant({ ...editor, schema: 'other' }),
    grant({ ...editor, schema: null }),
    grant({ ...editor, on: 'sequence' }),
    grant({ ...editor, level: 'reader' }),
    grant(editor, { username: 'other_u' }),
    grant(editor, { database: 'other_db' }),
    grant(editor, { detail: { kind: 'loss' } }),
    grant(editor, { detail: null }),
    grant(editor, { rule: 'grant_membership' }),
  ])
    t.false(isApproved(approved, other), JSON.stringify(other))
})

test('default privileges in all schemas are for each of them', (t) => {
  t.true(isApproved(byDefault({ schema: null }), grant()))
  const schemas = { on: 'schema', privileges: ['USAGE'] } as const
  t.true(isApproved(byDefault({ ...schemas, schema: null }), grant(schemas)))
  t.false(isApproved(byDefault({ ...schemas, schema: null }), grant({ ...schemas, privileges: ['CREATE'] })))
})

test('the other way round nothing is approved: what is there says nothing of what is created later', (t) => {
  t.false(isApproved(grant(), byDefault()))
  t.false(isApproved(grant(), grant({ later: true })))
})

test('of what is taken away by name less may be left, and nothing else', (t) => {
  const approved = revoke(['"app"."a, b"', '"app"."c"', '"app"."f"(integer, text)'])
  for (const names of [['"app"."c"'], ['"app"."a, b"', '"app"."f"(integer, text)']])
    t.true(isApproved(approved, revoke(names)), names.join(', '))
  for (const names of [['"app"."d"'], ['"app"."a"'], ['"app"."c"', '"app"."d"'], ['"app"."f"(integer)']])
    t.false(isApproved(approved, revoke(names)), names.join(', '))
  t.false(isApproved(approved, { ...revoke(['"app"."c"']), username: 'other_u' }))
  t.false(isApproved(approved, revoke(['"app"."c"'], 'revoke DELETE on tables of app, as reader')))
})

test('who loses what is approved as it stands, and nothing is part of it', (t) => {
  const [two, one] = [
    { ...revoke([]), ...loses('SELECT on app.one, app.two') },
    { ...revoke([]), ...loses('SELECT on app.two') },
  ]
  t.true(isApproved(two, two))
  t.false(isApproved(two, one))
  t.false(isApproved(revoke(['"app"."two"']), one))
})

test('a database that is approved to be made is opened to its owner, whatever it is called; nobody loses anything by it', (t) => {
  const made = ofDatabase('create_database', 'database shop_db, owned by shop_u')
  const restrict = ofDatabase('restrict_public', 'PUBLIC may not connect to shop_db')
  t.true(isApproved(made, restrict))
  t.true(isApproved(made, ofDatabase('reopen_database', 'shop_db accepts connections again')))
  t.false(isApproved(made, { ...restrict, ...loses('CONNECT on database shop_db') }))
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
  const [now, later] = [grant(), byDefault()]
  t.deepEqual(withoutImplied([now, later]), [later])
  t.deepEqual(withoutImplied([now]), [now])
})

test('how an effect is told decides nothing: what it is does', (t) => {
  const words = 'grant INSERT, SELECT on tables of app that are created later, as editor'
  const told = { ...byDefault(), effect: words, detail: null }
  t.false(isApproved(told, grant()))
  t.false(isApproved({ ...byDefault({ privileges: ['SELECT'] }), effect: words }, grant({ privileges: ['INSERT'] })))
})
