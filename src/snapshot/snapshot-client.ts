import type { Snapshot } from '../model/snapshot.ts'

/** What a removal asks of RDS. Every call throws AwsError (exit 5) where RDS cannot or will not do it. */
export interface SnapshotClient {
  /** All manual snapshots of an instance. */
  list(instance: string): Promise<Snapshot[]>
  /** null: it is gone. */
  find(id: string): Promise<Snapshot | null>
  /** Asks for a snapshot; false where the instance is busy (a backup, a modification) and will take one later. */
  create(id: string, instance: string, tags: ReadonlyMap<string, string>): Promise<boolean>
  close(): void
}
