import Table from 'cli-table3'
import { oneLine } from '../../audit/one-line.ts'
import { describeCriteria } from '../criteria.ts'
import { describeMaking, verdictOf } from '../verdict.ts'
import { layOut } from '../columns.ts'
import type { Cell, Report, Section } from '../report.ts'

/** Nothing but two spaces between columns: easy on the eye, and on grep. */
const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/** A report for a terminal: one table a section, columns that say nothing left out. Every cell is safe to print. */
export function reportText(report: Report): string {
  const about = describeCriteria(report.criteria)
  return (
    [
      `Report${about === '' ? '' : `: ${oneLine(about)}`}\n${oneLine(describeMaking(report))}`,
      oneLine(verdictOf(report)),
      report.sources.map((source) => `from ${oneLine(source)}`).join('\n') || 'from no source at all',
      ...report.sections.map(sectionText),
      ...(report.wrong.length === 0 ? [] : [report.wrong.map((sentence) => `! ${oneLine(sentence)}`).join('\n')]),
    ]
      .filter((block) => block !== '')
      .join('\n\n') + '\n'
  )
}

function sectionText(section: Section): string {
  const { title, about, rows } = section
  const heading = `${title.toUpperCase()}\n${oneLine(about)}`
  const { shared, listed } = layOut(section)
  const inAll =
    shared.length === 0
      ? []
      : [
          `In all rows: ${shared.map(({ column, cells }) => `${column.title} ${cellText(cells[0] ?? null)}`).join('; ')}.`,
        ]
  if (listed.length === 0) return [heading, ...inAll].join('\n')
  const table = new Table({
    chars: BORDERLESS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    head: listed.map(({ column }) => column.title),
  })
  for (const index of rows.keys()) table.push(listed.map(({ cells }) => cellText(cells[index] ?? null)))
  return [heading, ...inAll, '', table.toString().replace(/ +$/gm, '')].join('\n')
}

/** Seconds are enough for reading. */
function cellText(cell: Cell): string {
  return oneLine(String(cell ?? '')).replace(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+Z$/, '$1Z')
}
