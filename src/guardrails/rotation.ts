/** What keeps a rotation from setting a password: by what the server has. Pure. */
import type { Cluster, RoleState } from '../model/catalog.ts'
import { isOfStack } from '../model/claim.ts'
import { mayAdminister } from '../model/administers.ts'
import type { Application, Declaration } from '../model/declaration.ts'
import type { Problem } from '../model/problem.ts'
import { parseTag } from '../model/tag.ts'
import { printStatements } from '../sql/print.ts'
import { grantAdministration, grantRole } from '../sql/role.ts'
import { administrators, noRight } from './members.ts'
import { missingPasswordRight } from './passwords.ts'
import { violation } from './violation.ts'

/** Whose password is to be set. */
export interface RotationRequest {
  readonly application: Application
  /** The login itself, or its clone. */
  readonly user: string
  readonly now: Date
}

/** @returns everything that stands in the way */
export function checkRotation(declaration: Declaration, request: RotationRequest, cluster: Cluster): Problem[] {
  const { application, user } = request
  return [
    ...checkManaged(declaration, request, cluster),
    ...(user === application.username ? [] : checkClone(application, user, cluster)),
    ...checkRights(application, user, cluster),
  ]
}

/** A login that nobody provisioned, or that has ended, gets no password. */
function checkManaged(declaration: Declaration, { application, now }: RotationRequest, { roles }: Cluster): Problem[] {
  const why = refusalOf(declaration, roles.get(application.username), now)
  if (why === null) return []
  const message = `the login ${application.username} ${why}.`
  return [violation(application, 'rotation', message, 'Apply the declaration, and rotate again.')]
}

function refusalOf(declaration: Declaration, role: RoleState | undefined, now: Date): string | null {
  if (role === undefined) return 'does not exist'
  if (!isOfStack(declaration, parseTag(role.comment))) return `carries no tag of the stack "${declaration.stack}"`
  if (!role.canLogin) return 'is closed'
  return role.validUntil !== null && role.validUntil <= now ? 'is past its valid_until' : null
}

/** Whoever has the name may have come by it in any way: only a member of the login is its clone. */
function checkClone({ name, username }: Application, clone: string, { roles, memberships }: Cluster): Problem[] {
  const role = roles.get(clone)
  if (role === undefined) return []
  const isPowerful = role.superuser || role.createRole || role.createDb || role.replication || role.bypassRls
  const isMember = memberships.some((item) => item.member === clone && item.role === username)
  if (isMember && !isPowerful) return []
  const message = isMember
    ? `${clone} may do more than a login.`
    : `a role ${clone} exists, and is no member of ${username}.`
  const remedy = isMember
    ? 'Take away what it may do besides, or rename it.'
    : `Rename it; or, where it is the clone: ${printStatements([grantRole(username, clone)])}`
  return [violation({ name }, 'rotation', message, remedy)]
}

/** From 16 on a password takes a right over its role, and a new clone one over the login. */
function checkRights({ name, username }: Application, user: string, cluster: Cluster): Problem[] {
  const { server, roles } = cluster
  const restricted = missingPasswordRight(cluster)
  const role = roles.has(user) ? user : username
  if (!roles.has(role) || mayAdminister(cluster, role)) return restricted
  const remedy = `${administrators(cluster, role)}: ${printStatements([grantAdministration(role, server.login)])}`
  return [...restricted, violation({ name }, 'missing_right', noRight(server.login, role), remedy)]
}
