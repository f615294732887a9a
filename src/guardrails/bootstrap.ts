/** Guardrails on the one thing that the master does: creating or repairing the delegated admin. Pure. */
import type { Problem } from '../model/problem.ts'
import type { Cluster, RoleState } from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'
import { parseTag } from '../model/tag.ts'
import { printStatements } from '../sql/print.ts'
import { grantAdministration } from '../sql/role.ts'
import { checkActual } from './actual.ts'
import { sortByConcern } from './concern.ts'
import { administrators } from './members.ts'
import type { ClaimRights } from './claims.ts'
import { violation } from './violation.ts'

const RDS_IAM = 'rds_iam'

/** The delegated admin is another login than the master, which provisioning must not run on. */
export function checkSameLogin(master: string, admin: string): Problem[] {
  if (master !== admin) return []
  return [
    violation(
      null,
      'reserved_name',
      `the delegated admin and the master are both ${admin}.`,
      'Give the delegated admin a name of its own in its secret, e.g. platform_provisioner.',
    ),
  ]
}

/**
 * No password is set, and no right given, to a role that is more than a delegated admin, or an application's login: it
 * is somebody's.
 */
export function checkAdminRole(role: RoleState): Problem[] {
  const application = parseTag(role.comment)?.get('Application')
  if (application !== undefined) {
    return [
      violation(
        null,
        'reserved_name',
        `the delegated admin's secret names ${role.name}, the login of the application ${application}.`,
        'Name another login in the admin secret, e.g. platform_provisioner.',
      ),
    ]
  }
  if (!(role.superuser || role.replication || role.bypassRls)) return []
  const message = `the role ${role.name} cannot be the delegated admin: it holds SUPERUSER, REPLICATION or BYPASSRLS.`
  return [violation(null, 'privileged_role', message, 'Name another login in the admin secret.')]
}

/**
 * From 16 on CREATEROLE gives no right over a role that somebody else created (src/README.md: Rights over roles).
 * @param said the server's answer where the master tried to give itself the right
 */
export function noMasterRight(cluster: Cluster, master: string, admin: string, said: string): Problem {
  const message = `${master} has no right over the role ${admin}, which it would repair, and may not give itself one: ${said}.`
  const remedy = `${administrators(cluster, admin)}: ${printStatements([grantAdministration(admin, master)])}`
  return violation(null, 'missing_right', message, remedy)
}

/** What is known of the admin's own run before the admin is touched. */
export interface BeforeBootstrap {
  /** Stops it. */
  readonly blocked: readonly Problem[]
  /** Stops it unless the server lets the master give the right that is missing; each of an application. */
  readonly toTry: readonly Problem[]
}

/**
 * What would stop the admin's own run, so that the master changes nothing for a run that is stopped (src/README.md:
 * Guardrails); what stops one application keeps nobody from repairing the admin. What is inside a database is not seen
 * yet.
 * @param cluster as the master sees it.
 * @param grantable roles of RDS that the master may grant.
 * @param run what the admin's own run may do about claims.
 */
export function checkBeforeBootstrap(
  declaration: Declaration,
  cluster: Cluster,
  admin: string,
  grantable: ReadonlySet<string>,
  run: ClaimRights,
): BeforeBootstrap {
  const databases = declaration.databases.map((database) =>
    cluster.databases.has(database.name) ? { ...database, extensions: [] } : database,
  )
  const asAdmin: Cluster = { ...cluster, server: { ...cluster.server, login: admin } }
  const isToken = cluster.memberships.some((item) => item.role === RDS_IAM && item.member === admin && item.admin)
  const isBeyond = cluster.roles.has(RDS_IAM) && !isToken && !grantable.has(RDS_IAM)
  const beyond = new Set(
    declaration.applications.filter(({ auth }) => auth === 'iam' && isBeyond).map(({ name }) => name),
  )
  const problems = checkActual(
    { ...declaration, databases },
    { cluster: asAdmin, interiors: new Map(), unseen: new Map(), logins: new Map() },
    run,
  )
  const stopping = sortByConcern(declaration, cluster, problems).run
  const isRight = ({ code, application }: Problem): boolean =>
    code === 'missing_right' && (application === null || !beyond.has(application))
  return {
    blocked: stopping.filter((problem) => !isRight(problem)),
    toTry: stopping.filter((problem) => isRight(problem) && problem.application !== null),
  }
}
