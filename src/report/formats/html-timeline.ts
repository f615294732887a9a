import type { Cell, Section } from '../report.ts'
import { escapeHtml } from './html-escape.ts'

/** A mark every so many days would crowd a long history: days without a run are left out. */
const DAY_LENGTH = 10

/**
 * The runs of a section as a timeline: one group a day, one mark a run, coloured by outcome, named for those who cannot
 * see it. `''` without runs.
 */
export function timeline({ columns, rows }: Section): string {
  if (rows.length === 0) return ''
  const at = (cells: readonly Cell[], key: string): string => String(cells[columns.findIndex((column) => column.key === key)] ?? '')
  const days = new Map<string, string[]>()
  for (const { cells, environment, build, mark = '' } of [...rows].reverse()) {
    const started = at(cells, 'started_at')
    const label = `${started.slice(11, 16)} ${at(cells, 'command')} ${at(cells, 'outcome')}, ${environment ?? ''}, build ${build ?? ''}`
    const attributes = `data-environment="${escapeHtml(environment ?? '')}" data-build="${escapeHtml(build ?? '')}"`
    const day = started.slice(0, DAY_LENGTH)
    days.set(day, [...(days.get(day) ?? []), `<li class="${escapeHtml(mark)}" ${attributes} title="${escapeHtml(label)}"><span class="name">${escapeHtml(label)}</span></li>`])
  }
  const groups = [...days].map(([day, marks]) => `<li><time datetime="${escapeHtml(day)}">${escapeHtml(day)}</time><ul>${marks.join('')}</ul></li>`)
  return `<ol class="timeline" aria-label="Timeline of runs">${groups.join('')}</ol>\n`
}
