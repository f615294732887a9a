/** Name and tags of a snapshot, by which the removals of one run find each other. Pure. */
import type { Snapshot, SnapshotSource } from '../model/snapshot.ts'

/** The CI run, or the parent process, and the instance; see `runGroup`. */
export const GROUP_TAG = 'RdsProvisionRun'
/** By the server's clock, which the closing of the databases is taken from too. */
export const REQUESTED_TAG = 'RdsProvisionRequestedAt'

export interface SnapshotFacts {
  readonly source: SnapshotSource
  readonly buildId: string
  readonly clusterName: string
  readonly group: string
  readonly requestedAt: Date
}

/**
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBClusterSnapshot.html
 */
const LONGEST_ID = { instance: 255, cluster: 63 } as const
/** What the build gets of a short name even where the source's name would fill it. */
const SHORT_BUILD = 12

/** Named by instance or cluster, build and time: letters, digits and single hyphens, a letter first. */
export function snapshotId({ source, buildId, requestedAt }: SnapshotFacts): string {
  const part = (text: string): string =>
    text
      .replace(/[^A-Za-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 100)
  const time = requestedAt.toISOString().replace(/[-:.]/g, '')
  const build = part(buildId)
  const room = LONGEST_ID[source.kind] - `db---${time}`.length
  const of = part(source.id).slice(0, room - Math.min(build.length, SHORT_BUILD))
  const name = `${of}-${build.slice(0, room - of.length)}-${time}`.toLowerCase().replace(/-+/g, '-').replace(/^-/, '')
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
