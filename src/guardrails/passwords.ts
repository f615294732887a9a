/** The right to set passwords, which an instance may restrict. */
import type { Problem } from '../model/problem.ts'
import type { Actual, Cluster } from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'
import { ownLogins } from '../model/logins.ts'
import { printStatements } from '../sql/print.ts'
import { grantRole } from '../sql/role.ts'
import { membersOf } from './members.ts'
import { violation } from './violation.ts'

/**
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.RestrictPasswordMgmt.html
 */
export function checkPasswordRight(declaration: Declaration, { cluster, logins }: Actual): Problem[] {
  const isSet = ownLogins(declaration).some(
    ({ auth, username, name }) =>
      auth === 'password' && (!cluster.roles.has(username) || logins.get(name)?.kind === 'password_wrong'),
  )
  return isSet ? missingPasswordRight(cluster) : []
}

/** Of who is to set one; empty where the login of the run may. */
export function missingPasswordRight({ server, roles, memberships }: Cluster): Problem[] {
  if (
    !server.restrictsPasswords ||
    roles.get(server.login)?.superuser === true ||
    membersOf(memberships, 'rds_password').has(server.login)
  )
    return []
  const message = `${server.login} may not set passwords: the instance restricts that to members of rds_password.`
  return [
    violation(
      null,
      'missing_right',
      message,
      `As the master: ${printStatements([grantRole('rds_password', server.login)])} or give master_secret_id.`,
    ),
  ]
}
