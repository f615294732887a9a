/** Around the stages of a command that changes something: its records, and an end whatever happens. */
import { createRecorder, type Recorder } from '../../audit/recorder.ts'
import type { RunResult } from '../../audit/result.ts'
import { ApplyError, BlockedError, EXIT, ProvisionError } from '../../errors.ts'
import type { AuditRecord, RecordDraft } from '../../model/audit.ts'
import type { Declaration } from '../../model/declaration.ts'
import type { RunIdentity } from '../../model/run.ts'
import type { Dependencies } from '../context.ts'
import { interruptedProblem } from '../outcome.ts'
import { toProvisionError } from './provision-error.ts'
import { missingRecords, violationRecords } from './records.ts'

export interface RunOptions {
  readonly declaration: Declaration
  readonly identity: RunIdentity
  readonly dependencies: Dependencies
  /** The part of the declaration whose roles and databases have records, however the run ends. */
  readonly concerned: Declaration
  /** Records that the command has for an error of its own. */
  readonly recordsOf: (error: ProvisionError) => readonly RecordDraft[]
}

export interface RecordedRun<T> extends Pick<RunResult, 'document' | 'problems'> {
  /** What the stages gave; null where they failed. */
  readonly value: T | null
}

/**
 * Runs the stages of a command with a recorder.
 * @throws only what is a defect of this program.
 */
export async function recordRun<T>(
  { declaration, identity, dependencies, concerned, recordsOf }: RunOptions,
  runStages: (recorder: Recorder) => Promise<T>,
): Promise<RecordedRun<T>> {
  const { environment, clusterName, instance } = declaration
  const { now, signal } = dependencies
  const records: AuditRecord[] = []
  const sinks = [(record: AuditRecord) => records.push(record), ...dependencies.sinks]
  const recorder = createRecorder({ identity, environment, clusterName, instance, now, sinks })
  try {
    const value = await runStages(recorder)
    const isChanged = records.some((record) => ['created', 'updated', 'removed'].includes(record.status))
    const outcome = isChanged ? 'changed' : 'no_change'
    return { document: recorder.finish({ outcome, exitCode: EXIT.done, problems: [] }), problems: [], value }
  } catch (thrown) {
    const isInterrupted = signal.aborted && !(thrown instanceof ProvisionError)
    const error = isInterrupted ? new ApplyError([interruptedProblem(signal)]) : toProvisionError(thrown)
    const drafts = [...(error instanceof BlockedError ? violationRecords(concerned, error) : []), ...recordsOf(error)]
    for (const draft of drafts) recorder.record(draft)
    for (const draft of missingRecords(concerned, records, error)) recorder.record(draft)
    const outcome = error instanceof BlockedError ? 'blocked' : 'failed'
    const { exitCode, problems } = error
    return { document: recorder.finish({ outcome, exitCode, problems }), problems, value: null }
  }
}
