/** The master's only part in a run: the delegated admin is created or repaired, then its connection ends. */
import { BlockedError, ConnectionError, SecretError } from '../errors.ts'
import { checkReservedNames } from '../guardrails/names.ts'
import type { Credential } from '../model/credential.ts'
import type { RoleState } from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'
import { execute } from '../apply/execute.ts'
import { planBootstrap } from '../plan/bootstrap.ts'
import { scramVerifier } from '../secrets/verifier.ts'
import { connect, type Target } from '../server/connect.ts'
import { ConnectFailure } from '../server/failure.ts'
import { inspectCluster } from '../server/inspect-cluster.ts'
import { inspectMaster } from '../server/inspect-master.ts'
import { type AdminCredential, instance, loginTo } from '../server/instance.ts'
import { takeLock } from '../server/lock.ts'
import type { Session } from '../server/session.ts'
import { assertApplied, recordFindings } from './assess.ts'
import { connectionError } from './connection-error.ts'
import type { RunContext } from './dependencies.ts'

/**
 * Creates or repairs the delegated admin, as the master, under the instance's lock.
 * @param adminSecret null: the admin logs in by IAM.
 * @param setPassword its password does not work.
 * @throws SecretError, ConnectionError, BlockedError, ApplyError
 */
export async function bootstrap(run: RunContext, target: Target, admin: AdminCredential, adminSecret: Credential | null, setPassword: boolean): Promise<void> {
  const { declaration, dependencies } = run
  const master = await masterCredential(run)
  if (master.user === admin.user) throw sameLogin(master.user)
  const reserved = checkReservedNames(declaration, master.user)
  if (reserved.length > 0) throw new BlockedError(reserved)
  const session = await connectAsMaster(declaration, target, master)
  try {
    const { signal, progress } = dependencies
    await takeLock(session, { timeoutMs: declaration.lockTimeoutSeconds * 1000, signal, report: progress })
    const adopted = declaration.applications.filter((application) => application.adoptExisting).map((application) => application.username)
    const cluster = await inspectCluster(session, { ...declaration, databases: [], applications: [] })
    const facts = await inspectMaster(session, [...adopted, 'pg_signal_backend', 'pg_read_all_stats', 'rds_password', 'rds_iam'])
    assertUsable(admin.user, cluster.roles.get(admin.user))
    const plan = planBootstrap({
      cluster,
      admin: admin.user,
      auth: declaration.admin.auth,
      verifier: setPassword && adminSecret !== null ? await scramVerifier(adminSecret.password) : null,
      ...facts,
      adopted,
      buildId: run.run.buildId,
      tags: declaration.tags,
    })
    const server = instance(session, session, { target, credential: master, maxConnections: 1, patience: { timeoutMs: 0, signal, report: progress } })
    const execution = await execute(server, plan, { signal, maxConnections: 1, record: (draft) => { run.recorder.record(draft) }, progress })
    recordFindings(run.recorder, plan.findings, new Set())
    if (execution.lost !== null) throw execution.lost
    assertApplied(run, execution)
  } finally {
    await session.close()
  }
}

async function masterCredential({ declaration, secrets }: RunContext): Promise<AdminCredential> {
  const id = declaration.masterSecretId
  if (id === null) throw new TypeError('bootstrap needs a master secret')
  const { credentials, problems } = await secrets.readCurrent([id])
  const credential = credentials.get(id)
  if (credential === undefined) throw new SecretError(problems)
  const user = credential.username
  if (user === null) {
    throw new SecretError([{ application: null, field: id, message: 'the master secret names no username.', remedy: 'Add "username" to its JSON.' }])
  }
  return { user, password: async () => Promise.resolve(credential.password), isToken: false }
}

async function connectAsMaster(declaration: Declaration, target: Target, master: AdminCredential): Promise<Session> {
  const started = Date.now()
  try {
    return await connect(target, await loginTo(declaration.instance.database, master))
  } catch (error) {
    if (!(error instanceof ConnectFailure)) throw error
    const told = connectionError(error, declaration, master.user, Date.now() - started)
    const remedy = 'The delegated admin cannot log in, and the master that would repair it cannot either: check master_secret_id.'
    throw new ConnectionError(error.kind === 'wrong_password' ? told.problems.map((problem) => ({ ...problem, remedy })) : told.problems, { cause: error })
  }
}

function sameLogin(user: string): BlockedError {
  return new BlockedError([
    { application: null, field: 'reserved names', message: `the delegated admin and the master are both ${user}.`, remedy: "Give the delegated admin a name of its own in its secret, e.g. platform_provisioner." },
  ])
}

/** A password is not set for a role that is more than a delegated admin: it would be somebody's. */
function assertUsable(user: string, role: RoleState | undefined): void {
  if (role === undefined || !(role.superuser || role.replication || role.bypassRls)) return
  throw new BlockedError([
    { application: null, field: 'privileged role', message: `the role ${user} cannot be the delegated admin: it holds SUPERUSER, REPLICATION or BYPASSRLS.`, remedy: 'Name another login in the admin secret.' },
  ])
}
