/** Logins by IAM, and memberships in roles of the server: which this server has, and which the admin may give. */
import test from 'ava'
import type { Membership } from '../../../src/model/catalog.ts'
import { ADMIN, membership, role } from '../plan/sample.ts'
import { messages, violations } from './sample.ts'

/** The admin's right over `u`. */
const RIGHT = membership('u', ADMIN, { admin: true, inherit: false, set: false })

const GUEST = { a: { username: 'u', access_level: 'none' } }

test('an IAM login takes the role rds_iam, and from 16 on an admin that logs in so and may grant it', (t) => {
  const by = (auth: string): object => ({ a: { ...GUEST.a, auth } })
  const admin = { admin_auth: 'iam', admin_secret_id: undefined, admin_username: ADMIN }
  const token = (fields: Partial<Membership> = {}): Membership =>
    membership('rds_iam', ADMIN, { admin: true, ...fields })
  const iam = (memberships: readonly Membership[], variables: object, version?: number): string[] =>
    violations(
      by('iam'),
      { ...(version !== undefined && { version }), roles: [role('rds_iam')], cluster: { memberships } },
      variables,
    )
  t.deepEqual(messages(by('iam'), {}), [
    'a/iam: the server has no role rds_iam. Enable IAM database authentication on the instance.',
  ])
  t.deepEqual(iam([token()], admin), [])
  t.deepEqual(iam([token()], {}), ['a/IAM'])
  t.deepEqual(iam([token()], {}, 150004), [])
  t.deepEqual(iam([], admin, 150004), [])
  for (const fields of [{ admin: false }, { member: 'x' }, { role: 'x' }])
    t.deepEqual(iam([token(fields)], admin), ['a/missing right'])
  const elsewhere = { roles: [role('rds_iam')], cluster: { memberships: [token({ member: 'boss' })] } }
  const [without = ''] = messages(by('iam'), elsewhere, admin)
  t.is(
    without,
    `a/missing_right: ${ADMIN} may not grant rds_iam. As boss: GRANT "rds_iam" TO "${ADMIN}" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE; or give master_secret_id.`,
  )
})

test('from 16 on a login in rds_iam that is adopted would end the password login of the admin', (t) => {
  const of = (version: number, auth: string, memberships: readonly Membership[]): string[] =>
    violations(
      { a: { ...GUEST.a, adopt_existing: true } },
      { version, roles: [role('u'), role('rds_iam')], cluster: { memberships: [RIGHT, ...memberships] } },
      auth === 'iam' ? { admin_auth: 'iam', admin_secret_id: undefined, admin_username: ADMIN } : {},
    )
  const inIam = [membership('rds_iam', 'u')]
  t.deepEqual(of(160004, 'password', inIam), ['a/IAM'])
  t.deepEqual(of(160000, 'password', [membership('rds_iam', 'x'), membership('x', 'u')]), ['a/IAM'], 'through another')
  t.deepEqual(of(160004, 'password', []), [])
  t.deepEqual(of(160004, 'iam', inIam), [])
  t.deepEqual(of(150004, 'password', inIam), [])
})

test('a predefined role is one of this server, which the admin may grant', (t) => {
  const wants = { a: { ...GUEST.a, member_of: ['pg_monitor', 'b'] }, b: { username: 'v', access_level: 'none' } }
  const there = [role('pg_monitor', { canLogin: false })]
  const may = membership('pg_monitor', ADMIN, { admin: true })
  t.deepEqual(messages(wants, {}), [
    'a/server_version: the server, PostgreSQL 16.4, has no role pg_monitor. Take it out of member_of.',
  ])
  t.deepEqual(messages(wants, { roles: there, cluster: { memberships: [may] } }), [])
  t.deepEqual(messages(wants, { version: 150004, roles: there, cluster: { memberships: [] } }), [])
  t.deepEqual(messages(wants, { roles: there, cluster: { memberships: [{ ...may, member: 'boss' }] } }), [
    `a/missing_right: ${ADMIN} may not grant pg_monitor, which u is to be a member of. As boss: GRANT "pg_monitor" TO "${ADMIN}" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE; or give master_secret_id.`,
  ])
  const superuser = new Map([...there, role(ADMIN, { superuser: true })].map((item) => [item.name, item]))
  t.deepEqual(messages(wants, { cluster: { roles: superuser, memberships: [] } }), [])
})
