/** A declaration without some of its applications. */
import test from 'ava'
import { leaveOut, withGuests } from '../../../src/model/leave-out.ts'
import { declare } from '../plan/sample.ts'

const DECLARATION = declare({
  own: { username: 'own', database_name: 'd', schemas: ['public'] },
  read: { username: 'read', database_name: 'd', access_level: 'reader', schemas: ['public', 'extra'] },
  other: { username: 'other', database_name: 'e' },
})

const names = (left: ReadonlySet<string>): unknown => {
  const { applications, databases } = leaveOut(DECLARATION, left)
  return [
    applications.map(({ name }) => name),
    databases.map(({ name, guests }) => [name, guests.map((guest) => guest.name)]),
  ]
}

test('a guest goes alone, and the schemas that it listed are still made', (t) => {
  t.deepEqual(names(new Set(['read'])), [
    ['other', 'own'],
    [
      ['d', []],
      ['e', []],
    ],
  ])
  const [database] = leaveOut(DECLARATION, new Set(['read'])).databases
  t.deepEqual(database?.schemas, ['public', 'extra'])
})

test('with an owner go its database and all who share it', (t) => {
  const left = withGuests(DECLARATION, new Set(['own']), new Set(['own', 'read']))
  t.deepEqual([...left].sort(), ['own', 'read'])
  t.deepEqual(names(left), [['other'], [['e', []]]])
})

test("a guest's login serves its users where it is there, whatever becomes of its database", (t) => {
  const shared = declare({
    own: { username: 'own', database_name: 'd' },
    read: { username: 'read', database_name: 'd', access_level: 'reader' },
    other: { username: 'other', database_name: 'e' },
    user: { login_of: 'read', database_name: 'e', access_level: 'reader' },
  })
  const left = (roles: readonly string[]): string[] => [...withGuests(shared, new Set(['own']), new Set(roles))].sort()
  t.deepEqual(left(['own', 'read']), ['own', 'read'])
  t.deepEqual(left(['own']), ['own', 'read', 'user'])
})

test('nobody left out is the same declaration', (t) => {
  t.is(leaveOut(DECLARATION, new Set()), DECLARATION)
})
