import type { Problem } from '../model/problem.ts'
import { type AwsFailure, describePlace, isRefusal } from './aws-failure.ts'

/**
 * What is wrong with one secret, by the service's answer to GetSecretValue; null where the failure is not about the
 * secret. Where a name stands for several cases its text decides (src/README.md: Refusals that only a text tells
 * apart):
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html#API_GetSecretValue_Errors
 */
export function secretProblem(secretId: string, failure: AwsFailure): Problem | null {
  if (!isRefusal(failure)) return null
  return { application: null, field: secretId, ...explain(failure) }
}

function explain({ name, message, place }: AwsFailure): Pick<Problem, 'code' | 'message' | 'remedy'> {
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
