import test from 'ava'
import { printAsMembers, printGiveBack, printHandOver } from '../../../src/guardrails/hand-over.ts'
import { printLogin } from '../../../src/guardrails/printed-login.ts'
import { printWayOut } from '../../../src/guardrails/ways-out.ts'
import type { Membership, RoleState } from '../../../src/model/catalog.ts'
import type { Obstacle, WayOut } from '../../../src/model/removal.ts'
import { Statement } from '../../../src/model/statement.ts'
import { reassignInOneDatabase } from '../../../src/sql/owner.ts'
import { printInside } from '../../../src/sql/print.ts'
import { membership, actual, ADMIN, database, role, type State } from '../plan/sample.ts'

const WORK = [new Statement('WORK')]

const inside = (sql: readonly string[], as: string | null = null): string =>
  printInside(
    sql.map((text) => new Statement(text)),
    as,
  )

/** `u` owns the database d and `o` the database e; nobody but `may` may log in to them, or do anything. */
function state({
  version = 160004,
  memberships = [],
  roles = [],
}: {
  version?: number
  memberships?: readonly Membership[]
  roles?: readonly RoleState[]
}): State {
  return {
    version,
    roles: [role('u'), role('o'), ...roles],
    databases: [database('d', 'u'), database('e', 'o')],
    cluster: { memberships },
  }
}

const administers = (who: string, ...roles: readonly string[]): Membership[] =>
  roles.map((name) => membership(name, who, { admin: true, inherit: false, set: false }))

const handOver = (given: Parameters<typeof state>[0]): string =>
  printHandOver(actual(state(given)).cluster, { from: 'u', to: 'o', database: 'e', statements: WORK })

const JOINED = ['GRANT "u" TO CURRENT_USER', 'GRANT "o" TO CURRENT_USER']
const LEFT = ['u', 'o'].map((name) => `REVOKE "${name}" FROM CURRENT_USER GRANTED BY CURRENT_USER`)

test('who hands over is a member of both roles for as long as that takes', (t) => {
  const asAdmin = `as admin, in e: ${inside([...JOINED, 'WORK', ...LEFT])}`
  t.is(handOver({ memberships: administers(ADMIN, 'u', 'o') }), asAdmin)
  t.is(handOver({ version: 150004 }), asAdmin, 'CREATEROLE is enough below 16')
  t.is(
    handOver({ version: 150004, memberships: [membership('u', ADMIN)] }),
    `as admin, in e: ${inside(['GRANT "o" TO CURRENT_USER', 'WORK', 'REVOKE "o" FROM CURRENT_USER GRANTED BY CURRENT_USER'])}`,
    'there is one membership below 16, which leaving would take away',
  )
  t.is(
    handOver({ memberships: [...administers(ADMIN, 'u', 'o'), membership('u', ADMIN)] }),
    asAdmin,
    'from 16 on that of another grantor stays',
  )
})

test('somebody else hands over where the admin may not, and is let in for it', (t) => {
  const maker = role('maker', { createDb: true })
  t.is(
    handOver({ roles: [maker], memberships: administers('maker', 'u', 'o') }),
    `as o: GRANT CONNECT ON DATABASE "e" TO "maker"; Then as maker, in e: ${inside([...JOINED, 'WORK', ...LEFT])}`,
  )
  const nobody = `as a login with CREATEDB that may grant u and o, in e: ${inside([...JOINED, 'WORK', ...LEFT])}`
  t.is(handOver({ roles: [role('maker')], memberships: administers('maker', 'u', 'o') }), nobody, 'without CREATEDB')
  t.is(handOver({ roles: [maker], memberships: administers('maker', 'u') }), nobody, 'a right over one is not enough')
  t.is(handOver({ roles: [maker], memberships: administers(ADMIN, 'u') }), nobody)
  t.is(
    handOver({ roles: [maker], memberships: ['u', 'o'].map((name) => membership(name, 'maker')) }),
    nobody,
    'a member that may not give the role on',
  )
})

test('the new owner itself does it where it may', (t) => {
  const owner = role('new', { createDb: true })
  const { cluster } = actual(state({ roles: [owner], memberships: administers('new', 'u') }))
  t.is(
    printAsMembers(cluster, { roles: ['u', 'new'], database: 'd', statements: WORK }),
    `as u: GRANT CONNECT ON DATABASE "d" TO "new"; Then as new, in d: ${inside([JOINED[0] ?? '', 'WORK', LEFT[0] ?? ''])}`,
  )
})

test('of several that may hand over, it is the new owner before the old one, and below 16 one with CREATEROLE', (t) => {
  const who = (given: Parameters<typeof state>[0]): string =>
    /^as (.*?)[,:]/.exec(handOver({ ...given, roles: [role(ADMIN), ...(given.roles ?? [])] }))?.[1] ?? ''
  const able = (name: string, createRole = false): RoleState => role(name, { createDb: true, createRole })
  const each = [...administers('u', 'o'), ...administers('o', 'u')]
  t.is(who({ roles: [able('u'), able('o')], memberships: each }), 'o')
  t.regex(handOver({ roles: [role(ADMIN), able('u')], memberships: each }), /Then as u, in e: /)
  const below = { version: 150004 }
  const nobody = 'a login with CREATEDB that may grant u and o'
  t.is(who({ ...below, roles: [able('o')] }), nobody)
  t.is(who({ ...below, roles: [able('o', true)] }), 'o')
  const maker = [able('maker', true)]
  t.is(who({ ...below, roles: maker, memberships: administers('maker', 'x') }), nobody, 'it has no right over u')
  t.is(who({ ...below, roles: maker, memberships: [membership('u', 'maker')] }), nobody)
  t.regex(
    handOver({ ...below, roles: [role(ADMIN), ...maker], memberships: administers('maker', 'u') }),
    /Then as maker, in e: /,
  )
  t.is(
    handOver({ ...below, memberships: [membership('u', 'x')] }),
    `as admin, in e: ${inside([...JOINED, 'WORK', ...LEFT])}`,
    'that of another saves the admin nothing',
  )
})

test('nothing is lent where the admin may become a member of both', (t) => {
  const { cluster } = actual(
    state({
      roles: [role('master'), role('rds_superuser')],
      memberships: [membership('rds_superuser', 'master'), ...administers(ADMIN, 'u', 'master')],
    }),
  )
  t.regex(
    printHandOver(cluster, { from: 'u', to: 'master', database: 'd', statements: WORK }),
    /^as admin, in d: .*GRANT "u" TO CURRENT_USER; GRANT "master" TO CURRENT_USER; WORK; /,
  )
})

test('what a superuser has, a superuser hands over', (t) => {
  const { cluster } = actual(
    state({ roles: [role('root', { superuser: true })], memberships: administers(ADMIN, 'u', 'o') }),
  )
  for (const [from, to] of [
    ['root', 'u'],
    ['u', 'root'],
  ] as const)
    t.is(
      printHandOver(cluster, { from, to, database: 'd', statements: WORK }),
      `as a superuser, in d: ${inside(['WORK'])}`,
    )
})

test('the master is lent the other role where nobody may become a member of both; a tenant never is', (t) => {
  const lent = (from: string, to: string, version = 160004, right = administers(ADMIN, 'u')): string => {
    const masters = membership('rds_superuser', 'master')
    const { cluster } = actual(
      state({ version, roles: [role('master'), role('rds_superuser')], memberships: [masters, ...right] }),
    )
    return printHandOver(
      { ...cluster, roles: new Map([...cluster.roles, [ADMIN, role(ADMIN)]]) },
      { from, to, database: 'd', statements: WORK },
    )
  }
  const asMaster = `as admin: GRANT "u" TO "master"; Then as u: GRANT CONNECT ON DATABASE "d" TO "master"; Then as master, in d: ${inside(['WORK'])} Then as admin: REVOKE "u" FROM "master"`
  t.is(lent('u', 'master'), `${asMaster} GRANTED BY "admin" CASCADE;`)
  t.is(lent('master', 'u'), `${asMaster} GRANTED BY "admin" CASCADE;`)
  t.is(lent('u', 'master', 150004), `${asMaster} CASCADE;`)
  t.regex(lent('u', 'o'), /^as a login with CREATEDB that may grant u and o, in d: /)
  t.regex(lent('u', 'master', 160004, []), /^as a login with CREATEDB that may grant u and master, in d: /)
})

test('a database that became somebody else’s is given back where its owner is there', (t) => {
  const { cluster } = actual(state({ memberships: administers(ADMIN, 'u', 'o') }))
  const leave = 'To leave it as it is, take the marker out of the state (terraform state rm).'
  t.is(
    printGiveBack(cluster, database('e', 'o'), 'u', 'postgres'),
    `${leave} To give it back, as admin, in postgres: ${inside([
      'GRANT "o" TO CURRENT_USER',
      'GRANT "u" TO CURRENT_USER',
      'ALTER DATABASE "e" OWNER TO "u"',
      'REVOKE "o" FROM CURRENT_USER GRANTED BY CURRENT_USER',
      'REVOKE "u" FROM CURRENT_USER GRANTED BY CURRENT_USER',
    ])}`,
  )
  t.is(printGiveBack(cluster, database('e', 'o'), 'gone', 'postgres'), leave)
})

test('whoever a database does not let in is let in first, by its owner', (t) => {
  const { cluster } = actual(
    state({ roles: [role('root', { superuser: true }), role('x y')], memberships: [membership('o', 'member')] }),
  )
  const login = (who: string, where = 'e', label?: string): string => printLogin(cluster, who, where, label)
  t.is(login('o'), 'as o, in e')
  t.is(login('u'), 'as o: GRANT CONNECT ON DATABASE "e" TO "u"; Then as u, in e')
  t.is(login('x y'), 'as o: GRANT CONNECT ON DATABASE "e" TO "x y"; Then as "x y", in e')
  t.is(login('u', 'e', 'the owner'), 'as o: GRANT CONNECT ON DATABASE "e" TO "u"; Then as the owner, in e')
  t.is(login('root'), 'as root, in e')
  t.is(login(ADMIN), 'as admin, in e', 'it holds CONNECT')
  t.is(login('gone'), 'as gone, in e')
  t.is(login('u', 'nowhere'), 'as u, in nowhere')
  const open = (grantee: string, privilege: string, who: string, memberships: readonly Membership[] = []): boolean => {
    const acl = [{ grantor: 'o', grantee, privilege }]
    const at = actual({ ...state({ memberships }), databases: [database('e', 'o', { acl })] }).cluster
    return printLogin(at, who, 'e') === `as ${who}, in e`
  }
  t.true(open('', 'CONNECT', 'u'), 'PUBLIC')
  t.true(open('u', 'CONNECT', 'u'))
  t.true(open('group', 'CONNECT', 'u', [membership('group', 'u')]))
  t.false(open('group', 'CONNECT', 'u'))
  t.false(open('group', 'CONNECT', 'u', administers('u', 'group')), 'the right over a role is none of its rights')
  t.false(open('', 'TEMPORARY', 'u'))
})

test('what a leaving role owns goes to the owner of that database, and its other databases stay', (t) => {
  const { cluster } = actual(state({ memberships: administers(ADMIN, 'u', 'o') }))
  const way = (fields: Partial<Obstacle>, who = 'u'): string =>
    printWayOut(cluster, { role: who, database: 'e', what: 'owns it', isReassigned: true, ...fields }, who)
  const byHand = 'Hand it over or remove it, then run again.'
  const work = reassignInOneDatabase('u', 'o').redacted
  t.is(
    way({}),
    `Remove it, or hand what it owns there to the database's owner, as admin, in e: ${inside([...JOINED, work, ...LEFT])} Then run again.`,
  )
  t.is(way({ database: null }), byHand)
  t.is(way({ database: 'nowhere' }), byHand)
  t.is(way({}, 'o'), byHand, 'it owns the database itself')
  t.is(way({ isReassigned: false }), byHand)
})

test('what REASSIGN OWNED passes over takes a statement of its kind', (t) => {
  const { cluster } = actual(state({ memberships: administers(ADMIN, 'u', 'o') }))
  const way = (wayOut: WayOut, where: string | null = 'e'): string =>
    printWayOut(cluster, { role: 'u', database: where, what: 'is named', wayOut }, 'u')
  const policy = (fields: object): string =>
    way({ kind: 'policy', schema: 's', table: 't', name: 'p', owner: 'o', others: [], ...fields })
  const asOwner = (sql: string): string => `As o, in e: ${inside([sql], 'o')} Then run again.`
  const asSelf = (sql: readonly string[]): string =>
    `As admin, in e: ${inside(['GRANT "u" TO CURRENT_USER', 'GRANT "u" TO CURRENT_USER', ...sql, LEFT[0] ?? '', LEFT[0] ?? ''])} Then run again.`
  t.is(policy({}), asOwner('DROP POLICY "p" ON "s"."t"'))
  t.is(policy({ others: ['x', ''] }), asOwner('ALTER POLICY "p" ON "s"."t" TO "x", PUBLIC'))
  t.is(way({ kind: 'user_mapping', server: 'f', owner: 'o' }), asOwner('DROP USER MAPPING FOR "u" SERVER "f"'))
  t.is(policy({ owner: 'u' }), asSelf(['DROP POLICY "p" ON "s"."t"']))
  const defaults = { kind: 'default_privileges', schema: 's', keyword: 'TABLES', grantees: ['x'] } as const
  t.is(way(defaults), asSelf(['ALTER DEFAULT PRIVILEGES FOR ROLE "u" IN SCHEMA "s" REVOKE ALL ON TABLES FROM "x"']))
  t.is(way(defaults, null), 'Hand it over or remove it, then run again.')
})
