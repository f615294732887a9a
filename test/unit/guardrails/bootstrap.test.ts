import test from 'ava'
import {
  checkAdminRole,
  checkBeforeBootstrap,
  checkSameLogin,
  noMasterRight,
} from '../../../src/guardrails/bootstrap.ts'
import type { Membership } from '../../../src/model/catalog.ts'
import { membership, actual, ADMIN, database, declare, role, type State, tagOf } from '../plan/sample.ts'
import { said } from './sample.ts'

test('the delegated admin is another login than the master', (t) => {
  t.deepEqual(said(checkSameLogin('master', 'admin')), [])
  t.deepEqual(said(checkSameLogin('master', 'master')), [
    '-/reserved_name: the delegated admin and the master are both master. Give the delegated admin a name of its own in its secret, e.g. platform_provisioner.',
  ])
})

test('no password and no right for a role that is more than a delegated admin, or an application', (t) => {
  const of = (fields: object): string[] => said(checkAdminRole(role('r', fields)))
  t.deepEqual(of({ createRole: true, createDb: true }), [])
  t.deepEqual(of({ comment: tagOf('', { Application: undefined }) }), [])
  t.deepEqual(of({ comment: tagOf('a') }), [
    "-/reserved_name: the delegated admin's secret names r, the login of the application a. Name another login in the admin secret, e.g. platform_provisioner.",
  ])
  for (const power of ['superuser', 'replication', 'bypassRls'])
    t.deepEqual(
      of({ [power]: true }),
      [
        '-/privileged_role: the role r cannot be the delegated admin: it holds SUPERUSER, REPLICATION or BYPASSRLS. Name another login in the admin secret.',
      ],
      power,
    )
})

test('a master that may not give itself the right is told by whom, and what the server said', (t) => {
  const { cluster } = actual({ cluster: { memberships: [membership('admin', 'maker', { admin: true })] } })
  t.deepEqual(said([noMasterRight(cluster, 'master', 'admin', 'permission denied')]), [
    '-/missing_right: master has no right over the role admin, which it would repair, and may not give itself one: permission denied. As maker: GRANT "admin" TO "master" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;',
  ])
})

/** Codes of what stops the run before the master acts, and of what the master tries first; as the master sees it. */
function before(
  applications: object,
  { roles = [], cluster = {}, ...state }: State = {},
  { grantable = [], variables = {} }: { grantable?: readonly string[]; variables?: object } = {},
): Record<'blocked' | 'toTry', string[]> {
  const seen = actual({ ...state, roles: [role('master', { createRole: true, createDb: true }), ...roles] }).cluster
  const asMaster = { ...seen, ...cluster, server: { ...seen.server, login: 'master' } }
  const run = { command: 'apply', takesOver: false } as const
  const { blocked, toTry } = checkBeforeBootstrap(
    declare(applications, variables),
    asMaster,
    ADMIN,
    new Set(grantable),
    run,
  )
  const named = (problems: typeof blocked): string[] =>
    problems.map(({ application, code }) => `${application ?? '-'}/${code}`)
  return { blocked: named(blocked), toTry: named(toTry) }
}

const OURS = role('u', { comment: tagOf('a') })
const APP = { a: { username: 'u', database_name: 'd' } }
const NOTHING: ReturnType<typeof before> = { blocked: [], toTry: [] }

test('what the admin lacks stops nobody before the master gives it, and what stops one application stops no repair', (t) => {
  t.deepEqual(before(APP), NOTHING)
  t.deepEqual(before(APP, { roles: [OURS], databases: [database('d', 'u')] }), NOTHING)
  const theirs = role('u', { comment: tagOf('a', { Stack: 'theirs' }) })
  t.deepEqual(before(APP, { roles: [theirs] }), { blocked: ['a/foreign_claim'], toTry: [] }, 'a new claim')
  const lost = role('u', { comment: tagOf('a', { OwnedDatabase: 'd' }) })
  t.deepEqual(before(APP, { roles: [lost] }), NOTHING, 'one that was there stops itself alone')
  t.deepEqual(before(APP, { cluster: { roles: new Map([['admin', role('admin')]]) } }), NOTHING)
})

test('the extensions of a database that is there are not looked at: nobody has seen the inside', (t) => {
  const wants = { a: { ...APP.a, adopt_existing: true, extensions: ['no_such'] } }
  t.deepEqual(before(wants, { roles: [role('u')], databases: [database('d', 'u')] }), NOTHING)
  t.deepEqual(before(wants, { roles: [role('u')] }), { blocked: ['a/extension'], toTry: [] }, 'it is to be made')
})

test('a replica stops the run before the master changes anything', (t) => {
  const { server } = actual().cluster
  const replica = actual({ cluster: { server: { ...server, inRecovery: true } } }).cluster
  const { blocked } = checkBeforeBootstrap(declare(APP), replica, ADMIN, new Set(), {
    command: 'apply',
    takesOver: false,
  })
  t.deepEqual(said(blocked), [
    "-/endpoint: db-1.abc.eu-central-1.rds.amazonaws.com is a replica (the server is in recovery). Use the writer's own endpoint.",
  ])
})

const IAM = { a: { ...APP.a, auth: 'iam' } }
const withIam = (memberships: readonly Membership[] = []): State => ({
  roles: [role('rds_iam', { canLogin: false })],
  cluster: { memberships },
})

test('what the master may grant is tried, and what it may not stops the run before', (t) => {
  const admin = { admin_auth: 'iam', admin_secret_id: undefined, admin_username: ADMIN }
  const iam = (memberships: readonly Membership[], grantable: readonly string[] = []): ReturnType<typeof before> =>
    before(IAM, withIam(memberships), { grantable, variables: admin })
  const tried = { blocked: [], toTry: ['a/missing_right'] }
  t.deepEqual(iam([membership('rds_iam', ADMIN, { admin: true })]), NOTHING)
  t.deepEqual(iam([], ['rds_iam']), tried)
  const stopped = { blocked: ['a/missing_right'], toTry: [] }
  t.deepEqual(iam([]), stopped)
  t.deepEqual(iam([membership('rds_iam', 'somebody', { admin: true })]), stopped)
  const signal = { a: { ...APP.a, member_of: ['pg_monitor'] } }
  const there = { roles: [role('pg_monitor', { canLogin: false })], cluster: { memberships: [] } }
  t.deepEqual(before(signal, there, { variables: admin }), tried, 'another right than that of rds_iam')
  const both = { a: { ...IAM.a, member_of: ['pg_monitor'] } }
  const lacks = (applications: object, memberships: readonly Membership[]): ReturnType<typeof before> =>
    before(
      applications,
      { roles: [role('rds_iam'), role('pg_monitor', { canLogin: false })], cluster: { memberships } },
      { variables: admin },
    )
  const token = membership('rds_iam', ADMIN, { admin: true })
  t.deepEqual(lacks(both, [token]), tried, 'the admin may grant rds_iam itself')
  t.deepEqual(lacks(signal, []), tried, 'one that does not log in by IAM')
  const twice = { blocked: ['a/missing_right', 'a/missing_right'], toTry: [] }
  for (const other of [[], [membership('other', ADMIN, { admin: true })], [membership('rds_iam', ADMIN)]])
    t.deepEqual(lacks(both, other), twice)
})
