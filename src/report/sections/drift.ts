import type { Finding, Plan } from '../../model/step.ts'
import type { Problem } from '../../model/problem.ts'
import { listChanges } from '../../preview/preview.ts'
import type { Criteria } from '../../input/report-options.ts'
import { describeCriteria, matches } from '../criteria.ts'
import type { ReportRow, Section } from '../report.ts'
import { counted } from '../verdict.ts'

const COLUMNS = [
  { key: 'application', title: 'Application' },
  { key: 'database', title: 'Database' },
  { key: 'username', title: 'Login' },
  { key: 'object', title: 'Object' },
  { key: 'difference', title: 'Difference' },
  { key: 'remedy', title: 'What would mend it' },
] as const

export interface Drift {
  /** What apply would do; null where `blocked` stands in its way. */
  readonly plan: Plan | null
  readonly blocked: readonly Problem[]
}

/** Declared against actual: what apply would change, what would block it, and what it would warn of. */
export function driftSection({ plan, blocked }: Drift, environment: string, criteria: Criteria): Section {
  const about = (application: string | null): Pick<ReportRow, 'environment' | 'application'> => ({
    environment,
    application,
  })
  const changes = listChanges(plan ?? { findings: [], jobs: [] }).map(
    ({ application, database, username, object, status, message, statements }): ReportRow => ({
      ...about(application),
      cells: [application, database, username, object, message, 'apply'],
      mark: status,
      details: statements,
    }),
  )
  const findings = (plan?.findings ?? [])
    .filter(({ status }) => status === 'warning')
    .map(({ application, database, username, object, message }: Finding): ReportRow => ({
      ...about(application),
      cells: [application, database, username, object, message, null],
      mark: 'warning',
    }))
  const violations = blocked.map(({ application, field, message, remedy }): ReportRow => ({
    ...about(application),
    cells: [application, null, null, field, message, remedy],
    mark: 'blocked',
  }))
  const rows = [...violations, ...changes, ...findings].filter(
    ({ application = null, cells }) =>
      matches(criteria.environment, environment) &&
      matches(criteria.application, application) &&
      matches(criteria.database, textOf(cells[1])),
  )
  const asDeclared =
    describeCriteria(criteria) === ''
      ? 'The server is as declared.'
      : 'Nothing that was asked for differs from the declaration.'
  return {
    id: 'drift',
    title: 'Drift',
    about: rows.length === 0 ? asDeclared : 'Where the server is not as declared.',
    attention:
      rows.length === 0
        ? null
        : counted(rows.length, 'difference from the declaration', 'differences from the declaration'),
    columns: COLUMNS,
    rows,
  }
}

function textOf(cell: ReportRow['cells'][number] | undefined): string | null {
  return typeof cell === 'string' ? cell : null
}
