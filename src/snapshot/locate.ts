/** What an identifier stands for in RDS (src/README.md: Snapshots). */
import type { RDSClient } from '@aws-sdk/client-rds'
import { endpointOf, regionOfHost } from '../model/rds-host.ts'
import type { SnapshotSource } from '../model/snapshot.ts'
import { type Caller, failureOf } from '../secrets/aws-call.ts'
import { otherSource, toSnapshotError, unknownSource } from './failure.ts'
import type { RdsSdk } from './families.ts'

/** What is asked with. */
export interface Rds {
  readonly sdk: RdsSdk
  readonly client: RDSClient
  readonly call: Caller
}

/**
 * @param host what is connected to; null: it is not looked at
 * @throws AwsError where AWS knows neither an instance nor a cluster of this name, or will not say; or where the host
 *   is that of another one, so that the snapshot would not hold what is on it
 */
export async function locate(rds: Rds, identifier: string, host: string | null): Promise<SnapshotSource> {
  const region = await rds.client.config.region()
  const found = (await findInstance(rds, identifier)) ?? (await findCluster(rds, identifier))
  if (found === null) throw unknownSource(identifier, region)
  if (host !== null && !(await isOf(rds, host, identifier, found, region))) throw otherSource(identifier, region, host)
  return found
}

/** Whether the host is of what was found, as far as its name says: an identifier is one within a region. */
async function isOf(
  rds: Rds,
  host: string,
  identifier: string,
  found: SnapshotSource,
  region: string,
): Promise<boolean> {
  const endpoint = endpointOf(host)
  if (endpoint === null) return true
  if (regionOfHost(host) !== region) return false
  if (endpoint.kind === 'cluster') return found.kind === 'cluster' && found.id.toLowerCase() === endpoint.id
  if (endpoint.id === identifier.toLowerCase()) return true
  const itself = await findInstance(rds, endpoint.id)
  return itself?.kind === found.kind && itself.id === found.id
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
