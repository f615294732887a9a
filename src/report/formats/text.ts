import Table from 'cli-table3'
import { oneLine } from '../../audit/one-line.ts'
import { describeCriteria } from '../criteria.ts'
import type { Cell, Report, Section } from '../report.ts'

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
  const all = columns.map((column, index) => ({ name: column.title, cells: rows.map(({ cells }) => cellText(cells[index] ?? null)) }))
  const telling = all.filter(({ cells }) => cells.some((cell) => cell !== ''))
  const shared = rows.length > 2 ? telling.filter(isConstant) : []
  const listed = telling.filter((column) => !shared.includes(column))
  if (listed.length === 0) return heading
  const table = new Table({ chars: BORDERLESS, style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 }, head: listed.map(({ name }) => name) })
  for (const index of rows.keys()) table.push(listed.map(({ cells }) => cells[index] ?? ''))
  const inAll = shared.length === 0 ? [] : [`In all rows: ${shared.map(({ name, cells }) => `${name} ${cells[0] ?? ''}`).join('; ')}.`]
  return [heading, ...inAll, '', table.toString().replace(/ +$/gm, '')].join('\n')
}

function isConstant({ cells }: { readonly cells: readonly string[] }): boolean {
  return cells.every((cell) => cell === cells[0])
}

/** Seconds are enough for reading. */
function cellText(cell: Cell): string {
  return oneLine(String(cell ?? '')).replace(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+Z$/, '$1Z')
}
