/** AWS Secrets Manager, JSON 1.1: the actions that the program, its tests and rotation functions use. */
import * as v from 'valibot'
import { accessDenied } from './faults.ts'
import { AwsError, type Caller, type Json, type Params, type Service } from './protocol.ts'
import {
  addVersion,
  holder,
  moveStage,
  type SecretStore,
  type SecretValue,
  stagesOf,
  type StoredSecret,
  type Version,
} from './secret-store.ts'

/** The service's own limit for SecretIdList. */
const BATCH_LIMIT = 20

const Id = v.object({ SecretId: v.string() })
const Get = v.object({ SecretId: v.string(), VersionId: v.optional(v.string()), VersionStage: v.optional(v.string()) })
const Batch = v.object({ SecretIdList: v.array(v.string()) })
const Value = v.object({
  SecretString: v.optional(v.string()),
  SecretBinary: v.optional(v.string()),
  ClientRequestToken: v.optional(v.string()),
})
const Create = v.object({ Name: v.string(), ...Value.entries })
const Put = v.object({ SecretId: v.string(), VersionStages: v.optional(v.array(v.string())), ...Value.entries })
const Move = v.object({
  SecretId: v.string(),
  VersionStage: v.string(),
  MoveToVersionId: v.optional(v.string()),
  RemoveFromVersionId: v.optional(v.string()),
})
const Delete = v.object({ SecretId: v.string(), ForceDeleteWithoutRecovery: v.optional(v.boolean(), false) })

/** The service over a store. */
export function secretsManager(store: SecretStore): Service {
  const service: Service = {
    name: 'secretsmanager',
    namespace: null,
    actions: new Map([
      ['GetSecretValue', (params, caller): Json => getSecretValue(store, service, v.parse(Get, params), caller)],
      ['BatchGetSecretValue', (params, caller): Json => batchGetSecretValue(store, service, params, caller)],
      ['DescribeSecret', (params, caller): Json => describeSecret(secretOf(store, params, caller))],
      ['ListSecretVersionIds', (params, caller): Json => listSecretVersionIds(secretOf(store, params, caller))],
      ['CreateSecret', (params, caller): Json => createSecret(store, params, caller)],
      ['PutSecretValue', (params, caller): Json => putSecretValue(store, params, caller)],
      ['UpdateSecretVersionStage', (params, caller): Json => updateSecretVersionStage(store, params, caller)],
      ['DeleteSecret', (params, caller): Json => deleteSecret(store, params, caller)],
      ['RestoreSecret', (params, caller): Json => restoreSecret(store, params, caller)],
    ]),
  }
  return service
}

function secretOf(store: SecretStore, params: Params, { region }: Caller): StoredSecret {
  return store.get(v.parse(Id, params).SecretId, region)
}

function getSecretValue(
  store: SecretStore,
  service: Service,
  { SecretId, VersionId, VersionStage }: v.InferOutput<typeof Get>,
  { region }: Caller,
): Json {
  const secret = store.getUsable(SecretId, region)
  if (secret.denied) throw accessDenied(service, 'GetSecretValue')
  // https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html
  if (secret.keyDenied) throw new AwsError('AccessDeniedException', 'Access to KMS is not allowed')
  return valueOf(secret, findVersion(secret, VersionId, VersionStage))
}

/** By id, by label, or by both (which must agree); AWSCURRENT when neither is given. */
function findVersion(secret: StoredSecret, id: string | undefined, stage: string | undefined): Version {
  const label = stage ?? (id === undefined ? 'AWSCURRENT' : undefined)
  const version = id === undefined ? holder(secret, label ?? 'AWSCURRENT') : secret.versions.get(id)
  if (version === null || version === undefined || (label !== undefined && !version.stages.has(label))) {
    const what = id === undefined ? `staging label: ${String(label)}` : `VersionId: ${id}`
    throw new AwsError('ResourceNotFoundException', `Secrets Manager can't find the specified secret value for ${what}`)
  }
  return version
}

/** Only AWSCURRENT; what cannot be read stands in Errors. The order of the answer is not that of the request. */
function batchGetSecretValue(store: SecretStore, service: Service, params: Params, caller: Caller): Json {
  const { SecretIdList } = v.parse(Batch, params)
  if (SecretIdList.length > BATCH_LIMIT) {
    throw new AwsError(
      'ValidationException',
      `Value at 'secretIdList' failed to satisfy constraint: Member must have length less than or equal to ${String(BATCH_LIMIT)}`,
    )
  }
  const SecretValues: Json[] = []
  const Errors: Json[] = []
  for (const SecretId of SecretIdList.toReversed()) {
    try {
      const wanted = { SecretId, VersionId: undefined, VersionStage: undefined }
      SecretValues.push(getSecretValue(store, service, wanted, caller))
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      Errors.push({ SecretId, ErrorCode: error.code, Message: error.message })
    }
  }
  return { SecretValues, Errors }
}

function valueOf(secret: StoredSecret, { id, value, stages, createdAt }: Version): Json {
  return {
    ...named(secret),
    VersionId: id,
    ...(typeof value === 'string' ? { SecretString: value } : { SecretBinary: Buffer.from(value).toString('base64') }),
    VersionStages: [...stages],
    CreatedDate: seconds(createdAt),
  }
}

function describeSecret(secret: StoredSecret): Json {
  return {
    ...named(secret),
    CreatedDate: seconds(secret.createdAt),
    VersionIdsToStages: stagesOf(secret),
    ...(secret.rotatingTo === null ? {} : { RotationEnabled: true }),
    ...(secret.deletedAt === null ? {} : { DeletedDate: seconds(secret.deletedAt) }),
  }
}

function listSecretVersionIds(secret: StoredSecret): Json {
  const labelled = [...secret.versions.values()].filter(({ stages }) => stages.size > 0)
  const Versions = labelled.map(({ id, stages, createdAt }) => ({
    VersionId: id,
    VersionStages: [...stages],
    CreatedDate: seconds(createdAt),
  }))
  return { ...named(secret), Versions }
}

function createSecret(store: SecretStore, params: Params, { region }: Caller): Json {
  const input = v.parse(Create, params)
  const secret = store.create(input.Name, region)
  const value = valueIn(input)
  if (value === null) return named(secret)
  return { ...named(secret), VersionId: addVersion(secret, value, undefined, input.ClientRequestToken).id }
}

function putSecretValue(store: SecretStore, params: Params, { region }: Caller): Json {
  const input = v.parse(Put, params)
  const secret = store.getUsable(input.SecretId, region)
  const value = valueIn(input)
  if (value === null)
    throw new AwsError('InvalidRequestException', 'You must provide either SecretString or SecretBinary.')
  const { id, stages } = addVersion(secret, value, input.VersionStages, input.ClientRequestToken)
  return { ...named(secret), VersionId: id, VersionStages: [...stages] }
}

/** A label in use moves only when the version that has it is named: the last step of a rotation. */
function updateSecretVersionStage(store: SecretStore, params: Params, { region }: Caller): Json {
  const { SecretId, VersionStage, MoveToVersionId, RemoveFromVersionId } = v.parse(Move, params)
  const secret = store.getUsable(SecretId, region)
  const from = holder(secret, VersionStage)
  const to = MoveToVersionId === undefined ? null : findVersion(secret, MoveToVersionId, undefined)
  if (from !== null && from !== to && from.id !== RemoveFromVersionId) {
    throw new AwsError(
      'InvalidParameterException',
      `The parameter RemoveFromVersionId can't be empty. Staging label ${VersionStage} is currently attached to version ${from.id}.`,
    )
  }
  moveStage(secret, VersionStage, to)
  return named(secret)
}

function deleteSecret(store: SecretStore, params: Params, caller: Caller): Json {
  const { ForceDeleteWithoutRecovery } = v.parse(Delete, params)
  const secret = secretOf(store, params, caller)
  if (ForceDeleteWithoutRecovery) store.delete(secret.arn)
  secret.deletedAt = new Date()
  return { ...named(secret), DeletionDate: seconds(secret.deletedAt) }
}

function restoreSecret(store: SecretStore, params: Params, caller: Caller): Json {
  const secret = secretOf(store, params, caller)
  secret.deletedAt = null
  return named(secret)
}

function valueIn({ SecretString, SecretBinary }: v.InferOutput<typeof Value>): SecretValue | null {
  if (SecretString !== undefined) return SecretString
  return SecretBinary === undefined ? null : Buffer.from(SecretBinary, 'base64')
}

function named({ arn, name }: StoredSecret): { readonly ARN: string; readonly Name: string } {
  return { ARN: arn, Name: name }
}

/** Times are written as seconds since 1970. */
function seconds(date: Date): number {
  return date.getTime() / 1000
}
