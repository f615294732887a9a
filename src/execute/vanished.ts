/** What somebody dropped or renamed between look and statement (src/README.md: Applications at work). */
import type { Step } from '../model/step.ts'
import type { StatementError } from '../server/session.ts'

/**
 * No such table, function, schema or type; another kind of object has the name.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const CODES = new Set(['42P01', '42883', '3F000', '42704', '42809'])

/** Where the server finds that an object, or a column of it, went while it was at it (its source, aclchk.c). */
const ROUTINES = /^(?:ExecGrant_|expand_all_col_privileges$)/

/**
 * Only of what names objects that a look had found. An object that goes while the server is at it is an internal error
 * without a code of its own: there the function that refused tells, not its text.
 */
export function isVanished(step: Step, { code, routine }: Pick<StatementError, 'code' | 'routine'>): boolean {
  const namesObjects = step.privileges?.some(({ statement }) => statement.objects.length > 0) ?? false
  return namesObjects && (CODES.has(code) || (code === 'XX000' && ROUTINES.test(routine)))
}
