/** What a run needs from outside, so that another program can call the same stages with its own. Types only. */
import type { AwsSettings, Declaration, Endpoint } from '../model/declaration.ts'
import type { ApprovedPlan } from '../model/effect.ts'
import type { Actor, RunIdentity } from '../model/run.ts'
import type { Secret } from '../model/secret.ts'
import type { Recorder, RecordSink } from '../audit/recorder.ts'
import type { SecretReader } from '../secrets/secret-reader.ts'
import type { OpenSession } from '../server/connect.ts'
import type { SnapshotClient } from '../snapshot/snapshot-client.ts'

export interface Dependencies {
  readonly secrets: (aws: AwsSettings) => SecretReader
  readonly actor: (aws: AwsSettings) => Promise<Actor>
  readonly iamToken: (endpoint: Endpoint, username: string, aws: AwsSettings) => Promise<Secret>
  /**
   * How sessions are opened where the server is not reached over the wire, as in walks; absent: it is.
   * @internal not of the library, whose types know no driver
   */
  readonly open?: OpenSession
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
  readonly snapshots: (aws: AwsSettings) => Promise<SnapshotClient>
  /** Of a whole snapshot, waiting for a busy instance included. */
  readonly snapshotTimeoutMs: number
  readonly waits: RemovalWaits
  /** Names the one request that this run is for, where somebody could send it twice: it is not run twice at once. */
  readonly requestKey?: string
  /** Where a removal cannot wait for a whole snapshot, it is gone on with in another turn. */
  readonly turns?: SnapshotTurns
  /** What the processes of one run tell one another of the one plan that is approved. */
  readonly planTurns?: PlanTurns
}

/** How a removal waits for its snapshot over several processes (src/README.md: The function). */
export interface SnapshotTurns {
  /** What the turn before has closed for its snapshot; null: there was none. */
  readonly resumed: ClosedForSnapshot | null
  readonly isOver: () => boolean
  /** Remembers what the next turn goes on with. */
  readonly suspend: (closed: ClosedForSnapshot) => void
}

/** An apply over several processes (src/README.md: What was approved). */
export interface PlanTurns {
  /** One before has begun the plan, and what was there already is told. */
  readonly isBegun: boolean
  /** @param plan without effects where nobody knows them */
  readonly begin: (plan: ApprovedPlan) => void
}

export interface ClosedForSnapshot {
  /** When, by the server's clock. */
  readonly closedAt: Date
  readonly databases: readonly string[]
}

/** How long a removal waits for what others are about to do, in milliseconds. */
export interface RemovalWaits {
  /** For more removals of its run; they start within moments, and one that comes later makes a snapshot of its own. */
  readonly othersMs: number
  /** For a closed database without a sign of why: one that starts at the same time shows up by then. */
  readonly abandonedMs: number
  /** For sessions of superusers (rdsadmin), which come and go. */
  readonly superusersMs: number
}

/** One run, as its stages share it. */
export interface RunContext {
  readonly declaration: Declaration
  readonly identity: RunIdentity
  readonly secrets: SecretReader
  readonly recorder: Recorder
  readonly dependencies: Dependencies
}
