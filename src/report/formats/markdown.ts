import { markdownTable, markdownText } from '../../audit/markdown.ts'
import { describeCriteria } from '../criteria.ts'
import { describeMaking, verdictOf } from '../verdict.ts'
import type { Report, Section } from '../report.ts'

/** A report as GitHub Flavored Markdown: one table a section, all values escaped. */
export function reportMarkdown(report: Report): string {
  const about = describeCriteria(report.criteria)
  return (
    [
      '# rds-provision report',
      ...(about === '' ? [] : [markdownText(about)]),
      markdownText(`${describeMaking(report)}.`),
      `**${markdownText(verdictOf(report))}**`,
      report.sources.map((source) => `- ${markdownText(source)}`).join('\n'),
      ...report.sections.flatMap(sectionBlocks),
      ...report.wrong.map((sentence) => `**${markdownText(sentence)}**`),
    ]
      .filter((block) => block !== '')
      .join('\n\n') + '\n'
  )
}

function sectionBlocks({ title, about, columns, rows }: Section): string[] {
  const table = markdownTable(
    columns.map((column) => column.title),
    rows.map(({ cells }) => cells.map((cell) => markdownText(String(cell ?? '')))),
  )
  return [`## ${title}`, markdownText(about), ...(rows.length === 0 ? [] : [table])]
}
