/** What a run gives, whatever its outcome. Types only. */
import type { Recorder, RunEnd } from '../../audit/recorder.ts'

export interface RunResult {
  /** Holds the records; `recorder.finish(end)` is the audit document. */
  readonly recorder: Recorder
  readonly end: RunEnd
}
