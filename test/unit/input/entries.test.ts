/** What fits an entry by its level, its database and the entries beside it. */
import test from 'ava'
import { parseDeclaration } from '../../../src/input/parse.ts'
import { fieldsOf, LEAST, parseApps, problemsOf } from './sample.ts'

test('of several owners a removal asks which, too; a guest that is wrong hides none', (t) => {
  const owners = { a: { database_name: 'd' }, b: { database_name: 'd' } }
  const json = JSON.stringify({ ...LEAST, application_databases: owners })
  t.deepEqual(
    fieldsOf(() => parseDeclaration(json, 'removal')),
    ['b/access_level'],
  )
})

test('a login without a database has nothing that is about one, and one that names a database has', (t) => {
  const about = { settings: { jit: 'off' }, extensions: ['citext'], acts_as: 'own', owns_schemas: ['s'] }
  const fields = (entry: object): string[] =>
    problemsOf(() => parseApps({ own: { database_name: 'd' }, a: { access_level: 'none', ...entry } })).map(
      ({ field, code }) => `${field} ${code}`,
    )
  for (const [field, value] of Object.entries(about))
    t.deepEqual(fields({ [field]: value }), [`${field} misplaced_field`], field)
  for (const where of [{ database_name: 'd' }, { database_of: 'own' }]) t.deepEqual(fields({ ...about, ...where }), [])
  t.deepEqual(fields({ database_of: 'own', schemas: ['s'] }), ['schemas misplaced_field'])
  t.deepEqual(fields({ schemas: null, settings: null }), [])
})

test('what belongs elsewhere says why and where', (t) => {
  const told = (applications: object): string[] =>
    problemsOf(() => parseApps(applications)).map(
      ({ application, field, message, remedy }) => `${application ?? '-'}/${field}: ${message} ${remedy}`,
    )
  const own = { database_name: 'd' }
  t.deepEqual(told({ own, g: { database_name: 'd', access_level: 'reader', encoding: 'UTF8' } }), [
    'g/encoding: describes the database, which belongs to "own". Set it in the entry "own".',
  ])
  t.deepEqual(told({ g: { access_level: 'none', encoding: 'UTF8' } }), [
    'g/encoding: describes a database, and this login has none (access_level = "none"). Set it in the entry of its owner.',
  ])
  const privileges = { tables: ['SELECT'] }
  t.deepEqual(told({ own: { ...own, privileges } }), [
    'own/privileges: is for editors and readers; an owner owns what it creates, and has every right on it. Take it out.',
  ])
  t.deepEqual(told({ own, n: { access_level: 'none', database_of: 'own', privileges } }), [
    'n/privileges: is for editors and readers; a login of level "none" has no rights of its own. Take it out.',
  ])
  t.deepEqual(told({ a: { database_name: 'x', access_level: 'reader' } }), [
    'a/access_level: the database "x" has no owner. Give one of its entries access_level = "owner", or correct database_name; where its owner was taken out, take them out too.',
  ])
  t.deepEqual(told({ a: own, b: own, c: own }), [
    'b/access_level: the database "d" has 3 owners: a, b, c. Keep one, and give the others access_level = "editor" or "reader", or a database_name of their own.',
  ])
})
