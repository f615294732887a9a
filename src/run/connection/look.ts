import { createRecorder } from '../../audit/recorder.ts'
import type { Declaration } from '../../model/declaration.ts'
import type { RunIdentity } from '../../model/run.ts'
import type { Connections } from '../../server/connections.ts'
import type { Dependencies, RunContext } from '../context.ts'
import { assertAccount, assertReserved, type Credentials, readCredentials } from './credentials.ts'
import type { MastersPart } from './master-look.ts'
import { openToLook } from './open.ts'

/** What a look has at hand. */
export interface LookedAt {
  readonly server: Connections
  readonly context: RunContext
  readonly credentials: Credentials
  /** What the master does before; null: nothing, the admin looks. */
  readonly part: MastersPart | null
}

/**
 * Everything that a look at an instance needs, connected without the lock, and closed afterwards.
 * @param asMaster the admin lacks rights that the master gives
 * @throws ProvisionError, ConnectFailure
 */
export async function withInstance<T>(
  declaration: Declaration,
  identity: RunIdentity,
  dependencies: Dependencies,
  use: (look: LookedAt) => Promise<T>,
  asMaster = false,
): Promise<T> {
  const { environment, clusterName, instance } = declaration
  await assertAccount(declaration.aws, dependencies)
  const secrets = dependencies.secrets(declaration.aws)
  const credentials = await readCredentials(secrets, declaration)
  assertReserved(declaration, credentials)
  const recorder = createRecorder({ identity, environment, clusterName, instance, now: dependencies.now, sinks: [] })
  const context = { declaration, identity, secrets, recorder, dependencies }
  const { server, part } = await openToLook(context, credentials.admin, asMaster)
  try {
    return await use({ server, context, credentials, part })
  } finally {
    await server.close()
  }
}
