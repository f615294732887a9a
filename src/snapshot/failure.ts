/** What RDS would not do about a snapshot, in the caller's words. */
import { AwsError } from '../errors.ts'
import type { Problem } from '../model/problem.ts'
import { type AwsFailure, describePlace, isRefusal, toAwsError } from '../secrets/aws-failure.ts'

/** The actions of Amazon RDS that this program calls: each is a permission of the same name. */
export type SnapshotAction =
  | 'DescribeDBInstances'
  | 'DescribeDBClusters'
  | 'CreateDBSnapshot'
  | 'DescribeDBSnapshots'
  | 'CreateDBClusterSnapshot'
  | 'DescribeDBClusterSnapshots'

const IDENTIFIER =
  'Set instance.identifier to the identifier of the RDS instance, or of its cluster, and aws_region to its region.'

/**
 * Error codes of the API:
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html#API_CreateDBSnapshot_Errors
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBClusterSnapshot.html#API_CreateDBClusterSnapshot_Errors
 */
const REMEDIES: Readonly<Record<string, string>> = {
  DBInstanceNotFoundFault: IDENTIFIER,
  DBClusterNotFoundFault: IDENTIFIER,
  SnapshotQuotaExceededFault: 'Delete old manual snapshots, or raise the quota, then run again.',
}

/** A tag is given with the snapshot, and needs a permission of its own. */
const PERMISSIONS: Readonly<Record<SnapshotAction, string>> = {
  DescribeDBInstances: 'rds:DescribeDBInstances',
  DescribeDBClusters: 'rds:DescribeDBClusters',
  CreateDBSnapshot: 'rds:CreateDBSnapshot and rds:AddTagsToResource',
  DescribeDBSnapshots: 'rds:DescribeDBSnapshots',
  CreateDBClusterSnapshot: 'rds:CreateDBClusterSnapshot and rds:AddTagsToResource',
  DescribeDBClusterSnapshots: 'rds:DescribeDBClusterSnapshots',
}

/** @param subject what was asked about: an identifier or a snapshot's id */
export function toSnapshotError(failure: AwsFailure, action: SnapshotAction, subject: string): AwsError {
  if (!isRefusal(failure)) return toAwsError(failure, 'Amazon RDS')
  const { name, message, place } = failure
  const remedy = name.startsWith('AccessDenied')
    ? `Allow ${PERMISSIONS[action]} to the runner.`
    : (REMEDIES[name] ?? 'Correct the cause and run again, or remove with the policy delete.')
  const where = place === null ? action : describePlace(place)
  return snapshotFailed(`Amazon RDS, ${subject}: ${where}: ${name}: ${message}`, remedy)
}

/** Neither an instance nor a cluster has this identifier. */
export function unknownSource(identifier: string, region: string): AwsError {
  return snapshotFailed(
    `AWS knows neither an instance nor a cluster of the name ${JSON.stringify(identifier)} in ${region}.`,
    IDENTIFIER,
  )
}

/** The identifier stands for something else than what is connected to. */
export function otherSource(identifier: string, region: string, host: string): AwsError {
  return snapshotFailed(
    `A snapshot of ${JSON.stringify(identifier)} in ${region} would not hold what is on ${host}, which is another's.`,
    IDENTIFIER,
  )
}

function snapshotFailed(message: string, remedy: string): AwsError {
  const problem: Problem = { application: null, code: 'snapshot_failed', field: 'snapshot', message, remedy }
  return new AwsError([problem])
}
