import test from 'ava'
import type { LoginState, RoleState } from '../../../src/model/catalog.ts'
import { Secret } from '../../../src/model/secret.ts'
import { planContext } from '../../../src/plan/context.ts'
import { planOrphans } from '../../../src/plan/orphans.ts'
import { planRole } from '../../../src/plan/roles.ts'
import { planSettings } from '../../../src/plan/settings.ts'
import { database, declare, input, role, tagOf, told } from './sample.ts'

const RIGHT: LoginState = { kind: 'password_right', note: null }

function forRole(
  fields: Partial<RoleState>,
  login: LoginState = RIGHT,
  entry: object = {},
): { steps: string[][]; findings: string[] } {
  const declaration = declare({ a: { username: 'u', database_name: 'd', ...entry } })
  const [application] = declaration.applications
  if (application === undefined) return { steps: [], findings: [] }
  const context = planContext(
    input(declaration, {
      roles: [role('u', { comment: tagOf('a'), ...fields })],
      databases: [database('d', 'u')],
      logins: { a: login },
    }),
  )
  const { steps, findings } = planRole(context, application)
  return { steps: told(steps), findings: findings.map(({ object, action, status }) => `${object} ${action} ${status}`) }
}

test('every attribute that differs is set in one statement, and the tag written again', (t) => {
  const { steps } = forRole({
    canLogin: false,
    createDb: true,
    createRole: true,
    connectionLimit: 3,
    validUntil: new Date(0),
  })
  t.deepEqual(steps, [
    ['role alter updated', `ALTER ROLE "u" LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT -1 VALID UNTIL 'infinity'`],
    ['tag tag updated', `COMMENT ON ROLE "u" IS '${tagOf('a', { OwnedDatabase: 'd' })}'`],
  ])
})

test('a password is set only where it is known to be wrong', (t) => {
  t.deepEqual(forRole({}, { kind: 'password_wrong' }).steps[0], [
    'password set updated',
    `ALTER ROLE "u" PASSWORD '[redacted]'`,
  ])
  const others: readonly (readonly [LoginState, string])[] = [
    [RIGHT, 'password verify no_change'],
    [{ kind: 'expired' }, 'password verify skipped'],
    [{ kind: 'rotation_in_progress' }, 'password rotation_in_progress skipped'],
    [{ kind: 'refused', reason: 'no pg_hba.conf entry' }, 'login verify warning'],
    [{ kind: 'not_tried' }, 'password verify skipped'],
  ]
  for (const [state, finding] of others) {
    const { steps, findings } = forRole({}, state)
    t.deepEqual(steps, [], state.kind)
    t.deepEqual(findings, ['role check no_change', finding], state.kind)
  }
})

const OVER = '1970-01-01T00:00:00Z'

test('a role that nobody logs in as loses LOGIN, and gets no password', (t) => {
  const { steps, findings } = forRole({}, RIGHT, { can_login: false })
  t.deepEqual(steps[0], ['role alter updated', 'ALTER ROLE "u" NOLOGIN'])
  t.deepEqual(findings, [])
  t.deepEqual(forRole({ canLogin: false, comment: tagOf('a', UNMANAGED) }, RIGHT, { can_login: false }), {
    steps: [],
    findings: ['role check no_change'],
  })
})

const UNMANAGED = { SecretVersionId: undefined, Auth: 'unmanaged' }

test('an unmanaged password is told in every run, whatever the login is like, and goes with IAM', (t) => {
  const { steps, findings } = forRole({}, { kind: 'not_tried' }, { auth: 'unmanaged' })
  t.deepEqual(steps, [
    ['tag tag updated', `COMMENT ON ROLE "u" IS '${tagOf('a', { ...UNMANAGED, OwnedDatabase: 'd' })}'`],
  ])
  t.deepEqual(findings, ['role check no_change', 'login unmanaged skipped'])
  const iam = forRole({ comment: tagOf('a', UNMANAGED) }, RIGHT, { auth: 'iam' })
  t.deepEqual(iam.steps[0], ['password remove removed', 'ALTER ROLE "u" PASSWORD NULL'])
})

for (const auth of ['iam', 'unmanaged'])
  test(`valid_until that is over closes a login by ${auth}, once`, (t) => {
    const comment = tagOf('a', auth === 'iam' ? { SecretVersionId: undefined } : UNMANAGED)
    const entry = { auth, valid_until: OVER }
    const open = forRole({ comment, validUntil: new Date(0) }, RIGHT, entry)
    t.deepEqual(open.steps[0], ['role alter updated', 'ALTER ROLE "u" NOLOGIN'])
    t.deepEqual(forRole({ comment, validUntil: new Date(0), canLogin: false }, RIGHT, entry).findings, [
      'role check no_change',
      `login ${auth} skipped`,
    ])
    const longer = forRole({ comment, validUntil: new Date(0), canLogin: false }, RIGHT, { auth })
    t.deepEqual(longer.steps[0], ['role alter updated', `ALTER ROLE "u" LOGIN VALID UNTIL 'infinity'`])
  })

test('valid_until that is over closes no login by password: the server refuses it itself', (t) => {
  const { steps } = forRole({ validUntil: new Date(0) }, { kind: 'expired' }, { valid_until: OVER })
  t.deepEqual(steps, [])
})

test('a role without our tag is adopted, and keeps nothing of its comment', (t) => {
  const { steps, findings } = forRole({ comment: 'made by hand' }, RIGHT, { adopt_existing: true })
  t.deepEqual(
    steps.map(([first]) => first),
    ['role adopt updated'],
  )
  t.false(findings.includes('role check no_change'))
})

test("the tag follows policy, secret version and the module's tags, and keeps the build that made it", (t) => {
  const { steps } = forRole({
    comment: tagOf('a', { BuildId: 'b0', SecretVersionId: 'v0', CleanupPolicy: 'delete', Team: 'x' }),
  })
  t.deepEqual(steps, [
    ['tag tag updated', `COMMENT ON ROLE "u" IS '${tagOf('a', { OwnedDatabase: 'd', BuildId: 'b0' })}'`],
  ])
})

test('messages tell from what to what', (t) => {
  const declaration = declare({
    a: {
      username: 'u',
      database_name: 'd',
      connection_limit: 5,
      can_create_databases: true,
      valid_until: '2030-01-01T00:00:00Z',
      settings: { work_mem: '8MB', jit: 'off' },
    },
  })
  const [application] = declaration.applications
  if (application === undefined) throw new Error('no application')
  const settings = [{ database: 'd', role: 'u', name: 'work_mem', value: '1MB' }]
  const context = planContext(
    input(declaration, {
      roles: [role('u', { comment: tagOf('a'), connectionLimit: 3 })],
      logins: { a: RIGHT },
      cluster: { settings },
    }),
  )
  t.is(
    planRole(context, application).steps[0]?.message,
    'role u: gets CREATEDB, connection limit 3 -> 5, valid until infinity -> 2030-01-01T00:00:00.000Z',
  )
  t.deepEqual(
    planSettings(context, context.actual.cluster, application).map(({ message }) => message),
    ['work_mem 1MB -> 8MB for u in d', 'jit = off for u in d'],
  )
})

test('settings: set, changed, reset, and lists compared item by item', (t) => {
  const declaration = declare({
    a: {
      username: 'u',
      database_name: 'd',
      settings: { work_mem: '8MB', search_path: ['a b', '$user', 'c"d', 'public'], jit: 'off' },
    },
  })
  const stored = (name: string, value: string, where = 'd') => ({ database: where, role: 'u', name, value })
  const settings = [
    stored('work_mem', '1MB'),
    stored('search_path', '"a b", "$user", "c""d", public'),
    stored('TimeZone', 'UTC'),
    stored('work_mem', '9MB', 'elsewhere'),
  ]
  const [application] = declaration.applications
  t.truthy(application)
  if (application === undefined) return
  const context = planContext(input(declaration, { cluster: { settings } }))
  t.deepEqual(told(planSettings(context, context.actual.cluster, application)), [
    ['setting set updated', `ALTER ROLE "u" IN DATABASE "d" SET "work_mem" = '8MB'`],
    ['setting set created', `ALTER ROLE "u" IN DATABASE "d" SET "jit" = 'off'`],
    ['setting reset removed', 'ALTER ROLE "u" IN DATABASE "d" RESET "timezone"'],
  ])
})

test("what this stack made and no longer declares is told of by its policy; others' is not, and a database's own tag decides nothing", (t) => {
  const state = {
    roles: [
      role('kept', { comment: tagOf('kept') }),
      role('gone', { comment: tagOf('gone', { CleanupPolicy: 'delete' }) }),
      role('theirs', { comment: tagOf('x', { Stack: 'other' }) }),
      role('plain'),
    ],
    databases: [
      database('kept_db', 'kept', { comment: tagOf('kept') }),
      database('forged', 'plain', { comment: tagOf('kept') }),
    ],
  }
  const { findings } = planOrphans(planContext(input(declare({}), state)))
  t.deepEqual(
    findings.map(({ application, object, action, status }) => [application, object, action, status]),
    [
      ['kept', 'role', 'retained', 'skipped'],
      ['gone', 'role', 'orphan', 'warning'],
      ['kept', 'database', 'retained', 'skipped'],
    ],
  )
})

test('what a run left that was cut off is taken back from a role of ours that nobody declares any more, and from no other', (t) => {
  const left = { member: 'admin', grantor: 'admin', admin: false, inherit: false, set: true }
  const administered = { member: 'admin', grantor: 'rdsadmin', admin: true, inherit: false, set: false }
  const names = ['gone', 'theirs', 'plain']
  const memberships = names.flatMap((name) => [
    { role: name, ...left },
    { role: name, ...administered },
  ])
  const roles = [
    role('gone', { comment: tagOf('gone') }),
    role('theirs', { comment: tagOf('x', { Stack: 'other' }) }),
    role('plain'),
  ]
  const { steps } = planOrphans(planContext(input(declare({}), { roles, cluster: { memberships } })))
  t.deepEqual(
    steps.map(({ kind, statements }) => [kind, ...statements.map((statement) => statement.reveal())]),
    [['leftover_membership', 'REVOKE "gone" FROM "admin" GRANTED BY "admin"']],
  )
})

/** `CREATE ROLE` and what is said of it, of an entry `a` that is not there yet. */
function made(entry: object): string[] {
  const declaration = declare({ a: { username: 'u', access_level: 'none', ...entry } })
  const [application] = declaration.applications
  if (application === undefined) return []
  const { steps } = planRole(planContext(input(declaration)), application)
  return steps.flatMap(({ message, statements }) => [message, statements[0]?.redacted ?? ''])
}

test('a new role has what is declared of it from its first moment, and a password only where it logs in by one', (t) => {
  const password = `PASSWORD '[redacted]'`
  t.deepEqual(made({}), ['role u (none)', `CREATE ROLE "u" LOGIN ${password}`])
  t.deepEqual(made({ auth: 'iam' }), ['role u (none, IAM)', 'CREATE ROLE "u" LOGIN'])
  t.deepEqual(made({ auth: 'unmanaged' }), [
    'role u (none, its password is for somebody else to set)',
    'CREATE ROLE "u" LOGIN',
  ])
  t.deepEqual(made({ can_login: false }), ['role u (none, nobody logs in as it)', 'CREATE ROLE "u" NOLOGIN'])
  const all = { can_create_databases: true, connection_limit: 0, valid_until: '2030-01-01T00:00:00Z' }
  t.deepEqual(
    made(all)[1],
    `CREATE ROLE "u" LOGIN CREATEDB CONNECTION LIMIT 0 VALID UNTIL '2030-01-01T00:00:00.000Z' ${password}`,
  )
  t.deepEqual(
    made({ auth: 'iam', valid_until: OVER })[1],
    `CREATE ROLE "u" NOLOGIN VALID UNTIL '1970-01-01T00:00:00.000Z'`,
  )
})

test('the password of a clone is the rotation’s: the role’s own is not set for it', (t) => {
  const declaration = declare({ a: { username: 'u', access_level: 'none' } })
  const [application] = declaration.applications
  t.truthy(application)
  if (application === undefined) return
  const of = (login: LoginState, clone: string | null, verifier: Secret | null = new Secret('SCRAM')): string[] => {
    const given = input(declaration, {
      roles: [role('u', { comment: tagOf('a', { CleanupPolicy: 'disable' }) })],
      logins: { a: login },
    })
    const secrets = new Map([['a', { versionId: 'v1', clone, verifier }]])
    const { steps, findings } = planRole(planContext({ ...given, secrets }), application)
    return [
      ...steps.map(({ kind }) => kind),
      ...findings.filter(({ object }) => object !== 'role').map(({ message }) => message),
    ]
  }
  t.deepEqual(of({ kind: 'password_wrong' }, 'u_clone'), [
    'u_clone does not log in with secret version v1: its password belongs to the rotation function; rotate the secret again',
  ])
  t.deepEqual(of({ kind: 'password_wrong' }, null), ['set_password'])
  t.deepEqual(of({ kind: 'other_method' }, null), ['set_password'])
  t.deepEqual(of({ kind: 'password_wrong' }, null, null), ['u: the password could not be tried'])
  t.deepEqual(of({ kind: 'password_right', note: 'full' }, 'u_clone'), [
    'u_clone logs in with secret version v1 (then refused: full)',
  ])
  t.deepEqual(of({ kind: 'proven_before' }, null), [
    'u was not logged in as: its secret has still version v1, with which it logged in before (verify_logins)',
  ])
  t.deepEqual(of({ kind: 'unproven', reason: 'x', remedy: 'Do y.' }, null), ['the login u cannot be proven: x. Do y.'])
})
