/** Secrets with versions and staging labels, by the rules of Secrets Manager. */
import { randomBytes, randomUUID } from 'node:crypto'
import { partitionOf } from '../../../src/model/partition.ts'
import { AwsError } from './protocol.ts'

export const ACCOUNT = '123456789012'

/** What a version holds: text (SecretString) or bytes (SecretBinary). */
export type SecretValue = string | Uint8Array

export interface Version {
  readonly id: string
  readonly value: SecretValue
  readonly stages: Set<string>
  readonly createdAt: Date
}

export interface StoredSecret {
  readonly name: string
  readonly arn: string
  readonly createdAt: Date
  readonly versions: Map<string, Version>
  deletedAt: Date | null
  denied: boolean
  /** Its key may not be used. */
  keyDenied: boolean
  /** Id of the version that its rotation makes, which is pending before it has a value; null: it has no rotation. */
  rotatingTo: string | null
}

export class SecretStore {
  readonly #region: string
  readonly #secrets = new Map<string, StoredSecret>()

  constructor(region: string) {
    this.#region = region
  }

  /** Makes an empty secret. `id` is a name in this account, or the full ARN of a secret of another account or region. */
  create(id: string, region = this.#region): StoredSecret {
    if (this.find(id, region) !== null)
      throw new AwsError('ResourceExistsException', `The operation failed because the secret ${id} already exists.`)
    const suffix = randomBytes(3).toString('hex')
    const arn = id.startsWith('arn:')
      ? id
      : `arn:${partitionOf(region)}:secretsmanager:${region}:${ACCOUNT}:secret:${id}-${suffix}`
    const name = id.startsWith('arn:') ? nameOf(id) : id
    const secret: StoredSecret = {
      name,
      arn,
      createdAt: new Date(),
      versions: new Map(),
      deletedAt: null,
      denied: false,
      keyDenied: false,
      rotatingTo: null,
    }
    this.#secrets.set(arn, secret)
    return secret
  }

  /**
   * By name, full ARN, or ARN without the six random characters; a secret of another account only by its ARN.
   * @param region where it is asked for: a region knows its own secrets only. null: anywhere
   */
  find(id: string, region: string | null = null): StoredSecret | null {
    const here = [...this.#secrets.values()].filter(({ arn }) => region === null || arn.split(':')[3] === region)
    const exact = here.find(({ arn }) => arn === id)
    if (exact !== undefined) return exact
    const own = here.filter(({ arn }) => arn.split(':')[4] === ACCOUNT)
    return own.find(({ name, arn }) => name === id || arn.replace(/-[^-]{6}$/, '') === id) ?? null
  }

  /** @throws AwsError where the secret does not exist */
  get(id: string, region: string | null = null): StoredSecret {
    const secret = this.find(id, region)
    if (secret === null)
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
    return secret
  }

  /** @throws AwsError where the secret does not exist or waits to be deleted */
  getUsable(id: string, region: string): StoredSecret {
    const secret = this.get(id, region)
    if (secret.deletedAt !== null) {
      throw new AwsError(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      )
    }
    return secret
  }

  delete(id: string): void {
    this.#secrets.delete(this.get(id).arn)
  }
}

/** `arn:aws:secretsmanager:region:account:secret:name-AbCdEf` → `name`. */
function nameOf(arn: string): string {
  return arn
    .split(':')
    .slice(6)
    .join(':')
    .replace(/-[^-]{6}$/, '')
}

/**
 * Adds a version; the labels move to it. Without labels it becomes AWSCURRENT, and the former one AWSPREVIOUS.
 * The same token with the same value is the same version (PutSecretValue is idempotent), with another one an error.
 */
export function addVersion(
  secret: StoredSecret,
  value: SecretValue,
  stages: readonly string[] = ['AWSCURRENT'],
  id: string = randomUUID(),
): Version {
  const known = secret.versions.get(id)
  if (known !== undefined) {
    if (Buffer.compare(Buffer.from(known.value), Buffer.from(value)) === 0) return known
    throw new AwsError('ResourceExistsException', `A version with the token ${id} and another value exists.`)
  }
  const version: Version = { id, value, stages: new Set(), createdAt: new Date() }
  secret.versions.set(id, version)
  for (const stage of stages) moveStage(secret, stage, version)
  return version
}

/** Gives a label to a version, taking it from the one that had it; what loses AWSCURRENT becomes AWSPREVIOUS. */
export function moveStage(secret: StoredSecret, stage: string, to: Version | null): void {
  const from = holder(secret, stage)
  if (from === to) return
  from?.stages.delete(stage)
  to?.stages.add(stage)
  if (stage === 'AWSCURRENT' && from !== null) {
    holder(secret, 'AWSPREVIOUS')?.stages.delete('AWSPREVIOUS')
    from.stages.add('AWSPREVIOUS')
  }
}

/** The version that carries a label. */
export function holder(secret: StoredSecret, stage: string): Version | null {
  return [...secret.versions.values()].find(({ stages }) => stages.has(stage)) ?? null
}

/** Labels by version, that of a rotation which has made no value yet among them. */
export function stagesOf({ versions, rotatingTo }: StoredSecret): Readonly<Record<string, readonly string[]>> {
  const labelled = [...versions.values()].filter(({ stages }) => stages.size > 0)
  const begun = rotatingTo === null || versions.has(rotatingTo) ? {} : { [rotatingTo]: ['AWSPENDING'] }
  return { ...begun, ...Object.fromEntries(labelled.map(({ id, stages }) => [id, [...stages]])) }
}
