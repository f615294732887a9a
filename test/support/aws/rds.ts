/** Amazon RDS, query protocol: manual snapshots of instances and their tags. */
import * as v from 'valibot'
import { AwsError, type Json, type Params, type Service } from './protocol.ts'
import { ACCOUNT } from './secret-store.ts'

export interface SnapshotBehaviour {
  /** Time from creation until the snapshot is there. */
  readonly milliseconds: number
  /** What becomes of it; `available` when not given. */
  readonly outcome?: 'available' | 'failed'
}

/** A snapshot as the service keeps it. */
export interface Snapshot {
  readonly id: string
  readonly instance: string
  readonly arn: string
  readonly createdAt: Date
  readonly doneAt: Date
  readonly outcome: 'available' | 'failed'
  readonly tags: Map<string, string>
}

const Create = v.object({ DBSnapshotIdentifier: v.string(), DBInstanceIdentifier: v.string() })
const Describe = v.object({
  DBSnapshotIdentifier: v.optional(v.string()),
  DBInstanceIdentifier: v.optional(v.string()),
  SnapshotType: v.optional(v.string()),
})
const Instance = v.object({ DBInstanceIdentifier: v.string() })
const Resource = v.object({ ResourceName: v.string() })
const Fields = v.record(v.string(), v.string())

/** Instances, snapshots and their tags. */
export class RdsStore {
  readonly instances = new Set<string>()
  readonly snapshots = new Map<string, Snapshot>()
  readonly #region: string
  behaviour: SnapshotBehaviour = { milliseconds: 0 }

  constructor(region: string) {
    this.#region = region
  }

  createSnapshot(id: string, instance: string, tags: Map<string, string>): Snapshot {
    if (!this.instances.has(instance))
      throw new AwsError('DBInstanceNotFound', `DBInstance ${instance} not found.`, 404)
    if (this.snapshots.has(id))
      throw new AwsError(
        'DBSnapshotAlreadyExists',
        `Cannot create the snapshot because a snapshot with the identifier ${id} already exists.`,
      )
    const createdAt = new Date()
    const { milliseconds, outcome = 'available' } = this.behaviour
    const doneAt = new Date(createdAt.getTime() + milliseconds)
    const snapshot: Snapshot = {
      id,
      instance,
      arn: `arn:aws:rds:${this.#region}:${ACCOUNT}:snapshot:${id}`,
      createdAt,
      doneAt,
      outcome,
      tags,
    }
    this.snapshots.set(id, snapshot)
    return snapshot
  }

  byArn(arn: string): Snapshot {
    const snapshot = [...this.snapshots.values()].find((one) => one.arn === arn)
    if (snapshot === undefined) throw new AwsError('DBSnapshotNotFound', `DBSnapshot ${arn} not found.`, 404)
    return snapshot
  }
}

/** The service over a store. */
export function rds(store: RdsStore): Service {
  return {
    name: 'rds',
    namespace: 'http://rds.amazonaws.com/doc/2014-10-31/',
    actions: new Map([
      ['CreateDBInstance', (params): Json => createInstance(store, params)],
      ['CreateDBSnapshot', (params): Json => createSnapshot(store, params)],
      ['DescribeDBSnapshots', (params): Json => describeSnapshots(store, params)],
      ['AddTagsToResource', (params): Json => addTags(store, params)],
      ['ListTagsForResource', (params): Json => listTags(store, params)],
    ]),
  }
}

function createInstance(store: RdsStore, params: Params): Json {
  const { DBInstanceIdentifier } = v.parse(Instance, params)
  store.instances.add(DBInstanceIdentifier)
  return { DBInstance: { DBInstanceIdentifier, DBInstanceStatus: 'available' } }
}

/** As with the real service, the answer has no SnapshotCreateTime: the snapshot has not begun. */
function createSnapshot(store: RdsStore, params: Params): Json {
  const { DBSnapshotIdentifier, DBInstanceIdentifier } = v.parse(Create, params)
  const snapshot = store.createSnapshot(DBSnapshotIdentifier, DBInstanceIdentifier, tagsIn(params))
  return {
    DBSnapshot: { ...description(snapshot), Status: 'creating', PercentProgress: 0, SnapshotCreateTime: undefined },
  }
}

function describeSnapshots(store: RdsStore, params: Params): Json {
  const { DBSnapshotIdentifier: id, DBInstanceIdentifier: instance, SnapshotType: type } = v.parse(Describe, params)
  if (id !== undefined && !store.snapshots.has(id))
    throw new AwsError('DBSnapshotNotFound', `DBSnapshot ${id} not found.`, 404)
  const filters = filtersIn(params)
  const found = [...store.snapshots.values()].filter(
    (snapshot) =>
      (id === undefined || snapshot.id === id) &&
      (instance === undefined || snapshot.instance === instance) &&
      (type === undefined || type === 'manual') &&
      filters.every((filter) => matches(snapshot, filter)),
  )
  return { DBSnapshots: { DBSnapshot: found.map(description) } }
}

interface Filter {
  readonly name: string
  readonly values: readonly string[]
}

function matches(snapshot: Snapshot, { name, values }: Filter): boolean {
  const fields: ReadonlyMap<string, string> = new Map([
    ['db-instance-id', snapshot.instance],
    ['db-snapshot-id', snapshot.id],
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
  const { id, instance, arn, createdAt, doneAt, outcome } = snapshot
  const total = doneAt.getTime() - createdAt.getTime()
  const done = Date.now() >= doneAt.getTime()
  return {
    DBSnapshotIdentifier: id,
    DBInstanceIdentifier: instance,
    DBSnapshotArn: arn,
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
