import type { ReportFormat } from '../input/report-options.ts'
import { sectionCsv } from './formats/csv.ts'
import { reportHtml } from './formats/html.ts'
import { reportJson } from './formats/json.ts'
import { reportMarkdown } from './formats/markdown.ts'
import { reportText } from './formats/text.ts'
import type { Report, SectionId } from './report.ts'

/** A spreadsheet takes a file that begins so for UTF-8, and writes it so again. */
const BOM = '\ufeff'

/** A report in the form asked for; csv is one section, the first that was asked for. */
export function renderReport(report: Report, format: ReportFormat, wanted: readonly SectionId[]): string {
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
        .map((section) => `${section.id === 'review' ? BOM : ''}${sectionCsv(section)}`)
        .join('')
  }
}
