/** Who could do what on which database, and from when to when, as the audit tells it. */
import type { Criteria } from '../../input/report-options.ts'
import { matches, touchesTime } from '../criteria.ts'
import type { ReportRow, Section } from '../report.ts'
import type { RecordedRun } from '../../audit/governance/entry.ts'
import { followAccess, type Period } from '../../audit/governance/periods.ts'

const COLUMNS = [
  { key: 'environment', title: 'Environment' },
  { key: 'instance', title: 'Instance' },
  { key: 'database', title: 'Database' },
  { key: 'username', title: 'Login' },
  { key: 'application', title: 'Application' },
  { key: 'may', title: 'Could' },
  { key: 'since', title: 'Since' },
  { key: 'until', title: 'Until' },
  { key: 'since_build', title: 'By build' },
  { key: 'until_build', title: 'Ended by build' },
  { key: 'since_actor', title: 'Given by' },
  { key: 'approval', title: 'Approval' },
] as const

/**
 * With an application among the criteria: all logins of the databases that it ever used, since those are the ones that
 * could touch its data.
 */
export function accessHistorySection(entries: readonly RecordedRun[], criteria: Criteria): Section {
  const periods = followAccess(entries)
  const concerned = new Set(
    periods.filter((period) => matches(criteria.application, period.application)).map(databaseOf),
  )
  const rows = periods
    .filter((period) => concerned.has(databaseOf(period)) && isAskedFor(period, criteria))
    .map(periodRow)
  return {
    id: 'access-history',
    title: 'Access over time',
    about:
      rows.length === 0
        ? 'Nothing matches.'
        : 'From the audit alone: what was granted outside of rds-provision is not in it. No end: it lasts.',
    columns: COLUMNS,
    rows,
  }
}

function isAskedFor(period: Period, criteria: Criteria): boolean {
  return (
    matches(criteria.environment, period.environment) &&
    matches(criteria.database, period.database) &&
    (criteria.build === null || criteria.build === period.sinceBuild || criteria.build === period.untilBuild) &&
    touchesTime(period.since, period.until, criteria)
  )
}

function databaseOf({ environment, instance, database }: Period): string {
  return JSON.stringify([environment, instance, database])
}

function periodRow(period: Period): ReportRow {
  const {
    environment,
    instance,
    database,
    username,
    application,
    may,
    since,
    sinceBuild,
    actor,
    approval,
    until,
    untilBuild,
  } = period
  return {
    cells: [
      environment,
      instance,
      database,
      username,
      application,
      may,
      since,
      until,
      sinceBuild,
      untilBuild,
      actor,
      approval,
    ],
    environment,
    application,
    build: sinceBuild,
  }
}
