import test from 'ava'
import { checkRotation } from '../../../src/guardrails/rotation.ts'
import type { Membership, RoleState } from '../../../src/model/catalog.ts'
import { membership, actual, ADMIN, declare, role, type State, tagOf } from '../plan/sample.ts'
import { said } from './sample.ts'

const NOW = new Date('2026-06-01T00:00:00Z')
const DECLARATION = declare({ a: { username: 'u', database_name: 'd' } })
const [APPLICATION] = DECLARATION.applications

/** What keeps a rotation of `u` from setting the password of `user`. */
function refused(user: string, state: State): string[] {
  if (APPLICATION === undefined) throw new Error('one application is declared')
  return said(checkRotation(DECLARATION, { application: APPLICATION, user, now: NOW }, actual(state).cluster))
}

const login = (fields: Partial<RoleState> = {}): RoleState => role('u', { comment: tagOf('a'), ...fields })

const WHY = 'Apply the declaration, and rotate again.'

test('a login that is not ours, is closed or has expired gets no password', (t) => {
  t.deepEqual(refused('u', { roles: [login()] }), [])
  t.deepEqual(refused('u', {}), [`a/rotation: the login u does not exist. ${WHY}`])
  for (const comment of [null, tagOf('a', { Stack: 'theirs' })])
    t.deepEqual(refused('u', { roles: [login({ comment })] }), [
      `a/rotation: the login u carries no tag of the stack "mine". ${WHY}`,
    ])
  t.deepEqual(refused('u', { roles: [login({ canLogin: false })] }), [`a/rotation: the login u is closed. ${WHY}`])
  const past = [`a/rotation: the login u is past its valid_until. ${WHY}`]
  const until = (time: string): string[] => refused('u', { roles: [login({ validUntil: new Date(time) })] })
  t.deepEqual(until('2026-05-31T23:59:59Z'), past)
  t.deepEqual(until('2026-06-01T00:00:00Z'), past)
  t.deepEqual(until('2026-06-01T00:00:01Z'), [])
})

/** The clone's role beside the login; the admin administers both. */
const clone = (fields: Partial<RoleState>, of: readonly Membership[]): string[] =>
  refused('u_clone', {
    roles: [login(), role('u_clone', fields)],
    cluster: {
      memberships: [...['u', 'u_clone'].map((name) => membership(name, ADMIN, { admin: true })), ...of],
    },
  })

test('a role with the name of the clone gets a password only as a member of the login, with no power of its own', (t) => {
  const ofLogin = membership('u', 'u_clone')
  t.deepEqual(refused('u_clone', { roles: [login()] }), [], 'it is to be made')
  t.deepEqual(clone({}, [ofLogin]), [])
  const stranger =
    'a/rotation: a role u_clone exists, and is no member of u. Rename it; or, where it is the clone: GRANT "u" TO "u_clone";'
  t.deepEqual(clone({}, []), [stranger])
  t.deepEqual(clone({}, [membership('u_clone', 'u')]), [stranger])
  t.deepEqual(clone({}, [membership('x', 'u_clone')]), [stranger])
  t.deepEqual(clone({ superuser: true }, []), [stranger])
  for (const power of ['superuser', 'createRole', 'createDb', 'replication', 'bypassRls'])
    t.deepEqual(
      clone({ [power]: true }, [ofLogin]),
      ['a/rotation: u_clone may do more than a login. Take away what it may do besides, or rename it.'],
      power,
    )
})

test('from 16 on a password takes a right over its role, and a new clone one over the login', (t) => {
  const right = (name: string): RegExp =>
    new RegExp(`^a/missing_right: admin has no right over the role ${name}: .*: GRANT "${name}" TO "admin" WITH ADMIN`)
  const [own, ...none] = refused('u', { roles: [login()], cluster: { memberships: [] } })
  t.regex(own ?? '', right('u'))
  t.deepEqual(none, [])
  t.regex(refused('u_clone', { roles: [login()], cluster: { memberships: [] } })[0] ?? '', right('u'))
  const both = {
    roles: [login(), role('u_clone')],
    cluster: { memberships: [membership('u', ADMIN, { admin: true }), membership('u', 'u_clone')] },
  }
  t.regex(refused('u_clone', both)[0] ?? '', right('u_clone'))
  t.deepEqual(refused('u', { version: 150004, roles: [login()], cluster: { memberships: [] } }), [])
})

test('an instance that restricts passwords lets only members of rds_password set them', (t) => {
  const { cluster } = actual()
  const server = { ...cluster.server, restrictsPasswords: true }
  const restricted =
    '-/missing_right: admin may not set passwords: the instance restricts that to members of rds_password. As the master: GRANT "rds_password" TO "admin"; or give master_secret_id.'
  const ours = membership('u', ADMIN, { admin: true })
  t.deepEqual(refused('u', { roles: [login()], cluster: { server, memberships: [ours] } }), [restricted])
  t.deepEqual(
    refused('u', { roles: [login()], cluster: { server, memberships: [ours, membership('rds_password', ADMIN)] } }),
    [],
  )
  const [first, second] = refused('u', { roles: [login()], cluster: { server, memberships: [] } })
  t.is(first, restricted)
  t.regex(second ?? '', /^a\/missing_right: admin has no right over the role u: /)
})
