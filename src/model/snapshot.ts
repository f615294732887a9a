/** A manual RDS snapshot, and what it is of. Types only. */
export interface Snapshot {
  readonly id: string
  /** `creating`, `available`, `failed`, … */
  readonly status: string
  /** 0 to 100. */
  readonly percent: number
  readonly tags: ReadonlyMap<string, string>
}

/**
 * What RDS takes snapshots of: an instance that stands alone, or a cluster (Aurora's, or a Multi-AZ DB cluster), since
 * members have none of their own.
 */
export interface SnapshotSource {
  readonly kind: 'instance' | 'cluster'
  /** As AWS writes the identifier. */
  readonly id: string
}
