/** From a declaration to a locked instance: connect as the delegated admin, wait where waiting helps, take the lock. */
import { BlockedError } from '../../errors.ts'
import { unplannedAdmin } from '../../guardrails/approved-plan.ts'
import type { Credential } from '../../model/credential.ts'
import { connect, type Target } from '../../server/connect.ts'
import { ConnectFailure } from '../../server/failure.ts'
import { type AdminCredential, makeConnections, type Connections, loginTo } from '../../server/connections.ts'
import { isPassing, isPassingAtFirst, retryPatiently } from '../../server/patience.ts'
import type { Session } from '../../server/session.ts'
import { bootstrapAdmin, isRefused } from './bootstrap.ts'
import { toConnectionError } from './connection-error.ts'
import type { RunContext } from '../context.ts'
import { cancelOnInterrupt } from '../interrupt.ts'
import { lockInstance } from './lock.ts'
import { type MastersPart, openAsMaster } from './master-look.ts'
import { adminCredentialOf, connectionsOptionsOf, targetOf } from './target.ts'

/**
 * Connects as the delegated admin, whom the master creates or repairs where that fails and `master_secret_id` is given,
 * and takes the instance's lock. An interrupt ends what its sessions are doing.
 * @param adminSecret null: the admin logs in by IAM.
 * @throws ConnectionError (exit 6); AwsError and BlockedError of the bootstrap; ApplyError when the lock is not given
 *   in time.
 */
export async function openLockedOrBootstrap(context: RunContext, adminSecret: Credential | null): Promise<Connections> {
  const target = await targetOf(context.declaration, context.identity, context.dependencies)
  const { session: admin, credential } = await loginOrBootstrap(context, target, adminSecret)
  try {
    const lock = await lockInstance(context, admin, target, credential)
    const server = makeConnections(admin, lock, connectionsOptionsOf(context, target, admin, credential))
    const stopCancelling = cancelOnInterrupt(context, server)
    const close = async (): Promise<void> => {
      stopCancelling()
      await server.close()
    }
    return { ...server, close }
  } catch (error) {
    await admin.close()
    throw error
  }
}

/**
 * The same without the lock, for what only shows others what a run is about.
 * @throws ConnectionError (exit 6); AwsError and BlockedError of the bootstrap
 */
export async function openUnlockedOrBootstrap(
  context: RunContext,
  adminSecret: Credential | null,
): Promise<Connections> {
  return withoutLock(context, adminSecret, loginOrBootstrap)
}

/**
 * Connects as the delegated admin for a run that only looks: without the lock, and never as the master.
 * @throws ConnectionError (exit 6)
 */
export async function openUnlocked(context: RunContext, adminSecret: Credential | null): Promise<Connections> {
  return withoutLock(context, adminSecret, async (...args) =>
    explainFailure(context, adminSecret, () => login(...args)),
  )
}

/** Connections of a run that only looks; what the master does before, where the look had to be its. */
export interface Look {
  readonly server: Connections
  /** null: the admin looks. */
  readonly part: MastersPart | null
}

/**
 * Connects for a run that only looks, without the lock: as the delegated admin, or where that is refused and
 * `master_secret_id` is given, as the master in read-only transactions.
 * @param asMaster the admin lacks rights that the master gives
 * @throws ConnectionError (exit 6); AwsError and BlockedError of the master's part
 */
export async function openToLook(
  context: RunContext,
  adminSecret: Credential | null,
  asMaster: boolean,
): Promise<Look> {
  if (asMaster) return openAsMaster(context, adminSecret, false)
  const target = await targetOf(context.declaration, context.identity, context.dependencies)
  return explainFailure(context, adminSecret, async () => {
    try {
      const { session, credential } = await login(context, target, adminSecret)
      const options = connectionsOptionsOf(context, target, session, credential)
      return { server: makeConnections(session, session, options), part: null }
    } catch (error) {
      if (!isRefused(error) || context.declaration.masterSecretId === null) throw error
      return openAsMaster(context, adminSecret, true)
    }
  })
}

async function withoutLock(
  context: RunContext,
  adminSecret: Credential | null,
  open: typeof login,
): Promise<Connections> {
  const target = await targetOf(context.declaration, context.identity, context.dependencies)
  const { session, credential } = await open(context, target, adminSecret)
  return makeConnections(session, session, connectionsOptionsOf(context, target, session, credential))
}

/**
 * The master gives the admin the rights that it lacks; its password is left as it is.
 * @returns by role, what the server said where it refused
 */
export async function repairAdmin(
  context: RunContext,
  secret: Credential | null,
): Promise<ReadonlyMap<string, string>> {
  const target = await targetOf(context.declaration, context.identity, context.dependencies)
  return bootstrapAdmin(context, target, adminCredentialOf(context.declaration, secret, context.dependencies), null)
}

interface AdminSession {
  readonly session: Session
  readonly credential: AdminCredential
  readonly adminSecret: Credential | null
}

/** As the admin; else, where it is refused and a master is at hand, once the master has created or repaired it. */
async function loginOrBootstrap(
  context: RunContext,
  target: Target,
  adminSecret: Credential | null,
): Promise<AdminSession> {
  return explainFailure(context, adminSecret, async () => {
    try {
      return await login(context, target, adminSecret)
    } catch (error) {
      if (!isRefused(error) || context.declaration.masterSecretId === null) throw error
      if (context.identity.approvedPlan !== null) throw new BlockedError([unplannedAdmin()])
      const admin = adminCredentialOf(context.declaration, adminSecret, context.dependencies)
      await bootstrapAdmin(context, target, admin, adminSecret)
      return await loginAsAdmin(context, target, adminSecret, isPassing)
    }
  })
}

/**
 * With the current secret; else with the pending one (a rotation is under way) or a newer current one (it just ended).
 * @throws ConnectFailure
 */
async function login(context: RunContext, target: Target, adminSecret: Credential | null): Promise<AdminSession> {
  const mayPass = isPassingAtFirst()
  try {
    return await loginAsAdmin(context, target, adminSecret, mayPass)
  } catch (error) {
    if (!isRefused(error) || adminSecret === null) throw error
    const rotated = await loginWithOtherVersion(context, target, adminSecret, mayPass)
    if (rotated === null) throw error
    return rotated
  }
}

/** @throws ConnectionError in place of ConnectFailure */
async function explainFailure<T>(
  { declaration, dependencies }: RunContext,
  adminSecret: Credential | null,
  open: () => Promise<T>,
): Promise<T> {
  const started = Date.now()
  try {
    return await open()
  } catch (error) {
    if (!(error instanceof ConnectFailure)) throw error
    const { user } = adminCredentialOf(declaration, adminSecret, dependencies)
    throw toConnectionError(error, declaration, user, Date.now() - started)
  }
}

async function loginWithOtherVersion(
  context: RunContext,
  target: Target,
  tried: Credential,
  mayPass: (failure: ConnectFailure) => boolean,
): Promise<AdminSession | null> {
  for (const stage of ['AWSPENDING', 'AWSCURRENT'] as const) {
    const version = await context.secrets.readStage(tried.secretId, stage)
    if (version === null || version.versionId === tried.versionId) continue
    try {
      return await loginAsAdmin(context, target, version, mayPass)
    } catch (error) {
      if (!isRefused(error)) throw error
    }
  }
  return null
}

async function loginAsAdmin(
  { declaration, dependencies }: RunContext,
  target: Target,
  adminSecret: Credential | null,
  mayPass: (failure: ConnectFailure) => boolean,
): Promise<AdminSession> {
  const { host, port } = target.endpoint
  const credential = adminCredentialOf(declaration, adminSecret, dependencies)
  const limit = declaration.connectTimeoutSeconds
  const session = await retryPatiently(
    async (attempt) => connect(target, await loginTo(declaration.instance.database, credential), attempt),
    {
      timeoutMs: limit * 1000,
      signal: dependencies.signal,
      isPassing: mayPass,
      report: (reason, elapsedMs) =>
        dependencies.progress(
          `waiting for ${host}:${String(port)} (${(elapsedMs / 1000).toFixed(0)} of ${String(limit)} s): ${reason}`,
        ),
    },
  )
  return { session, credential, adminSecret }
}
