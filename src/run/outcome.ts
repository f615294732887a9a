/** What running a plan came to: records of what failed, and whether the run can go on. */
import type { Execution, Failure } from '../execute/execute.ts'
import { toDraft } from '../execute/draft.ts'
import type { Recorder } from '../audit/recorder.ts'
import { ApplyError } from '../errors.ts'
import type { Declaration } from '../model/declaration.ts'
import type { Problem } from '../model/problem.ts'
import type { Finding, Step, Subject } from '../model/step.ts'
import type { RunContext } from './context.ts'
import type { RecordDraft } from '../model/audit.ts'
import type { OpenTransaction } from '../server/open-transactions.ts'

/** Somebody else made or removed what we were about to: look again (src/README.md: What is tried again). */
const OUTDATED = new Set(['23505', '42710', '42P04', '42704', '3D000', '42P06', '2BP01'])

/** What was found unchanged is not told of objects that this run has just made. */
export function recordFindings(recorder: Recorder, findings: readonly Finding[], touched: ReadonlySet<string>): void {
  for (const finding of findings) {
    if (finding.status === 'no_change' && touched.has(keyOf(finding))) continue
    recorder.record({ ...finding, durationMs: 0, statements: [] })
  }
}

/** What may have been created before default privileges changed, and is not to be seen yet. */
export function recordOpenTransactions(
  recorder: Recorder,
  application: string | null,
  open: readonly OpenTransaction[],
): void {
  for (const { database, login } of open) {
    const message =
      `a transaction of ${login} in ${database} is open since before default privileges changed there: ` +
      'what it has created is as they were before, until a run finds it'
    const about = { application, database, username: login, object: 'default_privileges' } as const
    recorder.record({ ...about, action: 'wait', status: 'warning', message, durationMs: 0, statements: [] })
  }
}

/** What a record is about, to tell two of the same object. */
export function keyOf({ object, application, database }: Subject): string {
  return JSON.stringify([object, application, database])
}

/**
 * The step, named after whoever has to mend it: what a login of another database holds on this one is its owner's
 * trouble, since only the owner can have granted it.
 */
export function namedAfterOwner(declaration: Declaration, step: Step): Step {
  const application = declaration.applications.find(({ name }) => name === step.application)
  if (application === undefined || step.database === null || application.database === step.database) return step
  const database = declaration.databases.find(({ name }) => name === step.database)
  return database === undefined ? step : { ...step, application: database.owner.name }
}

/** Another round may mend it. */
export function isOutdated(failure: Failure): boolean {
  return OUTDATED.has(failure.code) || failure.isGone === true
}

/**
 * What failed for good is an end for its application alone (src/README.md: Whose trouble it is).
 * @returns a problem for each failure that another round cannot mend; each has an application
 * @throws ApplyError where one concerns the instance, or the run was interrupted
 */
export function recordFailures(context: RunContext, execution: Execution, isMended = isOutdated): Problem[] {
  const failures = execution.failures
    .filter((failure) => !isMended(failure))
    .map((failure) => ({ ...failure, step: namedAfterOwner(context.declaration, failure.step) }))
  for (const { step, message } of failures)
    context.recorder.record({
      ...toDraft(step, [], 0, ''),
      status: 'failed',
      code: 'statement_failed',
      message: `${step.message}: ${message}`,
    })
  const problems: Problem[] = failures.map(({ step, code, message }) => ({
    application: step.application,
    code: 'statement_failed',
    field: step.object,
    message: `${step.message}: ${message}.${openNote(step, execution.skipped)}`,
    remedy: step.remedy ?? REMEDIES[code] ?? 'Correct the cause; the next run goes on from here.',
  }))
  const { signal } = context.dependencies
  if (signal.aborted) problems.push(interruptedProblem(signal))
  if (problems.length === 0) return []
  const isOver = problems.some(({ application }) => application === null)
  const databases = new Set(failures.map(({ step }) => step.database))
  for (const step of execution.skipped.filter((item) => isOver || databases.has(item.database)))
    context.recorder.record({
      ...toDraft(step, [], 0, ''),
      status: 'skipped',
      message: `${step.message}: not done, since something before it failed`,
    })
  if (isOver) throw new ApplyError(problems)
  return problems
}

/**
 * Whether a database can still be connected to by whoever logs in: what shuts PUBLIC out failed, or was not come to.
 */
function isLeftOpen(failed: Step, skipped: readonly Step[]): boolean {
  return [failed, ...skipped].some(
    ({ database, kind, target }) => database === failed.database && kind === 'restrict_public' && target === null,
  )
}

function openNote(failed: Step, skipped: readonly Step[]): string {
  return isLeftOpen(failed, skipped) ? ` ${failed.database ?? ''} stays open to everybody until a run succeeds.` : ''
}

/**
 * @param isMended what another round may mend
 * @throws ApplyError for all others: nothing of such a plan stands alone.
 */
export function assertApplied(context: RunContext, execution: Execution, isMended = isOutdated): void {
  const problems = recordFailures(context, execution, isMended)
  if (problems.length > 0) throw new ApplyError(problems)
}

/** By SQLSTATE, where more can be said than to correct the cause. */
const REMEDIES: Readonly<Record<string, string>> = {
  '55P03': 'End the session that holds the lock, and run again.',
  '57014': 'The statement was cancelled or ran into its time limit; run again.',
  '53100': "The server's disk is full: enlarge the storage, and run again.",
  '53300': 'The server has no connection left: free some, or raise its max_connections, and run again.',
  '42501': 'The delegated admin lacks a right: see terraform-module/docs/runner.md, and run again.',
}

/** @throws ApplyError when the run was told to stop. */
export function assertNotInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new ApplyError([interruptedProblem(signal)])
}

/** Why the run ended, as it was told; an error was thrown where nobody waits for it. */
export function interruptedProblem(signal: AbortSignal): Problem {
  if (signal.reason instanceof Error) return defectProblem(signal.reason)
  return {
    application: null,
    code: 'interrupted',
    field: 'run',
    message: `interrupted: ${String(signal.reason)}.`,
    remedy: 'The next run goes on from here.',
  }
}

/** What no part of the program expects. */
export function defectProblem(thrown: unknown): Problem {
  return {
    application: null,
    code: 'defect',
    field: 'run',
    message: `${thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)}.`,
    remedy: 'What took effect is in the audit; the next run goes on from there.',
  }
}

/**
 * Says of each step that nobody knows whether it took effect; its statements stand in the message, since none is
 * claimed.
 */
export function recordUnknown(record: (draft: RecordDraft) => void, steps: readonly Step[]): void {
  for (const step of steps) {
    const statements = step.statements.map((statement) => statement.redacted).join('; ')
    const unknown = 'the connection broke before the server answered, so whether it took effect is not known'
    const message = `${step.message}: ${unknown}; the next run finds out: ${statements}`
    record({ ...toDraft(step, [], 0, ''), status: 'failed', code: 'connection_lost', message })
  }
}
