/** The calls by which a rotation moves a secret on. They throw AwsError, and tell no content. */
import type * as secretsManager from '@aws-sdk/client-secrets-manager'
import { AwsError } from '../errors.ts'
import { Secret } from '../model/secret.ts'
import type { AwsAccess } from './aws-access.ts'
import { type Caller, callerOf, failureOf } from './aws-call.ts'
import { toAwsError } from './aws-failure.ts'
import { CALL_LIMITS, clientConfig } from './client-config.ts'
import type { SecretVersion } from './parse-credential.ts'
import { secretProblem, SERVICE } from './secret-failure.ts'

export interface RotationState {
  /** Whether the secret has a rotation at all. */
  readonly isEnabled: boolean
  /** Labels by version; one that has none is left out. */
  readonly stages: ReadonlyMap<string, readonly string[]>
}

/** One secret while it is rotated. */
export interface RotatingSecret {
  readonly describe: () => Promise<RotationState>
  /** @param versionId null: whichever has the label. @returns null: none, or without a content */
  readonly read: (versionId: string | null, stage: 'AWSCURRENT' | 'AWSPENDING') => Promise<SecretVersion | null>
  /** Writes what is pending; the same content for the same version changes nothing. @returns false: it has another */
  readonly putPending: (versionId: string, content: Secret, rotationToken: string | null) => Promise<boolean>
  readonly makeCurrent: (versionId: string, former: string) => Promise<void>
  readonly close: () => void
}

export async function openRotatingSecret(secretId: string, access: AwsAccess): Promise<RotatingSecret> {
  const [sdk, config] = await Promise.all([
    import('@aws-sdk/client-secrets-manager'),
    clientConfig(access, CALL_LIMITS),
  ])
  const client = new sdk.SecretsManagerClient({ ...config })
  const call = toldOf(secretId, callerOf(client, CALL_LIMITS))
  return {
    describe: async () => {
      const command = new sdk.DescribeSecretCommand({ SecretId: secretId })
      const answer = await call('DescribeSecret', (abortSignal) => client.send(command, { abortSignal }))
      return {
        isEnabled: answer.RotationEnabled === true,
        stages: new Map(Object.entries(answer.VersionIdsToStages ?? {})),
      }
    },
    read: (versionId, stage) => readVersion(sdk, client, call, { secretId, versionId, stage }),
    putPending: async (versionId, content, rotationToken) => {
      const command = new sdk.PutSecretValueCommand({
        SecretId: secretId,
        ClientRequestToken: versionId,
        SecretString: content.reveal(),
        VersionStages: ['AWSPENDING'],
        ...(rotationToken === null ? {} : { RotationToken: rotationToken }),
      })
      const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
      return (await call('PutSecretValue', send, 'ResourceExistsException')) !== null
    },
    makeCurrent: async (versionId, former) => {
      const command = new sdk.UpdateSecretVersionStageCommand({
        SecretId: secretId,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: versionId,
        RemoveFromVersionId: former,
      })
      await call('UpdateSecretVersionStage', (abortSignal) => client.send(command, { abortSignal }))
    },
    close: () => {
      client.destroy()
    },
  }
}

interface VersionQuestion {
  readonly secretId: string
  readonly versionId: string | null
  readonly stage: string
}

async function readVersion(
  sdk: typeof secretsManager,
  client: secretsManager.SecretsManagerClient,
  call: Told,
  { secretId, versionId, stage }: VersionQuestion,
): Promise<SecretVersion | null> {
  const id = versionId === null ? {} : { VersionId: versionId }
  const command = new sdk.GetSecretValueCommand({ SecretId: secretId, VersionStage: stage, ...id })
  const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
  const answer = await call('GetSecretValue', send, 'ResourceNotFoundException')
  if (answer === null) return null
  const { SecretString: text, VersionId: found = '', CreatedDate: createdAt = null } = answer
  return { versionId: found, text: text === undefined ? null : new Secret(text), createdAt }
}

/** Makes a call. @returns null: it failed with the error that was expected; @throws AwsError for all others */
interface Told {
  <T>(action: string, send: (abortSignal: AbortSignal) => Promise<T>, expected: string): Promise<T | null>
  <T>(action: string, send: (abortSignal: AbortSignal) => Promise<T>): Promise<T>
}

function toldOf(secretId: string, call: Caller): Told {
  async function told<T>(action: string, send: (signal: AbortSignal) => Promise<T>, expected: string): Promise<T | null>
  async function told<T>(action: string, send: (signal: AbortSignal) => Promise<T>): Promise<T>
  async function told<T>(action: string, send: (signal: AbortSignal) => Promise<T>, expected = ''): Promise<T | null> {
    try {
      return await call(action, send)
    } catch (error) {
      const failure = failureOf(error)
      if (failure.name === expected) return null
      const problem = secretProblem(secretId, failure)
      throw problem === null ? toAwsError(failure, SERVICE) : new AwsError([problem])
    }
  }
  return told
}
