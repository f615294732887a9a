/** Entries that name another one. */
import test from 'ava'
import { parseApps, problemsOf } from './sample.ts'

const READER = { access_level: 'reader' }

test('database_of is the database of that entry, whatever its name is and in whatever order they stand', (t) => {
  const { databases } = parseApps({
    a: { ...READER, database_of: 'shop' },
    shop: { database_name: 'Shop 1' },
    z: { access_level: 'editor', database_of: 'shop' },
    other: {},
    guest: { ...READER, database_of: 'other' },
  }).declaration
  t.deepEqual(
    databases.map(({ name, guests }) => [name, guests.map((guest) => [guest.name, guest.database])]),
    [
      [
        'Shop 1',
        [
          ['a', 'Shop 1'],
          ['z', 'Shop 1'],
        ],
      ],
      ['other_dev_db', [['guest', 'other_dev_db']]],
    ],
  )
})

test('an entry may own the database that another one names', (t) => {
  const { databases } = parseApps({ a: { ...READER, database_name: 'x' }, b: { database_of: 'a' } }).declaration
  t.deepEqual(
    databases.map(({ name, owner }) => [name, owner.name]),
    [['x', 'b']],
  )
})

const told = (applications: Readonly<Record<string, unknown>>): string[] =>
  problemsOf(() => parseApps(applications)).map(
    ({ application, field, message }) => `${application ?? ''}/${field}: ${message}`,
  )

test('a key that nobody has names the nearest one, and nothing follows from the default name', (t) => {
  t.deepEqual(told({ shop: {}, a: { ...READER, database_of: 'shpo' }, b: { ...READER, database_of: 'elsewhere' } }), [
    'a/database_of: no entry has the key "shpo". Did you mean "shop"?',
    'b/database_of: no entry has the key "elsewhere".',
  ])
  t.deepEqual(told({ lonely: { ...READER, database_of: 'lonly' } }), [
    'lonely/database_of: no entry has the key "lonly".',
  ])
})

test('no entry names itself, or one that names another', (t) => {
  t.deepEqual(
    told({
      shop: {},
      a: { ...READER, database_of: 'shop' },
      b: { ...READER, database_of: 'a' },
      c: { database_of: 'c' },
    }),
    ['b/database_of: names "a", which has database_of itself ("shop").', 'c/database_of: names its own entry.'],
  )
})

test('an entry without a database has none to share', (t) => {
  const none = { login: { access_level: 'none' }, a: { database_of: 'login' } }
  t.deepEqual(told(none), ['a/database_of: names "login", which has no database.'])
  t.deepEqual(told({ ...none, a: { ...READER, database_of: 'login' } }), [
    'a/database_of: names "login", which has no database.',
  ])
})

test('of what names an entry that is wrong itself nothing more is said', (t) => {
  const wrong = { shop: { database_name: 'x', username: ' ' }, a: { ...READER, database_of: 'shop' } }
  t.deepEqual(told({ ...wrong, b: { database_name: 'x' } }), ['shop/username: " " is not accepted.'])
})

test('an entry that cannot be read is no unknown one', (t) => {
  t.deepEqual(told({ shop: 'x', a: { ...READER, database_of: 'shop' } }), ['shop/application_databases: is "x".'])
  t.deepEqual(told({ shop: { database_name: ' ' }, a: { ...READER, database_of: 'shop' } }), [
    'shop/database_name: " " is not accepted.',
  ])
})

test('database_of and database_name are two answers to one question', (t) => {
  t.deepEqual(told({ shop: {}, a: { ...READER, database_of: 'shop', database_name: 'shop_dev_db' } }), [
    'a/database_of: says whose database it is, and database_name says which ("shop_dev_db").',
  ])
})

test('a key that is too long for a default name needs none where database_of says which database', (t) => {
  const long = 'x'.repeat(60)
  t.deepEqual(told({ shop: {}, [long]: { ...READER, database_of: 'shop', username: 'u' } }), [])
})

test('a database that no entry owns names the nearest one that has an owner', (t) => {
  t.deepEqual(told({ analytics: {}, a: { ...READER, database_name: 'analytcis_dev_db' } }), [
    'a/access_level: the database "analytcis_dev_db" has no owner. Did you mean "analytics_dev_db"?',
  ])
  t.deepEqual(told({ a: { ...READER, database_name: 'nothing_like_it' } }), [
    'a/access_level: the database "nothing_like_it" has no owner.',
  ])
})
