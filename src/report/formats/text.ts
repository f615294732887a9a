import Table from 'cli-table3'
import { oneLine } from '../../audit/one-line.ts'
import { describeCriteria } from '../criteria.ts'
import type { Report, Section } from '../report.ts'

/** Nothing but two spaces between columns: easy on the eye, and on grep. */
const BORDERLESS = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ',
}

/** A report for a terminal: one table a section, columns that say nothing left out. Every cell is safe to print. */
export function reportText(report: Report): string {
  const about = describeCriteria(report.criteria)
  return [
    `Report${about === '' ? '' : `: ${oneLine(about)}`}`,
    report.sources.map((source) => `from ${oneLine(source)}`).join('\n') || 'from no source at all',
    ...report.sections.map(sectionText),
    ...(report.wrong.length === 0 ? [] : [report.wrong.map((sentence) => `! ${oneLine(sentence)}`).join('\n')]),
  ].filter((block) => block !== '').join('\n\n') + '\n'
}

function sectionText({ title, about, columns, rows }: Section): string {
  const heading = `${title.toUpperCase()}\n${oneLine(about)}`
  if (rows.length === 0) return heading
  const shown = columns.flatMap((column, index) => (rows.some(({ cells }) => cells[index] !== null && cells[index] !== '') ? [{ column, index }] : []))
  const table = new Table({ chars: BORDERLESS, style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 }, head: shown.map(({ column }) => column.title) })
  for (const { cells } of rows) table.push(shown.map(({ index }) => oneLine(String(cells[index] ?? ''))))
  return `${heading}\n\n${table.toString().replace(/ +$/gm, '')}`
}
