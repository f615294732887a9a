import { Secret } from './secret.ts'

/**
 * One SQL statement. What is sent to the server and what may be printed are kept apart; they differ only where the
 * statement carries a password verifier.
 */
export class Statement {
  readonly #sql: Secret
  /** Safe for output, audit and errors. */
  readonly redacted: string
  /** The role the statement runs as (SET LOCAL ROLE); null: the role that logged in. */
  readonly runAs: string | null

  constructor(sql: string, options: { readonly redacted?: string; readonly runAs?: string | null } = {}) {
    this.#sql = new Secret(sql)
    this.redacted = options.redacted ?? sql
    this.runAs = options.runAs ?? null
  }

  /** Whether the text for the server holds what may not be printed. */
  get isSecret(): boolean {
    return this.redacted !== this.reveal()
  }

  /** The text for the server. */
  reveal(): string {
    return this.#sql.reveal()
  }

  toString(): string {
    return this.redacted
  }

  toJSON(): string {
    return this.redacted
  }
}
