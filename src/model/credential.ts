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
