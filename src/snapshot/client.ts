/** Manual snapshots of RDS instances and clusters; the SDK's client is loaded when the first one is asked for. */
import type { Snapshot } from '../model/snapshot.ts'
import type { AwsAccess } from '../secrets/aws-access.ts'
import { CALL_LIMITS, type CallLimits, clientConfig, withinLimit } from '../secrets/client-config.ts'
import { toSnapshotError } from './failure.ts'
import { type Family, type NewSnapshot, ofClusters, ofInstances, type Wanted } from './families.ts'
import { locate } from './locate.ts'
import type { SnapshotClient } from './snapshot-client.ts'

/** @throws AwsError, InvalidInputError where a client cannot be made */
export async function createSnapshotClient(aws: AwsAccess, limits: CallLimits = CALL_LIMITS): Promise<SnapshotClient> {
  const [sdk, config] = await Promise.all([import('@aws-sdk/client-rds'), clientConfig(aws, limits)])
  const client = new sdk.RDSClient({ ...config })
  const families = { instance: ofInstances(sdk, client), cluster: ofClusters(sdk, client) } as const
  return {
    locate: async (identifier) => locate(sdk, client, limits, identifier),
    list: async ({ kind, id }) => list(families[kind], limits, { of: id }),
    find: async (id, { kind }) => (await list(families[kind], limits, { id }))[0] ?? null,
    create: async (id, { kind, id: of }, tags) => create(families[kind], limits, { id, of, tags }),
    close: () => client.destroy(),
  }
}

async function list(family: Family, limits: CallLimits, wanted: Wanted): Promise<Snapshot[]> {
  const found: Snapshot[] = []
  try {
    await withinLimit(limits, async (abortSignal) => {
      for await (const page of family.pages(wanted, abortSignal)) found.push(...page)
    })
    return found
  } catch (error) {
    if (family.isGone(error)) return []
    throw toSnapshotError(error, family.describe, 'of' in wanted ? wanted.of : wanted.id)
  }
}

/** false: the source is busy. */
async function create(family: Family, limits: CallLimits, snapshot: NewSnapshot): Promise<boolean> {
  try {
    await withinLimit(limits, (abortSignal) => family.ask(snapshot, abortSignal))
    return true
  } catch (error) {
    if (family.isBusy(error)) return false
    throw toSnapshotError(error, family.create, snapshot.of)
  }
}
