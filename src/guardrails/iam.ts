/** IAM logins, and what the first of them does to the login of the delegated admin (src/README.md: IAM and PAM). */

import type { Cluster } from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'
import type { Problem } from '../model/problem.ts'
import type { Application } from '../model/declaration.ts'
import { printStatements } from '../sql/print.ts'
import { grantAdministration } from '../sql/role.ts'
import type { Known } from './known.ts'
import { administrators } from './members.ts'
import { violation } from './violation.ts'
import { VERSION_16 } from '../model/server-version.ts'

export function checkIam(
  declaration: Declaration,
  cluster: Cluster,
  known: Known,
  application: Application,
): Problem[] {
  if (application.auth !== 'iam') return checkNoIam(declaration, cluster, known, application)
  const { version, login } = cluster.server
  if (!cluster.roles.has('rds_iam')) {
    return [
      violation(
        application,
        'iam',
        'the server has no role rds_iam.',
        'Enable IAM database authentication on the instance.',
      ),
    ]
  }
  if (version < VERSION_16) return []
  if (declaration.admin.auth !== 'iam') {
    return [
      violation(
        application,
        'iam',
        `from PostgreSQL 16 on the first IAM login ends the password login of ${login}, which administers it.`,
        'Let the delegated admin log in by IAM (admin_auth = "iam"), or use auth = "password".',
      ),
    ]
  }
  if (known.administered.has('rds_iam')) return []
  const remedy = `${administrators(cluster, 'rds_iam')}: ${printStatements([grantAdministration('rds_iam', login)])} or give master_secret_id.`
  return [violation(application, 'missing_right', `${login} may not grant rds_iam.`, remedy)]
}

/**
 * An adopted role that is in rds_iam, through others too, would end the admin's password login with the right over it.
 */
function checkNoIam(declaration: Declaration, cluster: Cluster, known: Known, application: Application): Problem[] {
  const { version, login } = cluster.server
  const { username } = application
  if (version < VERSION_16 || declaration.admin.auth === 'iam' || !known.byToken.has(username)) return []
  const message = `the role ${username} is in rds_iam, and from PostgreSQL 16 on the right over it ends the password login of ${login}.`
  const remedy = `As the master, take ${username} out of rds_iam; or let the delegated admin log in by IAM (admin_auth = "iam").`
  return [violation(application, 'iam', message, remedy)]
}
