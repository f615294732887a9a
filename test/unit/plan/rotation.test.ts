/** What a rotation sets, of the login itself and of its clone (src/README.md: Passwords). */
import test from 'ava'
import type { RoleState, StoredSetting } from '../../../src/model/catalog.ts'
import { Secret } from '../../../src/model/secret.ts'
import { planRotation } from '../../../src/plan/rotation.ts'
import { actual, declare, role } from './sample.ts'

interface Case {
  readonly user?: string
  readonly isRight?: boolean
  readonly fields?: object
  readonly roles?: readonly RoleState[]
  readonly settings?: readonly StoredSetting[]
  readonly version?: number
}

/** `kind of application: statement`, one list for each transaction. */
function rotated(given: Case): string[][] {
  const { user = 'u', isRight = false, fields = {}, roles = [role('u')], settings = [], version = 160004 } = given
  const [application] = declare({
    a: { username: 'u', database_name: 'd', ...fields },
    team: { username: 'team_role', can_login: false, access_level: 'none' },
  }).applications
  if (application === undefined) throw new Error('one application is declared')
  const { cluster } = actual({ version, roles, cluster: { settings } })
  const verifier = isRight ? null : new Secret('SCRAM')
  const plan = planRotation(cluster, { application, user, versionId: 'v2', verifier })
  return plan.jobs.flatMap(({ stage, connectTo, transactions }) =>
    transactions.map((transaction) => [
      `${stage} in ${String(connectTo)}`,
      ...(transaction.kind === 'atomic' ? transaction.steps : [transaction.step]).flatMap((step) =>
        step.statements.map(({ redacted }) => `${step.kind} of ${String(step.username)}: ${redacted}`),
      ),
    ]),
  )
}

const WHERE = 'roles in null'

test('the password of the login is set where it does not log in with it, and nothing else', (t) => {
  const settings = [{ role: 'u', database: 'd', name: 'work_mem', value: '8MB' }]
  t.deepEqual(rotated({ settings }), [[WHERE, `set_password of u: ALTER ROLE "u" PASSWORD '[redacted]'`]])
  t.deepEqual(rotated({ isRight: true, settings }), [])
})

const LIKE_LOGIN = `set_setting of u_clone: ALTER ROLE "u_clone" IN DATABASE "d" SET "work_mem" = '8MB'`

test('a clone is made a member of its login, bounded as that is, and acts as it', (t) => {
  const fields = { settings: { work_mem: '8MB' } }
  const clone = { user: 'u_clone', fields }
  const create = (bounds = ''): string =>
    `set_password of u_clone: CREATE ROLE "u_clone" LOGIN INHERIT${bounds} PASSWORD '[redacted]'`
  const member = 'set_password of u_clone: GRANT "u" TO "u_clone" WITH ADMIN FALSE, INHERIT TRUE, SET TRUE'
  const acts = (name: string): string =>
    `act_as of u_clone: ALTER ROLE "u_clone" IN DATABASE "d" SET "role" = '${name}'`
  t.deepEqual(rotated(clone), [
    [WHERE, create(), member],
    [WHERE, LIKE_LOGIN, acts('u')],
  ])
  const until = new Date('2030-01-01T00:00:00Z')
  const bounded = [role('u', { connectionLimit: 5, validUntil: until })]
  t.is(
    rotated({ ...clone, roles: bounded })[0]?.[1],
    create(` CONNECTION LIMIT 5 VALID UNTIL '${until.toISOString()}'`),
  )
  t.is(rotated({ ...clone, roles: [] })[0]?.[1], create())
  t.is(rotated({ ...clone, version: 150004 })[0]?.[2], 'set_password of u_clone: GRANT "u" TO "u_clone"')
  const acting = { ...fields, acts_as: 'team', member_of: ['team'] }
  t.is(rotated({ ...clone, fields: acting })[1]?.[2], acts('team_role'), 'or as whom the login acts')
})

test('a clone that is there gets the password alone, and what it is set to differently', (t) => {
  const roles = [role('u'), role('u_clone')]
  const clone = { user: 'u_clone', fields: { settings: { work_mem: '8MB' } }, roles }
  const set = [
    { role: 'u_clone', database: 'd', name: 'work_mem', value: '8MB' },
    { role: 'u_clone', database: 'd', name: 'role', value: 'u' },
  ]
  t.deepEqual(rotated({ ...clone, settings: set }), [
    [WHERE, `set_password of u_clone: ALTER ROLE "u_clone" PASSWORD '[redacted]'`],
  ])
  t.deepEqual(rotated({ ...clone, settings: set, isRight: true }), [])
  t.deepEqual(rotated({ ...clone, settings: set.slice(1), isRight: true }), [[WHERE, LIKE_LOGIN]])
})
