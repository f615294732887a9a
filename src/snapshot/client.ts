/** Manual snapshots of RDS instances; the SDK's client is loaded when the first one is asked for. */
import type { DBSnapshot } from '@aws-sdk/client-rds'
import { AwsError } from '../errors.ts'
import type { Problem } from '../model/problem.ts'
import type { Snapshot } from '../model/snapshot.ts'
import type { AwsAccess } from '../secrets/aws-access.ts'
import { toAwsError, toAwsProblem, isRefusal } from '../secrets/aws-failure.ts'
import { CALL_LIMITS, type CallLimits, clientConfig, withinLimit } from '../secrets/client-config.ts'
import type { SnapshotClient } from './snapshot-client.ts'

/**
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshots.html
 */
export async function createSnapshotClient(aws: AwsAccess, limits: CallLimits = CALL_LIMITS): Promise<SnapshotClient> {
  const [sdk, config] = await Promise.all([import('@aws-sdk/client-rds'), clientConfig(aws, limits)])
  const client = new sdk.RDSClient({ ...config })
  return {
    async list(instance) {
      const found: DBSnapshot[] = []
      try {
        await withinLimit(limits, async (abortSignal) => {
          for await (const page of sdk.paginateDescribeDBSnapshots(
            { client },
            { DBInstanceIdentifier: instance, SnapshotType: 'manual' },
            { abortSignal },
          ))
            found.push(...(page.DBSnapshots ?? []))
        })
      } catch (error) {
        throw toSnapshotError(error, instance)
      }
      return found.map(toSnapshot)
    },
    async find(id) {
      try {
        const { DBSnapshots: [found] = [] } = await withinLimit(limits, (abortSignal) =>
          client.send(new sdk.DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: id, SnapshotType: 'manual' }), {
            abortSignal,
          }),
        )
        return found === undefined ? null : toSnapshot(found)
      } catch (error) {
        if (error instanceof sdk.DBSnapshotNotFoundFault) return null
        throw toSnapshotError(error, id)
      }
    },
    async create(id, instance, tags) {
      const input = {
        DBSnapshotIdentifier: id,
        DBInstanceIdentifier: instance,
        Tags: [...tags].map(([Key, Value]) => ({ Key, Value })),
      }
      try {
        await withinLimit(limits, (abortSignal) => client.send(new sdk.CreateDBSnapshotCommand(input), { abortSignal }))
        return true
      } catch (error) {
        if (error instanceof sdk.InvalidDBInstanceStateFault) return false
        throw toSnapshotError(error, instance)
      }
    },
    close: () => client.destroy(),
  }
}

function toSnapshot(found: DBSnapshot): Snapshot {
  const tags = (found.TagList ?? []).map(({ Key = '', Value = '' }): [string, string] => [Key, Value])
  return {
    id: found.DBSnapshotIdentifier ?? '',
    status: found.Status ?? '',
    percent: found.PercentProgress ?? 0,
    tags: new Map(tags),
  }
}

/**
 * Error codes of the API:
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html#API_CreateDBSnapshot_Errors
 */
const REMEDIES: Readonly<Record<string, string>> = {
  DBInstanceNotFoundFault:
    'Set instance.identifier to the identifier of the RDS instance, and aws_region to its region.',
  SnapshotQuotaExceededFault: 'Delete old manual snapshots, or raise the quota, then run again.',
  AccessDenied: 'Allow rds:CreateDBSnapshot, rds:AddTagsToResource and rds:DescribeDBSnapshots to the runner.',
}

function toSnapshotError(error: unknown, subject: string): AwsError {
  const told = toAwsProblem(error)
  if (!isRefusal(told)) return toAwsError(error, 'Amazon RDS')
  const remedy = REMEDIES[told.name] ?? 'Correct the cause and run again, or remove with the policy delete.'
  const problem: Problem = {
    application: null,
    code: 'snapshot_failed',
    field: 'snapshot',
    message: `Amazon RDS, ${subject}: ${told.name}: ${told.message}`,
    remedy,
  }
  return new AwsError([problem])
}
