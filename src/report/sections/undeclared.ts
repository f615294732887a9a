import type { Criteria } from '../../input/report-options.ts'
import type { Beyond } from '../../model/beyond.ts'
import { matches } from '../criteria.ts'
import type { ReportRow, Section } from '../report.ts'

const COLUMNS = [
  { key: 'database', title: 'Database' },
  { key: 'role', title: 'Role' },
  { key: 'what', title: 'What' },
  { key: 'on', title: 'On' },
  { key: 'granted_by', title: 'Granted by' },
  { key: 'fate', title: 'What becomes of it' },
  { key: 'remedy', title: 'What takes it away' },
] as const

/** What the declared databases and their logins have and the declaration does not say. */
export function undeclaredSection(items: readonly Beyond[], environment: string, criteria: Criteria): Section {
  const rows = items
    .filter(({ database }) => matches(criteria.database, database) && matches(criteria.environment, environment))
    .map(({ database, role, what, on, grantor, fate, remedy }): ReportRow => ({
      cells: [database, role === '' ? 'PUBLIC (everybody)' : role, what, on, grantor, fate, remedy],
      environment,
      mark: fate === 'taken away' ? 'warning' : 'skipped',
    }))
  return {
    id: 'undeclared',
    title: 'Not declared',
    about:
      rows.length === 0
        ? 'The declared databases and their logins have nothing that the declaration does not say.'
        : 'What declared databases and their logins have and the declaration does not say; `undeclared` decides.',
    columns: COLUMNS,
    rows,
  }
}
