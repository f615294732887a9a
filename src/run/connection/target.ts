/** How a run connects: where to, as whom, and within which limits. */
import type { Credential } from '../../model/credential.ts'
import type { Declaration } from '../../model/declaration.ts'
import type { RunIdentity } from '../../model/run.ts'
import type { Target } from '../../server/connect.ts'
import type { AdminCredential, ConnectionsOptions } from '../../server/connections.ts'
import type { Session } from '../../server/session.ts'
import { tlsOptions } from '../../server/tls.ts'
import type { Dependencies, RunContext } from '../context.ts'

/** The server cuts application_name at 63 bytes and replaces what is not ASCII. */
function applicationNameOf(identity: RunIdentity): string {
  const started = identity.startedAt.toISOString().replace(/\.\d+Z$/, 'Z')
  return `rds-provision ${started} run ${identity.runId}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 63)
}

/** For what a tenant's open transaction holds: its own trouble (src/README.md: Whose trouble it is). */
const OBJECT_LOCK_TIMEOUT_MS = 2_500

export async function targetOf(
  declaration: Declaration,
  identity: RunIdentity,
  dependencies: Dependencies,
): Promise<Target> {
  const { instance: declared, connectThrough, tls, lockTimeoutSeconds } = declaration
  const instanceLockMs = lockTimeoutSeconds * 1000
  return {
    endpoint: connectThrough ?? { host: declared.host, port: declared.port },
    ssl: await tlsOptions(tls, declared.host, dependencies.defaultCaFile),
    applicationName: applicationNameOf(identity),
    lockTimeoutMs: Math.min(instanceLockMs, OBJECT_LOCK_TIMEOUT_MS),
    statementTimeoutMs: instanceLockMs + 600_000,
    version: 0,
    ...(dependencies.open !== undefined && { open: dependencies.open }),
  }
}

export function adminCredentialOf(
  declaration: Declaration,
  secret: Credential | null,
  dependencies: Dependencies,
): AdminCredential {
  const { admin, aws, instance: declared } = declaration
  const user = secret?.username ?? admin.username
  const { host, port } = declared
  const password = async () => (secret === null ? dependencies.iamToken({ host, port }, user, aws) : secret.password)
  return { user, password, isToken: secret === null }
}

/** Of all connections of a run, once the first one is open. */
export function connectionsOptionsOf(
  { declaration, dependencies }: RunContext,
  target: Target,
  admin: Session,
  credential: AdminCredential,
): ConnectionsOptions {
  const { signal, progress } = dependencies
  return {
    target: { ...target, version: admin.version },
    credential,
    maxConnections: declaration.maxConnections,
    patience: {
      timeoutMs: declaration.connectTimeoutSeconds * 1000,
      signal,
      report: (reason, elapsedMs) => {
        progress(`waiting for a free connection (${(elapsedMs / 1000).toFixed(0)} s): ${reason}`)
      },
    },
  }
}
