import { createReadStream } from 'node:fs'

import type { AuditRecord } from '../../model/audit.ts'
import { type Entry, parseRecord, parseRun } from './entry.ts'
import { parseLine, RUN_PREFIX } from './jsonl.ts'
import { followAccess } from './periods.ts'

/** When something began, and by which build. */
export interface Start {
  /** `2026-03-01`. */
  readonly day: string
  readonly build: string
}

/** Since when things are as they are, as far as the audit tells. */
export interface Starts {
  /** Since when a login may do what it may do on a database; null: the audit does not tell. */
  access(instance: string, database: string, username: string): Start | null
  /** The day of a build's first run; null: the audit has none of it. */
  firstDay(build: string): string | null
}

const LF = 0x0a
const CHUNK_BYTES = 1024 * 1024
const RUN = Buffer.from(RUN_PREFIX)

/** What a check found as it was (most lines of the file) began nothing, and is not parsed. */
const CHANGES = ['created', 'updated', 'removed'].map((status) => Buffer.from(`"status":"${status}"`))

/** Reads `rds_provision_audit.jsonl`; lines that are torn or edited out of shape tell nothing. Throws the errors of node:fs. */
export async function readStarts(path: string): Promise<Starts> {
  const days = new Map<string, string>()
  const entries: Entry[] = []
  let records: AuditRecord[] = []
  for await (const line of linesOf(path)) {
    if (line.subarray(0, RUN.length).equals(RUN)) {
      const { value: run } = parseRun(parseLine(line.toString('utf8')))
      if (run !== null && !days.has(run.build_id)) days.set(run.build_id, run.started_at.slice(0, 10))
      if (records.length > 0) entries.push({ run, records })
      records = []
    } else if (CHANGES.some((change) => line.includes(change))) {
      const { value: record } = parseRecord(parseLine(line.toString('utf8')))
      if (record !== null && beginsAccess(record)) records.push(record)
    }
  }
  const begun = new Map(followAccess(entries).filter(({ until }) => until === null).map((period) => [keyOf(period.instance ?? '', period.database, period.username), period]))
  return {
    access(instance, database, username) {
      const { since, sinceBuild = null } = begun.get(keyOf(instance, database, username)) ?? {}
      return since === undefined || sinceBuild === null ? null : { day: since.slice(0, 10), build: sinceBuild }
    },
    firstDay: (build) => days.get(build) ?? null,
  }
}

/** An attribute of a role or a database that was altered says nothing of access that it had before. */
function beginsAccess({ object, status }: AuditRecord): boolean {
  return object === 'default_privileges' || ((object === 'role' || object === 'database') && status !== 'updated')
}

function keyOf(instance: string, database: string, username: string): string {
  return JSON.stringify([instance, database, username])
}

/** The complete lines of a file, without their ends. */
async function* linesOf(path: string): AsyncGenerator<Buffer> {
  const chunks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  let rest = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk])
    let from = 0
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, from)) {
      yield bytes.subarray(from, end)
      from = end + 1
    }
    rest = bytes.subarray(from)
  }
}
