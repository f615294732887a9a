import { createRecorder } from '../../audit/recorder.ts'
import type { Declaration } from '../../model/declaration.ts'
import type { RunIdentity } from '../../model/run.ts'
import type { Connections } from '../../server/connections.ts'
import type { Dependencies, RunContext } from '../context.ts'
import { assertAccount, assertReserved, type Credentials, readCredentials } from './credentials.ts'
import { openUnlocked } from './open.ts'

/**
 * Everything that a look at an instance needs, connected without the lock, and closed afterwards.
 * @throws ProvisionError, ConnectFailure
 */
export async function withInstance<T>(
  declaration: Declaration,
  identity: RunIdentity,
  dependencies: Dependencies,
  use: (server: Connections, context: RunContext, credentials: Credentials) => Promise<T>,
): Promise<T> {
  const { environment, clusterName, instance } = declaration
  await assertAccount(declaration.aws, dependencies)
  const secrets = dependencies.secrets(declaration.aws)
  const credentials = await readCredentials(secrets, declaration)
  assertReserved(declaration, credentials)
  const recorder = createRecorder({ identity, environment, clusterName, instance, now: dependencies.now, sinks: [] })
  const context = { declaration, identity, secrets, recorder, dependencies }
  const server = await openUnlocked(context, credentials.admin)
  try {
    return await use(server, context, credentials)
  } finally {
    await server.close()
  }
}
