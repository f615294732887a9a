/** What a removal needs from outside, beside what every run needs. */
import type { AwsSettings } from '../../model/declaration.ts'
import type { SnapshotClient } from '../../snapshot/snapshot-client.ts'
import type { Dependencies } from '../context.ts'

export interface DestroyDependencies extends Dependencies {
  readonly snapshots: (aws: AwsSettings) => Promise<SnapshotClient>
  /** By which the concurrent removals of one run find each other: made from the CI run, or the parent process. */
  readonly runGroup: string
  /** Of a whole snapshot, waiting for a busy instance included. */
  readonly snapshotTimeoutMs: number
  readonly waits: RemovalWaits
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

export const REMOVAL_WAITS: RemovalWaits = { othersMs: 4_000, abandonedMs: 5_000, superusersMs: 15_000 }
