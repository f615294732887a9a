import { createReadStream } from 'node:fs'

import type { AuditRecord } from '../../model/audit.ts'
import { type RecordedRun, parseRecord, parseRun } from './entry.ts'
import { parseLine, RUN_PREFIX } from './jsonl.ts'
import { followAccess } from './periods.ts'

/** When something began, and by which build. */
export interface Beginning {
  /** `2026-03-01`. */
  readonly day: string
  readonly build: string
}

/** Since when things are as they are, as far as the audit tells. */
export interface Beginnings {
  /** Since when a login may do what it may do on a database; null: the audit does not tell. */
  access(instance: string, database: string, username: string): Beginning | null
  /** The day of a build's first run; null: the audit has none of it. */
  firstDay(build: string): string | null
}

const LF = 0x0a
const CHUNK_BYTES = 1024 * 1024
const RUN = Buffer.from(RUN_PREFIX)

/** What is in lines that tell something. What a check found as it was (most lines of the file) is jumped over. */
const TELLING = [RUN, ...['created', 'updated', 'removed'].map((status) => Buffer.from(`"status":"${status}"`))]

/**
 * Reads `rds_provision_audit.jsonl`; lines that are torn or edited out of shape tell nothing. Throws the errors of
 * node:fs.
 */
export async function readBeginnings(path: string): Promise<Beginnings> {
  const days = new Map<string, string>()
  const entries: RecordedRun[] = []
  let records: AuditRecord[] = []
  for await (const line of tellingLines(path)) {
    if (line.startsWith(RUN_PREFIX)) {
      const { value: run } = parseRun(parseLine(line))
      if (run !== null && !days.has(run.build_id)) days.set(run.build_id, run.started_at.slice(0, 10))
      if (records.length > 0) entries.push({ run, records })
      records = []
    } else {
      const { value: record } = parseRecord(parseLine(line))
      if (record !== null && beginsAccess(record)) records.push(record)
    }
  }
  const begun = new Map(
    followAccess(entries)
      .filter(({ until }) => until === null)
      .map((period) => [accessKeyOf(period.instance ?? '', period.database, period.username), period]),
  )
  return {
    access(instance, database, username) {
      const { since, sinceBuild = null } = begun.get(accessKeyOf(instance, database, username)) ?? {}
      return since === undefined || sinceBuild === null ? null : { day: since.slice(0, 10), build: sinceBuild }
    },
    firstDay: (build) => days.get(build) ?? null,
  }
}

/** An attribute of a role or a database that was altered says nothing of access that it had before. */
function beginsAccess({ object, status }: AuditRecord): boolean {
  return object === 'default_privileges' || ((object === 'role' || object === 'database') && status !== 'updated')
}

function accessKeyOf(instance: string, database: string, username: string): string {
  return JSON.stringify([instance, database, username])
}

/** The complete lines of a file that hold one of TELLING, without their ends. */
async function* tellingLines(path: string): AsyncGenerator<string> {
  const chunks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  let rest = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk])
    const end = bytes.lastIndexOf(LF) + 1
    const found = linesWith(bytes.subarray(0, end))
    for (const start of [...found.keys()].sort((a, b) => a - b)) yield bytes.toString('utf8', start, found.get(start))
    rest = bytes.subarray(end)
  }
}

/**
 * By offset of its beginning the offset of its end, for each line that holds one of TELLING; `bytes` ends with a line.
 */
function linesWith(bytes: Buffer): Map<number, number> {
  const lines = new Map<number, number>()
  for (const text of TELLING) {
    for (let at = bytes.indexOf(text); at >= 0;) {
      const end = bytes.indexOf(LF, at)
      lines.set(bytes.lastIndexOf(LF, at) + 1, end)
      at = bytes.indexOf(text, end)
    }
  }
  return lines
}
