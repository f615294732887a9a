import type { Secret } from './secret.ts'

/** One version of a Secrets Manager secret in the RDS JSON format. */
export interface Credential {
  readonly secretId: string
  readonly versionId: string
  /** null: the secret names no user. */
  readonly username: string | null
  readonly password: Secret
  /** When this version was made; null where the service does not say. */
  readonly createdAt: Date | null
}

/**
 * The second login of AWS's alternating-users rotation:
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotation-strategy.html#rotation-strategy-alternating
 */
export function cloneOf(username: string): string {
  return `${username}_clone`
}
