/** What of a report wants somebody's attention, in one line. Pure. */
import type { Report } from './report.ts'

/** `3 points: 2 runs of 14 failed or were blocked; …`; or that nothing does, of what was looked at. */
export function verdictOf({ sections, server }: Pick<Report, 'sections' | 'server'>): string {
  const points = sections.flatMap(({ attention = null }) => (attention === null ? [] : [attention]))
  const unasked = server === null ? ' The server was not asked: only the audit was read.' : ''
  if (points.length === 0) return `Nothing stands out.${unasked}`
  return `${String(points.length)} ${points.length === 1 ? 'point' : 'points'} to look at: ${points.join('; ')}.${unasked}`
}

/** `1 run`, `2 runs`. */
export function counted(count: number, one: string, many: string): string {
  return `${String(count)} ${count === 1 ? one : many}`
}

/** Which stack on which instance, when, and by which release. */
export function describeMaking({ generatedAt, toolVersion, server }: Report): string {
  const of = server === null ? '' : `stack ${server.stack} (${server.environment}) on instance ${server.instance}, `
  return `${of}made ${generatedAt.toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)}Z by rds-provision ${toolVersion}`
}
