/** The stages in order: guard, fetch secrets, connect and lock, inspect, plan, guard, apply, verify, audit. */
import { createRecorder, type Recorder } from './audit/recorder.ts'
import { ApplyError, BlockedError, EXIT, ProvisionError, SecretError } from './errors.ts'
import { MISSING_RIGHT } from './guardrails/problem.ts'
import { checkRequest } from './guardrails/request.ts'
import type { AccessMatrix } from './model/access.ts'
import type { AuditRecord } from './model/audit.ts'
import type { Declaration } from './model/declaration.ts'
import type { RunIdentity } from './model/run.ts'
import { interrupted } from './run/assess.ts'
import { missingRecords, violationRecords } from './run/complete.ts'
import { converge } from './run/converge.ts'
import { assertReserved, type Credentials, readCredentials } from './run/credentials.ts'
import type { Dependencies, RunContext } from './run/dependencies.ts'
import { orInterrupted } from './run/interrupt.ts'
import { matrixOf } from './run/matrix.ts'
import { openInstance, repairAdmin } from './run/open.ts'
import { provisionError } from './run/provision-error.ts'
import type { RunResult } from './run/result.ts'
import type { SecretReader } from './secrets/secret-reader.ts'
import type { Instance } from './server/instance.ts'

export type { RunResult }

export interface ApplyResult extends RunResult {
  /** Who may do what now; null where the run did not end well, or nobody asked (`governance_dir`). */
  readonly matrix: AccessMatrix | null
}

/**
 * Makes an instance match a declaration.
 * @returns the audit, whatever the outcome; `end.exitCode` is the exit code of design §4.
 * @throws only what is a defect of this program.
 */
export async function apply(
  declaration: Declaration,
  run: RunIdentity,
  dependencies: Dependencies,
): Promise<ApplyResult> {
  const records: AuditRecord[] = []
  const { environment, clusterName, instance } = declaration
  const sinks = [(record: AuditRecord) => records.push(record), ...dependencies.sinks]
  const recorder = createRecorder({ run, environment, clusterName, instance, now: dependencies.now, sinks })
  try {
    const matrix = await applyStages(declaration, run, dependencies, recorder)
    const isChanged = records.some((record) => ['created', 'updated', 'removed'].includes(record.status))
    return {
      recorder,
      end: { outcome: isChanged ? 'changed' : 'no_change', exitCode: EXIT.done, error: null },
      problems: [],
      matrix,
    }
  } catch (thrown) {
    const isInterrupted = dependencies.signal.aborted && !(thrown instanceof ProvisionError)
    const error = isInterrupted ? new ApplyError([interrupted(dependencies.signal)]) : provisionError(thrown)
    const drafts = [
      ...(error instanceof BlockedError ? violationRecords(declaration, error) : []),
      ...failedSecrets(declaration, error),
    ]
    for (const draft of drafts) recorder.record(draft)
    for (const draft of missingRecords(declaration, records, error)) recorder.record(draft)
    const outcome = error instanceof BlockedError ? 'blocked' : 'failed'
    return {
      recorder,
      end: { outcome, exitCode: error.exitCode, error: error.message },
      problems: error.problems,
      matrix: null,
    }
  }
}

async function applyStages(
  declaration: Declaration,
  run: RunIdentity,
  dependencies: Dependencies,
  recorder: Recorder,
): Promise<AccessMatrix | null> {
  const violations = checkRequest(declaration, run)
  if (violations.length > 0) throw new BlockedError(violations)
  const secrets = dependencies.secrets(declaration.aws)
  const credentials = await whoAndWhat(declaration, dependencies, secrets, recorder)
  const context = { declaration, run, secrets, recorder, dependencies }
  assertReserved(declaration, credentials)
  try {
    return await convergeOnce(context, credentials)
  } catch (error) {
    if (declaration.masterSecretId === null || !lacksOnlyRights(error)) throw error
    await repairAdmin(context, credentials.admin)
    return await convergeOnce(context, credentials)
  }
}

async function convergeOnce(context: RunContext, credentials: Credentials): Promise<AccessMatrix | null> {
  const open = async (): Promise<Instance> => {
    const server = await openInstance(context, credentials.admin)
    context.recorder.setServer(server.admin)
    return server
  }
  const { declaration } = context
  return converge(context, open, credentials.applications, async (server, inspection) =>
    declaration.governanceDir === null ? null : matrixOf(declaration, server, inspection),
  )
}

/** The admin works, but lacks rights over roles that the declaration adopts, which the master can give it. */
function lacksOnlyRights(error: unknown): boolean {
  return error instanceof BlockedError && error.problems.every((problem) => problem.field === MISSING_RIGHT)
}

async function whoAndWhat(
  declaration: Declaration,
  dependencies: Dependencies,
  secrets: SecretReader,
  recorder: Recorder,
): Promise<Credentials> {
  const calls = Promise.allSettled([dependencies.actor(declaration.aws), readCredentials(secrets, declaration)])
  const [actor, credentials] = await orInterrupted(calls, dependencies.signal)
  if (actor.status === 'fulfilled') recorder.setActor(actor.value)
  if (credentials.status === 'rejected') throw credentials.reason
  if (actor.status === 'rejected') throw actor.reason
  return credentials.value
}

function failedSecrets(declaration: Declaration, error: ProvisionError): Parameters<Recorder['record']>[0][] {
  if (!(error instanceof SecretError)) return []
  return error.problems.map((problem) => {
    const application = declaration.applications.find((item) => item.name === problem.application)
    const { database = null, username = null } = application ?? {}
    const object = problem.application === null ? 'admin' : 'password'
    return {
      application: problem.application,
      database,
      username,
      object,
      action: 'read',
      status: 'failed',
      durationMs: 0,
      message: `${problem.field}: ${problem.message} ${problem.remedy}`,
      statements: [],
    }
  })
}
