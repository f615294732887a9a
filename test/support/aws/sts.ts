/** AWS STS, query protocol: who calls, and assuming a role. */
import { randomBytes } from 'node:crypto'
import * as v from 'valibot'
import { partitionOf } from '../../../src/model/partition.ts'
import { keyPrefix } from './place.ts'
import { AwsError, type Caller, type Json, type Params, type Service } from './protocol.ts'
import { ACCOUNT } from './secret-store.ts'

const SESSION_SECONDS = 3600

export interface Identity {
  readonly arn: string
  readonly account: string
  readonly userId: string
  /** Of its key. */
  readonly secret: string
}

/** What the tests' own keys stand for: a deployment role, as in CI. */
const RUNNER: Identity = {
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/deployer/test`,
  account: ACCOUNT,
  userId: 'AROATEST:test',
  secret: 'test',
}

const RUNNER_KEY = 'AKIATEST'

const Assume = v.object({ RoleArn: v.string(), RoleSessionName: v.string() })

/** Identities by their access keys. */
export type Callers = Map<string, Identity>

/** The service; credentials of an assumed role are remembered, so that GetCallerIdentity tells the role. */
export function sts(sessions: Callers = new Map()): Service {
  return {
    name: 'sts',
    namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    actions: new Map([
      ['GetCallerIdentity', (_params, caller, isSignedWith): Json => getCallerIdentity(sessions, caller, isSignedWith)],
      ['AssumeRole', (params, caller): Json => assumeRole(sessions, params, caller)],
    ]),
  }
}

/** Of keys that are known, the signature is checked; others are the runner's. */
function getCallerIdentity(
  sessions: ReadonlyMap<string, Identity>,
  { accessKeyId }: Caller,
  isSignedWith: (secret: string) => boolean,
): Json {
  const known = accessKeyId === RUNNER_KEY ? RUNNER : sessions.get(accessKeyId)
  if (known !== undefined && !isSignedWith(known.secret))
    throw new AwsError('SignatureDoesNotMatch', 'The request signature we calculated does not match', 403)
  const { arn, account, userId } = known ?? RUNNER
  return { Arn: arn, UserId: userId, Account: account }
}

/** A role of another partition is no valid one, in the words of IAM: https://github.com/pulumi/pulumi-aws-apigateway/issues/347 */
function assumeRole(sessions: Map<string, Identity>, params: Params, { region }: Caller): Json {
  const { RoleArn, RoleSessionName } = v.parse(Assume, params)
  const [, partition, account, role] = /^arn:(aws[a-z-]*):iam::(\d{12}):role\/(.+)$/.exec(RoleArn) ?? []
  if (account === undefined || role === undefined) throw new AwsError('ValidationError', `${RoleArn} is invalid`)
  if (partition !== partitionOf(region)) throw new AwsError('ValidationError', 'Invalid ARN partition')
  const accessKeyId = `${keyPrefix('ASIA', partition)}${randomBytes(8).toString('hex').toUpperCase()}`
  const userId = `AROATEST:${RoleSessionName}`
  const arn = `arn:${partition}:sts::${account}:assumed-role/${role}/${RoleSessionName}`
  const secret = randomBytes(20).toString('hex')
  sessions.set(accessKeyId, { arn, account, userId, secret })
  return {
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secret,
      SessionToken: randomBytes(64).toString('base64'),
      Expiration: new Date(Date.now() + SESSION_SECONDS * 1000).toISOString(),
    },
    AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
  }
}
