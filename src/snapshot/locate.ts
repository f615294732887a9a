/** What an identifier stands for in RDS (src/README.md: Snapshots). */
import type { RDSClient } from '@aws-sdk/client-rds'
import type { SnapshotSource } from '../model/snapshot.ts'
import { type CallLimits, withinLimit } from '../secrets/client-config.ts'
import { toSnapshotError, unknownSource } from './failure.ts'
import type { RdsSdk } from './families.ts'

/** @throws AwsError where AWS knows neither an instance nor a cluster of this name, or will not say */
export async function locate(
  sdk: RdsSdk,
  client: RDSClient,
  limits: CallLimits,
  identifier: string,
): Promise<SnapshotSource> {
  const found =
    (await findInstance(sdk, client, limits, identifier)) ?? (await findCluster(sdk, client, limits, identifier))
  if (found === null) throw unknownSource(identifier, await client.config.region())
  return found
}

/**
 * A member of a cluster is that cluster.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html
 */
async function findInstance(
  sdk: RdsSdk,
  client: RDSClient,
  limits: CallLimits,
  identifier: string,
): Promise<SnapshotSource | null> {
  const command = new sdk.DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier })
  try {
    const { DBInstances: [found] = [] } = await withinLimit(limits, (abortSignal) =>
      client.send(command, { abortSignal }),
    )
    if (found === undefined) return null
    const { DBInstanceIdentifier: id = identifier, DBClusterIdentifier: cluster = '' } = found
    return cluster === '' ? { kind: 'instance', id } : { kind: 'cluster', id: cluster }
  } catch (error) {
    if (error instanceof sdk.DBInstanceNotFoundFault) return null
    throw toSnapshotError(error, 'DescribeDBInstances', identifier)
  }
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusters.html */
async function findCluster(
  sdk: RdsSdk,
  client: RDSClient,
  limits: CallLimits,
  identifier: string,
): Promise<SnapshotSource | null> {
  const command = new sdk.DescribeDBClustersCommand({ DBClusterIdentifier: identifier })
  try {
    const { DBClusters: [found] = [] } = await withinLimit(limits, (abortSignal) =>
      client.send(command, { abortSignal }),
    )
    return found === undefined ? null : { kind: 'cluster', id: found.DBClusterIdentifier ?? identifier }
  } catch (error) {
    if (error instanceof sdk.DBClusterNotFoundFault) return null
    throw toSnapshotError(error, 'DescribeDBClusters', identifier)
  }
}
