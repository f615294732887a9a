import type { Actor } from '../model/run.ts'
import type { AwsAccess } from './aws-access.ts'
import { toAwsError } from './aws-failure.ts'
import { CALL_LIMITS, clientConfig, withinLimit } from './client-config.ts'
import type { CallLimits } from './client-config.ts'

/** So long STS has to answer, credentials apart: a program that gives them may take its time. */
const ANSWER_MS = 20_000

/**
 * Asks STS who runs (GetCallerIdentity, which needs no permission). Throws one AwsError where AWS cannot be asked.
 */
export async function readActor(settings: AwsAccess, limits: CallLimits = CALL_LIMITS): Promise<Actor> {
  const [sdk, config] = await Promise.all([import('@aws-sdk/client-sts'), clientConfig(settings, limits)])
  const client = new sdk.STSClient({ ...config })
  try {
    await withinLimit(limits, () => client.config.credentials())
    const { Arn: arn = '', Account: account = '' } = await withinLimit(
      { ...limits, call: Math.min(limits.call, ANSWER_MS) },
      (abortSignal) => client.send(new sdk.GetCallerIdentityCommand({}), { abortSignal }),
    )
    return { arn, account }
  } catch (error) {
    throw toAwsError(error, 'AWS STS')
  } finally {
    client.destroy()
  }
}
