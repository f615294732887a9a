/** RDS has two families of calls, for snapshots of instances that stand alone and for those of clusters. */
import type * as rds from '@aws-sdk/client-rds'
import type { DBClusterSnapshot, DBSnapshot, RDSClient, Tag } from '@aws-sdk/client-rds'
import type { Snapshot } from '../model/snapshot.ts'
import type { SnapshotAction } from './failure.ts'

export type RdsSdk = typeof rds

/** The snapshots of a source, by its identifier, or one by its own id. */
export type Wanted = { readonly of: string } | { readonly id: string }

/** What is to be made. */
export interface NewSnapshot {
  readonly id: string
  readonly of: string
  readonly tags: ReadonlyMap<string, string>
}

/** The calls of one family; they throw what the SDK throws. */
export interface Family {
  readonly describe: SnapshotAction
  readonly create: SnapshotAction
  /** The error that says that there is no such snapshot. */
  readonly gone: string
  /** The error that says that the source is in a state in which none can be made. */
  readonly busy: string
  /** Manual snapshots; the next page is asked for when it is wanted. */
  pages(wanted: Wanted, abortSignal: AbortSignal): AsyncIterable<readonly Snapshot[]>
  ask(snapshot: NewSnapshot, abortSignal: AbortSignal): Promise<unknown>
}

const MANUAL = { SnapshotType: 'manual' } as const

/**
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshots.html
 */
export function ofInstances(sdk: RdsSdk, client: RDSClient): Family {
  return {
    describe: 'DescribeDBSnapshots',
    create: 'CreateDBSnapshot',
    gone: 'DBSnapshotNotFoundFault',
    busy: 'InvalidDBInstanceStateFault',
    async *pages(wanted, abortSignal) {
      const input = 'of' in wanted ? { DBInstanceIdentifier: wanted.of } : { DBSnapshotIdentifier: wanted.id }
      const pages = sdk.paginateDescribeDBSnapshots({ client }, { ...MANUAL, ...input }, { abortSignal })
      for await (const { DBSnapshots: found = [] } of pages)
        yield found.map((item) => toSnapshot(item, item.DBSnapshotIdentifier))
    },
    ask: async ({ id, of, tags }, abortSignal) => {
      const input = { DBSnapshotIdentifier: id, DBInstanceIdentifier: of, Tags: toTags(tags) }
      return client.send(new sdk.CreateDBSnapshotCommand(input), { abortSignal })
    },
  }
}

/**
 * Aurora's, and Multi-AZ DB clusters.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBClusterSnapshot.html
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusterSnapshots.html
 */
export function ofClusters(sdk: RdsSdk, client: RDSClient): Family {
  return {
    describe: 'DescribeDBClusterSnapshots',
    create: 'CreateDBClusterSnapshot',
    gone: 'DBClusterSnapshotNotFoundFault',
    busy: 'InvalidDBClusterStateFault',
    async *pages(wanted, abortSignal) {
      const input = 'of' in wanted ? { DBClusterIdentifier: wanted.of } : { DBClusterSnapshotIdentifier: wanted.id }
      const pages = sdk.paginateDescribeDBClusterSnapshots({ client }, { ...MANUAL, ...input }, { abortSignal })
      for await (const { DBClusterSnapshots: found = [] } of pages)
        yield found.map((item) => toSnapshot(item, item.DBClusterSnapshotIdentifier))
    },
    ask: async ({ id, of, tags }, abortSignal) => {
      const input = { DBClusterSnapshotIdentifier: id, DBClusterIdentifier: of, Tags: toTags(tags) }
      return client.send(new sdk.CreateDBClusterSnapshotCommand(input), { abortSignal })
    },
  }
}

function toSnapshot(
  { Status: status = '', PercentProgress: percent = 0, TagList: tags = [] }: DBSnapshot | DBClusterSnapshot,
  id = '',
): Snapshot {
  return { id, status, percent, tags: new Map(tags.map(({ Key = '', Value = '' }) => [Key, Value])) }
}

function toTags(tags: ReadonlyMap<string, string>): Tag[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }))
}
