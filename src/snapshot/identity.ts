/** Name and tags of a snapshot, by which the removals of one run find each other. Pure. */
import type { Snapshot } from '../model/snapshot.ts'

/** The CI run, or the parent process, and the instance; see `runGroup`. */
export const GROUP_TAG = 'RdsProvisionRun'
/** By the server's clock, which the closing of the databases is taken from too. */
export const REQUESTED_TAG = 'RdsProvisionRequestedAt'

export interface SnapshotFacts {
  readonly instance: string
  readonly buildId: string
  readonly clusterName: string
  readonly group: string
  readonly requestedAt: Date
}

/**
 * Named by instance, build and time: letters, digits and single hyphens, a letter first, at most 255 characters.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html
 */
export function snapshotId({ instance, buildId, requestedAt }: SnapshotFacts): string {
  const part = (text: string): string => text.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 100)
  const time = requestedAt.toISOString().replace(/[-:.]/g, '')
  const name = `${part(instance)}-${part(buildId)}-${time}`.toLowerCase().replace(/-+/g, '-').replace(/^-/, '')
  return /^[a-z]/.test(name) ? name : `db-${name}`
}

export function snapshotTags({ buildId, clusterName, group, requestedAt }: SnapshotFacts): Map<string, string> {
  return new Map([
    ['BuildId', tagValue(buildId)],
    ['ClusterName', tagValue(clusterName)],
    ['ManagedBy', 'platform'],
    [GROUP_TAG, group],
    [REQUESTED_TAG, requestedAt.toISOString()],
  ])
}

/**
 * Characters that a tag's value may have:
 * https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
 */
function tagValue(text: string): string {
  return text.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_').slice(0, 256)
}

/** Holds the last write of databases closed at `closedAt`: asked for after it, by the same run, and not failed. */
export function isShared(snapshot: Snapshot, group: string, closedAt: Date): boolean {
  if (snapshot.tags.get(GROUP_TAG) !== group || !['creating', 'available'].includes(snapshot.status)) return false
  const requestedAt = Date.parse(snapshot.tags.get(REQUESTED_TAG) ?? '')
  return requestedAt >= closedAt.getTime()
}
