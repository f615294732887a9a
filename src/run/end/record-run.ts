/** Around the stages of a command that changes something: its records, and an end whatever happens. */
import { createRecorder, type Recorder } from '../../audit/recorder.ts'
import type { RunResult } from '../../audit/result.ts'
import { ApplyError, BlockedError, EXIT, type ExitCode, ProvisionError } from '../../errors.ts'
import type { ApplicationsEnd, AuditRecord, RecordDraft } from '../../model/audit.ts'
import type { Declaration } from '../../model/declaration.ts'
import type { RunIdentity } from '../../model/run.ts'
import type { Dependencies } from '../context.ts'
import { interruptedProblem } from '../outcome.ts'
import { toProvisionError } from './provision-error.ts'
import type { Problem } from '../../model/problem.ts'
import { blockedRecords, isChange, leftOutRecords, notBegunRecords } from './records.ts'
import type { Setbacks } from './setbacks.ts'

export interface RunOptions {
  readonly declaration: Declaration
  readonly identity: RunIdentity
  readonly dependencies: Dependencies
  /** The part of the declaration whose roles and databases have records, however the run ends. */
  readonly concerned: Declaration
  /** Records that the command has for an error of its own. */
  readonly recordsOf: (error: ProvisionError) => readonly RecordDraft[]
}

/** What the stages of a command give. */
export interface Stages<T> {
  readonly value: T
  /** What could not be done for single applications; null: there are none. */
  readonly setbacks: Setbacks | null
}

export interface EndedRun<T> extends Pick<RunResult, 'document' | 'problems'> {
  /** What the stages gave; null where they failed. */
  readonly value: T | null
}

/**
 * Runs the stages of a command with a recorder.
 * @throws only what is a defect of this program.
 */
export async function recordRun<T>(
  { declaration, identity, dependencies, concerned, recordsOf }: RunOptions,
  runStages: (recorder: Recorder) => Promise<Stages<T>>,
): Promise<EndedRun<T>> {
  const { environment, clusterName, instance } = declaration
  const { now, signal } = dependencies
  const records: AuditRecord[] = []
  const sinks = [(record: AuditRecord) => records.push(record), ...dependencies.sinks]
  const recorder = createRecorder({ identity, environment, clusterName, instance, now, sinks })
  try {
    const { value, setbacks } = await runStages(recorder)
    return { ...endStages(concerned, setbacks, records, recorder), value }
  } catch (thrown) {
    const isInterrupted = signal.aborted && !(thrown instanceof ProvisionError)
    const error = isInterrupted ? new ApplyError([interruptedProblem(signal)]) : toProvisionError(thrown)
    const { exitCode, problems } = error
    const isBlocked = error instanceof BlockedError
    const drafts = [...(isBlocked ? blockedRecords(concerned, problems) : []), ...recordsOf(error)]
    for (const draft of drafts) recorder.record(draft)
    for (const draft of notBegunRecords(concerned, records, error)) recorder.record(draft)
    const outcome = isBlocked ? 'blocked' : 'failed'
    return { document: recorder.finish({ outcome, exitCode, problems }), problems, value: null }
  }
}

/** The end of a run that went through: failed or blocked for single applications, else done. */
function endStages(
  concerned: Declaration,
  setbacks: Setbacks | null,
  records: readonly AuditRecord[],
  recorder: Recorder,
): Pick<RunResult, 'document' | 'problems'> {
  const { failed, blocked, removal } = setbacks ?? { failed: [], blocked: [], removal: null }
  const applications = setbacks === null ? null : applicationsEnd(concerned, setbacks)
  const stopped = removal instanceof BlockedError ? removal.problems : []
  const drafts = [
    ...blockedRecords(concerned, [...blocked, ...stopped]),
    ...leftOutRecords(concerned, records, applications?.not_begun ?? []),
  ]
  for (const draft of drafts) recorder.record(draft)
  const isChanged = records.some(isChange)
  const problems = [...failed, ...blocked, ...(removal?.problems ?? [])]
  if (problems.length === 0) {
    const outcome = isChanged ? 'changed' : 'no_change'
    return { document: recorder.finish({ outcome, exitCode: EXIT.done, problems, applications }), problems }
  }
  return { document: recorder.finish({ ...endOf(failed, removal), problems, applications }), problems }
}

/** Whatever failed weighs more than what was blocked. */
function endOf(
  failed: readonly Problem[],
  removal: ProvisionError | null,
): { readonly outcome: 'failed' | 'blocked'; readonly exitCode: ExitCode } {
  if (failed.length > 0) return { outcome: 'failed', exitCode: EXIT.failed }
  if (removal === null || removal instanceof BlockedError) return { outcome: 'blocked', exitCode: EXIT.blocked }
  return { outcome: 'failed', exitCode: removal.exitCode }
}

function applicationsEnd(concerned: Declaration, { failed, blocked, leftOut, removal }: Setbacks): ApplicationsEnd {
  const names = (problems: readonly Problem[]): string[] =>
    [...new Set(problems.flatMap(({ application }) => application ?? []))].sort()
  const left = removal?.problems ?? []
  const isBlocked = removal instanceof BlockedError
  const failing = names([...failed, ...(isBlocked ? [] : left)])
  const stopped = names([...blocked, ...(isBlocked ? left : [])]).filter((name) => !failing.includes(name))
  return {
    done: concerned.applications.length - leftOut.size,
    blocked: stopped,
    failed: failing,
    not_begun: [...leftOut].filter((name) => !failing.includes(name) && !stopped.includes(name)).sort(),
  }
}
