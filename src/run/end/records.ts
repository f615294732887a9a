/** Each line of the audit stands alone: a record for every role and every database, whatever the end (design §10). */
import type { RecordDraft } from '../../model/audit.ts'
import { BlockedError, InvalidInputError, type ProvisionError } from '../../errors.ts'
import type { AuditObject, AuditRecord } from '../../model/audit.ts'
import type { Declaration } from '../../model/declaration.ts'
import { type GuardrailCode, isGuardrail } from '../../model/problem.ts'

/** What a violation's record is about. */
const OBJECT_OF_GUARDRAIL: Readonly<Record<GuardrailCode, AuditObject>> = {
  approval: 'admin',
  endpoint: 'admin',
  reserved_name: 'role',
  naming: 'role',
  owner_mismatch: 'database',
  unmanaged_role: 'role',
  foreign_claim: 'role',
  missing_right: 'role',
  privileged_role: 'role',
  iam: 'login',
  extension: 'extension',
  setting: 'setting',
  immutable: 'database',
  encoding: 'database',
  schema: 'schema',
  invalid_database: 'database',
  removal_approval: 'role',
  removal_obstacle: 'role',
}

/** One record for each violation of a blocked run, with application, database and user. */
export function violationRecords(declaration: Declaration, error: BlockedError): RecordDraft[] {
  return error.problems.map((problem) => {
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

/** Records for the roles and databases that the run told nothing of. */
export function missingRecords(
  declaration: Declaration,
  records: readonly AuditRecord[],
  error: ProvisionError,
): RecordDraft[] {
  const told = new Set(records.map((record) => JSON.stringify([record.object, record.application])))
  const [first] = error.problems
  const ending =
    error instanceof BlockedError && first !== undefined
      ? ({ status: 'blocked', code: first.code } as const)
      : ({ status: 'skipped' } as const)
  const message =
    error instanceof BlockedError || error instanceof InvalidInputError
      ? 'not begun: nothing was changed'
      : 'not reached: the run failed before'
  const draft = (object: 'role' | 'database', application: Declaration['applications'][number]): RecordDraft[] => {
    if (told.has(JSON.stringify([object, application.name]))) return []
    const { name, database, username } = application
    return [
      {
        application: name,
        database,
        username,
        object,
        action: 'check',
        ...ending,
        durationMs: 0,
        message,
        statements: [],
      },
    ]
  }
  return [
    ...declaration.applications.flatMap((application) => draft('role', application)),
    ...declaration.databases.flatMap((database) => draft('database', database.owner)),
  ]
}
