import type { AccessMatrix } from '../../model/access.ts'
import type { Criteria } from '../../input/report-options.ts'
import { matches } from '../criteria.ts'
import type { ReportRow, Section } from '../report.ts'
import { counted } from '../verdict.ts'

const COLUMNS = [
  { key: 'username', title: 'Login' },
  { key: 'application', title: 'Application' },
  { key: 'state', title: 'State' },
  { key: 'logs_in', title: 'May log in' },
  { key: 'databases', title: 'Databases it reaches' },
  { key: 'cleanup_policy', title: 'Cleanup policy' },
  { key: 'since', title: 'Since' },
  { key: 'since_build', title: 'By build' },
] as const

/** Logins of the stack that no entry declares: what stays after an application left, and what is to go yet. */
export function retainedSection({ environment, orphans }: AccessMatrix, criteria: Criteria): Section {
  const rows = orphans
    .filter(
      ({ application, databases }) =>
        matches(criteria.application, application) &&
        (criteria.database === null || databases.includes(criteria.database)),
    )
    .map((orphan): ReportRow => {
      const { username, application, state, canLogin, databases, cleanupPolicy, since, build } = orphan
      return {
        cells: [
          username,
          application,
          state,
          canLogin ? 'yes' : 'no',
          databases.join(', '),
          cleanupPolicy,
          since,
          build,
        ],
        environment,
        application,
        build,
        mark: state === 'disabled' ? 'skipped' : 'warning',
      }
    })
  const open = rows.filter(({ cells }) => cells[3] === 'yes').length
  return {
    id: 'retained',
    title: 'Logins no longer declared',
    about:
      rows.length === 0
        ? 'Every login of this stack is declared.'
        : `Retained, disabled, or to be removed yet; ${String(open)} of ${String(rows.length)} may still log in.`,
    attention:
      rows.length === 0
        ? null
        : `${counted(rows.length, 'login', 'logins')} retained or disabled, ${String(open)} of which may log in`,
    columns: COLUMNS,
    rows,
  }
}
