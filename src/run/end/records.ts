/** Each line of the audit stands alone: a record for every role and every database, whatever the end (design §10). */
import type { RecordDraft } from '../../model/audit.ts'
import { BlockedError, InvalidInputError, type ProvisionError } from '../../errors.ts'
import type { AuditObject, AuditRecord } from '../../model/audit.ts'
import type { Declaration } from '../../model/declaration.ts'

const OBJECT_OF_GUARDRAIL: Readonly<Record<string, AuditObject>> = {
  'owner mismatch': 'database',
  'invalid database': 'database',
  immutable: 'database',
  encoding: 'database',
  schema: 'schema',
  extension: 'extension',
  setting: 'setting',
  IAM: 'login',
  approval: 'admin',
  endpoint: 'admin',
}

/** One record for each violation of a blocked run, with application, database and user. */
export function violationRecords(declaration: Declaration, error: BlockedError): RecordDraft[] {
  return error.problems.map((problem) => {
    const application = declaration.applications.find((item) => item.name === problem.application)
    return {
      application: problem.application,
      database: application?.database ?? null,
      username: application?.username ?? null,
      object: OBJECT_OF_GUARDRAIL[problem.field] ?? 'role',
      action: problem.field,
      status: 'blocked',
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
  const status = error instanceof BlockedError ? 'blocked' : 'skipped'
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
        status,
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
