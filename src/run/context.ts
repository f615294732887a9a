/** What a run needs from outside, so that another program can call the same stages with its own. Types only. */
import type { AwsSettings, Declaration, Endpoint } from '../model/declaration.ts'
import type { Actor, RunIdentity } from '../model/run.ts'
import type { Secret } from '../model/secret.ts'
import type { Recorder, RecordSink } from '../audit/recorder.ts'
import type { SecretReader } from '../secrets/secret-reader.ts'

export interface Dependencies {
  readonly secrets: (aws: AwsSettings) => SecretReader
  readonly actor: (aws: AwsSettings) => Promise<Actor>
  readonly iamToken: (endpoint: Endpoint, username: string, aws: AwsSettings) => Promise<Secret>
  readonly now: () => Date
  /** Aborted: finish the statement in flight, change nothing more, report. */
  readonly signal: AbortSignal
  /** Takes each record as it happens. */
  readonly sinks: readonly RecordSink[]
  /** One short line on what is being waited for. */
  readonly progress: (line: string) => void
  /**
   * Path of a CA file where the declaration names none (PGSSLROOTCERT); null: the RDS authorities that come with the
   * program.
   */
  readonly defaultCaFile: string | null
}

/** One run, as its stages share it. */
export interface RunContext {
  readonly declaration: Declaration
  readonly identity: RunIdentity
  readonly secrets: SecretReader
  readonly recorder: Recorder
  readonly dependencies: Dependencies
}
