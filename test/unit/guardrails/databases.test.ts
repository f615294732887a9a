/** Databases and schemas of another owner than the declared one, and what a person does about them. */
import test from 'ava'
import { database, interior, role, tagOf } from '../plan/sample.ts'
import { messages, violations } from './sample.ts'

const APP = { a: { username: 'u', database_name: 'd' } }
const THERE = { databases: [database('d', 'u')] }

test('how a person gives a database to the owner that is declared', (t) => {
  const [plain = ''] = messages(
    { a: { ...APP.a, adopt_existing: true } },
    { roles: [role('u'), role('x')], databases: [database('d', 'x')] },
  )
  t.regex(
    plain,
    /^a\/owner_mismatch: the database d belongs to x, not to u\. Declare the right database_name or username; or let a person run, connected to d as x, or as a member of it, with CREATEDB and the right to grant u: .* GRANT "u" TO CURRENT_USER; .*REASSIGN OWNED BY "x" TO "u"; .*REVOKE "u" FROM CURRENT_USER GRANTED BY CURRENT_USER; COMMIT;$/,
  )
  t.notRegex(plain, /CREATE ROLE/)
  const fresh = (entry: object = {}): string =>
    messages(
      { a: { ...APP.a, ...entry } },
      { roles: [role('x')], databases: [database('d', 'x', { comment: tagOf('a') })] },
    )[0] ?? ''
  t.regex(
    fresh(),
    /not to u\. Its tag is one of ours\. .*CREATE ROLE "u" LOGIN; .* And set adopt_existing = true, since u is there by then\.$/,
  )
  t.regex(fresh({ can_login: false }), /CREATE ROLE "u" NOLOGIN; /)
  t.regex(fresh({ adopt_existing: true }), /COMMIT;$/)
  const [root = ''] = messages(APP, { roles: [role('root', { superuser: true })], databases: [database('d', 'root')] })
  t.regex(
    root,
    /run, as a superuser: CREATE ROLE "u" LOGIN; ALTER DATABASE "d" OWNER TO "u"; and, inside it, ALTER … OWNER TO "u" for each object \(REASSIGN OWNED is refused for "root"\)\. And set adopt_existing = true/,
  )
})

test('a database that an interrupted removal left is made anew once it is gone', (t) => {
  const invalid = {
    roles: [role('u', { comment: tagOf('a') })],
    databases: [database('d', 'u', { connectionLimit: -2 })],
  }
  t.deepEqual(messages(APP, invalid), [
    'a/invalid_database: the database d is invalid: a DROP DATABASE was interrupted. As u, which owns it: DROP DATABASE "d"; And set recreate_missing = true, with which a new one is made.',
  ])
})

test('a schema of another owner is told to whoever asks for it, with what hands it over', (t) => {
  const theirs = { name: 's', owner: 'x', acl: [], objects: 0, foreignObjects: 0 }
  const guests = {
    g: { username: 'g', database_name: 'd', access_level: 'reader', schemas: ['s'] },
    h: { username: 'h', database_name: 'd', access_level: 'reader', schemas: ['public'] },
  }
  const of = (entry: object, others: object = {}, owner = 'x'): string[] =>
    violations(
      { a: { ...APP.a, ...entry }, ...others },
      {
        roles: ['u', 'g', 'h'].map((name) => role(name, { comment: tagOf(name === 'u' ? 'a' : name) })),
        ...THERE,
        interiors: [interior('d', { schemas: new Map([['s', { ...theirs, owner }]]) })],
      },
    )
  t.deepEqual(of({ schemas: ['s'] }), ['a/schema'])
  t.deepEqual(of({ schemas: ['s'] }, guests), ['a/schema'], 'the owner’s entry names it')
  t.deepEqual(of({ schemas: ['public'] }, guests), ['g/schema'], 'the guest that names it')
  t.deepEqual(of({ schemas: ['s'] }, {}, 'u'), [])
  const own = { g: { ...guests.g, schemas: ['s'], owns_schemas: ['s'], access_level: 'editor' } }
  t.deepEqual(of({ schemas: ['public'] }, own), ['g/schema'], 'whose it is to be')
  t.deepEqual(of({ schemas: ['public'] }, own, 'g'), [])
  const [message = ''] = messages(
    { a: { ...APP.a, schemas: ['s'] } },
    {
      roles: [role('u', { comment: tagOf('a') }), role('x')],
      ...THERE,
      interiors: [interior('d', { schemas: new Map([['s', theirs]]) })],
    },
  )
  t.regex(message, /belongs to x, not to u\. .* run, as admin, in d: .*ALTER SCHEMA "s" OWNER TO "u"; /)
})
