import test from 'ava'
import { checkUpgrade } from '../../../src/guardrails/upgrade.ts'
import type { Membership } from '../../../src/model/catalog.ts'
import { membership, actual, ADMIN, declare, role, type State, tagOf } from '../plan/sample.ts'
import { said } from './sample.ts'

const MASTER = role('master')

function refused(
  state: State = {},
  {
    applications = {},
    variables = {},
    master = 'master',
  }: { applications?: object; variables?: object; master?: string | null } = {},
): string[] {
  const { cluster } = actual({ version: 150004, roles: [MASTER], ...state })
  return said(checkUpgrade(declare(applications, variables), cluster, master))
}

const text = (message: string, remedy: string): string[] => [
  `-/upgrade: the major upgrade was not prepared: ${message} ${remedy}`,
]

test('nothing is to be prepared from 16 on, or where nobody asks for it', (t) => {
  const wrong = { roles: [MASTER, role('admin_upgrade')] }
  t.deepEqual(refused(), [])
  t.is(refused(wrong).length, 1)
  t.is(refused({ ...wrong, version: 159999 }).length, 1)
  t.deepEqual(refused({ ...wrong, version: 160000 }), [])
  t.deepEqual(refused(wrong, { master: null }), [])
})

test('a role that has the name of the helper is left alone where this program did not make it', (t) => {
  const helper = (fields: object): string[] =>
    refused({ roles: [MASTER, role('admin_upgrade', { canLogin: false, comment: tag(undefined), ...fields })] })
  const tag = (application: string | undefined): string => tagOf('', { Application: application })
  const taken = text(
    "the role admin_upgrade exists, and is not what this program would make: it has no tag of ours, is an application's, or may log in.",
    'Rename that role, then run again.',
  )
  t.deepEqual(helper({}), [])
  t.deepEqual(helper({ canLogin: true }), taken)
  t.deepEqual(helper({ comment: null }), taken)
  t.deepEqual(helper({ comment: tag('a') }), taken)
})

test('the helper has a name that the server takes whole', (t) => {
  const named = (login: string): string[] => {
    const { cluster } = actual()
    const server = { ...cluster.server, version: 150004, login }
    return refused({ cluster: { server } })
  }
  t.deepEqual(named('x'.repeat(55)), [])
  t.deepEqual(
    named('ä'.repeat(28)),
    text(`${'ä'.repeat(28)}_upgrade is too long for the name of a role.`, 'Give the delegated admin a shorter name.'),
  )
  t.is(named('x'.repeat(56)).length, 1)
})

test('the master is another login than the admin, and there', (t) => {
  const name = 'Name the secret of the RDS master user in master_secret_id.'
  t.deepEqual(
    refused({}, { master: ADMIN }),
    text('the master secret names admin, which is the delegated admin.', name),
  )
  t.deepEqual(
    refused({}, { master: 'gone' }),
    text('the master secret names gone, which is no role of this server.', name),
  )
})

test('the master is made no member of a login that goes by IAM, unless it goes by IAM itself', (t) => {
  const iam = (of: readonly Membership[], variables: object = {}, applications: object = {}): string[] =>
    refused(
      {
        roles: [MASTER, role('u', { comment: tagOf('a') }), role('v', { comment: tagOf('b') }), role('stranger')],
        cluster: { memberships: of },
      },
      { applications, variables },
    )
  const told = (names: string): string[] =>
    text(
      `of the managed logins, these go by IAM: ${names}. The helper would make master a member of them, which ends its password login.`,
      'Upgrade without preparing: the next run with master_secret_id lets the master try (docs/upgrading-postgresql.md).',
    )
  t.deepEqual(iam([]), [])
  t.deepEqual(iam([membership('rds_iam', 'stranger')]), [], 'none of ours')
  t.deepEqual(iam([membership('rds_iam', 'v'), membership('rds_iam', 'u')]), told('u, v'))
  t.deepEqual(iam([membership('rds_iam', 'group'), membership('group', 'u')]), told('u'), 'however indirectly')
  t.deepEqual(iam([], {}, { a: { username: 'u', auth: 'iam' }, b: { username: 'v' } }), told('u'))
  t.deepEqual(
    iam([membership('rds_iam', 'u')], {}, { a: { username: 'u', auth: 'iam' } }),
    told('u'),
    'each is named once',
  )
  const admin = { admin_auth: 'iam', admin_secret_id: undefined, admin_username: 'admin' }
  const both = [membership('rds_iam', 'master'), membership('rds_iam', 'u')]
  t.deepEqual(iam(both, admin), [])
  t.deepEqual(iam(both), told('u'), 'the run logs in by password')
  t.deepEqual(iam([membership('rds_iam', 'u')], admin), told('u'))
})
