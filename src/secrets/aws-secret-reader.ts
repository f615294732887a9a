import type * as secretsManager from '@aws-sdk/client-secrets-manager'
import type {
  BatchGetSecretValueResponse,
  GetSecretValueResponse,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import pLimit from 'p-limit'
import { AwsError } from '../errors.ts'
import { groupBy } from '../group-by.ts'
import type { Problem } from '../model/problem.ts'
import type { Credential } from '../model/credential.ts'
import { Secret } from '../model/secret.ts'
import type { AwsAccess } from './aws-access.ts'
import { callerOf, failureOf } from './aws-call.ts'
import { toAwsError, isRefusal } from './aws-failure.ts'
import { CALL_LIMITS, clientConfig } from './client-config.ts'
import type { CallLimits } from './client-config.ts'
import { parseCredential } from './parse-credential.ts'
import type { ParsedCredential } from './parse-credential.ts'
import { secretProblem, SERVICE } from './secret-failure.ts'
import type { CurrentSecrets, SecretReader, SecretStage } from './secret-reader.ts'

/**
 * The most ids that BatchGetSecretValue takes:
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
 */
const BATCH_SIZE = 20
const PARALLEL_CALLS = 4

type Sdk = typeof secretsManager
type SecretEntry = NonNullable<BatchGetSecretValueResponse['SecretValues']>[number]

/** Reads secrets from AWS Secrets Manager, each in its ARN's region. The SDK is loaded at the first read. */
export function createSecretReader(settings: AwsAccess, limits: CallLimits = CALL_LIMITS): SecretReader {
  let loading: Promise<CallsFor> | null = null
  const calls = (): Promise<CallsFor> => (loading ??= loadCalls(settings, limits))
  return {
    readCurrent: async (ids) => readCurrent(await calls(), [...new Set(ids)]),
    readStage: async (id, stage) => readStage((await calls())(id), id, stage),
  }
}

/** The two calls of the API that are used. They throw AwsCallError. */
interface Calls {
  /** Region of the run; null: it has none. */
  readonly home: string | null
  batch(ids: readonly string[]): Promise<BatchGetSecretValueResponse>
  single(id: string, stage: SecretStage): Promise<GetSecretValueResponse>
}

/** The calls of the region in which a secret is. */
type CallsFor = (id: string) => Calls

/** Region of `arn:<partition>:secretsmanager:<region>:<account>:secret:<name>`. */
const ARN_REGION = /^arn:[^:]+:secretsmanager:([a-z0-9-]+):/

/** Where the run has no region of its own, ARNs can be read all the same. */
async function loadCalls(settings: AwsAccess, limits: CallLimits): Promise<CallsFor> {
  const [sdk, config] = await Promise.all([import('@aws-sdk/client-secrets-manager'), clientConfig(settings, limits)])
  const client = new sdk.SecretsManagerClient({ ...config })
  const here = await client.config.region().catch(() => null)
  const own = callsOf(sdk, client, limits, here)
  const elsewhere = new Map<string, Calls>()
  return (id) => {
    const region = ARN_REGION.exec(id)?.[1] ?? here
    if (region === null || region === here) return own
    const calls =
      elsewhere.get(region) ?? callsOf(sdk, new sdk.SecretsManagerClient({ ...config, region }), limits, here)
    elsewhere.set(region, calls)
    return calls
  }
}

function callsOf(sdk: Sdk, client: SecretsManagerClient, limits: CallLimits, home: string | null): Calls {
  const call = callerOf(client, limits)
  return {
    home,
    batch: (ids) =>
      call('BatchGetSecretValue', (abortSignal) =>
        client.send(new sdk.BatchGetSecretValueCommand({ SecretIdList: [...ids] }), { abortSignal }),
      ),
    single: (id, stage) =>
      call('GetSecretValue', (abortSignal) =>
        client.send(new sdk.GetSecretValueCommand({ SecretId: id, VersionStage: stage }), { abortSignal }),
      ),
  }
}

async function readCurrent(callsFor: CallsFor, ids: readonly string[]): Promise<CurrentSecrets> {
  const limit = pLimit(PARALLEL_CALLS)
  try {
    const batches = [...groupBy(ids, callsFor)].flatMap(([calls, all]) =>
      Array.from({ length: Math.ceil(all.length / BATCH_SIZE) }, (_, index) => ({
        calls,
        batch: all.slice(index * BATCH_SIZE, (index + 1) * BATCH_SIZE),
      })),
    )
    const found = new Map((await limit.map(batches, ({ calls, batch }) => readBatch(calls, batch))).flat())
    // What the batch could not give is asked for alone: the batch needs a permission of its own, and tells less.
    const rest = ids.filter((id) => !found.has(id))
    const singles = await limit.map(rest, async (id): Promise<[string, ParsedCredential]> => [
      id,
      await readSingle(callsFor(id), id),
    ])
    return sortAnswers(ids, new Map([...found, ...singles]))
  } catch (error) {
    // What failed for one call will fail for those that wait.
    limit.clearQueue()
    throw error
  }
}

/** Credentials and problems apart, in the order asked for. */
function sortAnswers(ids: readonly string[], found: ReadonlyMap<string, ParsedCredential>): CurrentSecrets {
  const credentials = new Map<string, Credential>()
  const problems = new Map<string, Problem>()
  for (const id of ids) {
    const parsed = found.get(id)
    if (parsed === undefined) continue
    if ('credential' in parsed) credentials.set(id, parsed.credential)
    else problems.set(id, parsed.problem)
  }
  return { credentials, problems }
}

/** What one batch gave; nothing where it was refused itself. What is wrong with its region is told of each secret. */
async function readBatch(calls: Calls, ids: readonly string[]): Promise<[string, ParsedCredential][]> {
  try {
    const { SecretValues: values = [] } = await calls.batch(ids)
    const current = values.filter(isCurrent)
    return ids.flatMap((id): [string, ParsedCredential][] => {
      const value = valueOf(id, current, ids)
      return value === undefined ? [] : [[id, parse(id, value)]]
    })
  } catch (error) {
    const failure = failureOf(error)
    if (isRefusal(failure)) return []
    return ids.map((id) => {
      const problem = secretProblem(id, failure, calls.home)
      if (problem === null) throw toAwsError(failure, SERVICE)
      return [id, { problem }]
    })
  }
}

async function readSingle(calls: Calls, id: string): Promise<ParsedCredential> {
  try {
    return parse(id, await calls.single(id, 'AWSCURRENT'))
  } catch (error) {
    const failure = failureOf(error)
    const problem = secretProblem(id, failure, calls.home)
    if (problem === null) throw toAwsError(failure, SERVICE)
    return { problem }
  }
}

async function readStage(calls: Calls, id: string, stage: SecretStage): Promise<Credential | null> {
  const parsed = await calls.single(id, stage).then(
    (value) => parse(id, value),
    (error: unknown) => {
      const failure = failureOf(error)
      if (failure.name === 'ResourceNotFoundException') return null
      const problem = secretProblem(id, failure, calls.home)
      if (problem === null) throw toAwsError(failure, SERVICE)
      return { problem }
    },
  )
  if (parsed === null) return null
  if ('problem' in parsed) throw new AwsError([parsed.problem])
  return parsed.credential
}

function parse(id: string, value: SecretEntry | GetSecretValueResponse): ParsedCredential {
  const text = value.SecretString === undefined ? null : new Secret(value.SecretString)
  return parseCredential(id, { versionId: value.VersionId ?? '', text, createdAt: value.CreatedDate ?? null })
}

/**
 * The answer to one id of a batch. An answer that an ARN asked for is not given to a name: secrets of several accounts
 * may share a name, and a name means the caller's own.
 */
function valueOf(id: string, values: readonly SecretEntry[], ids: readonly string[]): SecretEntry | undefined {
  if (id.startsWith('arn:')) return values.find((value) => hasArn(value, id))
  return values.find((value) => value.Name === id && !ids.some((other) => hasArn(value, other)))
}

/**
 * A batch gives the current versions; one that says it is another (moto after a rotation) is asked for alone, by its
 * label.
 */
function isCurrent({ VersionStages: stages }: SecretEntry): boolean {
  return stages === undefined || stages.includes('AWSCURRENT')
}

/** Whether a secret has this ARN, whole or without the six random characters at its end. */
function hasArn({ ARN: arn = '' }: SecretEntry, id: string): boolean {
  return arn === id || (arn.startsWith(`${id}-`) && arn.length === id.length + 7)
}
