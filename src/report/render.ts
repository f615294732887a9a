import type { ReportFormat, ReportSection } from '../input/report-options.ts'
import { sectionCsv } from './formats/csv.ts'
import { reportHtml } from './formats/html.ts'
import { reportJson } from './formats/json.ts'
import { reportMarkdown } from './formats/markdown.ts'
import { reportText } from './formats/text.ts'
import type { Report } from './report.ts'

/** A report in the form asked for; csv is one section, the first that was asked for. */
export function renderReport(report: Report, format: ReportFormat, wanted: readonly ReportSection[]): string {
  switch (format) {
    case 'text':
      return reportText(report)
    case 'markdown':
      return reportMarkdown(report)
    case 'json':
      return reportJson(report)
    case 'html':
      return reportHtml(report)
    case 'csv':
      return report.sections
        .filter(({ id }) => id === wanted[0])
        .map(sectionCsv)
        .join('')
  }
}
