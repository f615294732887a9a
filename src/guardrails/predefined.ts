/** Predefined roles that an entry is a member of: those of this server, which the delegated admin may grant. Pure. */
import type { Cluster } from '../model/catalog.ts'
import type { Application, Declaration } from '../model/declaration.ts'
import { isPredefined } from '../model/predefined-roles.ts'
import type { Problem } from '../model/problem.ts'
import { VERSION_16 } from '../model/server-version.ts'
import { printStatements } from '../sql/print.ts'
import { grantAdministration } from '../sql/role.ts'
import { administrators, masterHint } from './members.ts'
import { violation } from './violation.ts'

/** @param administered roles that the login of the run may grant, from 16 on; below, it may grant any. */
export function checkPredefined(
  declaration: Declaration,
  cluster: Cluster,
  administered: ReadonlySet<string>,
  application: Application,
): Problem[] {
  const { version, versionText, login } = cluster.server
  const mayGrantAll = version < VERSION_16 || cluster.roles.get(login)?.superuser === true
  return application.memberOf.filter(isPredefined).flatMap((role) => {
    if (!cluster.roles.has(role)) {
      const message = `the server, PostgreSQL ${versionText}, has no role ${role}.`
      return [violation(application, 'server_version', message, 'Take it out of member_of.')]
    }
    if (mayGrantAll || administered.has(role)) return []
    const message = `${login} may not grant ${role}, which ${application.username} is to be a member of.`
    const statement = printStatements([grantAdministration(role, login)])
    const remedy = `${administrators(cluster, role)}: ${statement}${masterHint(declaration)}`
    return [{ ...violation(application, 'missing_right', message, remedy), role }]
  })
}
