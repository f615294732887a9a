/** From a declaration to a locked instance: connect as the delegated admin, wait where waiting helps, take the lock. */
import { ConnectionError, type Problem } from '../errors.ts'
import type { Credential } from '../model/credential.ts'
import type { Declaration } from '../model/declaration.ts'
import type { RunIdentity } from '../model/run.ts'
import { connect, type Target } from '../server/connect.ts'
import { ConnectFailure, type FailureKind } from '../server/failure.ts'
import { type AdminCredential, instance, type Instance, loginTo } from '../server/instance.ts'
import { takeLock } from '../server/lock.ts'
import { patiently } from '../server/patience.ts'
import type { Session } from '../server/session.ts'
import { tlsOptions } from '../server/tls.ts'
import type { Dependencies } from './dependencies.ts'

/** The lock lives in one database, the same for all stacks (design §5 fact 18). */
const LOCK_DATABASE = 'postgres'

/** The server cuts application_name at 63 bytes and replaces what is not ASCII. */
export function applicationName(run: RunIdentity): string {
  const started = run.startedAt.toISOString().replace(/\.\d+Z$/, 'Z')
  return `rds-provision ${started} run ${run.runId}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 63)
}

/** @throws InvalidInputError for an unreadable CA file. */
export async function targetOf(declaration: Declaration, run: RunIdentity, dependencies: Dependencies): Promise<Target> {
  const { instance: declared, connectThrough, tls, lockTimeoutSeconds } = declaration
  const lockTimeoutMs = lockTimeoutSeconds * 1000
  return {
    endpoint: connectThrough ?? { host: declared.host, port: declared.port },
    ssl: await tlsOptions({ ...tls, caFile: tls.caFile ?? dependencies.defaultCaFile }, declared.host),
    applicationName: applicationName(run),
    lockTimeoutMs,
    statementTimeoutMs: lockTimeoutMs + 600_000,
    version: 0,
  }
}

export function adminCredential(declaration: Declaration, secret: Credential | null, dependencies: Dependencies): AdminCredential {
  const { admin, aws, instance: declared } = declaration
  const user = secret?.username ?? admin.username
  const { host, port } = declared
  const password = async () => (secret === null ? dependencies.iamToken({ host, port }, user, aws) : secret.password)
  return { user, password, isToken: secret === null }
}

/**
 * Connects as the delegated admin and takes the instance's lock.
 * @throws ConnectionError (exit 6); ApplyError when the lock is not given in time.
 */
export async function openInstance(declaration: Declaration, target: Target, credential: AdminCredential, dependencies: Dependencies): Promise<Instance> {
  const admin = await connectAdmin(declaration, target, credential, dependencies)
  try {
    const lock = await lockSession(admin, target, credential)
    const { signal, progress } = dependencies
    await takeLock(lock, { timeoutMs: declaration.lockTimeoutSeconds * 1000, signal, report: progress })
    return instance({ ...target, version: admin.version }, admin, lock, credential, declaration.maxConnections)
  } catch (error) {
    await admin.close()
    throw error
  }
}

async function connectAdmin(declaration: Declaration, target: Target, credential: AdminCredential, dependencies: Dependencies): Promise<Session> {
  const { host, port } = target.endpoint
  const started = Date.now()
  try {
    return await patiently(async () => connect(target, await loginTo(declaration.instance.database, credential)), {
      timeoutMs: declaration.connectTimeoutSeconds * 1000,
      signal: dependencies.signal,
      report: (reason, elapsedMs) => dependencies.progress(`waiting for ${host}:${String(port)} (${seconds(elapsedMs)} of ${String(declaration.connectTimeoutSeconds)} s): ${reason}`),
    })
  } catch (error) {
    if (error instanceof ConnectFailure) throw connectionError(error, declaration, credential.user, Date.now() - started)
    throw error
  }
}

async function lockSession(admin: Session, target: Target, credential: AdminCredential): Promise<Session> {
  if (admin.database === LOCK_DATABASE) return admin
  try {
    return await connect({ ...target, version: admin.version }, await loginTo(LOCK_DATABASE, credential))
  } catch (error) {
    // Dropped, or closed to the admin: then the declared database it is, and all stacks must agree on it.
    if (error instanceof ConnectFailure && error.kind === 'after_authentication') return admin
    throw error
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(0)
}

const REMEDIES: Readonly<Record<FailureKind, string>> = {
  unreachable: 'Check instance.host and port, the network path and the security group, and connect_through if there is a tunnel.',
  starting: 'Check the instance in the RDS console; raise connect_timeout if it needs longer to start.',
  full: 'Free connections on the server, or raise its max_connections.',
  tls: 'Check tls.ca_file and tls.server_name; for RDS no ca_file is needed. The host must be spelled as in the certificate.',
  no_tls: 'Enable TLS on the server; tls.mode = "disable" is for the loopback only.',
  wrong_password: "Correct the delegated admin's secret, or give master_secret_id so that the admin is created or repaired.",
  other_method: 'The server sends this login to PAM: it is in rds_iam. Use admin_auth = "iam", or take it out of rds_iam as the master.',
  after_authentication: "Check instance.database, and the admin's CONNECT privilege, LOGIN attribute and connection limits.",
  refused: 'Check the login name and what the server allows (pg_hba.conf; on RDS, rds.force_ssl and IAM).',
}

/** What was tried, for how long, and what to check. */
export function connectionError(failure: ConnectFailure, declaration: Declaration, user: string, elapsedMs: number): ConnectionError {
  const { instance: declared, connectThrough } = declaration
  const through = connectThrough === null ? '' : ` through ${connectThrough.host}:${String(connectThrough.port)}`
  const problem: Problem = {
    application: null,
    field: 'instance',
    message: `cannot connect to ${declared.host}:${String(declared.port)}${through}, database ${declared.database}, as ${user}: ${failure.message} (tried for ${seconds(elapsedMs)} s).`,
    remedy: REMEDIES[failure.kind],
  }
  return new ConnectionError([problem], { cause: failure })
}
