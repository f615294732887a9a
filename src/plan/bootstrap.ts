/** The delegated admin, made or repaired by the master (src/README.md: Delegated admin; Rights over roles). Pure. */
import type { Cluster, RoleState } from '../model/catalog.ts'
import type { AuthMethod } from '../model/declaration.ts'
import { membersOf } from '../model/members.ts'
import type { Secret } from '../model/secret.ts'
import { VERSION_16 } from '../model/server-version.ts'
import type { Changes, Finding, Plan, Step, StepKind, Subject, Transaction } from '../model/step.ts'
import { formatTag, MANAGED_BY, parseTag } from '../model/tag.ts'
import { helperOf } from '../model/upgrade-helper.ts'
import { administrators } from '../guardrails/members.ts'
import { printStatements } from '../sql/print.ts'
import { alterRole, commentOnRole, createRole, grantAdministration, grantRole } from '../sql/role.ts'
import { membershipFinding, membershipStep, RDS_IAM, revocationOf, tokenMemberships } from './membership-revocation.ts'

/** What the master sees, and what the admin is to be. */
export interface BootstrapInput {
  readonly cluster: Cluster
  readonly admin: string
  readonly auth: AuthMethod
  /** null: the password works, or there is none (IAM). */
  readonly verifier: Secret | null
  /** Predefined roles, and those of RDS, that the master may grant to others. */
  readonly grantable: ReadonlySet<string>
  /** From 16 on the master may be without a right over the admin, which it then tries to give itself. */
  readonly mayAlter: boolean
  /** rds.restrict_password_commands: only members of rds_password may set passwords. */
  readonly restrictsPasswords: boolean
  readonly buildId: string
  readonly tags: ReadonlyMap<string, string>
}

/**
 * To end sessions before a drop, and to see who holds what we wait for (src/README.md: Dropping a database; The
 * instance's lock).
 */
const HELPING_ROLES = ['pg_signal_backend', 'pg_read_all_stats']
const RDS_PASSWORD = 'rds_password'

export function planBootstrap(input: BootstrapInput): Plan {
  const role = planAdminRole(input)
  const grants = planAdminGrants(input)
  const steps = [...role, ...grants.steps]
  return {
    findings: grants.findings,
    jobs: steps.length === 0 ? [] : [{ stage: 'roles', connectTo: null, transactions: [{ kind: 'atomic', steps }] }],
  }
}

/**
 * From 16 on the admin needs a right over each of these roles, whether adopted, made by another admin, or older than
 * the server's upgrade. Who may grant them is not foretold: RDS lets members of rds_superuser grant what a plain
 * PostgreSQL does not. So each grant is tried in a transaction of its own, as the helper of the upgrade where that
 * administers the role and the master may act as it (src/README.md: Major upgrades).
 * @param needed existing roles
 */
export function planRights({
  cluster,
  admin,
  needed,
}: Pick<BootstrapInput, 'cluster' | 'admin'> & { readonly needed: readonly string[] }): Plan {
  const { version, login } = cluster.server
  if (version < VERSION_16) return { findings: [], jobs: [] }
  const helper = helperOf(admin)
  const administers = (member: string): ReadonlySet<string> =>
    new Set(cluster.memberships.filter((item) => item.member === member && item.admin).map((item) => item.role))
  const administered = administers(admin)
  const kept = cluster.memberships.some((item) => item.role === helper && item.member === login && item.set)
    ? administers(helper)
    : new Set<string>()
  const transactions = needed
    .filter((role) => !administered.has(role))
    .map((role): Transaction => {
      const runAs = kept.has(role) ? helper : null
      const by = runAs === null ? '' : `, which ${helper} kept for it`
      const message = `${admin} gets the right over ${role}${by}`
      const statement = grantAdministration(role, admin, runAs)
      return {
        kind: 'atomic',
        steps: [adminStep({ admin, cluster }, 'grant_to_admin', 'grant', 'created', message, [statement], role)],
      }
    })
  return { findings: [], jobs: transactions.length === 0 ? [] : [{ stage: 'roles', connectTo: null, transactions }] }
}

/** Makes an admin that is not there, for what is tried and taken back; it has no password. */
export function planTrialAdmin(cluster: Cluster, admin: string): Step[] {
  if (cluster.roles.has(admin)) return []
  const statement = createRole(admin, { createRole: true })
  return [adminStep({ admin, cluster }, 'create_admin', 'create', 'created', `delegated admin ${admin}`, [statement])]
}

/**
 * A member of an IAM login, however it became one, is asked for a token: the admin that logs in with a password is
 * locked out until the membership is gone (src/README.md: IAM and PAM).
 */
export function planAdminFreedom({ cluster, admin, auth }: Pick<BootstrapInput, 'cluster' | 'admin' | 'auth'>): Plan {
  if (auth === 'iam') return { findings: [], jobs: [] }
  const about = adminSubject(admin)
  const items = tokenMemberships(cluster.memberships, membersOf(cluster.memberships, RDS_IAM), admin)
  const why = `: its members are asked for a token, and it logs in with a password (as ${cluster.server.login})`
  const steps = items.flatMap((item) => {
    const revoke = revocationOf(cluster, item)
    return revoke === null ? [] : [membershipStep(about, item, revoke, why)]
  })
  return {
    findings: items
      .filter((item) => revocationOf(cluster, item) === null)
      .map((item) => membershipFinding(cluster, about, item)),
    jobs: steps.length === 0 ? [] : [{ stage: 'roles', connectTo: null, transactions: [{ kind: 'atomic', steps }] }],
  }
}

function adminSubject(admin: string): Subject {
  return { application: null, database: null, username: admin, object: 'admin' }
}

function adminStep(
  { admin, cluster }: Pick<BootstrapInput, 'admin' | 'cluster'>,
  kind: StepKind,
  action: string,
  status: Step['status'],
  message: string,
  statements: Step['statements'],
  target: string | null = null,
): Step {
  return {
    ...adminSubject(admin),
    kind,
    target,
    action,
    status,
    message: `${message} (as ${cluster.server.login})`,
    statements,
  }
}

function planAdminRole(input: BootstrapInput): Step[] {
  const { admin, cluster, verifier } = input
  const role = cluster.roles.get(admin)
  const password = verifier === null ? {} : { verifier }
  const comment = commentOnRole(admin, adminTag(input, role))
  if (role === undefined) {
    const create = createRole(admin, { login: true, createDb: true, createRole: true, ...password })
    return [adminStep(input, 'create_admin', 'create', 'created', `delegated admin ${admin}`, [create, comment])]
  }
  const attributes = {
    ...(!role.canLogin && { login: true as const }),
    ...(!role.createDb && { createDb: true }),
    ...(!role.createRole && { createRole: true }),
    ...password,
  }
  if (Object.keys(attributes).length === 0) return []
  return [
    adminStep(
      input,
      'repair_admin',
      'repair',
      'updated',
      `delegated admin ${admin}: ${Object.keys(attributes)
        .map((name) => (name === 'verifier' ? 'password' : name))
        .join(', ')}`,
      [
        ...(input.mayAlter ? [] : [grantAdministration(admin, cluster.server.login)]),
        alterRole(admin, attributes),
        comment,
      ],
    ),
  ]
}

/** It belongs to the instance and not to one stack's applications: so it names none, and no teardown finds it. */
function adminTag({ buildId, tags }: BootstrapInput, role: RoleState | undefined): string {
  const existing = parseTag(role?.comment ?? null)
  return formatTag(
    new Map([
      ['ManagedBy', MANAGED_BY],
      ['BuildId', existing?.get('BuildId') ?? buildId],
      ...tags,
      ['UpdatedByBuildId', buildId],
    ]),
  )
}

function planAdminGrants(input: BootstrapInput): Changes {
  const { cluster, admin, auth } = input
  const isNew = cluster.server.version >= VERSION_16
  const administered = new Set(
    cluster.memberships.filter((item) => item.member === admin && item.admin).map((item) => item.role),
  )
  const joined = new Set(cluster.memberships.filter((item) => item.member === admin).map((item) => item.role))
  const memberOf = [
    ...HELPING_ROLES,
    ...(input.restrictsPasswords ? [RDS_PASSWORD] : []),
    ...(auth === 'iam' && !isNew ? [RDS_IAM] : []),
  ]
  const adminOf = isNew && auth === 'iam' ? [RDS_IAM] : []
  const wanted = [
    ...memberOf
      .filter((role) => cluster.roles.has(role) && !joined.has(role))
      .map((role) => ({ role, statement: grantRole(role, admin) })),
    ...adminOf
      .filter((role) => cluster.roles.has(role) && !administered.has(role))
      .map((role) => ({ role, statement: grantAdministration(role, admin) })),
  ]
  const isPossible = ({ role }: { role: string }): boolean => input.grantable.has(role)
  const steps = wanted
    .filter(isPossible)
    .map(({ role, statement }) =>
      adminStep(input, 'grant_to_admin', 'grant', 'created', `${admin} gets ${role}`, [statement], role),
    )
  const findings = wanted
    .filter((item) => !isPossible(item))
    .map(({ role, statement }): Finding => ({
      ...adminSubject(admin),
      action: 'grant',
      status: 'warning',
      message: `${cluster.server.login} may not grant ${role}. ${administrators(cluster, role)}: ${printStatements([statement])}`,
    }))
  return { steps, findings }
}
