import { Secret } from './secret.ts'

/**
 * One SQL statement. What is sent to the server and what may be printed are kept apart; they differ only where the
 * statement carries a password verifier.
 */
export class Statement {
  readonly #sql: Secret
  /** Safe for output, audit and errors. */
  readonly redacted: string

  constructor(sql: string, redacted: string = sql) {
    this.#sql = new Secret(sql)
    this.redacted = redacted
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
