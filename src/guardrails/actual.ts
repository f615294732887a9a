/** Guardrails that need the server's answer, before anything changes (src/README.md: Guardrails). Pure. */
import type { Problem } from '../model/problem.ts'
import type { Actual, Cluster, RoleState } from '../model/catalog.ts'
import type { Application, Database, Declaration } from '../model/declaration.ts'
import { isOfStack } from '../model/claim.ts'
import { isTooLong, parseTag } from '../model/tag.ts'
import { printStatements } from '../sql/print.ts'
import { alterRole, grantAdministration } from '../sql/role.ts'
import { checkOthersRole } from './by-hand.ts'
import { checkClaim, checkMissingClaim, type ClaimRights } from './claims.ts'
import { checkDatabase, checkInterior } from './databases.ts'
import { findStrays } from './strays.ts'
import { checkSharedNames, checkUnread } from './encodings.ts'
import type { Known } from './known.ts'
import { checkIam } from './iam.ts'
import { administrators, masterHint, membersOf, noRight } from './members.ts'
import { checkPasswordRight } from './passwords.ts'
import { checkPredefined } from './predefined.ts'
import { violation } from './violation.ts'
import { checkSettings } from './settings.ts'
import { checkVersion } from './versions.ts'
import { VERSION_16 } from '../model/server-version.ts'

/** All violations, across all applications; `field` is the guardrail's name. */
export function checkActual(declaration: Declaration, actual: Actual, run: ClaimRights): Problem[] {
  const { cluster } = actual
  const known: Known = {
    homeless: new Set(declaration.applications.filter((item) => !hasLogin(declaration, cluster, item)).map(nameOf)),
    administered: new Set(
      cluster.memberships.filter((item) => item.member === cluster.server.login && item.admin).map((item) => item.role),
    ),
    privileged: membersOf(cluster.memberships, 'rds_superuser'),
    byToken: membersOf(cluster.memberships, 'rds_iam'),
  }
  const strays = findStrays(declaration, cluster)
  return [
    ...checkServer(declaration, cluster),
    ...checkMissingClaim(declaration, cluster, run),
    ...checkSharedNames(declaration, cluster),
    ...checkAdmin(declaration, cluster),
    ...checkPasswordRight(declaration, actual),
    ...declaration.applications.flatMap((application) => {
      const role = cluster.roles.get(application.username)
      return [
        ...(role === undefined || application.loginOf !== null
          ? []
          : checkRole(declaration, cluster, { ...known, run }, application, role)),
        ...(application.loginOf === null && application.accessLevel !== 'owner'
          ? checkOthersRole(declaration, actual, strays, application)
          : []),
        ...(application.loginOf === null ? checkIam(declaration, cluster, known, application) : []),
        ...checkSettings(cluster, application),
        ...checkVersion(cluster, application),
        ...checkPredefined(declaration, cluster, known.administered, application),
      ]
    }),
    ...declaration.databases.flatMap((database) => [
      ...checkDatabase(declaration, cluster, strays, database),
      ...checkInside(declaration, database, actual),
    ]),
  ]
}

function nameOf({ name }: Application): string {
  return name
}

/** Its own login is there and ours, whichever application had it before: keys may be swapped. */
function hasLogin(declaration: Declaration, { roles }: Cluster, { username }: Application): boolean {
  return isOfStack(declaration, parseTag(roles.get(username)?.comment ?? null))
}

function checkServer(declaration: Declaration, { server }: Cluster): Problem[] {
  if (!server.inRecovery) return []
  return [
    violation(
      null,
      'endpoint',
      `${declaration.instance.host} is a replica (the server is in recovery).`,
      "Use the writer's own endpoint.",
    ),
  ]
}

/**
 * What the delegated admin cannot do without (src/README.md: Delegated admin); the attributes of a role are not
 * inherited.
 */
function checkAdmin(declaration: Declaration, { server, roles, databases }: Cluster): Problem[] {
  const admin = roles.get(server.login)
  if (admin === undefined || admin.superuser) return []
  const createRole = !admin.createRole && declaration.applications.length > 0
  const createDb = !admin.createDb && declaration.databases.some((database) => !databases.has(database.name))
  const missing = [...(createRole ? ['CREATEROLE'] : []), ...(createDb ? ['CREATEDB'] : [])]
  if (missing.length === 0) return []
  const lacking = { ...(createRole ? { createRole } : {}), ...(createDb ? { createDb } : {}) }
  const statement = printStatements([alterRole(admin.name, lacking)])
  return [
    violation(
      null,
      'missing_right',
      `the delegated admin ${admin.name} lacks ${missing.join(' and ')}.`,
      `As the master: ${statement} or give master_secret_id.`,
    ),
  ]
}

function checkRole(
  declaration: Declaration,
  cluster: Cluster,
  known: Known & { readonly run: ClaimRights },
  application: Application,
  role: RoleState,
): Problem[] {
  const tag = parseTag(role.comment)
  if (tag === null && !application.adoptExisting) {
    return [
      violation(
        application,
        'unmanaged_role',
        `the role ${role.name} exists and is not managed by this tool.${ownTagNote(declaration, cluster, application)}`,
        'Choose another username, or set adopt_existing = true to take it over.',
      ),
    ]
  }
  if (tag === null && isTooLong(role.comment))
    return [
      violation(
        application,
        'unmanaged_role',
        `the comment on the role ${role.name} is too long for its tag to keep.`,
        'Shorten it (COMMENT ON ROLE), and run again.',
      ),
    ]
  return [
    ...(tag === null ? [] : checkClaim(declaration, known.homeless, known.run, application, tag)),
    ...checkPrivileged(known.privileged, application, role),
    ...checkRight(declaration, cluster, known.administered, application, role),
  ]
}

/** Somebody who may comment on roles took its tag away: that is told where its database still has ours. */
function ownTagNote(declaration: Declaration, cluster: Cluster, { database, username }: Application): string {
  const state = cluster.databases.get(database ?? '')
  const tag = state?.owner === username ? parseTag(state.comment) : null
  return isOfStack(declaration, tag)
    ? ` Its database ${database ?? ''} still carries our tag: the comment on the role was overwritten by hand.`
    : ''
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
    violation(
      application,
      'privileged_role',
      `the role ${role.name} holds ${attributes.join(', ')}.`,
      'Take that away as the master first, or choose another username.',
    ),
  ]
}

/** From 16 on CREATEROLE gives no right over roles that others created (src/README.md: Rights over roles). */
function checkRight(
  declaration: Declaration,
  cluster: Cluster,
  adminRoles: ReadonlySet<string>,
  application: Application,
  role: RoleState,
): Problem[] {
  const { version, login } = cluster.server
  if (version < VERSION_16 || adminRoles.has(role.name) || cluster.roles.get(login)?.superuser === true) return []
  return [
    violation(
      application,
      'missing_right',
      noRight(login, role.name),
      `${administrators(cluster, role.name)}: ${printStatements([grantAdministration(role.name, login)])}${masterHint(declaration)}`,
    ),
  ]
}

function checkInside(declaration: Declaration, database: Database, actual: Actual): Problem[] {
  const interior = actual.interiors.get(database.name)
  return [
    ...checkInterior(declaration, database, interior, actual.cluster),
    ...(interior === undefined ? [] : checkUnread(database, interior, actual.cluster)),
  ]
}
