/** Which logins and databases a removal takes: by what is asked for, by tags, and by whose they are. */
import test from 'ava'
import { type DepartureInput, resolveDepartures } from '../../../src/plan/departures.ts'
import type { RoleState } from '../../../src/model/catalog.ts'
import type { RemovalTarget } from '../../../src/model/removal.ts'
import { actual, ADMIN, database, declare, role, type State, tagOf } from './sample.ts'

const OF_A: RemovalTarget = { by: 'application', value: 'a' }
const REQUESTED: RemovalTarget = { by: 'request', application: null }

type Case = Partial<Omit<DepartureInput, 'declaration' | 'cluster'>> & {
  readonly applications?: object
  readonly variables?: object
  readonly claim?: string | null
  readonly state?: State
}

/** `leaves u with d by delete`, what stays and why, and what stands in the way. */
function told({ applications = {}, variables = {}, claim = null, state = {}, ...fields }: Case): string[] {
  const { departures, findings, problems } = resolveDepartures({
    declaration: { ...declare(applications, variables), claim },
    target: OF_A,
    policy: null,
    looks: false,
    mayDelete: true,
    cluster: actual(state).cluster,
    ...fields,
  })
  return [
    ...departures.map(
      ({ username, drops, policy, ownsNone }) =>
        `leaves: ${username} with ${drops ?? 'nothing'} by ${policy}${ownsNone === true ? ', owns none' : ''}`,
    ),
    ...findings.map(({ kind, message }) => `${kind}: ${message}`),
    ...problems.map(({ application, code, message }) => `${application ?? '-'}/${code}: ${message}`),
  ]
}

const owner = (fields: object = {}, more: Partial<RoleState> = {}): RoleState =>
  role('u', { comment: tagOf('a', { CleanupPolicy: 'delete', ...fields }), ...more })

const APP = { a: { username: 'u', database_name: 'd', cleanup_policy: 'delete' } }
const THERE: State = { roles: [owner()], databases: [database('d', 'u')] }

test('an application that is declared goes by its policy, and its database with it where that deletes', (t) => {
  const of = (policy: string, given: DepartureInput['policy'] = null): string[] =>
    told({ applications: { a: { ...APP.a, cleanup_policy: policy } }, state: THERE, policy: given })
  t.deepEqual(of('delete'), ['leaves: u with d by delete'])
  t.deepEqual(of('snapshot-and-delete'), ['leaves: u with d by snapshot-and-delete'])
  t.deepEqual(of('disable'), ['leaves: u with nothing by disable'])
  t.deepEqual(of('release'), ['leaves: u with nothing by release'])
  t.deepEqual(of('retain'), ['retained: role u and what it owns are retained'])
  t.deepEqual(of('delete', 'retain'), ['retained: role u and what it owns are retained'])
  t.deepEqual(of('retain', 'delete'), ['leaves: u with d by delete'], 'RDS_CLEANUP_POLICY of a run by hand')
})

test('a guest takes no database with it, whatever its role owns', (t) => {
  const guest = { ...APP, b: { username: 'v', access_level: 'reader', database_of: 'a', cleanup_policy: 'delete' } }
  const state = {
    roles: [owner(), role('v', { comment: tagOf('b') })],
    databases: [database('d', 'u'), database('e', 'v')],
  }
  t.deepEqual(told({ applications: guest, state, target: { by: 'application', value: 'b' } }), [
    'leaves: v with nothing by delete, owns none',
  ])
})

test('the login of another entry stays: its access ends when its entry left', (t) => {
  const user = { login_of: 'app', access_level: 'reader', database_of: 'a', cleanup_policy: 'disable' }
  const applications = { ...APP, app: { username: 'v', access_level: 'none' }, user }
  const state = {
    roles: [owner(), role('v', { comment: tagOf('app', { CleanupPolicy: 'delete' }) })],
    databases: [database('d', 'u'), database('e', 'v')],
  }
  for (const policy of [null, 'delete'] as const)
    t.deepEqual(told({ applications, state, policy, target: { by: 'application', value: 'user' } }), [
      'kept: v is the login of app: the apply after user left the declaration ends its access to d',
    ])
})

test('what is gone, or somebody else’s by now, is left as it is', (t) => {
  const of = (state: State, claim: string | null = null): string[] => told({ applications: APP, state, claim })
  t.deepEqual(of({}), ['gone: role u is already gone', 'gone: database d is already gone'])
  t.deepEqual(of({ roles: [owner()] }), ['leaves: u with nothing by delete', 'gone: database d is already gone'])
  t.deepEqual(of({ ...THERE, roles: [role('u')] }), ['a/removal_obstacle: the role u carries no tag of this tool.'])
  t.deepEqual(of({ ...THERE, roles: [role('u', { comment: tagOf('b') })] }), [
    'kept: role u now belongs to the application b: it and its database are left as they are',
  ])
  const [other, ...none] = of({ ...THERE, roles: [owner({ Stack: 'theirs' })] })
  t.regex(other ?? '', /^a\/removal_obstacle: the role u belongs to the stack "theirs"/)
  t.deepEqual(none, [])
  const [taken, ...nothing] = of({ ...THERE, roles: [owner({ Claim: 'c2' })] }, 'c1')
  t.regex(taken ?? '', /^kept: role u belongs to the stack "mine" .* by now: it and what it owns are left as they are$/)
  t.deepEqual(nothing, [])
  t.deepEqual(of({ ...THERE, roles: [owner({ Claim: 'c1' })] }, 'c1'), ['leaves: u with d by delete'])
})

test('a database that another role owns by now does not go', (t) => {
  const of = (holder: RoleState, claim: string | null = null): string[] =>
    told({
      applications: APP,
      state: { roles: [owner(), holder], databases: [database('d', holder.name)] },
      claim,
    })
  t.deepEqual(of(role('v', { comment: tagOf('b') })), [
    'leaves: u with nothing by delete',
    'kept: database d now belongs to v (application b) and is left as it is',
  ])
  t.deepEqual(
    of(role('v', { comment: tagOf('b', { Stack: 'theirs', Claim: 'c2' }) }), 'c1')[1],
    'kept: database d now belongs to v (application b) and is left as it is',
  )
  t.deepEqual(of(role('v')), ['a/removal_obstacle: the database d belongs to v, which is not managed by this stack.'])
})

test('what has a claim is looked at without one, and removed by none', (t) => {
  const of = (fields: Case): string[] =>
    told({ applications: APP, state: { ...THERE, roles: [owner({ Claim: 'c1' })] }, ...fields })
  t.deepEqual(of({}), [
    'a/missing_claim: the role u belongs to the state with the claim c1, and this input has no claim.',
  ])
  t.deepEqual(of({ looks: true }), ['leaves: u with d by delete'])
  t.deepEqual(of({ policy: 'retain' }), ['retained: role u and what it owns are retained'])
})

test('what nobody declares goes by its tags, and the one database that carries them', (t) => {
  const of = (state: Partial<State>, fields: Case = {}): string[] => told({ state: { ...THERE, ...state }, ...fields })
  const tagged = { comment: tagOf('a') }
  t.deepEqual(of({}), ['leaves: u with d by delete'], 'the only one that it owns')
  t.deepEqual(
    of({ roles: [owner({}, { createDb: true })] }),
    ['leaves: u with nothing by delete'],
    'it may have made it',
  )
  t.deepEqual(
    of({ databases: [database('d', 'u', tagged), database('e', 'u')] }),
    ['leaves: u with d by delete'],
    'the other stands in the way by name',
  )
  for (const databases of [
    [database('d', 'u'), database('e', 'u')],
    [database('d', 'u', tagged), database('e', 'u', tagged)],
    [database('d', 'u', { comment: tagOf('b') }), database('e', 'u', { comment: tagOf('a', { Stack: 'theirs' }) })],
    [database('d', ADMIN)],
  ])
    t.deepEqual(of({ databases }), ['leaves: u with nothing by delete'])
  const withheld = (name: string): State['databases'] => [
    database('d', ADMIN, { comment: tagOf('a', { WithheldFor: name }) }),
  ]
  t.deepEqual(of({ databases: withheld('u') ?? [] }), ['leaves: u with d by delete'], 'the admin keeps it for u')
  t.deepEqual(of({ databases: withheld('v') ?? [] }), ['leaves: u with nothing by delete'])
  t.deepEqual(of({ roles: [owner({ CleanupPolicy: undefined })] }), ['retained: role u and what it owns are retained'])
  t.deepEqual(of({ roles: [owner({ CleanupPolicy: 'nonsense' })] }), ['retained: role u and what it owns are retained'])
})

test('what is declared under another key goes by none that it had before', (t) => {
  const of = (applications: object, fields: Case = {}): string[] => told({ applications, state: THERE, ...fields })
  t.deepEqual(of({ b: { username: 'u', database_name: 'd' } }), [
    'a/removal_obstacle: b declares the login u by now: nothing of it is removed.',
  ])
  t.deepEqual(of({ b: { username: 'v', database_name: 'd' } }), [
    'a/removal_obstacle: the role u owns the database d, which b declares: nothing of it is removed.',
  ])
  t.deepEqual(of({ b: { username: 'v', database_name: 'd' } }, { policy: 'retain' }), [
    'retained: role u and what it owns are retained',
  ])
  t.deepEqual(of({ b: { username: 'v', database_name: 'e' } }), ['leaves: u with d by delete'])
})

test('of several databases that one owns, the one that it is declared with goes', (t) => {
  const of = (declared: object, databases: State['databases'] = []): string[] =>
    told({
      applications: { ...declared },
      state: { roles: [owner()], databases },
      target: { by: 'build-id', value: 'b1' },
    })
  const both = [database('d', 'u'), database('e', 'u')]
  t.deepEqual(of(APP, both), ['leaves: u with d by delete'])
  t.deepEqual(of({ a: { ...APP.a, database_name: 'e' } }, both), ['leaves: u with e by delete'])
  const taggedOther = [database('d', 'u'), database('e', 'u', { comment: tagOf('a') })]
  t.deepEqual(of(APP, taggedOther), ['leaves: u with d by delete'], 'the declaration, before any tag')
  t.deepEqual(of({ a: { ...APP.a, database_name: 'f' } }, both), ['leaves: u with nothing by delete'])
  t.deepEqual(of({ a: { ...APP.a, username: 'v' } }, both), ['leaves: u with nothing by delete'])
  const unsendable = [database('d\udc80', 'u')]
  t.deepEqual(of({}, unsendable), ['leaves: u with nothing by delete'], 'no statement can name it')
})

test('a teardown by build or cluster meets all that carry it, and leaves those of other stacks', (t) => {
  const state = {
    roles: [
      owner(),
      role('v', { comment: tagOf('b', { CleanupPolicy: 'disable', BuildId: 'b2' }) }),
      role('w', { comment: tagOf('c', { Stack: 'theirs', CleanupPolicy: 'delete' }) }),
      role('x', { comment: tagOf('', { Application: undefined }) }),
      role('y'),
    ],
    databases: [database('d', 'u')],
  }
  const theirs =
    'kept: role w belongs to the stack "theirs" (environment dev, application c), and is left as it is with all it has'
  t.deepEqual(told({ state, target: { by: 'build-id', value: 'b1' } }), ['leaves: u with d by delete', theirs])
  t.deepEqual(told({ state, target: { by: 'cluster-name', value: 'c' } }), [
    'leaves: u with d by delete',
    'leaves: v with nothing by disable',
    theirs,
  ])
  t.deepEqual(told({ state, target: { by: 'build-id', value: '2026' } }), [
    'gone: nothing of mine on this instance carries BuildId 2026: it is gone, or never was.',
  ])
  t.deepEqual(told({ state, target: { by: 'application', value: 'c' } }), [
    'gone: nothing of mine on this instance carries Application c: it is gone, or never was. Did you mean "a"?',
  ])
  t.deepEqual(told({ state, target: { by: 'application', value: 'c' }, looks: true }), [
    'c/unknown_application: nothing of mine on this instance carries Application c.',
  ])
})

const request = (fields: object = {}): object => ({
  Removal: { a: { Policy: 'delete', BuildId: 'b7', At: '2026-01-01T00:00:00.000Z', Approved: true, ...fields } },
})

/** A removal that was asked for, of a role whose tag has these fields. */
const requested = (fields: object, more: Case & { login?: Partial<RoleState> } = {}): string[] => {
  const { login = {}, ...rest } = more
  return told({
    target: REQUESTED,
    state: { ...THERE, roles: [owner({ OwnedDatabase: 'd', ...fields }, login)] },
    ...rest,
  })
}

test('a removal that was asked for is carried out where nobody declares it, and never beyond what was asked', (t) => {
  t.deepEqual(requested({}), [], 'nobody asked')
  t.deepEqual(requested(request()), ['leaves: u with d by delete'])
  t.deepEqual(requested(request(), { target: { by: 'request', application: 'a' } }), ['leaves: u with d by delete'])
  t.deepEqual(requested(request(), { target: { by: 'request', application: 'b' } }), [])
  t.deepEqual(requested(request(), { policy: 'retain' }), ['retained: role u and what it owns are retained'])
  t.deepEqual(requested(request(), { policy: 'disable' }), ['leaves: u with nothing by disable'])
  t.deepEqual(requested(request({ Policy: 'disable' }), { policy: 'delete' }), ['leaves: u with nothing by disable'])
  t.deepEqual(requested(request({ Policy: 'nonsense' })), [])
  t.deepEqual(requested(request(), { applications: { b: { username: 'u', database_name: 'x' } } }), [])
  t.deepEqual(requested(request(), { applications: { b: { username: 'v', database_name: 'd' } } }), [
    'a/removal_obstacle: the role u owns the database d, which b declares: nothing of it is removed.',
  ])
  t.deepEqual(requested({ ...request(), Stack: 'theirs' }), [])
  t.deepEqual(requested({ ...request(), Claim: 'c2' }, { claim: 'c1' }), [])
})

test('a request that deletes and was not approved waits for a run that is', (t) => {
  const open = request({ Approved: false })
  t.deepEqual(requested(open, { mayDelete: false }), [
    'a/removal_approval: the removal of u (delete), asked for in build b7, is not approved.',
  ])
  t.deepEqual(requested(open), ['leaves: u with d by delete'])
  t.deepEqual(requested(request(), { mayDelete: false }), ['leaves: u with d by delete'])
  t.deepEqual(requested(request({ Policy: 'disable', Approved: false }), { mayDelete: false }), [
    'leaves: u with nothing by disable',
  ])
  t.deepEqual(requested(open, { mayDelete: false, policy: 'disable' }), ['leaves: u with nothing by disable'])
})

test('a request that was carried out is none while the login stays closed', (t) => {
  const done = request({ Policy: 'disable', DoneAt: '2026-01-02T00:00:00.000Z' })
  t.deepEqual(requested(done, { login: { canLogin: false } }), [])
  t.deepEqual(requested(done), ['leaves: u with nothing by disable'])
})

test('a request takes the database that the role had, and none where it had none', (t) => {
  t.deepEqual(requested({ ...request(), OwnedDatabase: 'gone' }), [
    'leaves: u with nothing by delete',
    'gone: database gone is already gone',
  ])
  t.deepEqual(requested(request({ NoDatabase: true })), ['leaves: u with nothing by delete, owns none'])
  t.deepEqual(requested({ ...request(), OwnedDatabase: undefined }), ['leaves: u with d by delete'], 'an older tag')
  t.deepEqual(requested({ ...request(), OwnedDatabase: undefined, PendingDatabase: 'd' }), [
    'leaves: u with nothing by delete, owns none',
  ])
})
