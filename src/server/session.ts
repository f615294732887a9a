/** One connection to one database. */
import { type Client, DatabaseError } from 'pg'

/** One result row, untyped until a row mapper has read it. */
export type Row = Readonly<Record<string, unknown>>

/** A script stopped: which statement (0-based, as given) failed, or null where the server's answer never came. */
export class ScriptError extends Error {
  readonly failedAt: number | null
  /** SQLSTATE, '' where the connection broke. */
  readonly code: string

  constructor(failedAt: number | null, code: string, message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'ScriptError'
    this.failedAt = failedAt
    this.code = code
  }
}

const CLOSE_LIMIT_MS = 2_000

export class Session {
  readonly database: string
  readonly login: string
  /** server_version_num, e.g. 160004, as the server announced it at start-up. */
  readonly version: number
  /** e.g. 16.4 */
  readonly versionText: string
  readonly #client: Client
  #lost: Error | null = null
  #completed = 0

  constructor(client: Client, database: string, login: string, version: { readonly number: number; readonly text: string }) {
    this.#client = client
    this.database = database
    this.login = login
    this.version = version.number
    this.versionText = version.text
    client.on('error', (error) => (this.#lost ??= error))
    client.on('end', () => (this.#lost ??= new Error('the connection was closed')))
    client.connection.on('commandComplete', () => (this.#completed += 1))
  }

  /** Why the connection is gone; null while it is there. */
  get lost(): Error | null {
    return this.#lost
  }

  /** Several queries in one round trip; the rows of each. */
  async query(queries: readonly string[]): Promise<Row[][]> {
    const result: unknown = await this.#client.query(queries.join(';\n'))
    const results = Array.isArray(result) ? result : [result]
    return results.map(rowsOf)
  }

  /**
   * Statements in one round trip. With more than one, begin with BEGIN and end with COMMIT: the server then runs all
   * or nothing, and skips the rest after an error.
   * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT
   * @throws ScriptError naming the statement that failed.
   */
  async run(statements: readonly string[]): Promise<void> {
    this.#completed = 0
    try {
      await this.#client.query(statements.join(';\n'))
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw new ScriptError(null, '', messageOf(error), error)
      throw new ScriptError(this.#completed, error.code ?? '', error.message, error)
    }
  }

  /** Ends the session; a server that no longer answers is not waited for. */
  async close(): Promise<void> {
    const limit = setTimeout(() => this.#client.connection.stream.destroy(), CLOSE_LIMIT_MS)
    try {
      await this.#client.end()
    } catch (error) {
      this.#lost ??= error instanceof Error ? error : new Error(String(error))
    } finally {
      clearTimeout(limit)
    }
  }
}

function rowsOf(result: unknown): Row[] {
  if (typeof result === 'object' && result !== null && 'rows' in result && Array.isArray(result.rows)) return result.rows
  return []
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
