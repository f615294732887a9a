import type { Snapshot, SnapshotSource } from '../model/snapshot.ts'

/** What a removal asks of RDS. Every call throws AwsError (exit 5) where RDS cannot or will not do it. */
export interface SnapshotClient {
  /**
   * What an identifier stands for: an instance, or the cluster that it names or is a member of.
   * @param host what is connected to, which has to be of the same; null or left out: it is not looked at
   * @throws AwsError, `snapshot_failed` where AWS knows neither, the host is another's, or the runner may not ask.
   */
  locate(identifier: string, host?: string | null): Promise<SnapshotSource>
  /** All manual snapshots of an instance or cluster. */
  list(source: SnapshotSource): Promise<Snapshot[]>
  /** null: it is gone. */
  find(id: string, source: SnapshotSource): Promise<Snapshot | null>
  /** Asks for a snapshot; false where the source is busy (a backup, a modification) and will take one later. */
  create(id: string, source: SnapshotSource, tags: ReadonlyMap<string, string>): Promise<boolean>
  close(): void
}
