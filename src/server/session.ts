/** One connection to one database. */
import type { Client } from 'pg'
import { isSendable } from '../model/sendable.ts'
import { catalogText, markBytes } from './catalog-text.ts'
import { readText, type Row } from './row.ts'
import { readServerError, type ServerError } from './server-error.ts'

/** The server refused a statement, and nothing of its message took effect unless it was committed before. */
export class StatementError extends Error {
  /** 0-based, among the statements of the message. */
  readonly index: number
  /** SQLSTATE */
  readonly code: string
  /** The function of the server's source that refused; '' where it does not tell. */
  readonly routine: string
  /** DETAIL, HINT and CONTEXT as the server sent them, which may be a tenant's text; '' where there is none. */
  readonly detail: string
  readonly hint: string
  readonly context: string

  constructor(index: number, answer: ServerError, cause: unknown) {
    super(answer.message, { cause })
    this.name = 'StatementError'
    this.index = index
    this.code = answer.code
    this.routine = answer.routine
    this.detail = answer.detail
    this.hint = answer.hint
    this.context = answer.context
  }
}

/** The connection broke before the answer came: whether the last message took effect is not known. */
export class ConnectionLost extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'ConnectionLost'
  }
}

/**
 * The session ends with these, or can do nothing more: shutdown, crash, idle limits (57P0x, 25P03), broken connections
 * (08xxx), and a server that became read-only by a failover (25006).
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const ENDING = /^(?:57P0[1245]|25P03|25P04|08...|25006)$/

/**
 * Bytes that the client's encoding has no text for: invalid ones (22021), or a character of the database's encoding
 * only (22P05).
 */
const NO_TEXT: readonly string[] = ['22021', '22P05']

/**
 * For the rest of the message the server sends bytes as they are stored. What is in the message it has read by then.
 * https://www.postgresql.org/docs/current/multibyte.html#MULTIBYTE-AUTOMATIC-CONVERSION
 */
const AS_STORED: readonly string[] = [
  'SET LOCAL client_encoding = SQL_ASCII',
  `SELECT ${catalogText('getdatabaseencoding()')} AS encoding`,
]

/** What the server would answer, said before anything goes out. */
const UNSENDABLE: ServerError = {
  code: '22021',
  message: 'a name has bytes that cannot be sent',
  routine: '',
  detail: '',
  hint: '',
  context: '',
}

const CLOSE_LIMIT_MS = 2_000

export class Session {
  readonly database: string
  readonly login: string
  /** server_version_num, e.g. 160004, as the server announced it at start-up. */
  readonly version: number
  /** e.g. 16.4 */
  readonly versionText: string
  /** The server process, as pg_stat_activity names it. */
  readonly pid: number
  readonly #client: Client
  /** Sent before the first message, with it: no round trip of their own. */
  #preamble: readonly string[]
  #lost: Error | null
  #completed = 0
  #busySince: number | null = null
  #answeredAt = Date.now()

  constructor(
    client: Client,
    database: string,
    login: string,
    server: { readonly version: number; readonly text: string; readonly pid: number; readonly lost?: Error | null },
    preamble: readonly string[] = [],
  ) {
    this.#client = client
    this.#preamble = preamble
    this.database = database
    this.login = login
    this.version = server.version
    this.versionText = server.text
    this.pid = server.pid
    this.#lost = server.lost ?? null
    client.on('error', (error) => (this.#lost ??= error))
    client.on('end', () => (this.#lost ??= new Error('the connection was closed')))
    client.connection.on('commandComplete', () => (this.#completed += 1))
  }

  /** Why the connection is gone; null while it is there. */
  get lost(): Error | null {
    return this.#lost
  }

  /** Since when the server works on our message, in ms since the epoch; null: it does not. */
  get busySince(): number | null {
    return this.#busySince
  }

  /** When the server answered last, in ms since the epoch. */
  get answeredAt(): number {
    return this.#answeredAt
  }

  /**
   * Several queries in one round trip, or in two where the catalogs hold bytes that are no text in this encoding; the
   * rows of each (src/README.md: Bytes in catalogs).
   * @throws StatementError, ConnectionLost
   */
  async query(queries: readonly string[]): Promise<Row[][]> {
    try {
      return lastRows(await this.#send(queries), queries.length)
    } catch (error) {
      if (!(error instanceof StatementError) || !NO_TEXT.includes(error.code)) throw error
    }
    const [[server] = [], ...rows] = lastRows(await this.#send(queries, AS_STORED), queries.length + 1)
    const keepsBytes = server !== undefined && ['UTF8', 'SQL_ASCII'].includes(readText(server, 'encoding'))
    return keepsBytes ? rows : rows.map((list) => list.map(markedRow))
  }

  /**
   * Statements in one round trip. With more than one, begin with BEGIN and end with COMMIT: the server then runs all
   * or nothing, and skips the rest after an error.
   * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT
   * @throws StatementError, ConnectionLost
   */
  async run(statements: readonly string[]): Promise<void> {
    await this.#send(statements)
  }

  async #send(statements: readonly string[], before: readonly string[] = []): Promise<unknown> {
    const unsendable = statements.findIndex((statement) => !isSendable(statement))
    if (unsendable >= 0) throw new StatementError(unsendable, UNSENDABLE, null)
    const first = [...this.#preamble, ...before]
    this.#completed = -first.length
    this.#busySince = Date.now()
    try {
      const result: unknown = await this.#client.query([...first, ...statements].join(';\n'))
      this.#preamble = []
      return result
    } catch (error) {
      const answer = readServerError(error)
      if (answer !== null && !ENDING.test(answer.code)) throw new StatementError(this.#completed, answer, error)
      this.#lost ??= error instanceof Error ? error : new Error(String(error))
      throw new ConnectionLost(this.#lost.message, this.#lost)
    } finally {
      this.#busySince = null
      this.#answeredAt = Date.now()
    }
  }

  /** Breaks the connection: whoever waits for an answer gets ConnectionLost. */
  abandon(): void {
    this.#client.connection.stream.destroy()
  }

  /** Ends the session; a server that no longer answers is not waited for. */
  async close(): Promise<void> {
    const limit = setTimeout(() => {
      this.abandon()
    }, CLOSE_LIMIT_MS)
    try {
      await this.#client.end()
    } catch (error) {
      this.#lost ??= error instanceof Error ? error : new Error(String(error))
    } finally {
      clearTimeout(limit)
    }
  }
}

/** The rows of the last so many statements of a message. */
function lastRows(result: unknown, count: number): Row[][] {
  return (Array.isArray(result) ? result.slice(-count) : [result]).map(rowsOf)
}

function markedRow(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, markBytes(value)]))
}

function rowsOf(result: unknown): Row[] {
  if (typeof result === 'object' && result !== null && 'rows' in result && Array.isArray(result.rows))
    return result.rows.filter(isRow)
  return []
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null
}
