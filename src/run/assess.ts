/** What running a plan came to: records of what failed, and whether the run can go on. */
import { draftOf, type Execution } from '../apply/execute.ts'
import type { Recorder } from '../audit/recorder.ts'
import { ApplyError, type Problem } from '../errors.ts'
import type { Finding, Subject } from '../model/step.ts'
import type { Instance } from '../server/instance.ts'
import type { RunContext } from './dependencies.ts'

/** Somebody else made or removed what we were about to: look again (design §5 fact 18). */
const OUTDATED = new Set(['23505', '42710', '42P04', '42704', '3D000', '42P06', '2BP01'])

/** What was found unchanged is not told of objects that this run has just made. */
export function recordFindings(recorder: Recorder, findings: readonly Finding[], touched: ReadonlySet<string>): void {
  for (const finding of findings) {
    if (finding.status === 'no_change' && touched.has(keyOf(finding))) continue
    recorder.record({ ...finding, durationMs: 0, statements: [] })
  }
}

/** What a record is about, to tell two of the same object. */
export function keyOf({ object, application, database }: Subject): string {
  return JSON.stringify([object, application, database])
}

/** @throws ApplyError unless another round may mend it. */
export function assertApplied(run: RunContext, server: Instance, execution: Execution): void {
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

