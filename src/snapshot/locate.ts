/** What an identifier stands for in RDS (src/README.md: Snapshots). */
import type { RDSClient } from '@aws-sdk/client-rds'
import type { SnapshotSource } from '../model/snapshot.ts'
import { type Caller, failureOf } from '../secrets/aws-call.ts'
import { toSnapshotError, unknownSource } from './failure.ts'
import type { RdsSdk } from './families.ts'

/** What is asked with. */
export interface Rds {
  readonly sdk: RdsSdk
  readonly client: RDSClient
  readonly call: Caller
}

/** @throws AwsError where AWS knows neither an instance nor a cluster of this name, or will not say */
export async function locate(rds: Rds, identifier: string): Promise<SnapshotSource> {
  const found = (await findInstance(rds, identifier)) ?? (await findCluster(rds, identifier))
  if (found === null) throw unknownSource(identifier, await rds.client.config.region())
  return found
}

/**
 * A member of a cluster is that cluster.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html
 */
async function findInstance({ sdk, client, call }: Rds, identifier: string): Promise<SnapshotSource | null> {
  const command = new sdk.DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier })
  try {
    const { DBInstances: [found] = [] } = await call('DescribeDBInstances', (abortSignal) =>
      client.send(command, { abortSignal }),
    )
    if (found === undefined) return null
    const { DBInstanceIdentifier: id = identifier, DBClusterIdentifier: cluster = '' } = found
    return cluster === '' ? { kind: 'instance', id } : { kind: 'cluster', id: cluster }
  } catch (error) {
    const failure = failureOf(error)
    if (failure.name === 'DBInstanceNotFoundFault') return null
    throw toSnapshotError(failure, 'DescribeDBInstances', identifier)
  }
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusters.html */
async function findCluster({ sdk, client, call }: Rds, identifier: string): Promise<SnapshotSource | null> {
  const command = new sdk.DescribeDBClustersCommand({ DBClusterIdentifier: identifier })
  try {
    const { DBClusters: [found] = [] } = await call('DescribeDBClusters', (abortSignal) =>
      client.send(command, { abortSignal }),
    )
    return found === undefined ? null : { kind: 'cluster', id: found.DBClusterIdentifier ?? identifier }
  } catch (error) {
    const failure = failureOf(error)
    if (failure.name === 'DBClusterNotFoundFault') return null
    throw toSnapshotError(failure, 'DescribeDBClusters', identifier)
  }
}
