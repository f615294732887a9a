import { verdictOf } from '../verdict.ts'
import type { Report, ReportRow, Section } from '../report.ts'

/**
 * A report as one JSON object. `sections` has one member a section, by its id: its rows, as objects with the columns'
 * keys, and `details` where a row has SQL to show. Members are only added while `format_version` stays 1.
 */
export function reportJson(report: Report): string {
  const { generatedAt, toolVersion, criteria, server, sources, sections, wrong } = report
  const document = {
    format_version: 1,
    tool_version: toolVersion,
    generated_at: generatedAt.toISOString(),
    criteria: {
      ...criteria,
      since: criteria.since?.toISOString() ?? null,
      until: criteria.until?.toISOString() ?? null,
    },
    server,
    verdict: verdictOf(report),
    sources,
    wrong,
    sections: Object.fromEntries(
      sections.map((section) => [section.id, section.rows.map((row) => rowObject(section, row))]),
    ),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function rowObject({ columns }: Section, { cells, details }: ReportRow): object {
  const fields = columns.map(({ key }, index) => [key, cells[index] ?? null] as const)
  return { ...Object.fromEntries(fields), ...(details !== undefined && { details }) }
}
