import type { Actor } from '../model/run.ts'
import type { AwsAccess } from './aws-access.ts'
import { callerOf, failureOf } from './aws-call.ts'
import { toAwsError } from './aws-failure.ts'
import { CALL_LIMITS, clientConfig } from './client-config.ts'
import type { CallLimits } from './client-config.ts'

const ACTION = 'GetCallerIdentity'

/** So long STS has to answer, credentials apart: a program that gives them may take its time. */
const ANSWER_MS = 20_000

/**
 * Asks STS who runs (GetCallerIdentity, which needs no permission). Throws one AwsError where AWS cannot be asked.
 */
export async function readActor(settings: AwsAccess, limits: CallLimits = CALL_LIMITS): Promise<Actor> {
  const [sdk, config] = await Promise.all([import('@aws-sdk/client-sts'), clientConfig(settings, limits)])
  const client = new sdk.STSClient({ ...config })
  const call = callerOf(client, limits)
  try {
    await call(ACTION, () => client.config.credentials())
    const { Arn: arn = '', Account: account = '' } = await call(
      ACTION,
      (abortSignal) => client.send(new sdk.GetCallerIdentityCommand({}), { abortSignal }),
      ANSWER_MS,
    )
    return { arn, account }
  } catch (error) {
    throw toAwsError(failureOf(error), 'AWS STS')
  } finally {
    client.destroy()
  }
}
