import { partitionOf, partitionOfArn } from '../model/partition.ts'
import type { Problem } from '../model/problem.ts'
import { type AwsFailure, describeAwsFailure, describePlace, isOfRegion, isRefusal } from './aws-failure.ts'

/** As people are told who was called. */
export const SERVICE = 'AWS Secrets Manager'

/**
 * What is wrong with one secret, by the service's answer to GetSecretValue; null where the failure is not about the
 * secret. Where a name stands for several cases its text decides (src/README.md: Refusals that only a text tells
 * apart):
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html#API_GetSecretValue_Errors
 * @param home region of the run. A secret of another is asked for there, and what is wrong with that region is the
 *   secret's trouble. null: not known
 */
export function secretProblem(secretId: string, failure: AwsFailure, home: string | null = null): Problem | null {
  const region = failure.place?.region ?? null
  if (isRefusal(failure)) {
    const misnamed = region === null ? null : wrongArn(secretId, failure, region)
    return { application: null, field: secretId, ...(misnamed ?? explain(failure)) }
  }
  if (region === null || home === null || region === home || !isOfRegion(failure)) return null
  return { ...elsewhere(failure, region, home), field: secretId }
}

type Explanation = Pick<Problem, 'code' | 'message' | 'remedy'>

/** An ARN whose partition has no such region names nothing, whatever AWS answers. */
function wrongArn(secretId: string, { name, message, place }: AwsFailure, region: string): Explanation | null {
  const [named, actual] = [partitionOfArn(secretId), partitionOf(region)]
  if (named === null || named === actual) return null
  const answer = `${place === null ? '' : `${describePlace(place)}: `}${name}: ${message}`
  return {
    code: 'aws_wrong_partition',
    message: `the ARN names the partition ${named}, and ${region} is a region of ${actual} (${answer})`,
    remedy: "Copy the secret's ARN from Secrets Manager.",
  }
}

function elsewhere(failure: AwsFailure, region: string, home: string): Problem {
  const problem = describeAwsFailure(failure, SERVICE)
  const [there, here] = [partitionOf(region), partitionOf(home)]
  if (there !== here)
    return {
      ...problem,
      code: 'aws_wrong_partition',
      message: `the secret is of the partition ${there}, and the run of ${here}, as its region ${home} says. ${problem.message}`,
      remedy: `Name a secret of ${here}, or run in a region of ${there} with credentials of it: none count in both.`,
    }
  if (problem.code === 'aws_wrong_region') return { ...problem, remedy: "Correct the region in the secret's ARN." }
  const remedy = `The secret's ARN says ${region}: correct it where that is wrong. ${problem.remedy}`
  return { ...problem, remedy }
}

function explain({ name, message, place }: AwsFailure): Explanation {
  const where = place === null ? '' : describePlace(place)
  const answer = place === null ? message : `${where}: ${message}`
  if (name === 'ResourceNotFoundException') {
    return /staging label/i.test(message)
      ? { code: 'secret_empty', message: `the secret has no current value (${where}).`, remedy: 'Store one in it.' }
      : {
          code: 'secret_not_found',
          message: `the secret does not exist (${where}).`,
          remedy: 'Create it, or correct its id, the region or the account.',
        }
  }
  if (name === 'DecryptionFailure' || (name === 'AccessDeniedException' && /kms/i.test(message))) {
    return {
      code: 'secret_undecryptable',
      message: `the secret cannot be decrypted (${answer}).`,
      remedy: "Allow kms:Decrypt on the secret's key, and see that the key is enabled.",
    }
  }
  if (name.startsWith('AccessDenied')) {
    return {
      code: 'secret_denied',
      message: `access to the secret is denied (${answer}).`,
      remedy: `Allow secretsmanager:${place?.action ?? 'GetSecretValue'} on it, in the policy of the runner and, across accounts, of the secret.`,
    }
  }
  if (name === 'InvalidRequestException' && /deletion|deleted/i.test(message)) {
    return {
      code: 'secret_pending_deletion',
      message: `the secret is marked for deletion (${where}).`,
      remedy: 'Restore it (aws secretsmanager restore-secret), or name another.',
    }
  }
  return { code: 'secret_refused', message: `${name} (${answer})`, remedy: 'Check the secret and its id.' }
}
