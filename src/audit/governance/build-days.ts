import { createReadStream } from 'node:fs'

import type { BuildDays } from './access.ts'
import { parseLine, RUN_PREFIX } from './jsonl.ts'

/** Records are thousands of lines a run: they are jumped over, not split into lines. */
const RUN_START = Buffer.from(`\n${RUN_PREFIX}`)
const CHUNK_BYTES = 1024 * 1024

/** The day of each build's first run, from the run lines of `rds_provision_audit.jsonl`. Throws the errors of node:fs. */
export async function readBuildDays(path: string): Promise<BuildDays> {
  const days = new Map<string, string>()
  const chunks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  // The first line is preceded by nothing: this line break makes it like the others.
  let rest = Buffer.from('\n')
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk])
    rest = bytes.subarray(collect(bytes, days))
  }
  return days
}

/** Adds the runs whose lines end within `bytes`; gives the offset from which the next bytes are needed too. */
function collect(bytes: Buffer, days: Map<string, string>): number {
  let from = 0
  for (;;) {
    const start = bytes.indexOf(RUN_START, from)
    if (start < 0) return Math.max(from, bytes.length - RUN_START.length)
    const end = bytes.indexOf('\n', start + 1)
    if (end < 0) return start
    addRun(bytes.toString('utf8', start + 1, end), days)
    from = end
  }
}

function addRun(line: string, days: Map<string, string>): void {
  const run = parseLine(line)
  const build = run?.['build_id']
  const started = run?.['started_at']
  if (typeof build === 'string' && typeof started === 'string' && !days.has(build)) days.set(build, started.slice(0, 10))
}
