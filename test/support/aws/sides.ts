/**
 * Two stand-ins for AWS that are held to one behaviour: our stub, and the endpoint that RDS_PROVISION_TEST_AWS_ENDPOINT
 * names (moto). What is in them is made by AWS's own calls, so that both can be filled alike.
 */
import { randomUUID } from 'node:crypto'
import { CreateDBClusterCommand, CreateDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds'
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { REGION, startAws } from '../aws.ts'

const OTHER = process.env['RDS_PROVISION_TEST_AWS_ENDPOINT']
export const SIDE = OTHER === undefined ? 'stub' : 'moto'

export interface Made {
  readonly name: string
  readonly arn: string
  readonly version: string
}

export class Side {
  readonly env: Readonly<Record<string, string>>
  readonly stop: () => Promise<void>

  private constructor(env: Readonly<Record<string, string>>, stop: () => Promise<void>) {
    this.env = env
    this.stop = stop
  }

  static async start(): Promise<Side> {
    const stub = await startAws()
    if (OTHER === undefined) return new Side(stub.env, () => stub.stop())
    await stub.stop()
    return new Side({ ...stub.env, AWS_ENDPOINT_URL: OTHER }, () => Promise.resolve())
  }

  #config(region: string) {
    return {
      endpoint: this.env['AWS_ENDPOINT_URL'] ?? '',
      region,
      credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'test' },
    }
  }

  #secrets(region = REGION): SecretsManagerClient {
    return new SecretsManagerClient(this.#config(region))
  }

  /** A secret that no other case uses; null: without a value. An object is written as JSON. */
  async secret(value: object | string | Uint8Array | null, region = REGION): Promise<Made> {
    const name = `alike/${randomUUID()}`
    const content =
      value === null
        ? {}
        : value instanceof Uint8Array
          ? { SecretBinary: value }
          : { SecretString: typeof value === 'string' ? value : JSON.stringify(value) }
    const { ARN: arn = '', VersionId: version = '' } = await this.#secrets(region).send(
      new CreateSecretCommand({ Name: name, ...content }),
    )
    return { name, arn, version }
  }

  async markForDeletion({ arn }: Made): Promise<void> {
    await this.#secrets().send(new DeleteSecretCommand({ SecretId: arn, RecoveryWindowInDays: 7 }))
  }

  /** The pending version of a rotation. @returns its id */
  async putPending({ arn }: Made, value: object): Promise<string> {
    const token = randomUUID()
    await this.#secrets().send(
      new PutSecretValueCommand({
        SecretId: arn,
        SecretString: JSON.stringify(value),
        ClientRequestToken: token,
        VersionStages: ['AWSPENDING'],
      }),
    )
    return token
  }

  /** The last step of a rotation. */
  async makeCurrent({ arn, version }: Made, pending: string): Promise<void> {
    await this.#secrets().send(
      new UpdateSecretVersionStageCommand({
        SecretId: arn,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: pending,
        RemoveFromVersionId: version,
      }),
    )
  }

  /** An instance that stands alone. @returns its identifier */
  async instance(): Promise<string> {
    const id = `db-${randomUUID()}`
    const own = {
      Engine: 'postgres',
      AllocatedStorage: 20,
      MasterUsername: 'master',
      MasterUserPassword: 'not-a-secret',
    }
    await new RDSClient(this.#config(REGION)).send(
      new CreateDBInstanceCommand({ DBInstanceIdentifier: id, DBInstanceClass: 'db.t4g.micro', ...own }),
    )
    return id
  }

  /** A cluster with one member. */
  async cluster(): Promise<{ readonly cluster: string; readonly member: string }> {
    const cluster = `cluster-${randomUUID()}`
    const member = `${cluster}-1`
    const rds = new RDSClient(this.#config(REGION))
    const own = { Engine: 'aurora-postgresql', MasterUsername: 'master', MasterUserPassword: 'not-a-secret' }
    await rds.send(new CreateDBClusterCommand({ DBClusterIdentifier: cluster, ...own }))
    await rds.send(
      new CreateDBInstanceCommand({
        DBInstanceIdentifier: member,
        DBClusterIdentifier: cluster,
        DBInstanceClass: 'db.t4g.medium',
        Engine: 'aurora-postgresql',
      }),
    )
    return { cluster, member }
  }
}
