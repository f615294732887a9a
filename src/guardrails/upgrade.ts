/** What a major upgrade cannot be prepared for (src/README.md: Major upgrades). Pure. */
import type { Cluster } from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'
import type { Problem } from '../model/problem.ts'
import { VERSION_16 } from '../model/server-version.ts'
import { helperOf, isHelper, managedRoles } from '../model/upgrade-helper.ts'
import { membersOf } from './members.ts'
import { violation } from './violation.ts'

/** A name has at most 63 bytes (src/README.md: Names of 63 bytes). */
const MAX_BYTES = 63

/**
 * None from 16 on, where nothing is to be prepared. Each concerns the instance, and stops nothing but the preparation.
 * @param master its login; null: no preparation is asked for
 */
export function checkUpgrade(declaration: Declaration, cluster: Cluster, master: string | null): Problem[] {
  if (master === null || cluster.server.version >= VERSION_16) return []
  return [...checkHelper(cluster), ...checkMaster(cluster, master), ...checkTokens(declaration, cluster, master)]
}

function refusal(message: string, remedy: string): Problem {
  return violation(null, 'upgrade', `the major upgrade was not prepared: ${message}`, remedy)
}

function checkHelper({ server, roles }: Cluster): Problem[] {
  const name = helperOf(server.login)
  if (Buffer.byteLength(name) > MAX_BYTES)
    return [refusal(`${name} is too long for the name of a role.`, 'Give the delegated admin a shorter name.')]
  const role = roles.get(name)
  if (role === undefined || isHelper(role, server.login)) return []
  const message = `the role ${name} exists, and is not what this program would make: it has no tag of ours, is an application's, or may log in.`
  return [refusal(message, 'Rename that role, then run again.')]
}

function checkMaster({ server, roles }: Cluster, master: string): Problem[] {
  if (master !== server.login && roles.has(master)) return []
  const message = `the master secret names ${master}, which is ${master === server.login ? 'the delegated admin' : 'no role of this server'}.`
  return [refusal(message, 'Name the secret of the RDS master user in master_secret_id.')]
}

/** Who is a member of an IAM login, however indirectly, is asked for a token (src/README.md: IAM and PAM). */
function checkTokens(declaration: Declaration, cluster: Cluster, master: string): Problem[] {
  const byToken = membersOf(cluster.memberships, 'rds_iam')
  if (declaration.admin.auth === 'iam' && byToken.has(master)) return []
  const names = [
    ...managedRoles(cluster).filter(({ name }) => byToken.has(name)),
    ...declaration.applications.filter(({ auth }) => auth === 'iam').map(({ username: name }) => ({ name })),
  ].map(({ name }) => name)
  if (names.length === 0) return []
  const some = [...new Set(names)].sort().join(', ')
  const message = `of the managed logins, these go by IAM: ${some}. The helper would make ${master} a member of them, which ends its password login.`
  const remedy =
    'Upgrade without preparing: the next run with master_secret_id lets the master try (docs/upgrading-postgresql.md).'
  return [refusal(message, remedy)]
}
