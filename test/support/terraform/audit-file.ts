/** Reads audit documents back, holding them to their interface (src/README.md: The audit): no field more, none less. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { PRIVILEGE_TARGETS } from '../../../src/model/access-change.ts'
import { ACCESS_LEVELS } from '../../../src/model/declaration.ts'
import { EXIT } from '../../../src/errors.ts'
import { type AuditDocument, OBJECTS, STANDINGS, STATUSES } from '../../../src/model/audit.ts'
import { COMMAND_NAMES } from '../../../src/model/run.ts'
import { isCode } from '../postgres/binaries.ts'

const Time = v.pipe(v.string(), v.isoTimestamp())
const Count = v.pipe(v.number(), v.minValue(0))
const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))

const Run = v.strictObject({
  run_id: v.string(),
  build_id: v.string(),
  command: v.picklist(COMMAND_NAMES),
  environment: v.nullable(v.string()),
  cluster_name: v.nullable(v.string()),
  instance: v.nullable(v.strictObject({ identifier: v.string(), host: v.string(), port: v.number() })),
  actor: v.nullable(v.strictObject({ arn: v.string(), account: v.string() })),
  executed_as: v.exactOptional(v.strictObject({ arn: v.string(), account: v.string() })),
  approval: v.picklist(['not_required', 'approved', 'missing']),
  approved_plan: v.nullable(v.string()),
  database_login: v.nullable(v.string()),
  server_version: v.nullable(v.string()),
  tool_version: v.string(),
  input_sha256: v.string(),
  started_at: Time,
  finished_at: Time,
  duration_ms: Count,
  outcome: v.picklist(['changed', 'no_change', 'blocked', 'failed']),
  exit_code: v.picklist(Object.values(EXIT)),
  error_codes: v.array(v.string()),
  error: v.nullable(v.string()),
  applications: v.nullable(
    v.strictObject({
      done: Count,
      blocked: v.array(v.string()),
      failed: v.array(v.string()),
      not_begun: v.array(v.string()),
    }),
  ),
  governance: v.nullable(
    v.strictObject({ file: v.string(), chain: Sha256, hash: Sha256, lines: v.pipe(v.number(), v.minValue(1)) }),
  ),
})

const Access = v.strictObject({
  level: v.nullable(v.picklist(ACCESS_LEVELS)),
  changes: v.array(
    v.strictObject({
      on: v.picklist(PRIVILEGE_TARGETS),
      schema: v.nullable(v.string()),
      granted: v.exactOptional(v.array(v.string())),
      revoked: v.exactOptional(v.array(v.string())),
    }),
  ),
})

const Consequence = v.strictObject({ who: v.string(), what: v.string(), logins: v.exactOptional(Count) })

const Record = v.strictObject({
  at: Time,
  run_id: v.string(),
  build_id: v.string(),
  environment: v.string(),
  application: v.nullable(v.string()),
  database: v.nullable(v.string()),
  username: v.nullable(v.string()),
  object: v.picklist(OBJECTS),
  action: v.string(),
  status: v.picklist(STATUSES),
  code: v.exactOptional(v.string()),
  duration_ms: Count,
  message: v.string(),
  statements: v.array(v.string()),
  access: v.exactOptional(Access),
  loses: v.exactOptional(v.array(Consequence)),
  gains: v.exactOptional(v.array(Consequence)),
  standing: v.exactOptional(v.picklist(STANDINGS)),
})

const Summary = v.strictObject({
  created: Count,
  updated: Count,
  removed: Count,
  no_change: Count,
  blocked: Count,
  failed: Count,
  skipped: Count,
  warning: Count,
})

const Document = v.strictObject({ schema_version: v.literal(1), run: Run, records: v.array(Record), summary: Summary })

/** @throws ValiError where the value is not an audit document */
export function parseAudit(value: unknown): AuditDocument {
  return v.parse(Document, value)
}

/** All audits in a folder, oldest first; none where the folder does not exist. */
export async function readAudits(folder: string): Promise<AuditDocument[]> {
  const files = (await names(folder)).filter((name) => name.endsWith('.json')).map((name) => join(folder, name))
  const dated = await Promise.all(files.map(async (file) => ({ file, time: (await stat(file)).mtimeMs })))
  dated.sort((a, b) => a.time - b.time)
  return Promise.all(dated.map(async ({ file }) => parseAudit(JSON.parse(await readFile(file, 'utf8')))))
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return []
    throw error
  }
}
