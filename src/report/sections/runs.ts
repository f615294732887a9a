import type { AuditRecord } from '../../model/audit.ts'
import type { Criteria } from '../../input/report-options.ts'
import { isInTime, matches } from '../criteria.ts'
import type { ReportRow, Section } from '../report.ts'
import type { RecordedRun } from '../../audit/governance/entry.ts'
import { counted } from '../verdict.ts'

const COLUMNS = [
  { key: 'started_at', title: 'Started' },
  { key: 'environment', title: 'Environment' },
  { key: 'instance', title: 'Instance' },
  { key: 'command', title: 'Command' },
  { key: 'outcome', title: 'Outcome' },
  { key: 'exit_code', title: 'Exit' },
  { key: 'build_id', title: 'Build' },
  { key: 'actor', title: 'Who' },
  { key: 'approval', title: 'Approval' },
  { key: 'created', title: 'Created' },
  { key: 'updated', title: 'Updated' },
  { key: 'removed', title: 'Removed' },
  { key: 'warnings', title: 'Warnings' },
  { key: 'run_id', title: 'Run' },
  { key: 'error', title: 'Error' },
] as const

/** The runs that the criteria ask for, the latest first. */
export function runsSection(entries: readonly RecordedRun[], criteria: Criteria): Section {
  const rows = entries.flatMap((entry) => (isAskedFor(entry, criteria) ? runRow(entry) : [])).reverse()
  const about =
    rows.length === 0
      ? 'No run matches.'
      : `${String(rows.length)} ${rows.length === 1 ? 'run' : 'runs'}, the latest first.`
  const bad = rows.filter(({ mark }) => mark === 'failed' || mark === 'blocked').length
  const attention = bad === 0 ? null : `${String(bad)} of ${counted(rows.length, 'run', 'runs')} failed or blocked`
  return { id: 'runs', title: 'Runs', about, attention, columns: COLUMNS, rows }
}

function isAskedFor({ run, records }: RecordedRun, criteria: Criteria): boolean {
  if (run === null) return false
  const concerns = (key: 'application' | 'database'): boolean =>
    criteria[key] === null || records.some((record) => record[key] === criteria[key])
  return (
    matches(criteria.environment, run.environment) &&
    matches(criteria.build, run.build_id) &&
    isInTime(run.started_at, criteria) &&
    concerns('application') &&
    concerns('database')
  )
}

function runRow({ run, records }: RecordedRun): ReportRow[] {
  if (run === null) return []
  const count = (status: AuditRecord['status']): number => records.filter((record) => record.status === status).length
  return [
    {
      cells: [
        run.started_at,
        run.environment,
        run.instance?.identifier ?? null,
        run.command,
        run.outcome,
        run.exit_code,
        run.build_id,
        run.actor?.arn ?? null,
        run.approval,
        count('created'),
        count('updated'),
        count('removed'),
        count('warning'),
        run.run_id,
        run.error,
      ],
      environment: run.environment,
      build: run.build_id,
      mark: run.outcome,
    },
  ]
}
