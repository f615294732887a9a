/** Records of what a run did not do: what was blocked, and what it did not come to (src/README.md: The audit). */
import type { RecordDraft } from '../../model/audit.ts'
import { BlockedError, InvalidInputError, type ProvisionError } from '../../errors.ts'
import type { AuditObject, AuditRecord } from '../../model/audit.ts'
import type { Declaration } from '../../model/declaration.ts'
import { type GuardrailCode, isGuardrail, type Problem } from '../../model/problem.ts'
import type { Subject } from '../../model/step.ts'

/** What a violation's record is about. */
const OBJECT_OF_GUARDRAIL: Readonly<Record<GuardrailCode, AuditObject>> = {
  approval: 'admin',
  approved_plan: 'admin',
  endpoint: 'admin',
  foreign_account: 'admin',
  reserved_name: 'role',
  naming: 'role',
  owner_mismatch: 'database',
  unmanaged_role: 'role',
  foreign_claim: 'role',
  missing_claim: 'role',
  missing_right: 'role',
  privileged_role: 'role',
  iam: 'login',
  upgrade: 'admin',
  extension: 'extension',
  setting: 'setting',
  server_version: 'grant',
  immutable: 'database',
  encoding: 'database',
  schema: 'schema',
  invalid_database: 'database',
  missing_database: 'database',
  renamed_database: 'database',
  renamed_role: 'role',
  unknown_application: 'role',
  removal_approval: 'role',
  removal_obstacle: 'role',
  standing_application: 'role',
  not_permitted: 'admin',
  unproven_caller: 'admin',
  already_running: 'admin',
  rotation: 'password',
}

/** One record for each problem that blocked the run, or an application of it, with application, database and user. */
export function blockedRecords(declaration: Declaration, problems: readonly Problem[]): RecordDraft[] {
  return problems.map((problem) => {
    const application = declaration.applications.find((item) => item.name === problem.application)
    return {
      application: problem.application,
      database: application?.database ?? null,
      username: application?.username ?? null,
      object: isGuardrail(problem.code) ? OBJECT_OF_GUARDRAIL[problem.code] : 'role',
      action: problem.field,
      status: 'blocked',
      code: problem.code,
      durationMs: 0,
      message: `${problem.message} ${problem.remedy}`,
      statements: [],
    }
  })
}

/** So many applications are named where a run ended before it came to them. */
const MAX_NAMES = 20

/**
 * What was not done because the run stopped: one record, however many applications it did not come to.
 * @param records what the run told so far
 * @returns none where all of the declaration's applications were told of
 */
export function notBegunRecords(
  declaration: Declaration,
  records: readonly AuditRecord[],
  error: ProvisionError,
): RecordDraft[] {
  const told = new Set(records.map(({ application }) => application))
  const names = declaration.applications.map(({ name }) => name).filter((name) => !told.has(name))
  if (names.length === 0) return []
  const isUntouched = error instanceof BlockedError || error instanceof InvalidInputError
  const why = isUntouched ? 'nothing was changed' : 'the run failed before'
  const some = names.slice(0, MAX_NAMES).join(', ')
  const rest = names.length > MAX_NAMES ? `, and ${String(names.length - MAX_NAMES)} more` : ''
  const message = `not begun: ${why}; this concerns ${some}${rest}`
  return [notBegun({ application: null, database: null, username: null, object: 'admin' }, message)]
}

/** Applications that were left as they are, since they share the database of one that was blocked or failed. */
export function leftOutRecords(
  declaration: Declaration,
  records: readonly AuditRecord[],
  names: readonly string[],
): RecordDraft[] {
  const changed = new Set(records.filter(isChange).map(({ application }) => application))
  return declaration.applications
    .filter(({ name }) => names.includes(name))
    .map(({ name: application, database, username }) => {
      const what = changed.has(application) ? 'is not finished' : 'was left as it is'
      const message = `${username} ${what}: the owner of ${database}, or what was done there, is blocked or failed`
      return notBegun({ application, database, username, object: 'role' }, message)
    })
}

/** Whether a record tells of a change on the server. */
export function isChange({ status }: AuditRecord): boolean {
  return status === 'created' || status === 'updated' || status === 'removed'
}

function notBegun(about: Subject, message: string): RecordDraft {
  return { ...about, action: 'not begun', status: 'skipped', isQuiet: true, durationMs: 0, message, statements: [] }
}
