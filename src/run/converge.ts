/** Rounds of inspect, plan, guard and apply, until an inspection finds nothing left to do. */
import type { Recorder } from '../audit/recorder.ts'
import { draftOf, execute, type Execution } from '../apply/execute.ts'
import { ApplyError, BlockedError, type Problem } from '../errors.ts'
import { checkActual } from '../guardrails/actual.ts'
import type { RecordDraft } from '../model/audit.ts'
import type { Credential } from '../model/credential.ts'
import type { Declaration } from '../model/declaration.ts'
import type { RunIdentity } from '../model/run.ts'
import type { Finding, Plan, Step, Subject } from '../model/step.ts'
import { makePlan } from '../plan/plan.ts'
import { inspect, type Inspection, type Scope } from '../server/inspect.ts'
import type { Instance } from '../server/instance.ts'
import type { Versions } from '../server/login.ts'
import type { SecretReader } from '../secrets/secret-reader.ts'
import type { Dependencies } from './dependencies.ts'
import { secretFacts } from './verifiers.ts'

export interface Convergence {
  readonly declaration: Declaration
  readonly run: RunIdentity
  readonly secrets: SecretReader
  readonly recorder: Recorder
  readonly dependencies: Dependencies
}

/** First round, what an unseen database adds, what a moving server adds; more means that something works against us. */
const MAX_ROUNDS = 4

/** Somebody else made or removed what we were about to: look again (design §5 fact 18). */
const OUTDATED = new Set(['23505', '42710', '42P04', '42704', '3D000', '42P06', '2BP01'])

/** What one round found: the state of the server and what it takes to make it as declared. */
export interface Round {
  readonly inspection: Inspection
  readonly plan: Plan
}

/**
 * Makes the server as declared, over an open instance.
 * @returns the last inspection, which found nothing left to do.
 * @throws BlockedError before the first change; ApplyError; ConnectFailure.
 */
export async function converge(run: Convergence, server: Instance, credentials: ReadonlyMap<string, Credential>): Promise<Inspection> {
  let scope: Scope | null = null
  let last: Plan | null = null
  const touched = new Set<string>()
  const record = (draft: RecordDraft): void => {
    touched.add(keyOf(draft))
    run.recorder.record(draft)
  }
  for (let number = 1; ; number += 1) {
    const { inspection, plan } = await makeRound(run, server, credentials, scope)
    if (plan.jobs.length === 0) {
      recordFindings(run.recorder, plan.findings, touched)
      return inspection
    }
    if (number > MAX_ROUNDS || (last !== null && samePlan(last, plan))) throw notConverged(plan)
    const { signal } = run.dependencies
    const execution = await execute(server, plan, { signal, maxConnections: run.declaration.maxConnections, record })
    assertApplied(run, server, execution)
    last = execution.failures.length === 0 ? plan : null
    scope = await scopeAfter(run, plan, inspection)
  }
}

/** Inspects and plans; what stands in the way is thrown before anything changes. */
export async function makeRound(
  run: Pick<Convergence, 'declaration' | 'run' | 'secrets'>,
  server: Instance,
  credentials: ReadonlyMap<string, Credential>,
  scope: Scope | null,
): Promise<Round> {
  const inspection = await inspect(server, versionsOf(run.secrets), run.declaration, credentials, scope)
  const violations = checkActual(run.declaration, inspection.actual)
  if (violations.length > 0) throw new BlockedError(violations)
  const secrets = await secretFacts(run.declaration, inspection.actual, inspection.credentials)
  return { inspection, plan: makePlan({ declaration: run.declaration, actual: inspection.actual, buildId: run.run.buildId, secrets }) }
}

function versionsOf(secrets: SecretReader): Versions {
  return { pending: (id) => secrets.readStage(id, 'AWSPENDING'), current: (id) => secrets.readStage(id, 'AWSCURRENT') }
}

function stepsOf(plan: Plan): Step[] {
  return plan.jobs.flatMap((job) => job.transactions.flatMap((transaction) => (transaction.kind === 'atomic' ? transaction.steps : [transaction.step])))
}

function samePlan(a: Plan, b: Plan): boolean {
  const text = (plan: Plan): string => stepsOf(plan).map((step) => `${step.message}\n${step.statements.join('\n')}`).join('\n')
  return text(a) === text(b)
}

/** Only what was changed is looked at again; of a password that was set, also whether the secret moved on meanwhile. */
async function scopeAfter(run: Convergence, plan: Plan, inspection: Inspection): Promise<Scope> {
  const steps = stepsOf(plan)
  const applications = new Set(steps.flatMap((step) => (step.application === null ? [] : [step.application])))
  const databases = new Set(steps.flatMap((step) => (step.database === null ? [] : [step.database])))
  const set = new Set(steps.filter((step) => step.object === 'role' || step.object === 'password').map((step) => step.application))
  const credentials = new Map(inspection.credentials)
  const again = run.declaration.applications.filter((application) => set.has(application.name) && application.auth === 'password')
  if (again.length > 0) {
    const current = await run.secrets.readCurrent(again.map((application) => application.secretId))
    for (const application of again) {
      const credential = current.credentials.get(application.secretId)
      if (credential !== undefined) credentials.set(application.name, credential)
    }
  }
  return { before: { ...inspection, credentials }, applications, databases }
}

/** What was found unchanged is not told of objects that this run has just made. */
function recordFindings(recorder: Recorder, findings: readonly Finding[], touched: ReadonlySet<string>): void {
  for (const finding of findings) {
    if (finding.status === 'no_change' && touched.has(keyOf(finding))) continue
    recorder.record({ ...finding, durationMs: 0, statements: [] })
  }
}

function keyOf({ object, application, database }: Subject): string {
  return JSON.stringify([object, application, database])
}

/** @throws ApplyError unless another round may mend it. */
function assertApplied(run: Convergence, server: Instance, execution: Execution): void {
  const { failures, unknown, skipped } = execution
  const problems: Problem[] = []
  for (const { step, error } of failures) {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
    if (OUTDATED.has(code)) continue
    run.recorder.record({ ...draftOf(step, [], 0, ''), status: 'failed', message: `${step.message}: ${error.message}` })
    problems.push({ application: step.application, field: step.object, message: `${step.message}: ${error.message}.`, remedy: 'Correct the cause; the next run goes on from here.' })
  }
  for (const step of unknown) {
    run.recorder.record({ ...draftOf(step, [], 0, ''), status: 'failed', message: `${step.message}: the connection broke before the server answered, so whether it took effect is not known` })
    problems.push({ application: step.application, field: step.object, message: `${step.message}: the connection broke before the server answered.`, remedy: 'The next run finds out and goes on from there.' })
  }
  problems.push(...endOfRun(run.dependencies.signal, server))
  if (problems.length === 0) return
  for (const step of skipped) run.recorder.record({ ...draftOf(step, [], 0, ''), status: 'skipped', message: `${step.message}: not done, since something before it failed` })
  throw new ApplyError(problems)
}

/** Why nothing more may be changed, whatever is left to do. */
function endOfRun(signal: AbortSignal, server: Instance): Problem[] {
  if (signal.aborted) return [{ application: null, field: 'run', message: `interrupted: ${String(signal.reason)}.`, remedy: 'The next run goes on from here.' }]
  if (server.lock.lost === null) return []
  return [{ application: null, field: 'lock', message: `the connection that holds the instance's lock was lost: ${server.lock.lost.message}.`, remedy: 'The next run goes on from here.' }]
}

function notConverged(plan: Plan): ApplyError {
  return new ApplyError(
    stepsOf(plan).map((step) => ({
      application: step.application,
      field: step.object,
      message: `still to do after it was done: ${step.message}.`,
      remedy: 'Something on the server undoes it, or the server ignores it without an error; look at the statements in the audit.',
    })),
  )
}
