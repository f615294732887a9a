/** Guardrails on the one thing that the master does: creating or repairing the delegated admin. Pure. */
import type { Problem } from '../errors.ts'
import type { RoleState } from '../model/catalog.ts'
import { grantAdministration } from '../sql/role.ts'
import { MISSING_RIGHT, problem } from './problem.ts'

/** The delegated admin is another login than the master, which provisioning must not run on. */
export function checkSameLogin(master: string, admin: string): Problem[] {
  if (master !== admin) return []
  return [problem(null, 'reserved names', `the delegated admin and the master are both ${admin}.`, 'Give the delegated admin a name of its own in its secret, e.g. platform_provisioner.')]
}

/** A password is not set for a role that is more than a delegated admin: it would be somebody's. */
export function checkAdminRole(role: RoleState): Problem[] {
  if (!(role.superuser || role.replication || role.bypassRls)) return []
  const message = `the role ${role.name} cannot be the delegated admin: it holds SUPERUSER, REPLICATION or BYPASSRLS.`
  return [problem(null, 'privileged role', message, 'Name another login in the admin secret.')]
}

/** From 16 on CREATEROLE gives no right over a role that somebody else created (design §5 fact 9). */
export function checkMasterRight(master: string, admin: string, mayAlter: boolean): Problem[] {
  if (mayAlter) return []
  const message = `${master} has no right over the role ${admin}, which it would repair.`
  return [problem(null, MISSING_RIGHT, message, `Whoever created ${admin}: ${grantAdministration(admin, master).redacted};`)]
}
