/** From a declaration to a locked instance: connect as the delegated admin, wait where waiting helps, take the lock. */
import { BlockedError } from '../../errors.ts'
import { violation } from '../../guardrails/violation.ts'
import type { Credential } from '../../model/credential.ts'
import type { Declaration } from '../../model/declaration.ts'
import type { Problem } from '../../model/problem.ts'
import type { RunIdentity } from '../../model/run.ts'
import { connect, type Target } from '../../server/connect.ts'
import { ConnectFailure } from '../../server/failure.ts'
import {
  type AdminCredential,
  makeConnections,
  type Connections,
  type ConnectionsOptions,
  loginTo,
} from '../../server/connections.ts'
import { isPassing, isPassingAtFirst, retryPatiently } from '../../server/patience.ts'
import type { Session } from '../../server/session.ts'
import { tlsOptions } from '../../server/tls.ts'
import { bootstrapAdmin, isRefused } from './bootstrap.ts'
import { toConnectionError } from './connection-error.ts'
import type { Dependencies, RunContext } from '../context.ts'
import { cancelOnInterrupt } from '../interrupt.ts'
import { lockInstance } from './lock.ts'

/** A plan is made by looking, and nothing is seen without the admin. */
function unplannedAdmin(): Problem {
  return violation(
    null,
    'approved_plan',
    'the delegated admin cannot log in, and that the master makes or repairs it stands in no plan.',
    'Set ALLOW_DB_PROVISION=true for this run, which approves that too.',
  )
}

/** The server cuts application_name at 63 bytes and replaces what is not ASCII. */
function applicationNameOf(identity: RunIdentity): string {
  const started = identity.startedAt.toISOString().replace(/\.\d+Z$/, 'Z')
  return `rds-provision ${started} run ${identity.runId}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 63)
}

/** For what a tenant's open transaction holds: its own trouble (src/README.md: Whose trouble it is). */
const OBJECT_LOCK_TIMEOUT_MS = 2_500

async function targetOf(declaration: Declaration, identity: RunIdentity, dependencies: Dependencies): Promise<Target> {
  const { instance: declared, connectThrough, tls, lockTimeoutSeconds } = declaration
  const instanceLockMs = lockTimeoutSeconds * 1000
  return {
    endpoint: connectThrough ?? { host: declared.host, port: declared.port },
    ssl: await tlsOptions(tls, declared.host, dependencies.defaultCaFile),
    applicationName: applicationNameOf(identity),
    lockTimeoutMs: Math.min(instanceLockMs, OBJECT_LOCK_TIMEOUT_MS),
    statementTimeoutMs: instanceLockMs + 600_000,
    version: 0,
  }
}

function adminCredentialOf(
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

async function withoutLock(
  context: RunContext,
  adminSecret: Credential | null,
  open: typeof login,
): Promise<Connections> {
  const target = await targetOf(context.declaration, context.identity, context.dependencies)
  const { session, credential } = await open(context, target, adminSecret)
  return makeConnections(session, session, connectionsOptionsOf(context, target, session, credential))
}

function connectionsOptionsOf(
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
