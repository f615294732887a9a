/** What Amazon RDS has: instances, clusters and their members, and manual snapshots of both. */
import { AwsError } from './protocol.ts'
import { ACCOUNT } from './secret-store.ts'

export interface SnapshotBehaviour {
  /** Time from creation until the snapshot is there. */
  readonly milliseconds: number
  /** What becomes of it; `available` when not given. */
  readonly outcome?: 'available' | 'failed'
}

export type SourceKind = 'instance' | 'cluster'

/** A snapshot as the service keeps it. */
export interface Snapshot {
  readonly id: string
  readonly kind: SourceKind
  /** The instance or cluster that it is of. */
  readonly source: string
  readonly arn: string
  readonly createdAt: Date
  readonly doneAt: Date
  readonly outcome: 'available' | 'failed'
  readonly tags: Map<string, string>
}

/** `ClusterSnapshot` has a limit of its own: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBClusterSnapshot.html */
const LONGEST_ID = { instance: 255, cluster: 63 } as const
const VALID_ID = /^[a-z](?:-?[a-z0-9])*$/

const NAMES = { instance: 'DBSnapshot', cluster: 'DBClusterSnapshot' } as const
const NOT_FOUND = { instance: 'DBSnapshotNotFound', cluster: 'DBClusterSnapshotNotFoundFault' } as const
const EXISTS = { instance: 'DBSnapshotAlreadyExists', cluster: 'DBClusterSnapshotAlreadyExistsFault' } as const
const ARN_TYPES = { instance: 'snapshot', cluster: 'cluster-snapshot' } as const

/** Identifiers are kept in small letters, and found in any. */
export class RdsStore {
  /** Identifier to the cluster that the instance is a member of; null: it stands alone. */
  readonly #instances = new Map<string, string | null>()
  readonly #clusters = new Set<string>()
  readonly #snapshots: Snapshot[] = []
  readonly #region: string
  behaviour: SnapshotBehaviour = { milliseconds: 0 }

  constructor(region: string) {
    this.#region = region
  }

  get snapshots(): readonly Snapshot[] {
    return this.#snapshots
  }

  putInstance(identifier: string, cluster: string | null): void {
    this.#instances.set(identifier.toLowerCase(), cluster === null ? null : this.cluster(cluster))
  }

  putCluster(identifier: string): void {
    this.#clusters.add(identifier.toLowerCase())
  }

  /** @throws AwsError for an instance that is not there */
  instance(identifier: string): { readonly id: string; readonly cluster: string | null } {
    const id = identifier.toLowerCase()
    const cluster = this.#instances.get(id)
    if (cluster === undefined) throw new AwsError('DBInstanceNotFound', `DBInstance ${identifier} not found.`, 404)
    return { id, cluster }
  }

  /** The identifier as it is kept. @throws AwsError for a cluster that is not there */
  cluster(identifier: string): string {
    const id = identifier.toLowerCase()
    if (!this.#clusters.has(id)) throw new AwsError('DBClusterNotFoundFault', `DBCluster ${identifier} not found.`, 404)
    return id
  }

  /** Members of a cluster, Aurora's and those of a Multi-AZ DB cluster, are refused. @throws AwsError */
  createSnapshot(kind: SourceKind, id: string, of: string, tags: Map<string, string>): Snapshot {
    const source = kind === 'cluster' ? this.cluster(of) : this.#alone(of)
    if (!VALID_ID.test(id) || id.length > LONGEST_ID[kind])
      throw new AwsError('InvalidParameterValue', `The parameter ${NAMES[kind]}Identifier is not a valid identifier.`)
    if (this.#find(kind, id) !== undefined)
      throw new AwsError(
        EXISTS[kind],
        `Cannot create the snapshot because a snapshot with the identifier ${id} already exists.`,
      )
    const createdAt = new Date()
    const { milliseconds, outcome = 'available' } = this.behaviour
    const doneAt = new Date(createdAt.getTime() + milliseconds)
    const arn = `arn:aws:rds:${this.#region}:${ACCOUNT}:${ARN_TYPES[kind]}:${id}`
    const snapshot: Snapshot = { id, kind, source, arn, createdAt, doneAt, outcome, tags }
    this.#snapshots.push(snapshot)
    return snapshot
  }

  #alone(identifier: string): string {
    const { id, cluster } = this.instance(identifier)
    if (cluster === null) return id
    throw new AwsError(
      'InvalidParameterValue',
      'The specified instance is a member of a cluster and a snapshot cannot be created directly. ' +
        'Please use the CreateDBClusterSnapshot API instead.',
    )
  }

  #find(kind: SourceKind, id: string): Snapshot | undefined {
    return this.#snapshots.find((snapshot) => snapshot.kind === kind && snapshot.id === id)
  }

  /** @throws AwsError for a snapshot that is not there */
  snapshot(kind: SourceKind, id: string): Snapshot {
    const found = this.#find(kind, id)
    if (found === undefined) throw new AwsError(NOT_FOUND[kind], `${NAMES[kind]} ${id} not found.`, 404)
    return found
  }

  /** @throws AwsError */
  byArn(arn: string): Snapshot {
    const snapshot = this.#snapshots.find((one) => one.arn === arn)
    if (snapshot === undefined) throw new AwsError('DBSnapshotNotFound', `DBSnapshot ${arn} not found.`, 404)
    return snapshot
  }
}
