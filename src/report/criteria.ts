/** Whether something is what a report is to be about. Pure. */
import type { Criteria } from '../input/report-options.ts'

/** `application analytics, since 2026-10-01T00:00:00.000Z`; everything is '' . */
export function describeCriteria({ environment, application, database, build, since, until }: Criteria): string {
  return [
    environment === null ? null : `environment ${environment}`,
    application === null ? null : `application ${application}`,
    database === null ? null : `database ${database}`,
    build === null ? null : `build ${build}`,
    since === null ? null : `since ${since.toISOString()}`,
    until === null ? null : `before ${until.toISOString()}`,
  ]
    .filter((part) => part !== null)
    .join(', ')
}

/** Whether a moment of the audit (RFC 3339) lies in the time asked for. */
export function isInTime(at: string, { since, until }: Criteria): boolean {
  const time = Date.parse(at)
  return (since === null || time >= since.getTime()) && (until === null || time < until.getTime())
}

/**
 * Whether something that lasted from `from` to `to` (null: still does) touches the time asked for. Where a clock was
 * wrong it may end before it begins: it then counts for all the time between.
 */
export function touchesTime(from: string, to: string | null, { since, until }: Criteria): boolean {
  const times = [from, ...(to === null ? [] : [to])].map((time) => Date.parse(time))
  return (
    (until === null || Math.min(...times) < until.getTime()) &&
    (since === null || to === null || Math.max(...times) > since.getTime())
  )
}

/** A wish that is not restricted takes everything. */
export function matches(wish: string | null, value: string | null): boolean {
  return wish === null || wish === value
}
