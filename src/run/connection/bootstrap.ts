/** The master's only part in a run: the delegated admin is created or repaired, then its connection ends. */
import { BlockedError, ConnectionError } from '../../errors.ts'
import type { Problem } from '../../model/problem.ts'
import { checkAdminRole, checkBeforeBootstrap, noMasterRight } from '../../guardrails/bootstrap.ts'
import type { Credential } from '../../model/credential.ts'
import type { Declaration } from '../../model/declaration.ts'
import { type Plan, planSteps, type Step } from '../../model/step.ts'
import { neededRoles } from '../../model/upgrade-helper.ts'
import { execute, type Failure } from '../../execute/execute.ts'
import { toDraft } from '../../execute/draft.ts'
import { tryOut } from '../../execute/trial.ts'
import { planAdminFreedom, planBootstrap, planRights, planTrialAdmin } from '../../plan/bootstrap.ts'
import { scramVerifier } from '../../secrets/verifier.ts'
import { connect, type Target } from '../../server/connect.ts'
import { ConnectFailure } from '../../server/failure.ts'
import { inspectCluster } from '../../server/inspect-cluster.ts'
import { inspectMaster } from '../../server/inspect-master.ts'
import { type AdminCredential, makeConnections, loginTo } from '../../server/connections.ts'
import type { Session } from '../../server/session.ts'
import { assertApplied, recordFindings, recordUnknown } from '../outcome.ts'
import { toConnectionError } from './connection-error.ts'
import { readMaster } from './master.ts'
import type { RunContext } from '../context.ts'

import { lockInstance } from './lock.ts'
import type { RecordDraft } from '../../model/audit.ts'

/**
 * Creates or repairs the delegated admin, as the master, under the instance's lock.
 * @param adminSecret null: the admin logs in by IAM, or its password is to be left as it is.
 * @returns by role, what the server said where it refused the admin the right over it
 * @throws AwsError, ConnectionError, BlockedError, ApplyError
 */
export async function bootstrapAdmin(
  context: RunContext,
  target: Target,
  admin: AdminCredential,
  adminSecret: Credential | null,
): Promise<ReadonlyMap<string, string>> {
  const { declaration } = context
  const master = await readMaster(context, admin.user)
  const session = await connectAsMaster(context, target, master, admin.user)
  let lock = session
  try {
    lock = await lockInstance(context, session, target, master)
    const cluster = await inspectCluster(session, declaration)
    const facts = await inspectMaster(session, rolesToGrant(admin.user))
    const role = cluster.roles.get(admin.user)
    const before = checkBeforeBootstrap(declaration, cluster, admin.user, facts.grantable, context.identity)
    const rights = planRights({ cluster, admin: admin.user, needed: neededRoles(declaration, cluster) })
    assertNone([
      ...before.blocked,
      ...(role === undefined ? [] : checkAdminRole(role)),
      ...(await refusedRights(declaration, session, before.toTry, rights, planTrialAdmin(cluster, admin.user))),
    ])
    const sessions = { session, lock, target, master }
    const freedom = planAdminFreedom({ cluster, admin: admin.user, auth: declaration.admin.auth })
    await executeBootstrap(context, freedom, sessions)
    const plan = planBootstrap({
      cluster,
      admin: admin.user,
      auth: declaration.admin.auth,
      verifier:
        adminSecret === null || (await canLogIn(context, target, admin))
          ? null
          : await scramVerifier(adminSecret.password),
      ...facts,
      mayAlter: facts.grantable.has(admin.user),
      buildId: context.identity.buildId,
      tags: declaration.tags,
    })
    for (const { step, message } of await executeBootstrap(context, plan, sessions, isRepair))
      throw new BlockedError([noMasterRight(cluster, master.user, step.username ?? '', message)])
    return tellRefusals(context, master.user, await executeBootstrap(context, rights, sessions, () => true))
  } finally {
    await session.close()
    if (lock !== session) await lock.close()
  }
}

/**
 * The role does not exist or has another password, which a server does not tell apart; or it may not log in, or not in
 * this way any more; or its password is stored as an MD5 hash. The master mends each.
 */
export function isRefused(error: unknown): boolean {
  return (
    error instanceof ConnectFailure &&
    (['wrong_password', 'turned_away', 'refused', 'other_method'].includes(error.kind) ||
      ['28000', 'AUTH_MD5'].includes(error.code))
  )
}

interface MasterSessions {
  readonly session: Session
  readonly lock: Session
  readonly target: Target
  readonly master: AdminCredential
}

/** From 16 on the master may be refused it, where the admin was made by another login or before an upgrade. */
function isRepair({ step, code }: Failure): boolean {
  return step.kind === 'repair_admin' && code === '42501'
}

/**
 * Rights that new claims need, and that the server would refuse the master: tried and taken back, so that a run that is
 * stopped for one has changed nothing.
 * @param admin makes the admin for that long, where there is none
 */
async function refusedRights(
  { applications }: Declaration,
  session: Session,
  problems: readonly Problem[],
  rights: Plan,
  admin: readonly Step[],
): Promise<Problem[]> {
  const refused: Problem[] = []
  for (const problem of problems) {
    const role = problem.role ?? applications.find(({ name }) => name === problem.application)?.username
    const steps = planSteps(rights).filter(({ target }) => target === role)
    if (steps.length === 0) continue
    const said = await tryOut(session, admin, { kind: 'atomic', steps })
    if (said !== null) refused.push({ ...problem, message: `${problem.message} ${triedInVain(session.login, said)}` })
  }
  return refused
}

function triedInVain(master: string, said: string): string {
  return `${master} tried to give it, and the server refused: ${said}.`
}

/** What was tried and refused is no end of the run: what it means, the admin's own guardrails say. */
function tellRefusals(
  { recorder }: RunContext,
  master: string,
  failures: readonly Failure[],
): ReadonlyMap<string, string> {
  return new Map(
    failures.map(({ step, message }) => {
      const refusal = triedInVain(master, message)
      recorder.record({ ...toDraft(step, [], 0, ''), status: 'warning', message: `${step.message}: ${refusal}` })
      return [step.target ?? '', refusal]
    }),
  )
}

/**
 * @param isTried failures that the caller sees to
 * @returns these failures
 * @throws ConnectionLost, ApplyError
 */
async function executeBootstrap(
  context: RunContext,
  plan: Plan,
  { session, lock, target, master }: MasterSessions,
  isTried: (failure: Failure) => boolean = () => false,
): Promise<readonly Failure[]> {
  const { recorder, dependencies } = context
  const { signal, progress } = dependencies
  const record = (draft: RecordDraft): void => {
    recorder.record(draft)
  }
  const patience = { timeoutMs: 0, signal, report: progress }
  const server = makeConnections(session, lock, { target, credential: master, maxConnections: 1, patience })
  const execution = await execute(server, plan, { signal, waits: { ms: 0 }, maxConnections: 1, record, progress })
  recordFindings(recorder, plan.findings, new Set())
  recordUnknown(record, execution.unknown.flat())
  if (execution.lost !== null) throw execution.lost
  assertApplied(context, { ...execution, failures: execution.failures.filter((failure) => !isTried(failure)) })
  return execution.failures.filter(isTried)
}

/**
 * Whether the admin's password is right by now: another run may have repaired it before we got the lock, and a password
 * that works is not set (LOGIN or CONNECT may be what is missing).
 */
async function canLogIn(
  { declaration, dependencies: { signal } }: RunContext,
  target: Target,
  admin: AdminCredential,
): Promise<boolean> {
  try {
    const session = await connect(target, await loginTo(declaration.instance.database, admin), signal)
    await session.close()
    return true
  } catch (error) {
    if (!(error instanceof ConnectFailure)) throw error
    return error.kind === 'after_authentication'
  }
}

/** Roles of which it matters whether the master may grant them. */
export function rolesToGrant(admin: string): readonly string[] {
  return [admin, 'pg_signal_backend', 'pg_read_all_stats', 'rds_password', 'rds_iam']
}

/** @throws ConnectionError */
export async function connectAsMaster(
  { declaration, dependencies: { signal } }: RunContext,
  target: Target,
  master: AdminCredential,
  admin: string,
): Promise<Session> {
  const started = Date.now()
  try {
    return await connect(target, await loginTo(declaration.instance.database, master), signal)
  } catch (error) {
    if (!(error instanceof ConnectFailure)) throw error
    const told = toConnectionError(error, declaration, master.user, Date.now() - started)
    const remedy =
      `The delegated admin ${admin} cannot log in, and the master that would repair it cannot either: ` +
      'check both secrets, admin_secret_id and master_secret_id.'
    throw new ConnectionError(
      error.kind === 'wrong_password' ? told.problems.map((problem) => ({ ...problem, remedy })) : told.problems,
      { cause: error },
    )
  }
}

function assertNone(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new BlockedError(problems)
}
