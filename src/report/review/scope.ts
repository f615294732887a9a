import type { Criteria } from '../../input/report-options.ts'
import { matches } from '../criteria.ts'
import type { Line } from './line.ts'

/**
 * The lines that a sheet has: of an application those of its databases and its login, and what logins in these have on
 * the whole instance.
 */
export function linesInScope(lines: readonly Line[], { environment, application, database }: Criteria): Line[] {
  const isDirect = (line: Line): boolean =>
    matches(environment, line.environment) &&
    matches(database, line.database) &&
    (application === null || line.database_owner === application || line.application === application)
  const direct = lines.filter(isDirect)
  const logins = new Set(direct.map(({ login }) => login))
  return lines.filter((line) => isDirect(line) || (line.database === '' && logins.has(line.login)))
}
