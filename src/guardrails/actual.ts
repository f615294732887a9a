/** Guardrails that need the server's answer, before anything changes (design §7). Pure. */
import type { Problem } from '../errors.ts'
import type { Actual, Cluster, RoleState } from '../model/catalog.ts'
import type { Application, Database, Declaration } from '../model/declaration.ts'
import { parseTag, type Tag } from '../model/tag.ts'
import { identifier } from '../sql/quote.ts'
import { grantAdministration } from '../sql/role.ts'
import { checkDatabase, checkInterior } from './databases.ts'
import { checkSharedNames } from './encodings.ts'
import { membersOf } from './members.ts'
import { checkPasswordRight } from './passwords.ts'
import { MISSING_RIGHT, problem } from './problem.ts'

/** The server is a replica. */
export const ENDPOINT = 'endpoint'

/** Looked up for every application, so made once. */
interface Known {
  /** Names of all declared applications. */
  readonly declared: ReadonlySet<string>
  /** Roles that the delegated admin administers. */
  readonly administered: ReadonlySet<string>
  /** Members of rds_superuser. */
  readonly privileged: ReadonlySet<string>
  /** Members of rds_iam. */
  readonly byToken: ReadonlySet<string>
}

/** All violations, across all applications; `field` is the guardrail's name. */
export function checkActual(declaration: Declaration, actual: Actual): Problem[] {
  const { cluster } = actual
  const known: Known = {
    declared: new Set(declaration.applications.map((application) => application.name)),
    administered: new Set(
      cluster.memberships.filter((item) => item.member === cluster.server.login && item.admin).map((item) => item.role),
    ),
    privileged: membersOf(cluster.memberships, 'rds_superuser'),
    byToken: membersOf(cluster.memberships, 'rds_iam'),
  }
  return [
    ...checkServer(declaration, cluster),
    ...checkSharedNames(declaration, cluster),
    ...checkAdmin(declaration, cluster),
    ...checkPasswordRight(declaration, actual),
    ...declaration.applications.flatMap((application) => {
      const role = cluster.roles.get(application.username)
      return [
        ...(role === undefined ? [] : checkRole(declaration, cluster, known, application, role)),
        ...checkIam(declaration, cluster, known, application),
        ...checkSettings(cluster, application),
      ]
    }),
    ...declaration.databases.flatMap((database) => [
      ...checkDatabase(database, cluster),
      ...checkInside(database, actual),
    ]),
  ]
}

function checkServer(declaration: Declaration, { server }: Cluster): Problem[] {
  if (!server.inRecovery) return []
  return [
    problem(
      null,
      ENDPOINT,
      `${declaration.instance.host} is a replica (the server is in recovery).`,
      "Use the writer's own endpoint.",
    ),
  ]
}

/** What the delegated admin cannot do without (design §2); the attributes of a role are not inherited. */
function checkAdmin(declaration: Declaration, { server, roles, databases }: Cluster): Problem[] {
  const admin = roles.get(server.login)
  if (admin === undefined || admin.superuser) return []
  const missing = [
    ...(!admin.createRole && declaration.applications.length > 0 ? ['CREATEROLE'] : []),
    ...(!admin.createDb && declaration.databases.some((database) => !databases.has(database.name)) ? ['CREATEDB'] : []),
  ]
  if (missing.length === 0) return []
  const statement = `ALTER ROLE ${identifier(admin.name)} ${missing.join(' ')};`
  return [
    problem(
      null,
      MISSING_RIGHT,
      `the delegated admin ${admin.name} lacks ${missing.join(' and ')}.`,
      `As the master: ${statement} or give master_secret_id.`,
    ),
  ]
}

function checkRole(
  declaration: Declaration,
  cluster: Cluster,
  known: Known,
  application: Application,
  role: RoleState,
): Problem[] {
  const tag = parseTag(role.comment)
  if (tag === null && !application.adoptExisting) {
    return [
      problem(
        application,
        'unmanaged role',
        `the role ${role.name} exists and is not managed by this tool.`,
        'Choose another username, or set adopt_existing = true to take it over.',
      ),
    ]
  }
  return [
    ...(tag === null ? [] : checkClaim(declaration, known.declared, application, tag)),
    ...checkPrivileged(known.privileged, application, role),
    ...checkRight(cluster, known.administered, application, role),
  ]
}

function checkClaim(
  declaration: Declaration,
  declaredNames: ReadonlySet<string>,
  application: Application,
  tag: Tag,
): Problem[] {
  const stack = tag.get('Stack') ?? ''
  const environment = tag.get('Environment') ?? ''
  const claimant = tag.get('Application') ?? ''
  const isOurs = stack === declaration.stack && environment === declaration.environment
  if (!isOurs && !declaration.acceptTagsFrom.has(stack)) {
    return [
      problem(
        application,
        'foreign claim',
        `the role ${application.username} belongs to the stack "${stack}" (environment ${environment}, application ${claimant}).`,
        `Remove it there first, or list "${stack}" in accept_tags_from to take it over.`,
      ),
    ]
  }
  if (claimant !== application.name && declaredNames.has(claimant)) {
    return [
      problem(
        application,
        'foreign claim',
        `the role ${application.username} belongs to the application ${claimant}, which is still declared.`,
        `Give ${application.name} another username, or remove ${claimant} from application_databases.`,
      ),
    ]
  }
  return []
}

/** CREATEROLE of a managed role is simply taken away; what a delegated admin cannot take away, blocks. */
function checkPrivileged(privileged: ReadonlySet<string>, application: Application, role: RoleState): Problem[] {
  const isManaged = parseTag(role.comment) !== null
  const attributes = [
    ...(role.superuser ? ['SUPERUSER'] : []),
    ...(role.createRole && !isManaged ? ['CREATEROLE'] : []),
    ...(role.replication ? ['REPLICATION'] : []),
    ...(role.bypassRls ? ['BYPASSRLS'] : []),
    ...(privileged.has(role.name) ? ['membership in rds_superuser'] : []),
  ]
  if (attributes.length === 0) return []
  return [
    problem(
      application,
      'privileged role',
      `the role ${role.name} holds ${attributes.join(', ')}.`,
      'Take that away as the master first, or choose another username.',
    ),
  ]
}

/** From 16 on CREATEROLE gives no right over roles that others created (design §5 fact 9). */
function checkRight(
  cluster: Cluster,
  adminRoles: ReadonlySet<string>,
  application: Application,
  role: RoleState,
): Problem[] {
  const { version, login } = cluster.server
  if (version < 160000 || adminRoles.has(role.name) || cluster.roles.get(login)?.superuser === true) return []
  const message = `${login} has no right over the role ${role.name}, which another role created.`
  return [
    problem(
      application,
      MISSING_RIGHT,
      message,
      `${administrators(cluster, role.name)}: ${grantAdministration(role.name, login).redacted}; or give master_secret_id.`,
    ),
  ]
}

/** Who can grant a role from 16 on: those that hold ADMIN on it. */
function administrators({ memberships }: Cluster, role: string): string {
  const names = [
    ...new Set(memberships.filter((item) => item.role === role && item.admin).map((item) => item.member)),
  ].sort()
  return names.length === 0 ? 'Only a superuser can (nobody administers it)' : `As ${names.join(' or ')}`
}

function checkIam(declaration: Declaration, cluster: Cluster, known: Known, application: Application): Problem[] {
  if (application.auth !== 'iam') return checkNoIam(declaration, cluster, known, application)
  const { version, login } = cluster.server
  if (!cluster.roles.has('rds_iam')) {
    return [
      problem(
        application,
        'IAM',
        'the server has no role rds_iam.',
        'Enable IAM database authentication on the instance.',
      ),
    ]
  }
  if (version < 160000) return []
  if (declaration.admin.auth !== 'iam') {
    return [
      problem(
        application,
        'IAM',
        `from PostgreSQL 16 on the first IAM login ends the password login of ${login}, which administers it.`,
        'Let the delegated admin log in by IAM (admin_auth = "iam"), or use auth = "password".',
      ),
    ]
  }
  if (known.administered.has('rds_iam')) return []
  const remedy = `${administrators(cluster, 'rds_iam')}: ${grantAdministration('rds_iam', login).redacted}; or give master_secret_id.`
  return [problem(application, MISSING_RIGHT, `${login} may not grant rds_iam.`, remedy)]
}

/** An adopted role that is in rds_iam, through others too, would end the admin's password login with the right over it. */
function checkNoIam(declaration: Declaration, cluster: Cluster, known: Known, application: Application): Problem[] {
  const { version, login } = cluster.server
  const { username } = application
  if (version < 160000 || declaration.admin.auth === 'iam' || !known.byToken.has(username)) return []
  const message = `the role ${username} is in rds_iam, and from PostgreSQL 16 on the right over it ends the password login of ${login}.`
  const remedy = `As the master, take ${username} out of rds_iam; or let the delegated admin log in by IAM (admin_auth = "iam").`
  return [problem(application, 'IAM', message, remedy)]
}

const FORBIDDEN_SETTINGS = new Set(['role', 'session_authorization', 'local_preload_libraries'])

function checkSettings({ parameters }: Cluster, application: Application): Problem[] {
  return [...application.settings.keys()].flatMap((name) => {
    if (FORBIDDEN_SETTINGS.has(name))
      return [
        problem(
          application,
          'setting',
          `${name} would let the role act as another or load code.`,
          'Remove it from settings.',
        ),
      ]
    const parameter = parameters.get(name)
    if (parameter === undefined)
      return [
        problem(application, 'setting', `the server knows no parameter ${name}.`, 'Correct the name in settings.'),
      ]
    if (parameter.context === 'user') return []
    return [
      problem(
        application,
        'setting',
        `${name} can only be set by a superuser or in the parameter group.`,
        'Remove it from settings, or set it in the parameter group.',
      ),
    ]
  })
}

function checkInside(database: Database, actual: Actual): Problem[] {
  const interior = actual.interiors.get(database.name)
  const installed = interior?.extensions ?? new Map<string, never>()
  return checkInterior(database, interior, (name) => installed.has(name), actual.cluster.extensions)
}
