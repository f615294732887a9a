/** What a removal must be approved for, what `RDS_CLEANUP_POLICY` may change of it, and what stands in its way. */
import test from 'ava'
import { checkRemoval, checkRemovalApproval, checkServer, removalApproval } from '../../../src/guardrails/removal.ts'
import { CLEANUP_POLICIES, type CleanupPolicy, type Environment, gentler } from '../../../src/model/declaration.ts'
import type { Departure, Obstacle, RemovalFacts, SessionCount } from '../../../src/model/removal.ts'
import type { Approval } from '../../../src/model/run.ts'
import { Statement } from '../../../src/model/statement.ts'
import { printInside } from '../../../src/sql/print.ts'
import { LEAVES, NO_FACTS, actual, ADMIN, database, declare, role, type State, tagOf } from '../plan/sample.ts'
import { said } from './sample.ts'

const approvals = (
  allowProvision: boolean,
  allowDestroy: boolean,
): { allowProvision: boolean; allowDestroy: boolean } => ({
  allowProvision,
  allowDestroy,
})

const NONE = approvals(false, false)
const APPLY = approvals(true, false)
const DESTROY = approvals(false, true)
const BOTH = approvals(true, true)

test('outside of dev what deletes takes both approvals, what changes one, what keeps everything none', (t) => {
  const cases: readonly [Environment, typeof NONE, CleanupPolicy | null, Approval][] = [
    ['dev', NONE, 'delete', 'not_required'],
    ['dev', NONE, null, 'not_required'],
    ['prod', NONE, 'retain', 'not_required'],
    ['prod', NONE, 'release', 'missing'],
    ['prod', DESTROY, 'disable', 'missing'],
    ['prod', APPLY, 'disable', 'approved'],
    ['prod', APPLY, 'release', 'approved'],
    ['prod', APPLY, 'delete', 'missing'],
    ['prod', APPLY, 'snapshot-and-delete', 'missing'],
    ['prod', APPLY, null, 'missing'],
    ['prod', DESTROY, 'delete', 'missing'],
    ['prod', BOTH, 'delete', 'approved'],
    ['prod', BOTH, 'snapshot-and-delete', 'approved'],
    ['prod', BOTH, null, 'approved'],
  ]
  for (const [environment, given, policy, expected] of cases)
    t.is(
      removalApproval(environment, given, policy),
      expected,
      `${environment} ${JSON.stringify(given)} ${String(policy)}`,
    )
})

test('an approval that is missing is named, and only that', (t) => {
  const of = (given: typeof NONE, policy: CleanupPolicy | null, application: string | null = 'a'): string[] =>
    said(checkRemovalApproval('prod', given, { application, policy }))
  const text = (who: string, what: string, set: string): string[] => [
    `${who}/removal_approval: the environment is prod, and nobody approved ${what}. Set ${set} in the environment of the run, or RDS_CLEANUP_POLICY=retain to keep everything.`,
  ]
  const both = 'ALLOW_DB_PROVISION=true and ALLOW_DB_DESTROY=true'
  t.deepEqual(of(NONE, 'delete'), text('a', 'a removal that deletes', both))
  t.deepEqual(of(NONE, null, null), text('-', 'a removal that deletes', both))
  t.deepEqual(of(APPLY, 'snapshot-and-delete'), text('a', 'a removal that deletes', 'ALLOW_DB_DESTROY=true'))
  t.deepEqual(of(NONE, 'disable'), text('a', 'a removal (disable)', 'ALLOW_DB_PROVISION=true'))
  t.deepEqual(of(APPLY, 'disable'), [])
  t.deepEqual(said(checkRemovalApproval('dev', NONE, { application: 'a', policy: 'delete' })), [])
})

test('RDS_CLEANUP_POLICY may keep more than was asked for, and never less', (t) => {
  const order = ['retain', 'disable', 'release', 'snapshot-and-delete', 'delete']
  const chosen = (['disable', 'release', 'snapshot-and-delete', 'delete'] as const).map((asked) =>
    order.map((given) => gentler(asked, CLEANUP_POLICIES.find((policy) => policy === given) ?? null)),
  )
  t.deepEqual(chosen, [
    ['retain', 'disable', 'disable', 'disable', 'disable'],
    ['retain', 'release', 'release', 'release', 'release'],
    ['retain', 'disable', 'release', 'snapshot-and-delete', 'snapshot-and-delete'],
    ['retain', 'disable', 'release', 'snapshot-and-delete', 'delete'],
  ])
  t.is(gentler('delete', null), 'delete')
})

const STATE: State = {
  roles: [role('u', { comment: tagOf('a') }), role('o', { comment: tagOf('b') }), role('stranger')],
  databases: [database('d', 'u'), database('e', 'o')],
}

function blocked(facts: Partial<RemovalFacts>, departure: Partial<Departure> = {}, state: State = {}): string[] {
  const { cluster } = actual({ ...STATE, ...state })
  return said(checkRemoval(declare({}), cluster, [{ ...LEAVES, ...departure }], { ...NO_FACTS, ...facts })).map(
    (text) => text.replace('a/removal_obstacle: ', ''),
  )
}

/** A statement as a person is asked to run it inside a database. */
const inside = (sql: string, as: string | null): string => printInside([new Statement(sql)], as)

test('nothing stands in the way of a login and a database that nothing else uses', (t) => {
  t.deepEqual(blocked({}), [])
})

test('what is not ours to change is not removed by any policy', (t) => {
  const of = (state: State, departure: Partial<Departure> = {}): string[] =>
    said(checkServer(declare({}), actual({ ...STATE, ...state }).cluster, { ...LEAVES, ...departure }))
  const { cluster } = actual(STATE)
  const { server } = cluster
  t.deepEqual(of({}), [])
  t.deepEqual(of({ cluster: { server: { ...server, inRecovery: true } } }), [
    "a/removal_obstacle: db-1.abc.eu-central-1.rds.amazonaws.com is a replica (the server is in recovery). Use the writer's own endpoint.",
  ])
  t.deepEqual(of({ roles: [role('u', { superuser: true })] }), [
    'a/removal_obstacle: the role u is a superuser. Remove it by hand.',
  ])
  t.deepEqual(of({}, { username: 'gone_already' }).length, 1, 'from 16 on nobody has a right over it')
  const [right] = of({ cluster: { memberships: [] } })
  t.true(right?.startsWith('a/removal_obstacle: admin has no right over the role u: '), right)
  t.true(
    right?.endsWith(
      'Only a superuser can (nobody administers it): GRANT "u" TO "admin" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;',
    ),
    right,
  )
  t.deepEqual(of({ version: 150004, cluster: { memberships: [] } }), [])
  t.deepEqual(of({}, { drops: 'postgres' }), [
    'a/removal_obstacle: the database postgres is the one that the admin connects to. Name another one in instance.database.',
  ])
  t.deepEqual(of({}, { drops: null }), [])
  for (const policy of ['release', 'disable', 'delete', 'snapshot-and-delete'] as const)
    t.is(blocked({}, { policy, drops: 'postgres' }).length, 1, policy)
})

test('what it owns elsewhere is named with its way out; what is inside the database that goes, goes with it', (t) => {
  const owns = (fields: Partial<Obstacle>): Partial<RemovalFacts> => ({
    obstacles: [{ role: 'u', database: 'e', what: 'owns table public.things', ...fields }],
  })
  t.deepEqual(blocked(owns({})), [
    'the role u owns table public.things in database e. Hand it over or remove it, then run again.',
  ])
  t.deepEqual(blocked(owns({ database: null, what: 'owns tablespace s' })), [
    'the role u owns tablespace s. Hand it over or remove it, then run again.',
  ])
  t.deepEqual(blocked(owns({ remedy: 'Do this.' })), ['the role u owns table public.things in database e. Do this.'])
  t.deepEqual(blocked(owns({ database: 'd' })), [])
  t.is(blocked(owns({ database: 'd' }), { drops: null }).length, 1, 'the database stays')
  t.is(blocked(owns({ database: 'd' }), { drops: 'e' }).length, 1, 'another one goes')
  t.deepEqual(blocked(owns({ role: 'stranger' })), [], 'what others own stays with them')
})

test('what uses the database that goes is named; what uses another is no concern', (t) => {
  const used = (database: string | null): Partial<RemovalFacts> => ({
    obstacles: [{ role: null, database, what: 'is used by subscription s' }],
  })
  t.deepEqual(blocked(used('d')), [
    'the database d is used by subscription s. End that first, as its owner or a member of it, then run again.',
  ])
  t.deepEqual(blocked(used('e')), [])
})

test('a database that cannot be looked into is no proof that nothing is there', (t) => {
  t.deepEqual(blocked({ unseen: new Map([['e', ['u']]]) }), [
    'u may hold something in database e, which cannot be looked into. Let the delegated admin connect to it, then run again.',
  ])
  t.deepEqual(blocked({ unseen: new Map([['e', ['o']]]) }), [], 'it is looked into for another')
})

const holding = (fields: object): RemovalFacts['holdings'][number] => ({
  database: 'e',
  keyword: 'TABLE',
  identity: 'public.things',
  grantor: 'o',
  grantee: 'u',
  isTemporary: false,
  ...fields,
})

test('a privilege that somebody outside of the stack granted is theirs to take back', (t) => {
  t.deepEqual(blocked({ holdings: [holding({})] }), [], 'o is of this stack')
  t.deepEqual(blocked({ holdings: [holding({ grantor: ADMIN })] }), [])
  t.deepEqual(blocked({ holdings: [holding({ grantor: 'stranger', isTemporary: true })] }), [])
  t.deepEqual(blocked({ holdings: [holding({ grantor: 'stranger', grantee: 'o' })] }), [], 'it is not of u')
  t.deepEqual(blocked({ holdings: [holding({ grantor: 'stranger' })] }), [
    `the role u holds privileges on TABLE public.things in database e, granted by stranger, which is not managed by this stack. As o: GRANT CONNECT ON DATABASE "e" TO "stranger"; Then as stranger, in e: ${inside('REVOKE ALL ON TABLE public.things FROM "u"', 'stranger')}`,
  ])
  const theirs = {
    roles: [role('u'), role('stranger')],
    databases: [database('f', 'stranger')],
    cluster: { memberships: actual(STATE).cluster.memberships },
  }
  t.deepEqual(blocked({ holdings: [holding({ database: 'f', grantor: 'pg_database_owner' })] }, {}, theirs), [
    `the role u holds privileges on TABLE public.things in database f, granted by pg_database_owner, which is not managed by this stack. As stranger, in f: ${inside('REVOKE ALL ON TABLE public.things FROM "u"', 'stranger')}`,
  ])
})

test('what it gave to others would go with it, and is named', (t) => {
  const given = [holding({ grantor: 'u', grantee: 'o' }), holding({ grantor: 'u', grantee: '' })]
  const text = (who: string): string =>
    `the role u granted ${who} privileges on TABLE public.things in database e. Let its owner grant them, then run again.`
  t.deepEqual(blocked({ holdings: given }), [text('o'), text('PUBLIC')])
  t.deepEqual(blocked({ holdings: [holding({ grantor: 'u', grantee: 'u' })] }), [])
  t.deepEqual(blocked({ holdings: [holding({ grantor: 'u', grantee: 'o', isTemporary: true })] }), [])
})

test('default privileges of somebody outside of the stack are theirs to take back', (t) => {
  const byDefault = (creator: string, grantee = 'u', schema: string | null = 's'): Partial<RemovalFacts> => ({
    defaults: [{ database: 'e', grantee, creator, schema, keyword: 'TABLES' }],
  })
  t.deepEqual(blocked(byDefault('o')), [])
  t.deepEqual(blocked(byDefault('stranger', 'o')), [])
  t.deepEqual(blocked(byDefault('stranger')), [
    `the role u has default privileges on TABLES of stranger in database e, which is not managed by this stack. As o: GRANT CONNECT ON DATABASE "e" TO "stranger"; Then as stranger, in e: ${inside('ALTER DEFAULT PRIVILEGES FOR ROLE "stranger" IN SCHEMA "s" REVOKE ALL ON TABLES FROM "u"', 'stranger')}`,
  ])
})

test('a login that is disabled keeps what it owns and gave; one that is released keeps everything', (t) => {
  const facts: Partial<RemovalFacts> = {
    obstacles: [{ role: 'u', database: 'e', what: 'owns table public.things' }],
    holdings: [holding({ grantor: 'u', grantee: 'o' }), holding({ grantor: 'stranger' })],
    unseen: new Map([['e', ['u']]]),
  }
  const of = (policy: Departure['policy']): string[] =>
    blocked(facts, { policy, drops: null }).map((text) => text.slice(0, 'the role u holds'.length))
  t.deepEqual(of('release'), [])
  t.deepEqual(of('disable'), ['u may hold somet', 'the role u holds'])
  t.deepEqual(of('delete'), ['the role u owns ', 'u may hold somet', 'the role u holds', 'the role u grant'])
})

test('without pg_signal_backend only the sessions of its owner in the database that goes can be ended', (t) => {
  const session = (login: string, database: string, isSuperuser = false): SessionCount => ({
    login,
    database,
    isSuperuser,
    count: 2,
  })
  const of = (sessions: readonly SessionCount[], departure: Partial<Departure> = {}, canSignal = false): string[] =>
    blocked({ sessions, canSignal }, departure)
  t.deepEqual(of([session('o', 'd')]), [
    'o has 2 session(s) in database d, which admin may not end. End them, or as the master: GRANT "pg_signal_backend" TO "admin";',
  ])
  t.is(of([session('u', 'e')]).length, 1, 'its own elsewhere')
  t.deepEqual(of([session('u', 'd')]), [])
  t.is(of([session('u', 'd')], { policy: 'snapshot-and-delete' }).length, 1, 'a snapshot wants them to end before')
  t.is(of([session('u', 'd')], { drops: null }).length, 1, 'the database stays')
  t.deepEqual(of([session('postgres', 'd', true)]), [])
  t.deepEqual(of([session('o', 'e')]), [], 'those of others elsewhere are no concern')
  t.deepEqual(of([session('o', 'd')], {}, true), [])
})
