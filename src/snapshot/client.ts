/** Manual snapshots of RDS instances and clusters; the SDK's client is loaded when the first one is asked for. */
import type { Snapshot } from '../model/snapshot.ts'
import type { AwsAccess } from '../secrets/aws-access.ts'
import { type Caller, callerOf, failureOf } from '../secrets/aws-call.ts'
import { CALL_LIMITS, type CallLimits, clientConfig } from '../secrets/client-config.ts'
import { toSnapshotError } from './failure.ts'
import { type Family, type NewSnapshot, ofClusters, ofInstances, type Wanted } from './families.ts'
import { locate } from './locate.ts'
import type { SnapshotClient } from './snapshot-client.ts'

/** @throws AwsError, InvalidInputError where a client cannot be made */
export async function createSnapshotClient(aws: AwsAccess, limits: CallLimits = CALL_LIMITS): Promise<SnapshotClient> {
  const [sdk, config] = await Promise.all([import('@aws-sdk/client-rds'), clientConfig(aws, limits)])
  const client = new sdk.RDSClient({ ...config })
  const call = callerOf(client, limits)
  const families = { instance: ofInstances(sdk, client), cluster: ofClusters(sdk, client) } as const
  return {
    locate: async (identifier, host = null) => locate({ sdk, client, call }, identifier, host),
    list: async ({ kind, id }) => list(families[kind], call, { of: id }),
    find: async (id, { kind }) => (await list(families[kind], call, { id }))[0] ?? null,
    create: async (id, { kind, id: of }, tags) => create(families[kind], call, { id, of, tags }),
    close: () => client.destroy(),
  }
}

async function list(family: Family, call: Caller, wanted: Wanted): Promise<Snapshot[]> {
  const found: Snapshot[] = []
  try {
    await call(family.describe, async (abortSignal) => {
      for await (const page of family.pages(wanted, abortSignal)) found.push(...page)
    })
    return found
  } catch (error) {
    const failure = failureOf(error)
    if (failure.name === family.gone) return []
    throw toSnapshotError(failure, family.describe, 'of' in wanted ? wanted.of : wanted.id)
  }
}

/** false: the source is busy. */
async function create(family: Family, call: Caller, snapshot: NewSnapshot): Promise<boolean> {
  try {
    await call(family.create, (abortSignal) => family.ask(snapshot, abortSignal))
    return true
  } catch (error) {
    const failure = failureOf(error)
    if (failure.name === family.busy) return false
    throw toSnapshotError(failure, family.create, snapshot.of)
  }
}
