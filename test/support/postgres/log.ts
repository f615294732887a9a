import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'csv-parse/sync'
import { changingStatements } from './statements.ts'

/** One entry of the server's log. */
export interface LogEntry {
  /** ISO 8601 with milliseconds, UTC. */
  readonly at: string
  /** '' where nobody has logged in yet. */
  readonly user: string
  readonly database: string
  readonly pid: number
  /** `host:port` of the client, `[local]` for the private socket, '' for the server itself. */
  readonly client: string
  /** LOG, WARNING, ERROR, FATAL, … */
  readonly severity: string
  readonly sqlState: string
  readonly message: string
  readonly detail: string
  /** The statement that caused an error. */
  readonly statement: string
  readonly applicationName: string
}

/** All of the log from byte `from` up to byte `to`. */
export async function readLog(file: string, from: number, to: number): Promise<LogEntry[]> {
  const text = (await readBytes(file, from, to)).toString('utf8')
  const rows: string[][] = parse(text, { relaxColumnCountMore: true, relaxColumnCountLess: true })
  return rows.map(toEntry)
}

/** Columns of csvlog by position, alike in 14 to 18 (manual 19.8.4). */
function toEntry(row: readonly string[]): LogEntry {
  const column = (index: number): string => row[index] ?? ''
  return {
    at: column(0).replace(' ', 'T').replace(' UTC', 'Z'),
    user: column(1),
    database: column(2),
    pid: Number(column(3)),
    client: column(4),
    severity: column(11),
    sqlState: column(12),
    message: column(13),
    detail: column(14),
    statement: column(19),
    applicationName: column(22),
  }
}

/** Waits until `token` stands in the log after byte `from`; resolves with the byte after its line. */
export async function waitForLog(file: string, token: string, from: number): Promise<number> {
  const end = Date.now() + 30_000
  while (Date.now() < end) {
    const bytes = await readBytes(file, from, Infinity)
    const line = bytes.indexOf('\n', Math.max(bytes.indexOf(token), 0))
    if (bytes.includes(token) && line >= 0) return from + line + 1
    await sleep(5)
  }
  throw new Error(`The server's log does not show ${token}.`)
}

async function readBytes(file: string, from: number, to: number): Promise<Buffer> {
  const handle = await open(file)
  try {
    const size = Math.min((await handle.stat()).size, to) - from
    const buffer = Buffer.alloc(Math.max(size, 0))
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, from)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

/** Every statement that log entries show to have been run, changing ones only, passwords redacted. */
export function changesIn(entries: readonly LogEntry[]): string[] {
  return entries.flatMap(({ message }) => {
    const text = /^(?:statement|execute [^:]*): ([\s\S]*)$/.exec(message)?.[1]
    return text === undefined ? [] : changingStatements(text)
  })
}
