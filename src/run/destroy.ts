/** `destroy`: guard, connect and lock, look, close, snapshot, look again, remove, verify. */
import { createRecorder } from '../audit/recorder.ts'
import { ApplyError, BlockedError, EXIT, type Problem, ProvisionError } from '../errors.ts'
import { checkReservedNames } from '../guardrails/names.ts'
import { checkRemovalApproval, removalApproval } from '../guardrails/removal.ts'
import type { RunEnvironment } from '../input/environment.ts'
import type { AuditRecord } from '../model/audit.ts'
import type { Credential } from '../model/credential.ts'
import type { CleanupPolicy, Declaration } from '../model/declaration.ts'
import type { RunIdentity } from '../model/run.ts'
import type { Finding } from '../model/step.ts'
import { finding } from '../plan/context.ts'
import { planAdmission } from '../plan/removal.ts'
import type { Preview } from '../report/preview/preview.ts'
import { showPending } from '../server/removal-signals.ts'
import { interrupted, recordFindings } from './assess.ts'
import { missingRecords, violationRecords } from './complete.ts'
import { assertReserved, readCredentials } from './credentials.ts'
import type { Dependencies, RunContext } from './dependencies.ts'
import { reached } from './gone.ts'
import { orInterrupted } from './interrupt.ts'
import { connectInstance } from './open.ts'
import { provisionError } from './provision-error.ts'
import { examine, type RemovalOrder, removalPlans } from './removal.ts'
import { type DestroyDependencies, runRemoval, snapshotFindings } from './removal-rounds.ts'
import type { RunResult } from './result.ts'

export interface DestroyRequest extends RemovalOrder {
  readonly declaration: Declaration
  readonly approvals: Pick<RunEnvironment, 'allowProvision' | 'allowDestroy'>
}

/**
 * An instance that is gone does not come back: it is not waited for as long as one that has just been made. A server
 * that restarts is back by then.
 */
const CONNECT_LIMIT_SECONDS = 60

/**
 * The policy of the request as far as it is known before the server is asked; null: the tags say.
 */
export function knownPolicy({
  declaration,
  target,
  policy,
}: Pick<DestroyRequest, 'declaration' | 'target' | 'policy'>): CleanupPolicy | null {
  const declared =
    target.by === 'application' ? declaration.applications.find((item) => item.name === target.value) : undefined
  return policy ?? declared?.cleanupPolicy ?? null
}

/**
 * Removes an application, or all that carries a tag, by the cleanup policies.
 * @returns the audit, whatever the outcome; `end.exitCode` is the exit code of design §4.
 * @throws only what is a defect of this program.
 */
export async function destroy(
  request: DestroyRequest,
  identity: RunIdentity,
  dependencies: DestroyDependencies,
): Promise<RunResult> {
  const { declaration, approvals, target } = request
  const { environment, clusterName, instance } = declaration
  const records: AuditRecord[] = []
  const sinks = [(record: AuditRecord) => records.push(record), ...dependencies.sinks]
  const run = { ...identity, approval: removalApproval(environment, approvals, knownPolicy(request) !== 'retain') }
  const recorder = createRecorder({ run, environment, clusterName, instance, now: dependencies.now, sinks })
  const context = {
    declaration: patient(declaration),
    run,
    secrets: dependencies.secrets(declaration.aws),
    recorder,
    dependencies,
  }
  try {
    await stages(context, request, dependencies)
    const isChanged = records.some((record) => ['created', 'updated', 'removed'].includes(record.status))
    return {
      recorder,
      end: { outcome: isChanged ? 'changed' : 'no_change', exitCode: EXIT.done, error: null },
      problems: [],
    }
  } catch (thrown) {
    const isInterrupted = dependencies.signal.aborted && !(thrown instanceof ProvisionError)
    const error = isInterrupted ? new ApplyError([interrupted(dependencies.signal)]) : provisionError(thrown)
    const concerned =
      target.by === 'application'
        ? only(declaration, target.value)
        : { ...declaration, applications: [], databases: [] }
    for (const draft of error instanceof BlockedError ? violationRecords(concerned, error) : []) recorder.record(draft)
    for (const draft of missingRecords(concerned, records, error)) recorder.record(draft)
    return {
      recorder,
      end: {
        outcome: error instanceof BlockedError ? 'blocked' : 'failed',
        exitCode: error.exitCode,
        error: error.message,
      },
      problems: error.problems,
    }
  }
}

/** The declaration of one application alone. */
function only(declaration: Declaration, name: string): Declaration {
  return {
    ...declaration,
    applications: declaration.applications.filter((item) => item.name === name),
    databases: declaration.databases.filter((item) => item.owner.name === name),
  }
}

function patient(declaration: Declaration): Declaration {
  return { ...declaration, connectTimeoutSeconds: Math.min(declaration.connectTimeoutSeconds, CONNECT_LIMIT_SECONDS) }
}

async function stages(context: RunContext, request: DestroyRequest, dependencies: DestroyDependencies): Promise<void> {
  const known = knownPolicy(request)
  if (known === 'retain') {
    recordFindings(context.recorder, [retained(request)], new Set())
    return
  }
  assertAllowed(request)
  const admin = await whoAndAdmin(context)
  const signs = known === 'delete' ? null : await reached(() => connectInstance(context, admin))
  try {
    if (signs !== null) await showPending(signs.admin, dependencies.runGroup)
    await runRemoval({ context, order: request, dependencies, admin, signs })
  } finally {
    await signs?.close()
  }
}

/** Under retain nothing is connected to and nothing changes (design §14). */
function retained({ declaration, target, policy }: DestroyRequest): Finding {
  const application = declaration.applications.find((item) => target.by === 'application' && item.name === target.value)
  const {
    name = target.by === 'application' ? target.value : null,
    database = null,
    username = null,
  } = application ?? {}
  const why = policy === null ? 'its cleanup_policy is retain' : 'RDS_CLEANUP_POLICY is retain'
  const owned = application?.accessLevel === 'owner' ? ` and database ${application.database}` : ''
  const what =
    application === undefined ? `what carries ${target.by} ${target.value}` : `role ${application.username}${owned}`
  const object = application?.accessLevel === 'owner' ? 'database' : 'role'
  return finding(
    { application: name, database, username, object },
    'retain',
    'skipped',
    `nothing was changed on the server: ${what} ${owned === '' ? 'stays' : 'stay'}, since ${why}`,
  )
}

/** Before any secret is read or connection made. @throws BlockedError */
function assertAllowed(request: DestroyRequest): void {
  const violations = [...missingApproval(request), ...reservedNames(request)]
  if (violations.length > 0) throw new BlockedError(violations)
}

function missingApproval({ declaration, target, approvals }: DestroyRequest): Problem[] {
  return checkRemovalApproval(declaration.environment, approvals, target.by === 'application' ? target.value : null)
}

function reservedNames({ declaration, target }: DestroyRequest): Problem[] {
  return target.by === 'application' ? checkReservedNames(only(declaration, target.value), null) : []
}

/** The delegated admin's secret alone: the applications' passwords are not needed, and may be gone. */
async function whoAndAdmin({ declaration, dependencies, recorder, secrets }: RunContext): Promise<Credential | null> {
  const nobody = { ...declaration, applications: [], databases: [] }
  const calls = Promise.allSettled([dependencies.actor(declaration.aws), readCredentials(secrets, nobody)])
  const [actor, credentials] = await orInterrupted(calls, dependencies.signal)
  if (actor.status === 'fulfilled') recorder.setActor(actor.value)
  if (credentials.status === 'rejected') throw credentials.reason
  if (actor.status === 'rejected') throw actor.reason
  assertReserved(declaration, credentials.value)
  return credentials.value.admin
}

/**
 * What a removal would do now, by the same look and the same plans; changes nothing and takes no lock.
 * @throws ProvisionError
 */
export async function previewDestroy(
  request: DestroyRequest,
  run: RunIdentity,
  dependencies: Dependencies,
): Promise<Preview> {
  // A look never repairs the admin as the master.
  const declaration = { ...patient(request.declaration), masterSecretId: null }
  const { environment, clusterName, instance } = declaration
  const recorder = createRecorder({ run, environment, clusterName, instance, now: dependencies.now, sinks: [] })
  const context = { declaration, run, secrets: dependencies.secrets(declaration.aws), recorder, dependencies }
  const [approval = null] = missingApproval(request)
  const found = { declaration, run, server: null, plan: { findings: [], jobs: [] }, blocked: [], approval, moving: [] }
  if (knownPolicy(request) === 'retain')
    return { ...found, approval: null, plan: { findings: [retained(request)], jobs: [] } }
  const reserved = reservedNames(request)
  if (reserved.length > 0) return { ...found, blocked: reserved }
  try {
    const credentials = await readCredentials(context.secrets, { ...declaration, applications: [], databases: [] })
    assertReserved(declaration, credentials)
    const server = await reached(() => connectInstance(context, credentials.admin))
    try {
      const examination = await examine(context, request, server)
      const { closing, removal } = removalPlans(examination)
      const jobs = [planAdmission(examination), closing, ...removal].flatMap((plan) => plan.jobs)
      const findings = [...examination.findings, ...snapshotFindings(examination.departures)]
      return {
        ...found,
        approval: jobs.length === 0 ? null : approval,
        server: examination.cluster.server,
        plan: { findings, jobs },
      }
    } finally {
      await server.close()
    }
  } catch (error) {
    if (error instanceof BlockedError) return { ...found, blocked: error.problems }
    throw provisionError(error)
  }
}
