/** Memberships across entries: what they come to, and what contradicts itself. */
import test from 'ava'
import { parseApps, problemsOf } from './sample.ts'

const refused = (applications: object): string[] =>
  problemsOf(() => parseApps(applications)).map(
    ({ application, field, message }) => `${application ?? '-'}: ${field}: ${message}`,
  )
const memberOf = (applications: object): Record<string, readonly string[]> =>
  Object.fromEntries(parseApps(applications).declaration.applications.map((item) => [item.name, item.memberOf]))

test('keys become logins, predefined roles stay, repeated ones count once', (t) => {
  t.deepEqual(memberOf({ a: { username: 'A' }, b: { member_of: ['pg_monitor', 'a', 'a', 'rds_replication'] } }), {
    a: [],
    b: ['A', 'pg_monitor', 'rds_replication'],
  })
})

test('a name of a predefined role is that role, whatever an entry is called', (t) => {
  t.deepEqual(memberOf({ pg_monitor: { username: 'x' }, b: { member_of: ['pg_monitor'] } })['b'], ['pg_monitor'])
})

test('an entry that is called as a predefined role is in no circle with it, and nobody acts as it', (t) => {
  t.deepEqual(refused({ pg_monitor: { member_of: ['pg_monitor'] } }), [])
  t.deepEqual(memberOf({ pg_monitor: { username: 'x', member_of: ['pg_monitor'] } }), { pg_monitor: ['pg_monitor'] })
  t.deepEqual(refused({ pg_monitor: { auth: 'iam' }, b: { member_of: ['pg_monitor'] } }), [])
  t.deepEqual(refused({ pg_monitor: {}, b: { acts_as: 'pg_monitor' } }), ['b: acts_as: "pg_monitor" is no entry.'])
})

test('who has no password of ours may be a member of a login by IAM', (t) => {
  const iam = { a: { auth: 'iam' } }
  t.deepEqual(refused({ ...iam, b: { auth: 'iam', member_of: ['a'] } }), [])
  t.deepEqual(refused({ ...iam, b: { auth: 'unmanaged', member_of: ['a'] } }), [])
  t.deepEqual(refused({ ...iam, b: { can_login: false, member_of: ['a'] } }), [])
  t.is(refused({ ...iam, b: { member_of: ['a'] } }).length, 1)
})

for (const [role, why] of [
  ['rds_superuser', /grant nearly every role/],
  ['rds_iam', /auth = "iam"/],
  ['rds_password', /passwords of others/],
  ['pg_maintain', /lock the catalogs/],
  ['pg_signal_backend', /ends the sessions/],
  ['pg_execute_server_program', /files and programs of the server/],
  ['pg_write_server_files', /files and programs of the server/],
] as const) {
  test(`nobody is made a member of ${role}, and it says why`, (t) => {
    const [problem = '', ...others] = refused({ a: { member_of: [role] } })
    t.regex(problem, why)
    t.deepEqual(others, [])
  })
}

test('what is neither an entry nor a role that may be given is named', (t) => {
  t.deepEqual(refused({ a: { member_of: ['b', 'pg_database_owner'] } }), [
    'a: member_of: "b" is neither an entry nor a role that may be given.',
    'a: member_of: "pg_database_owner" is neither an entry nor a role that may be given.',
  ])
})

test('a circle is told once, at the first of its entries, by its shortest way', (t) => {
  t.deepEqual(refused({ a: { member_of: ['a'] } }), [
    'a: member_of: a is a member of a: no role can be a member of itself.',
  ])
  t.deepEqual(
    refused({
      d: { member_of: ['b'] },
      b: { member_of: ['c', 'e'] },
      c: { member_of: ['b'] },
      e: { member_of: ['f'] },
      f: {},
    }),
    ['b: member_of: b is a member of c is a member of b: no role can be a member of itself.'],
  )
  t.deepEqual(refused({ a: { member_of: ['b', 'c'] }, b: { member_of: ['c'] }, c: {} }), [])
})

test('an entry that uses a login of another stands for that one: they are one role', (t) => {
  const user = { access_level: 'reader', database_of: 'c', login_of: 'a' }
  t.deepEqual(refused({ a: { member_of: ['b'] }, b: user, c: {} }), [
    'a: member_of: a is a member of a: no role can be a member of itself.',
  ])
  t.deepEqual(refused({ a: { auth: 'iam' }, b: user, c: {}, d: { member_of: ['b'] } }), [
    'd: member_of: d is a member of a, which logs in by IAM: RDS would refuse its password.',
  ])
  t.deepEqual(refused({ a: {}, b: user, c: {}, d: { member_of: ['b'] } }), [])
})

test('a password login becomes no member of an IAM login, through others neither', (t) => {
  t.deepEqual(refused({ a: { auth: 'iam' }, b: { member_of: ['a'] }, c: { member_of: ['b'] } }), [
    'b: member_of: b is a member of a, which logs in by IAM: RDS would refuse its password.',
    'c: member_of: c is a member of b is a member of a, which logs in by IAM: RDS would refuse its password.',
  ])
  t.deepEqual(refused({ a: { auth: 'iam', member_of: ['b'] }, b: {} }), [])
})

test('who acts as a role is its member, and it is the login of an entry', (t) => {
  const [a] = parseApps({ a: { acts_as: 'b', member_of: ['pg_monitor'] }, b: { username: 'B' } }).declaration
    .applications
  t.deepEqual([a?.actsAs, a?.memberOf], ['B', ['B', 'pg_monitor']])
  t.deepEqual(refused({ a: { acts_as: 'pg_monitor' }, b: { acts_as: 'nosuch' } }), [
    'a: acts_as: "pg_monitor" is no entry.',
    'b: acts_as: "nosuch" is no entry.',
  ])
  t.deepEqual(refused({ a: { acts_as: 'a' } }), ['a: acts_as: a is a member of a: no role can be a member of itself.'])
})

test('who acts as a role does so in a database', (t) => {
  const none = { acts_as: 'b', access_level: 'none' }
  t.deepEqual(refused({ a: none, b: {} }), [
    'a: acts_as: is about a database, and this login has none (access_level = "none").',
  ])
  t.deepEqual(refused({ a: { ...none, database_of: 'b' }, b: {} }), [])
})

test('a login without rights of its own connects where it is a member of something', (t) => {
  const none = { access_level: 'none', database_of: 'own' }
  const { applications } = parseApps({
    own: {},
    alone: none,
    member: { ...none, member_of: ['pg_monitor'] },
    actor: { ...none, acts_as: 'own' },
    again: { login_of: 'member', database_of: 'other', access_level: 'none' },
    other: {},
  }).declaration
  t.deepEqual(
    applications.filter(({ connects }) => !connects).map(({ name }) => name),
    ['alone'],
  )
})
