/** Rights that the admin lacks where a removal comes first after an upgrade (src/README.md: Major upgrades). */
import type { Credential } from '../../model/credential.ts'
import type { RunContext } from '../context.ts'
import { repairAdmin } from '../connection/open.ts'

/** The admin has no right over a login that is to go, and the master may give it: the lock is let go for that. */
export class LackingRights extends Error {}

/**
 * The master gives them, as far as the server lets it; what it refuses is told, and stands in the way as it did.
 * Nothing of the declaration but the stack counts: what is to go may be declared no more.
 */
export async function askMaster(context: RunContext, admin: Credential | null): Promise<void> {
  const declaration = { ...context.declaration, applications: [], databases: [] }
  await repairAdmin({ ...context, declaration }, admin)
}
