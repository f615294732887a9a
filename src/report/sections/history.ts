import type { AuditRecord, AuditRun } from '../../model/audit.ts'
import type { Criteria } from '../../input/report-options.ts'
import { isInTime, matches } from '../criteria.ts'
import type { Section } from '../report.ts'
import type { RecordedRun } from '../../audit/governance/entry.ts'

const COLUMNS = [
  { key: 'at', title: 'When' },
  { key: 'environment', title: 'Environment' },
  { key: 'build_id', title: 'Build' },
  { key: 'application', title: 'Application' },
  { key: 'status', title: 'Status' },
  { key: 'message', title: 'What' },
  { key: 'object', title: 'Object' },
  { key: 'action', title: 'Action' },
  { key: 'database', title: 'Database' },
  { key: 'username', title: 'Login' },
  { key: 'actor', title: 'Who' },
  { key: 'approval', title: 'Approval' },
  { key: 'run_id', title: 'Run' },
] as const

/** What was found as declared, run after run, is no history. */
const UNEVENTFUL: ReadonlySet<string> = new Set(['no_change', 'skipped'])

/** Everything that happened, or was refused, to what the criteria ask for, in order of time. */
export function historySection(entries: readonly RecordedRun[], criteria: Criteria): Section {
  const found = entries.flatMap(({ run, records }) =>
    records.filter((record) => isAskedFor(record, criteria)).map((record) => ({ run, record })),
  )
  const rows = found
    .filter(({ record }) => !UNEVENTFUL.has(record.status))
    .map(({ run, record }) => historyRow(run, record))
  const checks = found.length - rows.length
  const about =
    rows.length === 0
      ? 'Nothing matches.'
      : `${String(rows.length)} ${rows.length === 1 ? 'event' : 'events'}, the earliest first.`
  return {
    id: 'history',
    title: 'History',
    about: checks === 0 ? about : `${about} ${String(checks)} checks found nothing to do.`,
    columns: COLUMNS,
    rows,
  }
}

function isAskedFor(record: AuditRecord, criteria: Criteria): boolean {
  const { environment, application, database, build } = criteria
  return (
    matches(environment, record.environment) &&
    matches(application, record.application) &&
    matches(database, record.database) &&
    matches(build, record.build_id) &&
    isInTime(record.at, criteria)
  )
}

function historyRow(run: AuditRun | null, record: AuditRecord) {
  const {
    at,
    environment,
    build_id: build,
    run_id: id,
    application,
    database,
    username,
    status,
    object,
    action,
    message,
    statements,
  } = record
  return {
    cells: [
      at,
      environment,
      build,
      application,
      status,
      message,
      object,
      action,
      database,
      username,
      run?.actor?.arn ?? null,
      run?.approval ?? null,
      id,
    ],
    environment,
    application,
    build,
    mark: status,
    details: statements,
  }
}
