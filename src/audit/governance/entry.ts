/** Lines and documents of the audit as types: the edge where files become data. Pure. */
import * as v from 'valibot'
import { EXIT } from '../../errors.ts'
import { PRIVILEGE_TARGETS } from '../../model/access-change.ts'
import { type AuditRecord, type AuditRun, OBJECTS, STANDINGS, STATUSES } from '../../model/audit.ts'
import { ACCESS_LEVELS } from '../../model/declaration.ts'
import { RUN_NAMES } from '../../model/run.ts'

/**
 * One run with its records; `run` is null where the line of the run is missing (the run was killed, or lines were cut).
 */
export interface RecordedRun {
  readonly run: AuditRun | null
  readonly records: readonly AuditRecord[]
}

/** Something wrong in a file; `line` is null where it is the file as a whole. */
export interface FileFault {
  readonly file: string
  readonly line: number | null
  readonly message: string
}

const TIME = v.pipe(
  v.string(),
  v.check((text) => !Number.isNaN(Date.parse(text)), 'is no time'),
)
const TEXT_OR_NULL = v.nullable(v.string())

const PRIVILEGES = v.exactOptional(v.array(v.string()))
const ACCESS = v.object({
  level: v.nullable(v.picklist(ACCESS_LEVELS)),
  changes: v.array(
    v.object({
      on: v.picklist(PRIVILEGE_TARGETS),
      schema: TEXT_OR_NULL,
      granted: PRIVILEGES,
      revoked: PRIVILEGES,
    }),
  ),
})

const CONSEQUENCES = v.exactOptional(
  v.array(v.object({ who: v.string(), what: v.string(), logins: v.exactOptional(v.number()) })),
)

const RECORD = v.object({
  at: TIME,
  run_id: v.string(),
  build_id: v.string(),
  environment: v.string(),
  application: TEXT_OR_NULL,
  database: TEXT_OR_NULL,
  username: TEXT_OR_NULL,
  object: v.picklist(OBJECTS),
  action: v.string(),
  status: v.picklist(STATUSES),
  code: v.exactOptional(v.string()),
  duration_ms: v.number(),
  message: v.string(),
  statements: v.array(v.string()),
  standing: v.exactOptional(v.picklist(STANDINGS)),
  access: v.exactOptional(ACCESS),
  loses: CONSEQUENCES,
  gains: CONSEQUENCES,
})

const ACTOR = v.object({ arn: v.string(), account: v.string() })
const NAMES = v.array(v.string())
const APPLICATIONS = v.object({ done: v.number(), blocked: NAMES, failed: NAMES, not_begun: NAMES })

const RUN = v.object({
  run_id: v.string(),
  build_id: v.string(),
  command: v.picklist(RUN_NAMES),
  environment: TEXT_OR_NULL,
  cluster_name: TEXT_OR_NULL,
  instance: v.nullable(v.object({ identifier: v.string(), host: v.string(), port: v.number() })),
  actor: v.nullable(ACTOR),
  executed_as: v.exactOptional(ACTOR),
  approval: v.picklist(['not_required', 'approved', 'missing']),
  approved_plan: v.exactOptional(TEXT_OR_NULL),
  database_login: TEXT_OR_NULL,
  server_version: TEXT_OR_NULL,
  tool_version: v.string(),
  input_sha256: v.string(),
  started_at: TIME,
  finished_at: TIME,
  duration_ms: v.number(),
  outcome: v.picklist(['changed', 'no_change', 'blocked', 'failed']),
  exit_code: v.picklist(Object.values(EXIT)),
  error_codes: v.optional(v.array(v.string()), []),
  error: TEXT_OR_NULL,
  applications: v.exactOptional(v.nullable(APPLICATIONS)),
  governance: v.optional(
    v.nullable(v.object({ file: v.string(), chain: v.string(), hash: v.string(), lines: v.number() })),
    null,
  ),
})

const DOCUMENT = v.object({ schema_version: v.literal(1), run: RUN, records: v.array(v.unknown()) })

/** A value, or what is wrong with it: `started_at: is no time`. */
export type ParseResult<T> =
  { readonly value: T; readonly problem: null } | { readonly value: null; readonly problem: string }

export function parseRecord(value: unknown): ParseResult<AuditRecord> {
  return toParseResult(v.safeParse(RECORD, value))
}

export function parseRun(value: unknown): ParseResult<AuditRun> {
  return toParseResult(v.safeParse(RUN, value))
}

/** An audit document whose records are not read yet. */
export function parseDocument(
  value: unknown,
): ParseResult<{ readonly run: AuditRun; readonly records: readonly unknown[] }> {
  return toParseResult(v.safeParse(DOCUMENT, value))
}

function toParseResult<T>(
  result:
    | { readonly success: true; readonly output: T }
    | { readonly success: false; readonly issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]] },
): ParseResult<T> {
  if (result.success) return { value: result.output, problem: null }
  const [issue] = result.issues
  const field = v.getDotPath(issue)
  return { value: null, problem: `${field === null ? '' : `${field}: `}${issue.message}` }
}
