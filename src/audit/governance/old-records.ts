/**
 * What records of default privileges say that have no `access`: they were written before there was that field, and hold
 * it in their statements alone. To go when no such files are left that anybody reads. Pure.
 */
import type { PrivilegeChange } from '../../model/access-change.ts'
import type { AuditRecord } from '../../model/audit.ts'

/** As src/sql wrote it then. */
const TABLE_DEFAULTS =
  /^ALTER DEFAULT PRIVILEGES FOR ROLE "(?:[^"]|"")*"(?: IN SCHEMA "((?:[^"]|"")*)")? (GRANT|REVOKE) ([A-Z, ]+) ON TABLES (?:TO|FROM) /

/** The changes on tables, in the order of the statements; those on other objects are not read. */
export function readOldChanges({ statements }: AuditRecord): PrivilegeChange[] {
  return statements.flatMap((statement): PrivilegeChange[] => {
    const [, schema, verb, list] = TABLE_DEFAULTS.exec(statement) ?? []
    if (list === undefined) return []
    const where = { on: 'table', schema: schema?.replaceAll('""', '"') ?? null } as const
    const privileges = list.split(', ')
    return [verb === 'GRANT' ? { ...where, granted: privileges } : { ...where, revoked: privileges }]
  })
}
