/** From a declaration to a locked instance: connect as the delegated admin, wait where waiting helps, take the lock. */
import type { Credential } from '../model/credential.ts'
import type { Declaration } from '../model/declaration.ts'
import type { RunIdentity } from '../model/run.ts'
import { connect, type Target } from '../server/connect.ts'
import { ConnectFailure } from '../server/failure.ts'
import { type AdminCredential, instance, type Instance, type InstanceOptions, loginTo } from '../server/instance.ts'
import { mayPass, patiently } from '../server/patience.ts'
import type { Session } from '../server/session.ts'
import { tlsOptions } from '../server/tls.ts'
import { bootstrap } from './bootstrap.ts'
import { connectionError } from './connection-error.ts'
import type { Dependencies, RunContext } from './dependencies.ts'
import { cancelOnInterrupt } from './interrupt.ts'
import { lockInstance } from './lock-session.ts'

/** The server cuts application_name at 63 bytes and replaces what is not ASCII. */
export function applicationName(run: RunIdentity): string {
  const started = run.startedAt.toISOString().replace(/\.\d+Z$/, 'Z')
  return `rds-provision ${started} run ${run.runId}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 63)
}

async function targetOf(declaration: Declaration, run: RunIdentity, dependencies: Dependencies): Promise<Target> {
  const { instance: declared, connectThrough, tls, lockTimeoutSeconds } = declaration
  const lockTimeoutMs = lockTimeoutSeconds * 1000
  return {
    endpoint: connectThrough ?? { host: declared.host, port: declared.port },
    ssl: await tlsOptions(tls, declared.host, dependencies.defaultCaFile),
    applicationName: applicationName(run),
    lockTimeoutMs,
    statementTimeoutMs: lockTimeoutMs + 600_000,
    version: 0,
  }
}

function adminCredential(
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
 * Connects as the delegated admin and takes the instance's lock. An interrupt ends what its sessions are doing.
 * @param adminSecret null: the admin logs in by IAM.
 * @throws ConnectionError (exit 6); SecretError and BlockedError of the bootstrap; ApplyError when the lock is not given
 *   in time.
 */
export async function openInstance(run: RunContext, adminSecret: Credential | null): Promise<Instance> {
  const target = await targetOf(run.declaration, run.run, run.dependencies)
  const { session: admin, credential } = await connectAdmin(run, target, adminSecret)
  try {
    const lock = await lockInstance(run, admin, target, credential)
    const server = instance(admin, lock, instanceOptions(run, target, admin, credential))
    const stopCancelling = cancelOnInterrupt(run, server)
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

function instanceOptions(
  { declaration, dependencies }: RunContext,
  target: Target,
  admin: Session,
  credential: AdminCredential,
): InstanceOptions {
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
 * Connects as the delegated admin for a run that only looks: without the lock, and never as the master.
 * @throws ConnectionError (exit 6)
 */
export async function connectInstance(run: RunContext, adminSecret: Credential | null): Promise<Instance> {
  const target = await targetOf(run.declaration, run.run, run.dependencies)
  const { session, credential } = await connectAdmin(run, target, adminSecret)
  return instance(session, session, instanceOptions(run, target, session, credential))
}

/** The master gives the admin the rights that adoption needs; its password is left as it is. */
export async function repairAdmin(run: RunContext, adminSecret: Credential | null): Promise<void> {
  const target = await targetOf(run.declaration, run.run, run.dependencies)
  await bootstrap(run, target, adminCredential(run.declaration, adminSecret, run.dependencies), null)
}

interface AdminSession {
  readonly session: Session
  readonly credential: AdminCredential
  readonly adminSecret: Credential | null
}

/**
 * With the current secret; else with the pending one (a rotation is under way) or a newer current one (it just ended);
 * else, with a master at hand, after the admin was created or repaired.
 */
async function connectAdmin(run: RunContext, target: Target, adminSecret: Credential | null): Promise<AdminSession> {
  const { declaration } = run
  const started = Date.now()
  try {
    try {
      return await asAdmin(run, target, adminSecret)
    } catch (error) {
      if (!isRefused(error)) throw error
      const rotated = adminSecret === null ? null : await withAnotherVersion(run, target, adminSecret)
      if (rotated !== null) return rotated
      if (declaration.masterSecretId === null || run.run.command === 'plan' || run.run.command === 'report') throw error
      await bootstrap(run, target, adminCredential(declaration, adminSecret, run.dependencies), adminSecret)
      return await asAdmin(run, target, adminSecret)
    }
  } catch (error) {
    if (!(error instanceof ConnectFailure)) throw error
    throw connectionError(
      error,
      declaration,
      adminCredential(declaration, adminSecret, run.dependencies).user,
      Date.now() - started,
    )
  }
}

/** The role does not exist or has another password, which a server does not tell apart; or it may not log in. */
function isRefused(error: unknown): boolean {
  return (
    error instanceof ConnectFailure &&
    (error.kind === 'wrong_password' || error.kind === 'refused' || error.code === '28000')
  )
}

async function withAnotherVersion(run: RunContext, target: Target, tried: Credential): Promise<AdminSession | null> {
  for (const stage of ['AWSPENDING', 'AWSCURRENT'] as const) {
    const version = await run.secrets.readStage(tried.secretId, stage)
    if (version === null || version.versionId === tried.versionId) continue
    try {
      return await asAdmin(run, target, version)
    } catch (error) {
      if (!isRefused(error)) throw error
    }
  }
  return null
}

async function asAdmin(
  { declaration, dependencies }: RunContext,
  target: Target,
  adminSecret: Credential | null,
): Promise<AdminSession> {
  const { host, port } = target.endpoint
  const credential = adminCredential(declaration, adminSecret, dependencies)
  const limit = declaration.connectTimeoutSeconds
  const session = await patiently(
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
