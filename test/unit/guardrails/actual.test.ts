import test from 'ava'
import { checkActual } from '../../../src/guardrails/actual.ts'
import type { AvailableExtension, Membership } from '../../../src/model/catalog.ts'
import { membership, actual, ADMIN, database, declare, interior, role, type State, tagOf } from '../plan/sample.ts'
import { messages, RUN, violations } from './sample.ts'

/** The admin's right over `u`. */
const RIGHT = membership('u', ADMIN, { admin: true, inherit: false, set: false })

const APP = { a: { username: 'u', database_name: 'd' } }
const THERE = { databases: [database('d', 'u')] }

test('nothing there yet, and what is ours, pass', (t) => {
  t.deepEqual(violations(APP), [])
  t.deepEqual(
    violations(APP, {
      roles: [role('u', { comment: tagOf('a') })],
      databases: [database('d', 'u')],
      interiors: [interior('d')],
    }),
    [],
  )
})

test('a role is ours by its tag alone', (t) => {
  const withTag = (comment: string | null): string[] => violations(APP, { ...THERE, roles: [role('u', { comment })] })
  t.deepEqual(withTag(null), ['a/unmanaged role'])
  t.deepEqual(withTag('{"ManagedBy":"someone"}'), ['a/unmanaged role'])
  t.deepEqual(withTag(tagOf('gone')), [], 'a key that is no longer declared may be taken over')
  t.deepEqual(withTag(tagOf('a', { Stack: 'theirs' })), ['a/foreign claim'])
  t.deepEqual(withTag(tagOf('a', { Environment: 'prod' })), ['a/foreign claim'])
  t.deepEqual(violations({ ...APP, b: {} }, { ...THERE, roles: [role('u', { comment: tagOf('b') })] }), [
    'a/foreign claim',
  ])
})

test('accept_tags_from and adopt_existing let in what they name', (t) => {
  t.deepEqual(
    violations(
      APP,
      { ...THERE, roles: [role('u', { comment: tagOf('a', { Stack: 'theirs' }) })] },
      { accept_tags_from: ['theirs'] },
    ),
    [],
  )
  t.deepEqual(violations({ a: { ...APP.a, adopt_existing: true } }, { roles: [role('u')] }), [])
})

test('a database that was there is not made anew; one that was pending, or is named newly, is made', (t) => {
  const of = (fields: object, entry: object = {}, databases: State['databases'] = []): string[] =>
    violations(
      { a: { ...APP.a, ...entry } },
      { roles: [role('u', { comment: tagOf('a', fields) }), role('x')], databases },
    )
  t.deepEqual(of({ OwnedDatabase: 'd' }), ['a/missing database'])
  t.deepEqual(of({}), ['a/missing database'], 'an older tag does not tell')
  t.deepEqual(of({ OwnedDatabase: 'd' }, { recreate_missing: true }), [])
  t.deepEqual(of({ PendingDatabase: 'd' }), [])
  t.deepEqual(of({ OwnedDatabase: 'before' }), [])
  const tagged = { comment: tagOf('a', { SecretVersionId: undefined }) }
  const renamed = [database('e', 'u', tagged)]
  t.deepEqual(of({ OwnedDatabase: 'd' }, { recreate_missing: true }, renamed), ['a/renamed database'])
  t.deepEqual(of({ OwnedDatabase: 'd' }, {}, [database('e', 'x', tagged)]), ['a/missing database'])
  t.deepEqual(of({ OwnedDatabase: 'd' }, {}, [...renamed, database('d', 'x')]), ['a/renamed database'])
  t.deepEqual(of({ OwnedDatabase: 'before' }, {}, [...renamed, database('d', 'x')]), ['a/owner mismatch'])
})

test("a role is known under another name where it owns the entry's database, and there only", (t) => {
  const of = (owner: string, comment: string, more: readonly string[] = []): string[] =>
    violations(APP, {
      roles: [role('r', { comment }), ...more.map((name) => role(name))],
      databases: [database('d', owner)],
    })
  t.deepEqual(of('r', tagOf('a')), ['a/renamed role'])
  t.deepEqual(of('r', tagOf('b')), ['a/owner mismatch'])
  t.deepEqual(of('r', tagOf('a', { Stack: 'theirs' })), ['a/owner mismatch'])
  t.deepEqual(of('x', tagOf('a'), ['x']), ['a/owner mismatch'])
  t.deepEqual(violations(APP, { roles: [role('r', { comment: tagOf('a', { OwnedDatabase: 'd' }) })] }), [
    'a/renamed role',
  ])
  t.deepEqual(violations(APP, { roles: [role('r', { comment: tagOf('a', { OwnedDatabase: 'e' }) })] }), [])
})

test('from 16 on a right over the role is needed, below CREATEROLE is enough', (t) => {
  const roles = [role('u', { comment: tagOf('a') })]
  t.deepEqual(violations(APP, { ...THERE, roles, cluster: { memberships: [] } }), ['a/missing right'])
  t.deepEqual(violations(APP, { ...THERE, roles, version: 150004, cluster: { memberships: [] } }), [])
})

test('more power than an application may have; CREATEROLE of a managed role is simply taken away', (t) => {
  const of = (fields: object): string[] =>
    violations(APP, { ...THERE, roles: [role('u', { comment: tagOf('a'), ...fields })] })
  for (const fields of [{ superuser: true }, { replication: true }, { bypassRls: true }])
    t.deepEqual(of(fields), ['a/privileged role'])
  t.deepEqual(of({ createRole: true }), [])
})

test('power that a delegated admin cannot take away is named; of a role that is adopted, CREATEROLE too', (t) => {
  const of = (fields: object, entry: object, memberships: readonly Membership[] = []): string[] =>
    messages(
      { a: { ...APP.a, ...entry } },
      { ...THERE, roles: [role('u', fields)], cluster: { memberships: [RIGHT, ...memberships] } },
    )
  const ours = { comment: tagOf('a') }
  const takeAway = 'Take that away as the master first, or choose another username.'
  const held = (names: string): string[] => [`a/privileged_role: the role u holds ${names}. ${takeAway}`]
  t.deepEqual(of({ createRole: true }, { adopt_existing: true }), held('CREATEROLE'))
  t.deepEqual(of({ createRole: true, ...ours }, {}), [])
  const all = { superuser: true, createRole: true, replication: true, bypassRls: true }
  t.deepEqual(of(all, { adopt_existing: true }), held('SUPERUSER, CREATEROLE, REPLICATION, BYPASSRLS'))
  t.deepEqual(of(ours, {}, [membership('rds_superuser', 'u')]), held('membership in rds_superuser'))
  t.deepEqual(
    of(ours, {}, [membership('rds_superuser', 'group'), membership('group', 'u')]),
    held('membership in rds_superuser'),
    'through another role too',
  )
})

test('the admin has CREATEROLE for logins, and CREATEDB for databases that are to be made', (t) => {
  const of = (applications: object, fields: object, state: State = {}): string[] =>
    messages(applications, { ...state, roles: [role(ADMIN, fields), ...(state.roles ?? [])] })
  const lacks = (what: string, sql: string): string[] => [
    `-/missing_right: the delegated admin admin lacks ${what}. As the master: ALTER ROLE "admin" ${sql}; or give master_secret_id.`,
  ]
  const there = { ...THERE, roles: [role('u', { comment: tagOf('a') })] }
  t.deepEqual(of(APP, { createRole: true, createDb: true }), [])
  t.deepEqual(of(APP, {}), lacks('CREATEROLE and CREATEDB', 'CREATEDB CREATEROLE'))
  t.deepEqual(of(APP, { createDb: true }), lacks('CREATEROLE', 'CREATEROLE'))
  t.deepEqual(of(APP, { createRole: true }), lacks('CREATEDB', 'CREATEDB'))
  t.deepEqual(of(APP, { createRole: true }, there), [], 'it is there already')
  t.deepEqual(
    of({ ...APP, b: { username: 'v', database_name: 'e' } }, { createRole: true }, there),
    lacks('CREATEDB', 'CREATEDB'),
    'one of them is not',
  )
  t.deepEqual(of({}, {}), [], 'nothing is to be made')
  t.deepEqual(of(APP, { superuser: true }), [])
})

test('a role whose comment somebody overwrote is told by the tag of its database', (t) => {
  const of = (owner: string, comment: string | null): string | undefined =>
    messages(APP, {
      roles: [role('u'), role('x')],
      databases: [database('d', owner, { comment })],
      cluster: { memberships: [RIGHT] },
    }).find((text) => text.startsWith('a/unmanaged_role'))
  const plain =
    'a/unmanaged_role: the role u exists and is not managed by this tool. Choose another username, or set adopt_existing = true to take it over.'
  t.is(of('u', null), plain)
  t.is(of('u', tagOf('a', { Stack: 'theirs' })), plain)
  t.is(of('x', tagOf('a')), plain)
  t.is(
    of('u', tagOf('a')),
    plain.replace(
      'tool.',
      'tool. Its database d still carries our tag: the comment on the role was overwritten by hand.',
    ),
  )
})

test('a comment that no tag can keep is not overwritten', (t) => {
  const of = (comment: string): string[] =>
    messages({ a: { ...APP.a, adopt_existing: true } }, { ...THERE, roles: [role('u', { comment })] })
  t.deepEqual(of('words'), [])
  t.deepEqual(of('x'.repeat(100_000)), [
    'a/unmanaged_role: the comment on the role u is too long for its tag to keep. Shorten it (COMMENT ON ROLE), and run again.',
  ])
})

test('owner, encoding and locale of an existing database', (t) => {
  const state = (fields: object): State => ({
    roles: [role('u', { comment: tagOf('a') })],
    databases: [database('d', 'u', fields)],
    cluster: {
      unknownLocales: new Set(),
      encodings: new Map([
        ['unicode', 'UTF8'],
        ['LATIN1', 'LATIN1'],
      ]),
    },
  })
  t.deepEqual(violations(APP, state({ owner: 'x' })), ['a/owner mismatch'])
  t.deepEqual(violations(APP, state({ connectionLimit: -2 })), ['a/invalid database'])
  t.deepEqual(violations({ a: { ...APP.a, encoding: 'unicode', locale: 'POSIX' } }, state({})), [])
  t.deepEqual(violations({ a: { ...APP.a, encoding: 'LATIN1', locale: 'de_DE.UTF-8' } }, state({})), [
    'a/immutable',
    'a/immutable',
  ])
  t.deepEqual(
    violations({ a: { ...APP.a, locale: 'en_US.utf8' } }, state({ collate: 'en_US.UTF-8', ctype: 'en_US.UTF-8' })),
    [],
  )
  t.deepEqual(violations({ a: { ...APP.a, encoding: 'klingon' } }, state({})), ['a/encoding'])
})

test('settings: forbidden, unknown, and those of a superuser', (t) => {
  const parameters = new Map(
    ['work_mem', 'log_statement', 'role'].map((name) => [
      name,
      { name, context: name === 'log_statement' ? 'superuser' : 'user' },
    ]),
  )
  const of = (settings: object): string[] =>
    checkActual(declare({ a: { ...APP.a, settings } }), actual({ cluster: { parameters } }), RUN).map(
      ({ message }) => message,
    )
  t.deepEqual(of({ work_mem: '1MB' }), [])
  t.deepEqual(
    of({ role: 'x', session_authorization: 'x', no_such: '1', log_statement: 'all' }).map((message) =>
      message.replace(/^(the server knows no parameter )?(\w+).*/s, '$1$2'),
    ),
    ['role', 'session_authorization', 'the server knows no parameter no_such', 'log_statement'],
  )
})

test('extensions: available, trusted, or installed already, with all that they require', (t) => {
  const one = (name: string, trusted: boolean, requires: readonly string[] = []): [string, AvailableExtension] => [
    name,
    { name, trusted, requires, schema: null },
  ]
  const extensions = new Map([
    one('good', true),
    one('bad', false),
    one('needs_bad', true, ['bad']),
    one('loop', true, ['loop']),
  ])
  const of = (name: string, state: State = {}): string[] =>
    violations({ a: { ...APP.a, extensions: [name] } }, { ...state, cluster: { extensions } })
  t.deepEqual(
    ['good', 'loop', 'bad', 'needs_bad', 'absent'].map((name) => of(name).length),
    [0, 0, 1, 1, 1],
  )
  const installed = {
    roles: [role('u', { comment: tagOf('a') })],
    databases: [database('d', 'u')],
    interiors: [interior('d', { extensions: new Map([['bad', { name: 'bad', owner: 'x' }]]) })],
  }
  t.deepEqual(
    checkActual(
      declare({ a: { ...APP.a, extensions: ['bad', 'needs_bad'] } }),
      actual({ ...installed, cluster: { extensions } }),
      RUN,
    ).filter(({ field }) => field === 'extension'),
    [],
  )
})

test('a listed schema of another owner, public apart', (t) => {
  const schema = (name: string, owner: string) =>
    [name, { name, owner, acl: [], objects: 0, foreignObjects: 0 }] as const
  const state: State = {
    roles: [role('u', { comment: tagOf('a') })],
    databases: [database('d', 'u')],
    interiors: [interior('d', { schemas: new Map([schema('public', 'x'), schema('app', 'x'), schema('mine', 'u')]) })],
  }
  t.deepEqual(violations({ a: { ...APP.a, schemas: ['public', 'app', 'mine', 'new'] } }, state), ['a/schema'])
})

test('a replica, and IAM from 16 on with an admin that logs in by password', (t) => {
  const server = { ...actual().cluster.server, inRecovery: true }
  t.deepEqual(violations(APP, { cluster: { server } }), ['-/endpoint'])
  t.deepEqual(violations({ a: { ...APP.a, auth: 'iam' } }), ['a/IAM'], 'no role rds_iam')
  t.deepEqual(violations({ a: { ...APP.a, auth: 'iam' } }, { roles: [role('rds_iam')] }), ['a/IAM'])
  t.deepEqual(violations({ a: { ...APP.a, auth: 'iam' } }, { roles: [role('rds_iam')] }, { admin_auth: 'iam' }), [])
  t.deepEqual(violations({ a: { ...APP.a, auth: 'iam' } }, { version: 150004, roles: [role('rds_iam')] }), [])
})

test('names and settings that read otherwise in a database of another encoding than UTF-8', (t) => {
  const encodings = new Map([
    ['latin1', 'LATIN1'],
    ['SQL_ASCII', 'SQL_ASCII'],
  ])
  const of = (fields: object, cluster: State['cluster'] = {}): string[] =>
    violations(
      { a: { ...APP.a, ...fields } },
      {
        cluster: {
          encodings,
          parameters: new Map([['search_path', { name: 'search_path', context: 'user' }]]),
          ...cluster,
        },
      },
    )
  const { server } = actual().cluster
  t.deepEqual(of({ username: 'é' }), [])
  t.deepEqual(of({ username: 'é', encoding: 'latin1' }), ['a/encoding'])
  t.deepEqual(of({ encoding: 'latin1', settings: { search_path: ['public', 'схема'] } }), ['a/encoding'])
  t.deepEqual(
    of({ database_name: 'é', schemas: ['é'], encoding: 'latin1' }),
    [],
    'what is named inside has that encoding',
  )
  t.deepEqual(of({ username: 'é', encoding: 'SQL_ASCII' }), [])
  t.deepEqual(of({ username: 'é' }, { server: { ...server, defaultEncoding: 'LATIN9' } }), ['a/encoding'])
  t.deepEqual(
    of({ username: 'é', database_name: 'ü', encoding: 'SQL_ASCII' }, { server: { ...server, encoding: 'LATIN1' } }),
    ['-/encoding', '-/encoding'],
  )
})

test('passwords that only members of rds_password may set', (t) => {
  const server = { ...actual().cluster.server, restrictsPasswords: true }
  const memberships = [
    { role: 'rds_password', member: 'group', grantor: 'master', admin: false, inherit: true, set: true },
    { role: 'group', member: server.login, grantor: 'master', admin: false, inherit: true, set: true },
  ]
  t.deepEqual(violations(APP, { cluster: { server } }), ['-/missing right'])
  t.deepEqual(violations(APP, { cluster: { server, memberships } }), [], 'through another role too')
  const there = {
    roles: [role('u', { comment: tagOf('a') })],
    databases: [database('d', 'u')],
    interiors: [interior('d')],
  }
  const own = [{ role: 'u', member: server.login, grantor: 'bootstrap', admin: true, inherit: false, set: false }]
  t.deepEqual(
    violations(APP, {
      ...there,
      cluster: { server, memberships: own },
      logins: { a: { kind: 'password_right', note: null } },
    }),
    [],
  )
  t.deepEqual(
    violations(APP, { ...there, cluster: { server, memberships: own }, logins: { a: { kind: 'password_wrong' } } }),
    ['-/missing right'],
  )
})
