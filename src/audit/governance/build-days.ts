import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

import type { BuildDays } from './access.ts'
import { parseLine, RUN_PREFIX } from './jsonl.ts'

/** The day of each build's first run, from the run lines of `rds_provision_audit.jsonl`. Throws the errors of node:fs. */
export async function readBuildDays(path: string): Promise<BuildDays> {
  const days = new Map<string, string>()
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const run = line.startsWith(RUN_PREFIX) ? parseLine(line) : null
    const build = run?.['build_id']
    const started = run?.['started_at']
    if (typeof build === 'string' && typeof started === 'string' && !days.has(build)) days.set(build, started.slice(0, 10))
  }
  return days
}
