import type { Problem } from '../model/problem.ts'
import type { Credential } from '../model/credential.ts'

/**
 * Staging labels that Secrets Manager itself maintains:
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
 */
export type SecretStage = 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS'

/** What reading many secrets gave: every id is a key of `credentials` or of `problems`. */
export interface CurrentSecrets {
  /** Secret id, as asked for, to its current version. */
  readonly credentials: ReadonlyMap<string, Credential>
  /** Secret id, as asked for, to what is wrong with it; `application` is null: `nameApplications` fills it in. */
  readonly problems: ReadonlyMap<string, Problem>
}

/** Where passwords come from. */
export interface SecretReader {
  /**
   * Reads the current version of every secret named (names or ARNs; duplicates are read once).
   * What is wrong with single secrets is returned; what is wrong with all of them (no credentials, no network) is
   * thrown as one AwsError.
   */
  readCurrent(ids: readonly string[]): Promise<CurrentSecrets>

  /** Reads one version; null where no version carries that label. Throws AwsError where it cannot be read. */
  readStage(id: string, stage: SecretStage): Promise<Credential | null>
}
