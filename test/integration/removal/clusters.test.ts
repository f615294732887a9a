/** `snapshot-and-delete` where the identifier is that of a cluster, of one of its members, or of nothing (src/README.md: Snapshots). */
import test, { type ExecutionContext } from 'ava'
import { type Bed, bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'
import { told } from '../../support/removal.ts'

const SNAPSHOT: Entry = { cleanup_policy: 'snapshot-and-delete' }

async function databases({ server }: Bed, name: string): Promise<number> {
  return (await server.sql('SELECT 1 FROM pg_database WHERE datname = $1', [name])).length
}

/** The stack, applied, of an instance with this identifier. */
async function applied(bed: Bed, name: string, identifier: string): Promise<Stack> {
  const { host, port } = bed.server
  const stack = bed.declare({ [name]: SNAPSHOT }, { instance: { host, port, identifier } })
  await stack.applyOk()
  return stack
}

async function removedWithClusterSnapshot(
  t: ExecutionContext,
  bed: Bed,
  name: string,
  identifier: string,
): Promise<void> {
  const stack = await applied(bed, name, identifier)
  bed.aws.calls.length = 0
  bed.aws.snapshotsTake({ milliseconds: 1_200 })
  const outcome = await stack.destroyOk(name)
  bed.aws.snapshotsTake({ milliseconds: 0 })
  t.deepEqual(
    told(outcome).filter((line) => line.includes(' snapshot ') || line.includes(' drop ')),
    [`${name} snapshot create created`, `${name} database drop removed`, `${name} role drop removed`],
  )
  const snapshot = bed.aws.snapshots.at(-1)
  t.like(snapshot, { kind: 'cluster', source: 'orders' })
  t.is(snapshot?.tags.get('BuildId'), 'build-1')
  t.is(bed.aws.callsTo('CreateDBSnapshot').length, 0)
  t.is(await databases(bed, `${name}_dev_db`), 0)
}

const bed = bedFor(VERSIONS.at(-1) ?? 18)

test.serial.before('RDS knows the cluster', () => {
  bed().aws.putCluster('orders')
  bed().aws.putInstance('orders-1', 'orders')
})
test.afterEach.always(() => {
  bed().aws.heal()
})

test.serial("of a cluster the snapshot is the cluster's", async (t) => {
  await removedWithClusterSnapshot(t, bed(), 'whole', 'orders')
})

test.serial('of a member of a cluster too, whatever letters its identifier is written in', async (t) => {
  await removedWithClusterSnapshot(t, bed(), 'member', 'Orders-1')
})
