/** What grants the server has that nobody declares, and what becomes of them (src/README.md: Beyond the declaration). */
import test from 'ava'
import type { AclItem, DefaultAcl, SchemaObject, SchemaState } from '../../../src/model/catalog.ts'
import { beyondFindings } from '../../../src/plan/beyond.ts'
import { APP, beyond, type Case, fates, item, look, MODES, remedies, schema } from './beyond-sample.ts'
import { ADMIN, membership, role, type State, tagOf } from './sample.ts'

const object = (fields: Partial<SchemaObject>): SchemaObject => ({
  schema: 'app',
  name: 't',
  objectClass: 'table',
  owner: 'o',
  args: null,
  acl: [],
  columnAcl: [],
  ...fields,
})

test('nothing is beyond of who is to have all of it, and of what is declared', (t) => {
  const helper = role('admin_upgrade', { canLogin: false, comment: tagOf('', { Application: undefined }) })
  const all = ['o', ADMIN, 'pg_database_owner', 'root', 'admin_upgrade', 'g']
  t.deepEqual(
    fates({
      acl: all.map((name) => item('x', name, 'CONNECT')),
      roles: [role('root', { superuser: true }), helper],
      schemas: [schema('app', 'o', item('o', 'g', 'USAGE')), schema('public', 'o', item('o', '', 'USAGE'))],
      inside: {
        objects: [
          object({ acl: [item('o', 'g', 'SELECT'), item('o', 'o', 'TRUNCATE')] }),
          object({ objectClass: 'function', args: '', acl: [item('o', '', 'EXECUTE'), item('o', 'g', 'EXECUTE')] }),
        ],
      },
    }),
    [],
  )
  t.deepEqual(beyond({ acl: [item('o', 'x', 'CONNECT')], fields: { owner: 'other' } }), [], 'another’s database')
})

test('on a database: PUBLIC and declared logins lose it unless it is kept, others where they are to', (t) => {
  const of = (grantee: string, grantor = 'o'): string[] => fates({ acl: [item(grantor, grantee, 'TEMPORARY')] })
  const told = (who: string, from: string, ...each: readonly string[]): string[] =>
    each.map((fate) => `${who}: TEMPORARY on database d from ${from}, ${fate}`)
  t.deepEqual(of(''), told('PUBLIC', 'o', 'kept', 'taken away', 'taken away'))
  t.deepEqual(of('g'), told('g', 'o', 'kept', 'taken away', 'taken away'))
  t.deepEqual(of('x'), told('x', 'o', 'kept', 'left alone', 'taken away'))
  t.deepEqual(of('g', 'x'), told('g', 'x', 'kept', 'left alone', 'left alone'), 'from whom no run can act as')
  t.deepEqual(of('x', ADMIN), told('x', ADMIN, 'kept', 'left alone', 'taken away'))
  const own = fates({
    entries: { g: { username: 'g', database_name: 'd', access_level: 'reader', undeclared: 'keep' } },
    acl: [item('o', 'g', 'TEMPORARY')],
  })
  t.deepEqual(own, told('g', 'o', 'kept', 'kept', 'kept'), 'its own entry says it')
  const other = fates({
    entries: { h: { username: 'h', database_name: 'e', undeclared: 'revoke' } },
    acl: [item('o', 'h', 'CONNECT')],
  })
  t.deepEqual(
    other,
    ['taken away', 'taken away', 'taken away'].map((fate) => `h: CONNECT on database d from o, ${fate}`),
  )
})

test('who administers the instance, or is managed elsewhere, is left alone, and so is what hangs on it', (t) => {
  const spared = [
    role('master', { createRole: true }),
    role('team', { comment: tagOf('x', { Stack: 'theirs' }) }),
    role('rds_backup'),
    role('pg_own'),
    role('o_clone'),
  ]
  const of = (grantee: string, more: readonly AclItem[] = [], cluster?: State['cluster']): string[] =>
    beyond({
      undeclared: 'revoke',
      roles: [...spared, role('x'), role('xpg_own')],
      acl: [item('o', grantee, 'CONNECT'), ...more],
      ...(cluster !== undefined && { cluster }),
    })
  for (const { name } of spared) t.deepEqual(of(name), [`${name}: CONNECT on database d from o, left alone`])
  t.deepEqual(of('xpg_own'), ['xpg_own: CONNECT on database d from o, taken away'])
  const dba = { memberships: [membership('rds_superuser', 'x'), membership('o', ADMIN, { admin: true })] }
  t.deepEqual(of('x', [], dba), ['x: CONNECT on database d from o, left alone'])
  t.deepEqual(of('x', [item('x', 'y', 'CONNECT'), item('y', 'master', 'CONNECT')]), [
    'x: CONNECT on database d from o, left alone',
    'y: CONNECT on database d from x, left alone',
    'master: CONNECT on database d from y, left alone',
  ])
  t.deepEqual(of('x', [item('x', 'master', 'CREATE')]), [
    'x: CONNECT on database d from o, taken away',
    'master: CREATE on database d from x, left alone',
  ])
  t.deepEqual(
    of('g', [item('o', 'g', 'CREATE'), item('g', 'master', 'CREATE')]).slice(0, 1),
    ['g: CREATE on database d from o, taken away'],
    'a login’s level is what is declared',
  )
})

test('what somebody holds from one who loses it goes with that, and only with all of that', (t) => {
  const of = (...acl: readonly AclItem[]): string[] =>
    beyond({ undeclared: 'revoke', acl, roles: [role('x'), role('y')] })
  const x = (...privileges: readonly string[]): AclItem[] => privileges.map((privilege) => item('o', 'x', privilege))
  const y = (...privileges: readonly string[]): AclItem[] => privileges.map((privilege) => item('x', 'y', privilege))
  t.deepEqual(of(...x('CONNECT'), ...y('CONNECT')), [
    'x: CONNECT on database d from o, taken away',
    'y: CONNECT on database d from x, taken away',
  ])
  t.deepEqual(of(...x('CONNECT'), ...y('CONNECT', 'CREATE')), [
    'x: CONNECT on database d from o, taken away',
    'y: CONNECT, CREATE on database d from x, left alone',
  ])
  t.deepEqual(
    beyond({
      undeclared: 'revoke',
      acl: [item('o', 'x', 'CONNECT'), ...y('CONNECT')],
      roles: [role('x', { createRole: true }), role('y')],
    }),
    ['x: CONNECT on database d from o, left alone', 'y: CONNECT on database d from x, left alone'],
    'x administers the instance',
  )
  t.deepEqual(of(item('z', 'x', 'CONNECT'), ...y('CONNECT')), [
    'x: CONNECT on database d from z, left alone',
    'y: CONNECT on database d from x, left alone',
  ])
})

test('in schemas: the owner of each gives and takes there, PUBLIC may use public', (t) => {
  const of = (name: string, owner: string, ...acl: readonly AclItem[]): string[] =>
    fates({ schemas: [schema(name, owner, ...acl)] })
  const told = (who: string, what: string, ...each: readonly string[]): string[] =>
    each.map((fate) => `${who}: ${what}, ${fate}`)
  t.deepEqual(
    of('app', 'o', item('o', 'g', 'CREATE')),
    told('g', 'CREATE on schema app from o', 'kept', 'taken away', 'taken away'),
  )
  t.deepEqual(
    of('app', 'o', item('o', '', 'USAGE')),
    told('PUBLIC', 'USAGE on schema app from o', 'kept', 'left alone', 'taken away'),
  )
  const PDO = 'pg_database_owner'
  t.deepEqual(of('public', PDO, item(PDO, '', 'USAGE')), [])
  t.deepEqual(
    of('public', PDO, item(PDO, '', 'CREATE')),
    told('PUBLIC', `CREATE on schema public from ${PDO}`, 'kept', 'taken away', 'taken away'),
  )
  t.deepEqual(
    of('public', PDO, item(PDO, 'g', 'USAGE')),
    told('g', `USAGE on schema public from ${PDO}`, 'kept', 'taken away', 'taken away'),
    'it is no schema of this login',
  )
  t.deepEqual(
    of('ext', 'rdsadmin', item('rdsadmin', 'g', 'USAGE')),
    told('g', 'USAGE on schema ext from rdsadmin', 'kept', 'left alone', 'left alone'),
  )
  const [, , remedy] = MODES.flatMap((undeclared) =>
    remedies({ undeclared, schemas: [schema('public', PDO, item(PDO, 'x', 'USAGE'))] }),
  )
  t.is(remedy, 'as o, in d: SET LOCAL ROLE "o"; REVOKE USAGE ON SCHEMA "public" FROM "x"; COMMIT;')
})

test('who cannot use a schema cannot take back there what it gave', (t) => {
  const guest = { l: { username: 'l', database_name: 'd', access_level: 'none', undeclared: 'revoke' } }
  const of = (...acl: readonly AclItem[]): string[] =>
    beyond({
      undeclared: 'revoke',
      entries: guest,
      roles: [role('x')],
      schemas: [schema('app', 'o', ...acl)],
      inside: { objects: [object({ acl: [item('o', 'o', 'SELECT'), item('l', 'x', 'SELECT')] })] },
    }).filter((text) => text.startsWith('x'))
  t.deepEqual(of(), ['x: SELECT on table app.t from l, left alone'])
  t.deepEqual(of(item('o', 'l', 'USAGE')), ['x: SELECT on table app.t from l, taken away'])
  t.deepEqual(of(item('o', '', 'USAGE')), ['x: SELECT on table app.t from l, taken away'])
  t.deepEqual(of(item('o', 'l', 'CREATE')), ['x: SELECT on table app.t from l, left alone'])
})

test('on objects: beyond the level in listed schemas, all in others and on what belongs to others', (t) => {
  const of = (fields: Partial<SchemaObject>, schemas: readonly SchemaState[] = [APP]): string[] =>
    fates({ schemas, inside: { objects: [object(fields)] } })
  const told = (what: string, ...each: readonly string[]): string[] => each.map((fate) => `${what}, ${fate}`)
  const both = [item('o', 'g', 'SELECT'), item('o', 'g', 'INSERT')]
  t.deepEqual(of({ acl: both }), told('g: INSERT on table app.t from o', 'kept', 'taken away', 'taken away'))
  t.deepEqual(
    of({ schema: 'more', acl: both }, [APP, schema('more', 'o')]),
    told('g: INSERT, SELECT on table more.t from o', 'kept', 'taken away', 'taken away'),
  )
  t.deepEqual(
    of({ owner: 'x', acl: [item('x', 'g', 'SELECT')] }),
    told('g: SELECT on table app.t from x', 'kept', 'left alone', 'left alone'),
  )
  t.deepEqual(
    of({ acl: [item('o', '', 'SELECT')] }),
    told('PUBLIC: SELECT on table app.t from o', 'kept', 'left alone', 'taken away'),
  )
  t.deepEqual(
    of({ columnAcl: [item('o', 'g', 'SELECT'), item('o', 'g', 'UPDATE')] }),
    told('g: UPDATE on columns of table app.t from o', 'kept', 'taken away', 'taken away'),
  )
  t.deepEqual(
    of({ objectClass: 'sequence', acl: [item('o', '', 'USAGE')] }),
    told('PUBLIC: USAGE on sequence app.t from o', 'kept', 'left alone', 'taken away'),
  )
  t.deepEqual(of({ objectClass: 'function', args: '', acl: [item('o', '', 'EXECUTE')] }), [])
  t.deepEqual(
    of({ objectClass: 'function', args: '', acl: [item('o', 'x', 'EXECUTE')] }),
    told('x: EXECUTE on function app.t from o', 'kept', 'left alone', 'taken away'),
  )
})

test('what is alike on several objects is one line, and bytes that no statement can name are left out', (t) => {
  const x = [item('o', 'x', 'SELECT')]
  const objects = ['a', 'b', 'c', 'e'].map((name) => object({ name, acl: x }))
  const inside = {
    objects: [...objects, object({ name: 'q', objectClass: 'sequence', acl: x }), object({ name: '\udce9', acl: x })],
  }
  t.deepEqual(beyond({ inside }), [
    'x: SELECT on 4 tables app.a, app.b, app.c and 1 more from o, left alone',
    'x: SELECT on sequence app.q from o, left alone',
  ])
  t.deepEqual(beyond({ schemas: [APP, schema('\udce9', 'o', item('o', 'x', 'USAGE'))] }), [])
  const [remedy] = remedies({ inside: { objects: objects.slice(0, 2) } })
  t.is(remedy, 'as o, in d: SET LOCAL ROLE "o"; REVOKE SELECT ON TABLE "app"."a", "app"."b" FROM "x"; COMMIT;')
  const passedOn = [...x, item('x', 'y', 'SELECT')]
  t.regex(remedies({ inside: { objects: [object({ acl: passedOn })] } })[0] ?? '', /FROM "x" CASCADE; COMMIT;$/)
})

const byDefault = (fields: Partial<DefaultAcl>): DefaultAcl => ({
  creator: 'o',
  schema: 'app',
  objectClass: 'table',
  grantee: 'g',
  privilege: 'SELECT',
  ...fields,
})

test('by default: what a creator gives beyond the level, of whichever creator', (t) => {
  const of = (fields: Partial<DefaultAcl>, entries: Readonly<Record<string, object>> = {}): string[] =>
    fates({ entries, inside: { defaultAcl: [byDefault(fields)] } })
  const told = (what: string, ...each: readonly string[]): string[] => each.map((fate) => `${what}, ${fate}`)
  const taken = ['kept', 'taken away', 'taken away'] as const
  t.deepEqual(of({}), [])
  t.deepEqual(
    of({ privilege: 'INSERT' }),
    told('g: INSERT on tables that o will create in schema app from o', ...taken),
  )
  t.deepEqual(of({ schema: 'more' }), told('g: SELECT on tables that o will create in schema more from o', ...taken))
  t.deepEqual(of({ schema: null }), told('g: SELECT on tables that o will create in any schema from o', ...taken))
  const everywhere = (undeclared: string): Case => ({
    undeclared,
    entries: { g: { username: 'g', database_name: 'd', access_level: 'reader', schemas: ['*'], undeclared } },
    inside: {
      defaultAcl: [
        byDefault({ schema: null }),
        byDefault({ schema: null, objectClass: 'schema', privilege: 'USAGE' }),
        byDefault({ schema: null, objectClass: 'schema', privilege: 'CREATE' }),
      ],
    },
  })
  t.deepEqual(
    MODES.flatMap((mode) => beyond(everywhere(mode))),
    told('g: CREATE on schemas that o will create in any schema from o', ...taken),
  )
  t.deepEqual(
    of({ schema: null, objectClass: 'schema', privilege: 'USAGE' }),
    told('g: USAGE on schemas that o will create in any schema from o', ...taken),
  )
  t.deepEqual(
    of({ creator: 'x', grantee: 'y' }),
    told('y: SELECT on tables that x will create in schema app from x', 'kept', 'left alone', 'left alone'),
  )
  t.deepEqual(
    of({ creator: 'x' }),
    told('g: SELECT on tables that x will create in schema app from x', 'kept', 'left alone', 'left alone'),
  )
  t.deepEqual(of({ creator: 'x', grantee: 'x' }), [], 'on what is its own')
  t.deepEqual(of({ grantee: 'o' }), [])
  t.deepEqual(of({ creator: 'x', grantee: 'o' }), [])
  const toPublic = { grantee: '', objectClass: 'function', privilege: 'EXECUTE' } as const
  t.deepEqual(of({ ...toPublic, schema: null }), [], 'as the server gives it')
  t.deepEqual(
    of(toPublic),
    told('PUBLIC: EXECUTE on functions that o will create in schema app from o', 'kept', 'left alone', 'taken away'),
  )
  t.deepEqual(
    of({ grantee: '', schema: null }),
    told('PUBLIC: SELECT on tables that o will create in any schema from o', 'kept', 'left alone', 'taken away'),
  )
  t.deepEqual(
    beyond({ inside: { defaultAcl: ['SELECT', 'INSERT'].map((privilege) => byDefault({ grantee: 'x', privilege })) } }),
    ['x: INSERT, SELECT on tables that o will create in schema app from o, left alone'],
  )
})

test('objects that no level reaches are told with what takes it away, and are nobody’s to change', (t) => {
  const grant = {
    keyword: 'TYPE' as const,
    owner: 'o',
    grantor: 'o',
    grantee: 'x',
    privileges: ['USAGE'],
    objects: 1,
    identity: 'app.kind',
  }
  const of = (fields: object): string[] => fates({ inside: { otherGrants: [{ ...grant, ...fields }] } })
  const told = (what: string): string[] => ['kept', 'left alone', 'left alone'].map((fate) => `${what}, ${fate}`)
  t.deepEqual(of({}), told('x: USAGE on type app.kind from o'))
  t.deepEqual(of({ objects: 3 }), told('x: USAGE on 3 types, app.kind among them from o'))
  t.deepEqual(of({ grantee: 'o' }), [])
  t.deepEqual(of({ identity: '\udce9' }), [])
  t.deepEqual(remedies({ inside: { otherGrants: [grant] } }), [
    'as o, in d: SET LOCAL ROLE "o"; REVOKE ALL ON TYPE app.kind FROM "x"; COMMIT;',
  ])
})

test('what is kept on a database is told in one line, whose it is by name', (t) => {
  const kept = (given: Case): string[] => {
    const seen = look(given)
    return seen.declaration.databases.flatMap((one) => beyondFindings(seen, one)).map(({ message }) => message)
  }
  t.deepEqual(kept({ undeclared: 'keep' }), [])
  t.deepEqual(kept({ undeclared: 'report', acl: [item('o', 'x', 'CONNECT')] }), [])
  const line = (what: string): string =>
    `kept on d, and not declared: ${what}; report --connect --section undeclared lists them, with the statements that would take them away`
  t.deepEqual(kept({ undeclared: 'keep', acl: [item('o', 'x', 'CONNECT'), item('o', '', 'CONNECT')] }), [
    line('2 of PUBLIC, x'),
  ])
})
