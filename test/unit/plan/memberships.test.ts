/** Memberships of logins: in rds_iam, by `member_of`, by others, and left behind; who gives and who takes which. */
import test from 'ava'
import type { Membership, RoleState } from '../../../src/model/catalog.ts'
import { planSteps } from '../../../src/model/step.ts'
import { makePlan } from '../../../src/plan/plan.ts'
import { ADMIN, database, declare, input, membership, role, type State, tagOf } from './sample.ts'

interface Case {
  readonly version?: number
  readonly memberships?: readonly Membership[]
  readonly roles?: readonly RoleState[]
  readonly state?: State
  readonly leftOut?: readonly string[]
}

const RIGHT = { kind: 'password_right', note: null } as const
/** Grants of the delegated admin itself. */
const ours = (of: string, member: string, fields: Partial<Membership> = {}): Membership =>
  membership(of, member, { grantor: ADMIN, ...fields })
/** The role of a login without a database, as a run left it. */
const done = (name: string, fields: object = {}, more: Partial<RoleState> = {}): RoleState =>
  role(name, { comment: tagOf(name, { CleanupPolicy: 'disable', ...fields }), ...more })
const IAM = { SecretVersionId: undefined }

/** Entries of level `none`, each with its key as its login. */
function entries(fields: Readonly<Record<string, object>>): object {
  return Object.fromEntries(
    Object.entries(fields).map(([key, more]) => [key, { username: key, access_level: 'none', ...more }]),
  )
}

function planned(applications: object, { version = 160004, memberships = [], roles = [], state, leftOut = [] }: Case) {
  const declaration = declare(applications)
  const logins = Object.fromEntries(declaration.applications.map(({ name }) => [name, RIGHT]))
  const given = { version, roles, logins, ...state, cluster: { memberships } }
  return makePlan({ ...input(declaration, given), leftOut: new Set(leftOut) })
}

/** `kind object: statements` of each step, ` (x loses)` where somebody loses by it. */
function steps(applications: object, fields: Case): string[] {
  return planSteps(planned(applications, fields)).map(
    ({ kind, object, statements, loser }) =>
      `${kind} ${object}: ${statements.map(({ redacted }) => redacted).join('; ')}${loser === undefined ? '' : ` (${loser} loses)`}`,
  )
}

/** What is told of grants and logins beside what is as it should be. */
function told(applications: object, fields: Case): string[] {
  return planned(applications, fields)
    .findings.filter(({ object, status }) => ['grant', 'login'].includes(object) && status !== 'no_change')
    .map(({ status, message }) => `${status}: ${message}`)
}

test('a login by IAM is in rds_iam, and one by password is not', (t) => {
  const of = (auth: string, memberships: readonly Membership[], fields: Case = {}): string[] =>
    steps(entries({ u: { auth } }), { roles: [done('u', auth === 'iam' ? IAM : {})], memberships, ...fields })
  const inIam = [ours('rds_iam', 'u')]
  const join = 'join_iam login: GRANT "rds_iam" TO "u"'
  t.deepEqual(of('iam', []), [join])
  t.deepEqual(of('iam', inIam), [])
  t.deepEqual(of('iam', [ours('rds_iam', 'v')]), [join])
  t.deepEqual(of('password', []), [])
  t.deepEqual(of('password', inIam), ['leave_iam login: REVOKE "rds_iam" FROM "u" (u loses)'])
  t.deepEqual(of('password', [ours('rds_iam', 'v')]), [])
})

test('below 16 an owner by IAM leaves rds_iam while its database is made, and the admin’s helper leaves the owner', (t) => {
  const owner = { u: { username: 'u', database_name: 'd', auth: 'iam' } }
  const roles = [role('u', { comment: tagOf('u', { ...IAM, PendingDatabase: 'd' }) })]
  const of = (version: number, databases: State['databases'] = [], more: readonly Membership[] = []): string[] =>
    steps(owner, { version, roles, memberships: [ours('rds_iam', 'u'), ...more], state: { databases } }).filter(
      (line) => line.includes('_iam '),
    )
  const leave = 'leave_iam login: REVOKE "rds_iam" FROM "u"'
  t.deepEqual(of(150004), [leave, 'join_iam login: GRANT "rds_iam" TO "u"'])
  t.deepEqual(of(150004, [], [ours('u', `${ADMIN}_upgrade`)]), [
    leave,
    `join_iam login: REVOKE "u" FROM "${ADMIN}_upgrade"; GRANT "rds_iam" TO "u"`,
  ])
  t.deepEqual(of(150004, [database('d', 'u')]), [])
  t.deepEqual(of(160004), [])
  const guest = entries({ u: { auth: 'iam' } })
  t.deepEqual(steps(guest, { version: 150004, roles: [done('u', IAM)], memberships: [ours('rds_iam', 'u')] }), [])
  const joined = steps(guest, { roles: [done('u', IAM)], memberships: [ours('u', `${ADMIN}_upgrade`)] })
  t.deepEqual(joined.slice(-1), ['join_iam login: GRANT "rds_iam" TO "u"'], 'from 16 on a helper does no harm')
})

test('a password login leaves a role by which it is asked for a token, or is told who can take it out', (t) => {
  const through = (grantor: string): Membership[] => [ours('rds_iam', 'v'), membership('v', 'u', { grantor })]
  const of = (auth: string, grantor: string): Parameters<typeof steps> => [
    entries({ u: { auth, member_of: [] } }),
    { roles: [done('u', auth === 'iam' ? IAM : {}), role('v')], memberships: through(grantor) },
  ]
  const why = ': its members are asked for a token, and it logs in with a password'
  t.deepEqual(steps(...of('password', ADMIN)), [
    `revoke_membership login: REVOKE "v" FROM "u" GRANTED BY "${ADMIN}" CASCADE (u loses)`,
  ])
  t.true(planSteps(planned(...of('password', ADMIN)))[0]?.message.endsWith(why))
  t.deepEqual(steps(...of('password', 'boss')), [])
  t.true(
    told(...of('password', 'boss')).includes(
      'warning: u stays a member of v, and may do what it may, until it is revoked: as boss: REVOKE "v" FROM "u" GRANTED BY "boss" CASCADE;',
    ),
  )
  t.deepEqual(
    steps(...of('iam', ADMIN)).filter((line) => line.startsWith('revoke')),
    [],
  )
})

test('below 16 whom a login made its member is one no more, but with keep and but for the clone of its rotation', (t) => {
  const of = (grant: Membership, mode: string, version = 150004): string[] =>
    steps(entries({ u: { undeclared: mode } }), { version, roles: [done('u'), role('x')], memberships: [grant] })
  const made = membership('u', 'x', { grantor: 'u' })
  const revoked = ['revoke_membership grant: REVOKE "u" FROM "x" CASCADE']
  t.deepEqual(of(made, 'report'), revoked)
  t.deepEqual(of(made, 'revoke'), revoked)
  t.deepEqual(of(made, 'keep'), [])
  t.deepEqual(of(membership('u', 'u_clone', { grantor: 'u' }), 'report'), [])
  t.deepEqual(of(membership('u', 'x', { grantor: 'boss' }), 'report'), [], 'not by the login itself')
  t.deepEqual(of(made, 'report', 160004), [], 'from 16 on the run cannot take it back')
})

test('what another role gave the admin beyond the right over a login is told of, from 16 on', (t) => {
  const of = (fields: Partial<Membership>, more: Partial<Case> = {}): string[] =>
    told(entries({ u: {} }), {
      roles: [done('u'), role('root', { superuser: true })],
      memberships: [membership('u', ADMIN, { grantor: 'boss', admin: true, inherit: false, set: false, ...fields })],
      ...more,
    })
  const only = `warning: ${ADMIN} may act as u, by a grant of boss, which only it can narrow; as boss: GRANT "u" TO "${ADMIN}" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;`
  t.deepEqual(of({}), [])
  t.deepEqual(of({ set: true }), [only])
  t.deepEqual(of({ inherit: true }), [only])
  t.deepEqual(of({ set: true, grantor: 'root' }), [
    `warning: ${ADMIN} may act as u, by a grant of root, which nobody but a superuser can narrow, and on RDS nobody logs in as one`,
  ])
  t.deepEqual(of({ set: true, member: 'u2', inherit: true, role: 'v' }), [])
  t.deepEqual(
    of({ set: true }, { version: 150004 }).filter((line) => line.startsWith('warning')),
    [],
  )
})

const LOGINS = [done('u'), done('g')]

test('a declared membership is given with INHERIT and SET, once all are there', (t) => {
  const of = (memberships: readonly Membership[], fields: Case = {}, mode = 'report'): string[] =>
    steps(entries({ u: { member_of: ['g'], undeclared: mode }, g: {} }), { roles: LOGINS, memberships, ...fields })
  const given = 'grant_membership grant: GRANT "g" TO "u" WITH ADMIN FALSE, INHERIT TRUE, SET TRUE'
  t.deepEqual(of([]), [given])
  t.deepEqual(of([ours('g', 'u')]), [])
  t.deepEqual(of([membership('g', 'u', { grantor: 'boss' })]), [], 'whoever gave it')
  t.deepEqual(of([ours('g', 'u', { inherit: false })]), [given])
  t.deepEqual(of([ours('g', 'u', { set: false })]), [given])
  t.deepEqual(of([ours('g', 'x')]), [given])
  t.deepEqual(
    of([ours('u', 'g')]),
    [`revoke_membership grant: REVOKE "u" FROM "g" GRANTED BY "${ADMIN}" CASCADE (g loses)`, given],
    'one that is turned is taken back before',
  )
  t.deepEqual(of([ours('g', 'u', { admin: true })]), [given], 'the right to give it on goes with that')
  const below = { version: 150004 }
  t.deepEqual(of([], below), ['grant_membership grant: GRANT "g" TO "u"'])
  const narrowed = ['grant_membership grant: REVOKE ADMIN OPTION FOR "g" FROM "u" CASCADE']
  t.deepEqual(of([ours('g', 'u', { admin: true })], below), narrowed)
  const theirs = [membership('g', 'u', { grantor: 'boss', admin: true })]
  t.deepEqual(of(theirs, below), [])
  t.deepEqual(of(theirs, below, 'revoke'), narrowed)
  t.deepEqual(of(theirs, {}, 'revoke'), [], 'from 16 on that of another grantor stays')
})

test('who joins an owner owns its databases; a member of what is left as it is joins later', (t) => {
  const applications = {
    ...entries({ u: { member_of: ['m'] }, m: { member_of: ['o'] } }),
    o: { username: 'o', database_name: 'd' },
  }
  const roles = [done('u'), done('m'), role('o', { comment: tagOf('o', { OwnedDatabase: 'd' }) })]
  const state = { databases: [database('d', 'o')] }
  const joins = (leftOut: readonly string[] = []): string[] =>
    planSteps(planned(applications, { roles, state, leftOut })).flatMap(({ kind, message }) =>
      kind === 'grant_membership' ? [message] : [],
    )
  const owner = ', and is an owner of d, drops included'
  t.deepEqual(joins(), [
    `m is a member of o: it may do what o may${owner}`,
    `u is a member of m: it may do what m may${owner}`,
  ])
  t.deepEqual(joins(['o']), [`u is a member of m: it may do what m may${owner}`])
  t.true(
    told(applications, { roles, state, leftOut: ['o'] }).includes(
      'skipped: m is not made a member of o yet, which is left as it is',
    ),
  )
  const apart = planSteps(planned(entries({ u: { member_of: ['g'] }, g: {} }), { roles: LOGINS }))
  t.deepEqual(
    apart.map(({ message }) => message),
    ['u is a member of g: it may do what g may'],
  )
  const predefined = entries({ u: { member_of: ['pg_monitor'] } })
  t.deepEqual(steps(predefined, { roles: LOGINS.slice(0, 1) }).length, 1, 'a role of the server is there')
})

test('what the program gave and nobody declares any more is taken back, and nothing that others gave', (t) => {
  const of = (item: Membership, mode = 'report', more: readonly Membership[] = []): string[] =>
    steps(entries({ u: { undeclared: mode } }), {
      roles: [done('u'), role('team', { comment: tagOf('team') }), role('people')],
      memberships: [item, ...more],
    }).filter((line) => line.includes('membership'))
  const revoked = (name: string): string[] => [
    `revoke_membership grant: REVOKE "${name}" FROM "u" GRANTED BY "${ADMIN}" CASCADE (u loses)`,
  ]
  for (const mode of ['report', 'revoke']) {
    t.deepEqual(of(ours('pg_monitor', 'u'), mode), revoked('pg_monitor'), mode)
    t.deepEqual(of(ours('team', 'u'), mode), revoked('team'), mode)
    t.deepEqual(of(membership('team', 'u', { grantor: 'boss' }), mode), [], mode)
  }
  t.deepEqual(of(ours('team', 'u'), 'keep'), [])
  t.deepEqual(of(ours('people', 'u')), [], 'no role of an application')
  t.deepEqual(of(ours('people', 'u'), 'revoke'), revoked('people'))
  const members = planSteps(
    planned(entries({ u: {} }), {
      roles: [done('u'), role('team', { comment: tagOf('team') })],
      memberships: [ours('team', 'u'), ours('u', 'x'), ours('u', ADMIN, { admin: true, inherit: false, set: false })],
    }),
  ).flatMap(({ loserMembers = [] }) => loserMembers)
  t.deepEqual(members, ['x'], 'who loses with it; the admin had nothing by it')
})

test('a login’s memberships by others are told of, as a warning in roles of applications', (t) => {
  const of = (items: readonly Membership[], fields: object = {}): string[] =>
    told(entries({ u: fields, ...('member_of' in fields && { team: {} }) }), {
      roles: [done('u'), role('team', { comment: tagOf('team') }), role('people'), role('crowd')],
      memberships: items,
    }).filter((line) => line.includes('u'))
  const by = (name: string, fields: Partial<Membership> = {}): Membership =>
    membership(name, 'u', { grantor: 'boss', ...fields })
  const left = 'granted outside of this declaration and left alone'
  t.deepEqual(of([]), [])
  t.deepEqual(of([by('people'), by('crowd')]), [`skipped: u is a member of crowd, people, ${left}`])
  t.deepEqual(of([by('team')]), [
    `warning: u is a member of team, ${left}: it may do what that role may; whoever granted it can revoke it: as boss: REVOKE "team" FROM "u" GRANTED BY "boss" CASCADE;`,
  ])
  t.regex(of([by('people')], { undeclared: 'revoke' })[0] ?? '', /^warning: u is a member of people, /)
  t.deepEqual(of([by('team')], { member_of: ['team'] }), [])
  t.deepEqual(of([by('team', { admin: true })], { member_of: ['team'] }), [
    `warning: u may make others members of team, ${left}; whoever granted it can revoke that: as boss: REVOKE ADMIN OPTION FOR "team" FROM "u" GRANTED BY "boss" CASCADE;`,
  ])
})

test('who is a member of a login is told of, but for those that are meant to be', (t) => {
  const of = (member: string, fields: Partial<Membership> = {}): string[] =>
    told(entries({ u: {}, app: {} }), {
      roles: [done('u'), done('app'), role('x'), role('master', { createRole: true })],
      memberships: [membership('u', member, { grantor: 'boss', ...fields })],
    }).filter((line) => line.includes('members of u,'))
  const found = (name: string): string[] => [
    `skipped: members of u, which may do what it may, granted outside of this declaration and left alone: ${name}`,
  ]
  const none = { inherit: false, set: false }
  t.deepEqual(of('x'), found('x'))
  t.deepEqual(of('x', { inherit: false }), found('x'))
  t.deepEqual(of('x', { set: false }), found('x'))
  t.deepEqual(of('x', { ...none, admin: true }), found('x'), 'it may give the role to itself')
  t.deepEqual(of('x', none), [])
  t.deepEqual(of('master', { ...none, admin: true }), [])
  t.deepEqual(of('master'), found('master'))
  for (const name of ['u_clone', 'app', ADMIN, `${ADMIN}_upgrade`]) t.deepEqual(of(name), [], name)
})
