/** What a removal must be approved for, what `RDS_CLEANUP_POLICY` may change of it, and what stands in its way. */
import test from 'ava'
import { checkRemoval, checkRemovalApproval, removalApproval } from '../../../src/guardrails/removal.ts'
import type { Cluster } from '../../../src/model/catalog.ts'
import { CLEANUP_POLICIES, gentler, type RemovalPolicy } from '../../../src/model/declaration.ts'
import type { Departure, Holding, Obstacle, RemovalFacts, SessionCount } from '../../../src/model/removal.ts'
import { actual, ADMIN, database, declare, role, tagOf } from '../plan/sample.ts'

const NONE = { allowProvision: false, allowDestroy: false }
const APPLY = { allowProvision: true, allowDestroy: false }
const DESTROY = { allowProvision: false, allowDestroy: true }
const BOTH = { allowProvision: true, allowDestroy: true }

test('outside of dev what deletes takes both approvals, what changes one, and keeping none', (t) => {
  const approved: Readonly<Record<string, readonly object[]>> = {
    retain: [NONE, APPLY, DESTROY, BOTH],
    disable: [APPLY, BOTH],
    release: [APPLY, BOTH],
    delete: [BOTH],
    'snapshot-and-delete': [BOTH],
  }
  t.deepEqual(Object.keys(approved).sort(), [...CLEANUP_POLICIES].sort())
  for (const environment of ['test', 'staging', 'prod'] as const)
    for (const policy of [...CLEANUP_POLICIES, null])
      for (const approvals of [NONE, APPLY, DESTROY, BOTH]) {
        const isApproved = approved[policy ?? 'delete']?.includes(approvals) === true
        const expected = policy === 'retain' ? 'not_required' : isApproved ? 'approved' : 'missing'
        t.is(removalApproval(environment, approvals, policy), expected, JSON.stringify([policy, approvals]))
        const problems = checkRemovalApproval(environment, approvals, { application: 'a', policy })
        t.deepEqual(
          problems.map(({ application, code }) => [application, code]),
          isApproved ? [] : [['a', 'removal_approval']],
        )
      }
  for (const policy of [...CLEANUP_POLICIES, null]) t.is(removalApproval('dev', NONE, policy), 'not_required')
})

test('what is missing is named, and nothing else', (t) => {
  const told = (approvals: typeof NONE, policy: RemovalPolicy | null): string =>
    checkRemovalApproval('prod', approvals, { application: null, policy })[0]?.remedy ?? ''
  t.regex(told(NONE, null), /^Set ALLOW_DB_PROVISION=true and ALLOW_DB_DESTROY=true in/)
  t.regex(told(APPLY, 'delete'), /^Set ALLOW_DB_DESTROY=true in/)
  t.regex(told(DESTROY, 'delete'), /^Set ALLOW_DB_PROVISION=true in/)
  t.regex(told(NONE, 'disable'), /^Set ALLOW_DB_PROVISION=true in/)
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

const NOTHING: RemovalFacts = {
  holdings: [],
  defaults: [],
  obstacles: [],
  unseen: [],
  tenants: new Map(),
  sessions: [],
  canSignal: true,
}

/** An instance where the admin may administer both roles, as their creator from 16 on. */
function clusterOf(fields: Partial<Cluster> = {}): Cluster {
  const own = ['a_user', 'b_user'].map((name) => {
    return { role: name, member: ADMIN, grantor: 'rdsadmin', admin: true, inherit: false, set: false }
  })
  const tagged = ['a', 'b'].map((name) =>
    role(`${name}_user`, { comment: tagOf(name, { OwnedDatabase: `${name}_db` }) }),
  )
  const roles = [role(ADMIN, { createRole: true, createDb: true }), ...tagged]
  const databases = [database('a_db', 'a_user'), database('b_db', 'b_user')]
  return actual({ roles, databases, cluster: { memberships: own, ...fields } }).cluster
}

const LEAVER: Departure = { application: 'a', username: 'a_user', database: 'a_db', drops: 'a_db', policy: 'delete' }
const DECLARED = declare({ b: { username: 'b_user', database_name: 'b_db' } })

function told(
  facts: Partial<RemovalFacts>,
  departure: Partial<Departure> = {},
  cluster: Partial<Cluster> = {},
): string[] {
  const problems = checkRemoval(DECLARED, clusterOf(cluster), [{ ...LEAVER, ...departure }], { ...NOTHING, ...facts })
  return problems.map(({ application, code, message }) => `${application ?? ''} ${code} ${message}`)
}

const obstacle = (fields: Partial<Obstacle>): Obstacle => ({
  role: 'a_user',
  database: 'b_db',
  what: 'owns table public.t',
  ...fields,
})

const holding = (fields: Partial<Holding>): Holding => ({
  database: 'b_db',
  keyword: 'TABLE',
  identity: 'public.t',
  grantor: 'stranger',
  grantee: 'a_user',
  isTemporary: false,
  ...fields,
})

const sessions = (fields: Partial<SessionCount>): SessionCount => ({
  database: 'a_db',
  login: 'b_user',
  isSuperuser: false,
  count: 2,
  ...fields,
})

test('what the leaving role owns elsewhere stands in its way, what goes with its database does not', (t) => {
  t.deepEqual(told({}), [])
  t.deepEqual(told({ obstacles: [obstacle({})] }), [
    'a removal_obstacle the role a_user owns table public.t in database b_db.',
  ])
  t.deepEqual(told({ obstacles: [obstacle({ database: null, what: 'owns database x' })] }), [
    'a removal_obstacle the role a_user owns database x.',
  ])
  t.deepEqual(told({ obstacles: [obstacle({ database: 'a_db' })] }), [])
  t.deepEqual(told({ obstacles: [obstacle({ database: 'a_db' })] }, { drops: null }).length, 1)
  t.deepEqual(told({ obstacles: [obstacle({ role: 'b_user' })] }), [])
  t.deepEqual(told({ obstacles: [obstacle({ role: null, database: 'a_db', what: 'is used by subscription s' })] }), [
    'a removal_obstacle the database a_db is used by subscription s.',
  ])
  t.deepEqual(told({ obstacles: [obstacle({ role: null })] }), [])
  t.deepEqual(told({ unseen: ['b_db'] }), [
    'a removal_obstacle a_user may hold something in database b_db, which cannot be looked into.',
  ])
})

test('what somebody granted whom no run can be, and what it granted others, stands in its way', (t) => {
  t.deepEqual(told({ holdings: [holding({ grantor: 'b_user' })] }), [])
  t.deepEqual(told({ holdings: [holding({ isTemporary: true })] }), [])
  t.regex(
    told({ holdings: [holding({})] })[0] ?? '',
    /holds privileges on TABLE public\.t in database b_db, granted by s/,
  )
  const given = holding({ grantor: 'a_user', grantee: 'b_user' })
  t.regex(told({ holdings: [given] })[0] ?? '', /a_user granted b_user privileges on TABLE public\.t/)
  t.regex(told({ holdings: [{ ...given, grantee: '' }] })[0] ?? '', /a_user granted PUBLIC privileges/)
  t.deepEqual(told({ holdings: [{ ...given, grantee: 'a_user' }] }), [])
  const later = { database: 'b_db', grantee: 'a_user', schema: null, keyword: 'TABLES' }
  t.deepEqual(told({ defaults: [{ ...later, creator: 'b_user' }] }), [])
  t.regex(
    told({ defaults: [{ ...later, creator: 'stranger' }] })[0] ?? '',
    /has default privileges on TABLES of stranger/,
  )
  t.deepEqual(told({ defaults: [{ ...later, creator: 'stranger', grantee: 'b_user' }] }), [])
})

test('one that is disabled keeps what it owns and gave; one that is released keeps all', (t) => {
  const facts = { obstacles: [obstacle({})], holdings: [holding({ grantor: 'a_user', grantee: 'b_user' })] }
  t.is(told(facts).length, 2)
  t.deepEqual(told(facts, { policy: 'disable' }), [])
  t.is(told({ holdings: [holding({})] }, { policy: 'disable' }).length, 1)
  t.deepEqual(told({ ...facts, unseen: ['b_db'], holdings: [holding({})] }, { policy: 'release' }), [])
})

test('sessions stand in the way where none may be ended, but those that the removal ends itself', (t) => {
  t.deepEqual(told({ sessions: [sessions({})] }), [])
  const blind = (item: SessionCount, departure: Partial<Departure> = {}): number =>
    told({ sessions: [item], canSignal: false }, departure).length
  t.is(blind(sessions({})), 1)
  t.is(blind(sessions({ isSuperuser: true })), 0)
  t.is(blind(sessions({ database: 'b_db' })), 0)
  t.is(blind(sessions({ database: 'b_db', login: 'a_user' })), 1)
  t.is(blind(sessions({ login: 'a_user' })), 0)
  t.is(blind(sessions({ login: 'a_user' }), { policy: 'snapshot-and-delete' }), 1)
})

test('what is not ours to change is told whatever the policy', (t) => {
  const server = clusterOf().server
  for (const policy of ['disable', 'release', 'delete'] as const) {
    t.regex(told({}, { policy }, { server: { ...server, inRecovery: true } })[0] ?? '', /is a replica/)
    t.regex(told({}, { policy }, { memberships: [] })[0] ?? '', /has no right over the role a_user/)
    const roles = new Map([...clusterOf().roles, ['a_user', role('a_user', { superuser: true })] as const])
    t.regex(told({}, { policy }, { roles })[0] ?? '', /a_user is a superuser/)
  }
  t.regex(told({}, { drops: DECLARED.instance.database })[0] ?? '', /is the one that the admin connects to/)
})
