/** AWS for tests and the demo: one local endpoint that speaks the real wire protocols, and misbehaves as told. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { devNull } from 'node:os'
import type { AwsSettings } from '../../src/model/declaration.ts'
import { Faults, type Failure } from './aws/faults.ts'
import { type Call, createAwsServer } from './aws/http.ts'
import { rds } from './aws/rds.ts'
import { type FunctionOptions, LambdaFunction } from './aws/lambda.ts'
import { RdsStore, type Snapshot, type SnapshotBehaviour } from './aws/rds-store.ts'
import { ACCOUNT, addVersion, holder, SecretStore, type StoredSecret } from './aws/secret-store.ts'
import { secretsManager } from './aws/secrets-manager.ts'
import { type Callers, sts } from './aws/sts.ts'

export type { Failure } from './aws/faults.ts'
export type { Call } from './aws/http.ts'
export type { LambdaFunction } from './aws/lambda.ts'
export type { Snapshot, SnapshotBehaviour } from './aws/rds-store.ts'

export const REGION = 'eu-west-1'

/** A declaration that says where, and nothing else of AWS. */
export const AWS_SETTINGS: AwsSettings = {
  region: REGION,
  profile: null,
  assumeRoleArn: null,
  externalId: null,
  expectedAccount: null,
}

/** The stub and the handles to it. `faults` is also reachable through `deny`, `fail`, `throttle`, `delay`, `reset`. */
export class Aws {
  readonly endpoint: string
  /** Every request so far, in order of arrival. */
  readonly calls: Call[]
  /** What the program's environment needs to talk to the stub and to nothing else. */
  readonly env: Readonly<Record<string, string>>
  readonly #server: Server
  readonly #faults: Faults
  readonly #secrets: SecretStore
  readonly #rds: RdsStore
  readonly #callers: Callers
  readonly #functions: Map<string, LambdaFunction>

  constructor(
    server: Server,
    port: number,
    calls: Call[],
    faults: Faults,
    secrets: SecretStore,
    rdsStore: RdsStore,
    callers: Callers,
    functions: Map<string, LambdaFunction>,
  ) {
    this.#callers = callers
    this.#functions = functions
    this.#server = server
    this.#faults = faults
    this.#secrets = secrets
    this.#rds = rdsStore
    this.calls = calls
    this.endpoint = `http://127.0.0.1:${String(port)}`
    this.env = {
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_ACCESS_KEY_ID: 'AKIATEST',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
    }
  }

  /**
   * Makes a secret, or adds a version to it. `id` is a name, or the full ARN of another account's secret; an object is
   * written as JSON, bytes become a SecretBinary. Without `stages` the version is AWSCURRENT. @returns its VersionId
   */
  putSecret(id: string, value: object | string | Uint8Array, stages?: readonly string[]): string {
    const secret = this.#secrets.find(id) ?? this.#secrets.create(id)
    const content = typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value)
    return addVersion(secret, content, stages).id
  }

  /** A secret in the RDS JSON format. @returns its VersionId */
  putLogin(id: string, username: string, password: string, stages?: readonly string[]): string {
    return this.putSecret(id, { engine: 'postgres', username, password }, stages)
  }

  /** Begins a rotation, as Secrets Manager does before it asks the function. @returns the id of the version to make */
  beginRotation(id: string): string {
    const secret = this.#secrets.get(id)
    secret.rotatingTo = randomUUID()
    return secret.rotatingTo
  }

  /** The pending version of a rotation, written by somebody. */
  putPending(id: string, versionId: string, value: object): void {
    addVersion(this.#secrets.get(id), JSON.stringify(value), ['AWSPENDING'], versionId)
  }

  /** What a version of a secret holds; null: no version has that label. */
  valueOf(id: string, stage: string): string | null {
    const value = holder(this.#secrets.get(id), stage)?.value ?? null
    return typeof value === 'string' ? value : null
  }

  /** A secret as it is stored, for what no other call here does. */
  stored(id: string): StoredSecret {
    return this.#secrets.get(id)
  }

  /** The full ARN of a secret. */
  arnOf(id: string): string {
    return this.#secrets.get(id).arn
  }

  removeSecret(id: string): void {
    this.#secrets.delete(id)
  }

  /** The secret waits to be deleted: it can be described but not read. */
  markForDeletion(id: string): void {
    this.#secrets.get(id).deletedAt = new Date()
  }

  /** Reading this one secret is refused, in a batch too. */
  denySecret(id: string, denied = true): void {
    this.#secrets.get(id).denied = denied
  }

  /** The next calls are throttled, whatever they are. */
  throttleAccount(times: number): void {
    this.#faults.throttleAccount(times)
  }

  /** Makes an instance known to RDS; of a cluster that is known already, where one is named. */
  putInstance(identifier: string, cluster: string | null = null): void {
    this.#rds.putInstance(identifier, cluster)
  }

  /** Makes a cluster known to RDS: Aurora's, or a Multi-AZ DB cluster. */
  putCluster(identifier: string): void {
    this.#rds.putCluster(identifier)
  }

  /** An identity of its own: what its environment needs to call as it. */
  putCaller(role: string, session = 'test'): Readonly<Record<string, string>> {
    const accessKeyId = `ASIA${role.toUpperCase().replace(/[^A-Z0-9]/g, '')}`
    const secret = `secret of ${role}`
    const arn = `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${session}`
    this.#callers.set(accessKeyId, { arn, account: ACCOUNT, userId: `AROA:${session}`, secret })
    return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: 'a-token' }
  }

  /** Makes a Lambda function, which runs as a role of its own name. */
  putFunction(name: string, options: FunctionOptions): LambdaFunction {
    const env = { ...this.env, ...this.putCaller(`${name}-role`, name), ...options.env }
    const made = new LambdaFunction(`arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`, { ...options, env })
    this.#functions.set(name, made)
    return made
  }

  /** How snapshots made from now on behave; at first they are available at once. */
  snapshotsTake(behaviour: SnapshotBehaviour): void {
    this.#rds.behaviour = behaviour
  }

  get snapshots(): readonly Snapshot[] {
    return [...this.#rds.snapshots]
  }

  /** Every call of the action is refused for want of a permission. */
  deny(action: string): void {
    this.#faults.deny(action)
  }

  /** The next `times` calls of the action (all, when not given) fail so. */
  fail(action: string, failure: Failure): void {
    this.#faults.fail(action, failure)
  }

  throttle(action: string, times: number): void {
    this.#faults.throttle(action, times)
  }

  /** Every call of the action is answered this much later. */
  delay(action: string, milliseconds: number): void {
    this.#faults.delay(action, milliseconds)
  }

  /** The connection is reset instead of an answer. */
  reset(action: string, times: number): void {
    this.#faults.reset(action, times)
  }

  /** The services' clock is ahead of ours by so much; they refuse signatures that are more than five minutes off, as AWS does. */
  skewClock(milliseconds: number): void {
    this.#faults.skew = milliseconds
  }

  /** Ends every fault: deny, fail, throttle, delay, reset, a skewed clock. */
  heal(): void {
    this.#faults.clear()
  }

  /** Calls of these actions, in order. */
  callsTo(...actions: readonly string[]): Call[] {
    return this.calls.filter(({ action }) => actions.includes(action))
  }

  /** Calls that asked for the value of this secret, alone or in a batch. */
  readsOf(id: string): Call[] {
    const secret = this.#secrets.find(id)
    const names: readonly unknown[] = [id, secret?.arn, secret?.name]
    return this.callsTo('GetSecretValue', 'BatchGetSecretValue').filter(({ params: { SecretId, SecretIdList } }) => {
      const asked: readonly unknown[] = Array.isArray(SecretIdList) ? SecretIdList : [SecretId]
      return asked.some((one) => names.includes(one))
    })
  }

  async stop(): Promise<void> {
    this.#faults.close()
    for (const made of this.#functions.values()) made.stop()
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

/** Starts the stub on a free port of the loopback. */
export async function startAws(): Promise<Aws> {
  const faults = new Faults()
  const secrets = new SecretStore(REGION)
  const rdsStore = new RdsStore(REGION)
  const calls: Call[] = []
  const callers: Callers = new Map()
  const functions = new Map<string, LambdaFunction>()
  const server = createAwsServer([secretsManager(secrets), sts(callers), rds(rdsStore)], faults, calls, functions)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the AWS stub has no port')
  return new Aws(server, address.port, calls, faults, secrets, rdsStore, callers, functions)
}
