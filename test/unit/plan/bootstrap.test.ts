/** The delegated admin as the master makes or repairs it (src/README.md: Delegated admin; Rights over roles). */
import test from 'ava'
import type { Cluster, Membership, RoleState } from '../../../src/model/catalog.ts'
import { Secret } from '../../../src/model/secret.ts'
import { type Plan, planSteps } from '../../../src/model/step.ts'
import { parseTag } from '../../../src/model/tag.ts'
import { afterBootstrap } from '../../../src/plan/as-admin.ts'
import {
  type BootstrapInput,
  planAdminFreedom,
  planBootstrap,
  planRights,
  planTrialAdmin,
} from '../../../src/plan/bootstrap.ts'
import { actual, ADMIN, membership, role, tagOf } from './sample.ts'

const HELPING = [role('pg_signal_backend', { canLogin: false }), role('pg_read_all_stats', { canLogin: false })]
const IAM = role('rds_iam', { canLogin: false })

interface Seen {
  readonly version?: number
  readonly roles?: readonly RoleState[]
  readonly memberships?: readonly Membership[]
}

/** As the master sees it; the admin is there only where `roles` has it. */
function cluster({ version = 160004, roles = [], memberships = [] }: Seen): Cluster {
  const seen = actual({ version, cluster: { memberships } }).cluster
  const all = [role('master', { createRole: true, createDb: true }), ...roles]
  return {
    ...seen,
    server: { ...seen.server, login: 'master' },
    roles: new Map(all.map((item) => [item.name, item])),
  }
}

const able = (fields: Partial<RoleState> = {}): RoleState =>
  role(ADMIN, { createDb: true, createRole: true, ...fields })

function bootstrap(seen: Seen, fields: Partial<BootstrapInput> = {}): Plan {
  return planBootstrap({
    cluster: cluster(seen),
    admin: ADMIN,
    auth: 'password',
    verifier: null,
    grantable: new Set(['pg_signal_backend', 'pg_read_all_stats', 'rds_password', 'rds_iam']),
    mayAlter: true,
    restrictsPasswords: false,
    buildId: 'b9',
    tags: new Map([['Team', 'db']]),
    ...fields,
  })
}

/** Each statement with whom it is run as, a tag shortened. */
const statements = (plan: Plan): string[] =>
  planSteps(plan).flatMap((step) =>
    step.statements.map(({ redacted, runAs }) =>
      `${runAs === null ? '' : `(as ${runAs}) `}${redacted}`.replace(/ IS '.*/, ' IS tag'),
    ),
  )

test('an admin that is not there is made with what it needs, and with no password where it goes by IAM', (t) => {
  const attributes = 'LOGIN CREATEDB CREATEROLE'
  t.deepEqual(statements(bootstrap({}, { verifier: new Secret('SCRAM') })), [
    `CREATE ROLE "admin" ${attributes} PASSWORD '[redacted]'`,
    'COMMENT ON ROLE "admin" IS tag',
  ])
  t.deepEqual(statements(bootstrap({})), [`CREATE ROLE "admin" ${attributes}`, 'COMMENT ON ROLE "admin" IS tag'])
})

test('of an admin that is there only what is missing is repaired, its password where it is known to be wrong', (t) => {
  t.deepEqual(bootstrap({ roles: [able()] }).jobs, [])
  const repaired = (fields: Partial<RoleState>, of: Partial<BootstrapInput> = {}): string | undefined =>
    statements(bootstrap({ roles: [able(fields)] }, of))[0]
  t.is(repaired({ canLogin: false }), 'ALTER ROLE "admin" LOGIN')
  t.is(repaired({ createDb: false }), 'ALTER ROLE "admin" CREATEDB')
  t.is(repaired({ createRole: false }), 'ALTER ROLE "admin" CREATEROLE')
  t.is(repaired({}, { verifier: new Secret('SCRAM') }), `ALTER ROLE "admin" PASSWORD '[redacted]'`)
  t.deepEqual(
    planSteps(bootstrap({ roles: [able({ canLogin: false })] }, { verifier: new Secret('SCRAM') })).map(
      ({ message }) => message,
    ),
    ['delegated admin admin: login, password (as master)'],
  )
  t.deepEqual(statements(bootstrap({ roles: [able({ createDb: false })] }, { mayAlter: false })), [
    'GRANT "admin" TO "master" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE',
    'ALTER ROLE "admin" CREATEDB',
    'COMMENT ON ROLE "admin" IS tag',
  ])
})

test('the tag of the admin names no application, and says who made it and who repaired it', (t) => {
  const tag = (seen: Seen): Record<string, string> => {
    const texts = planSteps(bootstrap(seen, { verifier: new Secret('SCRAM') })).flatMap((step) => step.statements)
    const comment = texts.flatMap(({ redacted }) => /^COMMENT .* IS '(.*)'$/.exec(redacted)?.[1] ?? [])[0]
    return Object.fromEntries(parseTag(comment ?? null) ?? [])
  }
  const made = { ManagedBy: 'platform', BuildId: 'b9', Team: 'db', UpdatedByBuildId: 'b9' }
  t.deepEqual(tag({}), made)
  t.deepEqual(tag({ roles: [able()] }), made)
  t.deepEqual(tag({ roles: [able({ comment: tagOf('a', { BuildId: 'b1' }) })] }), { ...made, BuildId: 'b1' })
})

test('what the admin needs to be a member of it is given once, where the role is there and the master may grant it', (t) => {
  const granted = (seen: Seen, fields: Partial<BootstrapInput> = {}): string[] =>
    statements(bootstrap({ ...seen, roles: [able(), ...(seen.roles ?? [])] }, fields))
  const both = ['GRANT "pg_signal_backend" TO "admin"', 'GRANT "pg_read_all_stats" TO "admin"']
  t.deepEqual(granted({ roles: HELPING }), both)
  t.deepEqual(granted({ roles: HELPING.slice(1) }), both.slice(1))
  t.deepEqual(granted({ roles: HELPING, memberships: [membership('pg_signal_backend', ADMIN)] }), both.slice(1))
  t.deepEqual(granted({ roles: HELPING, memberships: [membership('pg_signal_backend', 'other')] }), both)
  const passwords = { roles: [role('rds_password')] }
  t.deepEqual(granted(passwords), [])
  t.deepEqual(granted(passwords, { restrictsPasswords: true }), ['GRANT "rds_password" TO "admin"'])
  const held = { ...passwords, memberships: [membership('rds_password', ADMIN)] }
  t.deepEqual(granted(held, { restrictsPasswords: true }), [])
})

test('an admin by IAM is made a member of rds_iam below 16, and from 16 on may give it on as well', (t) => {
  const granted = (version: number, memberships: readonly Membership[] = [], auth: 'iam' | 'password' = 'iam') =>
    statements(bootstrap({ version, roles: [able(), IAM], memberships }, { auth }))
  const right = ['GRANT "rds_iam" TO "admin" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE']
  t.deepEqual(granted(159999), ['GRANT "rds_iam" TO "admin"'])
  t.deepEqual(granted(159999, [membership('rds_iam', ADMIN)]), [])
  t.deepEqual(granted(160000), right)
  t.deepEqual(granted(160000, [membership('rds_iam', ADMIN)]), right, 'a member that may not give it on')
  t.deepEqual(granted(160000, [membership('rds_iam', 'other', { admin: true })]), right)
  t.deepEqual(granted(160000, [membership('rds_iam', ADMIN, { admin: true })]), [])
  for (const version of [159999, 160000]) t.deepEqual(granted(version, [], 'password'), [])
  t.deepEqual(statements(bootstrap({ roles: [able()] }, { auth: 'iam' })), [], 'a server without rds_iam')
})

test('what the master may not grant is not tried, and who can is told', (t) => {
  const maker = membership('pg_signal_backend', 'maker', { admin: true })
  const plan = bootstrap(
    { roles: [able(), ...HELPING], memberships: [maker] },
    { grantable: new Set(['pg_read_all_stats']) },
  )
  t.deepEqual(statements(plan), ['GRANT "pg_read_all_stats" TO "admin"'])
  t.deepEqual(
    plan.findings.map(({ username, status, message }) => [username, status, message]),
    [[ADMIN, 'warning', 'master may not grant pg_signal_backend. As maker: GRANT "pg_signal_backend" TO "admin";']],
  )
})

test('from 16 on the admin gets the right over each role that it has none over, each in a transaction of its own', (t) => {
  const rights = (seen: Seen): string[] => {
    const plan = planRights({ cluster: cluster(seen), admin: ADMIN, needed: ['u', 'v'] })
    t.is(plan.jobs[0]?.transactions.length ?? 0, planSteps(plan).length)
    return statements(plan)
  }
  const grant = (name: string): string => `GRANT "${name}" TO "admin" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`
  const right = (of: string, member: string): Membership => membership(of, member, { admin: true })
  t.deepEqual(rights({}), [grant('u'), grant('v')])
  t.deepEqual(rights({ version: 159999 }), [])
  t.deepEqual(rights({ memberships: [right('u', ADMIN)] }), [grant('v')])
  t.deepEqual(rights({ memberships: [membership('u', ADMIN), right('v', 'other')] }), [grant('u'), grant('v')])
  t.deepEqual(rights({ memberships: [right('u', ADMIN), right('v', ADMIN)] }), [])
})

test('the right is given as the helper of an upgrade where that keeps it and the master may act as it', (t) => {
  const first = (...memberships: readonly Membership[]): string | undefined =>
    statements(planRights({ cluster: cluster({ memberships }), admin: ADMIN, needed: ['u'] }))[0]
  const grant = 'GRANT "u" TO "admin" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE'
  const kept = membership('u', 'admin_upgrade', { admin: true })
  t.is(first(kept, membership('admin_upgrade', 'master')), `(as admin_upgrade) ${grant}`)
  const others: readonly (readonly Membership[])[] = [
    [kept],
    [kept, membership('admin_upgrade', 'master', { set: false })],
    [kept, membership('admin_upgrade', 'other')],
    [kept, membership('other', 'master')],
    [membership('u', 'admin_upgrade'), membership('admin_upgrade', 'master')],
    [membership('v', 'admin_upgrade', { admin: true }), membership('admin_upgrade', 'master')],
  ]
  for (const memberships of others) t.is(first(...memberships), grant, JSON.stringify(memberships))
})

test('an admin that logs in with a password leaves every IAM login that it is a member of, as far as the master may', (t) => {
  const freedom = (memberships: readonly Membership[], auth: 'iam' | 'password' = 'password', version = 160004): Plan =>
    planAdminFreedom({ cluster: cluster({ version, memberships }), admin: ADMIN, auth })
  const direct = membership('rds_iam', ADMIN, { grantor: 'master' })
  const revoke = (name: string): string => `REVOKE "${name}" FROM "admin" GRANTED BY "master" CASCADE`
  t.deepEqual(statements(freedom([direct])), [revoke('rds_iam')])
  t.deepEqual(freedom([direct], 'iam'), { findings: [], jobs: [] })
  t.deepEqual(freedom([membership('team', ADMIN, { grantor: 'master' })]), { findings: [], jobs: [] })
  const through = [membership('rds_iam', 'team'), membership('team', ADMIN, { grantor: 'master' })]
  t.deepEqual(statements(freedom(through)), [revoke('team')], 'not what the team is a member of')
  const [by] = planSteps(freedom([direct]))
  t.regex(by?.message ?? '', /asked for a token, and it logs in with a password \(as master\)$/)
  const foreign = membership('rds_iam', ADMIN, { grantor: 'rdsadmin' })
  const left = freedom([foreign])
  t.deepEqual(left.jobs, [])
  t.deepEqual(
    left.findings.map(({ username, status }) => [username, status]),
    [[ADMIN, 'warning']],
  )
  const below = freedom([foreign], 'password', 150004)
  t.deepEqual(statements(below), ['REVOKE "rds_iam" FROM "admin" CASCADE'])
  t.deepEqual(below.findings, [])
})

test('for what is tried and taken back an admin is made without a password, and only where there is none', (t) => {
  t.deepEqual(
    planTrialAdmin(cluster({}), ADMIN).flatMap((step) => step.statements.map(String)),
    ['CREATE ROLE "admin" CREATEROLE'],
  )
  t.deepEqual(planTrialAdmin(cluster({ roles: [able()] }), ADMIN), [])
})

test('a preview sees the catalogs as the admin that the master has made, with its rights and without what it left', (t) => {
  const after = (seen: Seen, ...plans: readonly Plan[]): Cluster => afterBootstrap(cluster(seen), ADMIN, plans)
  const made = after({})
  t.is(made.server.login, ADMIN)
  const { canLogin, createDb, createRole, superuser } = made.roles.get(ADMIN) ?? role('nobody', { superuser: true })
  t.deepEqual([canLogin, createDb, createRole, superuser], [true, true, true, false])
  const repaired = after({ roles: [role(ADMIN, { canLogin: false, oid: 7 })] }).roles.get(ADMIN)
  t.deepEqual([repaired?.canLogin, repaired?.createDb, repaired?.createRole, repaired?.oid], [true, true, true, 7])
  const token = membership('rds_iam', ADMIN, { grantor: 'master' })
  const other = membership('rds_iam', 'u', { grantor: 'master' })
  for (const [version, options] of [
    [159999, { admin: false, inherit: true, set: true }],
    [160000, { admin: true, inherit: false, set: false }],
  ] as const) {
    const seen = { version, roles: HELPING, memberships: [token, other] }
    const plans = [
      planAdminFreedom({ cluster: cluster(seen), admin: ADMIN, auth: 'password' }),
      bootstrap(seen, { grantable: new Set(['pg_signal_backend']) }),
    ]
    t.deepEqual(after(seen, ...plans).memberships, [
      other,
      { role: 'pg_signal_backend', member: ADMIN, grantor: 'master', ...options },
    ])
  }
})
