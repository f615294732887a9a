/** Amazon RDS, query protocol: instances, clusters, manual snapshots of both, and their tags. */
import * as v from 'valibot'
import { AwsError, type Json, type Params, type Service } from './protocol.ts'
import type { RdsStore, Snapshot, SourceKind } from './rds-store.ts'

const Instance = v.object({ DBInstanceIdentifier: v.string(), DBClusterIdentifier: v.optional(v.string()) })
const Cluster = v.object({ DBClusterIdentifier: v.string() })
const CreateOfInstance = v.object({ DBSnapshotIdentifier: v.string(), DBInstanceIdentifier: v.string() })
const CreateOfCluster = v.object({ DBClusterSnapshotIdentifier: v.string(), DBClusterIdentifier: v.string() })
const DescribeOfInstances = v.object({
  DBSnapshotIdentifier: v.optional(v.string()),
  DBInstanceIdentifier: v.optional(v.string()),
  SnapshotType: v.optional(v.string()),
})
const DescribeOfClusters = v.object({
  DBClusterSnapshotIdentifier: v.optional(v.string()),
  DBClusterIdentifier: v.optional(v.string()),
  SnapshotType: v.optional(v.string()),
})
const Resource = v.object({ ResourceName: v.string() })
const Fields = v.record(v.string(), v.string())

/** The service over a store. */
export function rds(store: RdsStore): Service {
  return {
    name: 'rds',
    namespace: 'http://rds.amazonaws.com/doc/2014-10-31/',
    actions: new Map([
      ['CreateDBInstance', (params): Json => createInstance(store, params)],
      ['CreateDBCluster', (params): Json => createCluster(store, params)],
      ['DescribeDBInstances', (params): Json => describeInstances(store, params)],
      ['DescribeDBClusters', (params): Json => describeClusters(store, params)],
      ['CreateDBSnapshot', (params): Json => createSnapshot(store, params)],
      ['CreateDBClusterSnapshot', (params): Json => createClusterSnapshot(store, params)],
      ['DescribeDBSnapshots', (params): Json => describeSnapshots(store, params)],
      ['DescribeDBClusterSnapshots', (params): Json => describeClusterSnapshots(store, params)],
      ['AddTagsToResource', (params): Json => addTags(store, params)],
      ['ListTagsForResource', (params): Json => listTags(store, params)],
    ]),
  }
}

function createInstance(store: RdsStore, params: Params): Json {
  const { DBInstanceIdentifier, DBClusterIdentifier = null } = v.parse(Instance, params)
  store.putInstance(DBInstanceIdentifier, DBClusterIdentifier)
  return { DBInstance: describeInstance(store.instance(DBInstanceIdentifier)) }
}

function createCluster(store: RdsStore, params: Params): Json {
  const { DBClusterIdentifier } = v.parse(Cluster, params)
  store.putCluster(DBClusterIdentifier)
  return { DBCluster: describeCluster(store.cluster(DBClusterIdentifier)) }
}

function describeInstances(store: RdsStore, params: Params): Json {
  const { DBInstanceIdentifier } = v.parse(Instance, params)
  return { DBInstances: { DBInstance: [describeInstance(store.instance(DBInstanceIdentifier))] } }
}

function describeInstance({ id, cluster }: ReturnType<RdsStore['instance']>): Json {
  const member = cluster === null ? {} : { DBClusterIdentifier: cluster }
  return { DBInstanceIdentifier: id, DBInstanceStatus: 'available', ...member }
}

function describeClusters(store: RdsStore, params: Params): Json {
  const { DBClusterIdentifier } = v.parse(Cluster, params)
  return { DBClusters: { DBCluster: [describeCluster(store.cluster(DBClusterIdentifier))] } }
}

function describeCluster(id: string): Json {
  return { DBClusterIdentifier: id, Status: 'available' }
}

function createSnapshot(store: RdsStore, params: Params): Json {
  const { DBSnapshotIdentifier: id, DBInstanceIdentifier: instance } = v.parse(CreateOfInstance, params)
  return { DBSnapshot: begun(store.createSnapshot('instance', id, instance, tagsIn(params))) }
}

function createClusterSnapshot(store: RdsStore, params: Params): Json {
  const { DBClusterSnapshotIdentifier: id, DBClusterIdentifier: cluster } = v.parse(CreateOfCluster, params)
  return { DBClusterSnapshot: begun(store.createSnapshot('cluster', id, cluster, tagsIn(params))) }
}

/** As with the real service, the answer has no SnapshotCreateTime: the snapshot has not begun. */
function begun(snapshot: Snapshot): Json {
  return { ...description(snapshot), Status: 'creating', PercentProgress: 0, SnapshotCreateTime: undefined }
}

function describeSnapshots(store: RdsStore, params: Params): Json {
  const {
    DBSnapshotIdentifier: id,
    DBInstanceIdentifier: source,
    SnapshotType: type,
  } = v.parse(DescribeOfInstances, params)
  return { DBSnapshots: { DBSnapshot: find(store, 'instance', { id, source, type }, params) } }
}

/** Of a cluster that is not there, it has none: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusterSnapshots.html */
function describeClusterSnapshots(store: RdsStore, params: Params): Json {
  const {
    DBClusterSnapshotIdentifier: id,
    DBClusterIdentifier: source,
    SnapshotType: type,
  } = v.parse(DescribeOfClusters, params)
  return { DBClusterSnapshots: { DBClusterSnapshot: find(store, 'cluster', { id, source, type }, params) } }
}

interface Wanted {
  readonly id: string | undefined
  readonly source: string | undefined
  readonly type: string | undefined
}

function find(store: RdsStore, kind: SourceKind, { id, source, type }: Wanted, params: Params): Json[] {
  const filters = filtersIn(params)
  const all = id === undefined ? store.snapshots : [store.snapshot(kind, id)]
  return all
    .filter(
      (snapshot) =>
        snapshot.kind === kind &&
        (source === undefined || snapshot.source === source.toLowerCase()) &&
        (type === undefined || type === 'manual') &&
        filters.every((filter) => matches(snapshot, filter)),
    )
    .map(description)
}

interface Filter {
  readonly name: string
  readonly values: readonly string[]
}

function matches(snapshot: Snapshot, { name, values }: Filter): boolean {
  const fields: ReadonlyMap<string, string> = new Map([
    [snapshot.kind === 'instance' ? 'db-instance-id' : 'db-cluster-id', snapshot.source],
    [snapshot.kind === 'instance' ? 'db-snapshot-id' : 'db-cluster-snapshot-id', snapshot.id],
    ['snapshot-type', 'manual'],
    ['engine', 'postgres'],
  ])
  const value = fields.get(name)
  if (value === undefined) throw new AwsError('InvalidParameterValue', `Unrecognized filter name: ${name}`)
  return values.includes(value)
}

function addTags(store: RdsStore, params: Params): Json {
  const { tags } = store.byArn(v.parse(Resource, params).ResourceName)
  for (const [key, value] of tagsIn(params)) tags.set(key, value)
  return {}
}

function listTags(store: RdsStore, params: Params): Json {
  return { TagList: tagList(store.byArn(v.parse(Resource, params).ResourceName)) }
}

function description(snapshot: Snapshot): Readonly<Record<string, Json>> {
  const { id, kind, source, arn, createdAt, doneAt, outcome } = snapshot
  const total = doneAt.getTime() - createdAt.getTime()
  const done = Date.now() >= doneAt.getTime()
  const named =
    kind === 'instance'
      ? { DBSnapshotIdentifier: id, DBInstanceIdentifier: source, DBSnapshotArn: arn }
      : { DBClusterSnapshotIdentifier: id, DBClusterIdentifier: source, DBClusterSnapshotArn: arn }
  return {
    ...named,
    SnapshotType: 'manual',
    Engine: 'postgres',
    SnapshotCreateTime: createdAt.toISOString(),
    Status: done ? outcome : 'creating',
    PercentProgress: done ? 100 : Math.floor((100 * (Date.now() - createdAt.getTime())) / total),
    TagList: tagList(snapshot),
  }
}

function tagList({ tags }: Snapshot): Json {
  return { Tag: [...tags].map(([Key, Value]) => ({ Key, Value })) }
}

/** `Tags.Tag.1.Key=…&Tags.Tag.1.Value=…`. */
function tagsIn(params: Params): Map<string, string> {
  return new Map(members(params, 'Tags.Tag').map((tag) => [tag['Key'] ?? '', tag['Value'] ?? '']))
}

/** `Filters.Filter.1.Name=…&Filters.Filter.1.Values.Value.1=…`. */
function filtersIn(params: Params): Filter[] {
  return members(params, 'Filters.Filter').map((filter) => ({
    name: filter['Name'] ?? '',
    values: Object.entries(filter)
      .filter(([field]) => field.startsWith('Values.'))
      .map(([, value]) => value),
  }))
}

/** The members of a list in form fields: `<prefix>.<n>.<field>`, by n. */
function members(params: Params, prefix: string): Readonly<Record<string, string>>[] {
  const found = new Map<string, Record<string, string>>()
  for (const [key, value] of Object.entries(v.parse(Fields, params))) {
    if (!key.startsWith(`${prefix}.`)) continue
    const [n = '', ...field] = key.slice(prefix.length + 1).split('.')
    found.set(n, { ...found.get(n), [field.join('.')]: value })
  }
  return [...found.values()]
}
