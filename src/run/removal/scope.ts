/** What of a declaration a removal is about, and which secret it needs. */
import type { Credential } from '../../model/credential.ts'
import type { Declaration } from '../../model/declaration.ts'
import { assertReserved, readActorAndCredentials } from '../connection/credentials.ts'
import type { RunContext } from '../context.ts'

/**
 * An instance that is gone does not come back: it is not waited for as long as one that has just been made. A server
 * that restarts is back by then.
 */
const CONNECT_LIMIT_SECONDS = 60

export function limitConnectTimeout(declaration: Declaration): Declaration {
  return { ...declaration, connectTimeoutSeconds: Math.min(declaration.connectTimeoutSeconds, CONNECT_LIMIT_SECONDS) }
}

/** The same stack with nothing declared: no application's secret is read, nothing is planned for one. */
export function withoutApplications(declaration: Declaration): Declaration {
  return { ...declaration, applications: [], databases: [] }
}

/** The declaration of one application alone. */
export function onlyApplication(declaration: Declaration, name: string): Declaration {
  return {
    ...declaration,
    applications: declaration.applications.filter((item) => item.name === name),
    databases: declaration.databases.filter((item) => item.owner.name === name),
  }
}

/** The delegated admin's secret alone: the applications' passwords are not needed, and may be gone. */
export async function readActorAndAdmin(context: RunContext): Promise<Credential | null> {
  const credentials = await readActorAndCredentials(context, withoutApplications(context.declaration))
  assertReserved(context.declaration, credentials)
  return credentials.admin
}
