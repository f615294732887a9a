import type { Cell, ReportRow, Section } from '../report.ts'
import { escapeHtml } from './html-escape.ts'

/** Length of a day in RFC 3339. Days without a run are left out: they would crowd a long history. */
const DAY_LENGTH = 10

/** A colour alone tells nothing to those who do not see it (WCAG 1.4.1). */
const GLYPHS: Readonly<Record<string, string>> = { changed: '+', no_change: '=', blocked: '!', failed: '×' }

/**
 * The runs of a section as a timeline: one group a day, one mark a run, with colour and sign of its outcome, named for
 * those who cannot see it, and what they mean below. `''` without runs.
 */
export function timeline({ columns, rows }: Section): string {
  if (rows.length === 0) return ''
  const at = (cells: readonly Cell[], key: string): string =>
    String(cells[columns.findIndex((column) => column.key === key)] ?? '')
  const days = new Map<string, string[]>()
  for (const { cells, environment, build, mark = '' } of [...rows].reverse()) {
    const started = at(cells, 'started_at')
    const label = `${started.slice(11, 16)} ${at(cells, 'command')} ${at(cells, 'outcome')}, ${environment ?? ''}, build ${build ?? ''}`
    const attributes = `data-environment="${escapeHtml(environment ?? '')}" data-build="${escapeHtml(build ?? '')}"`
    const day = started.slice(0, DAY_LENGTH)
    days.set(day, [
      ...(days.get(day) ?? []),
      `<li class="${escapeHtml(mark)}" ${attributes} title="${escapeHtml(label)}">${glyph(mark)}<span class="name">${escapeHtml(label)}</span></li>`,
    ])
  }
  const groups = [...days].map(
    ([day, marks]) =>
      `<li><time datetime="${escapeHtml(day)}">${escapeHtml(day)}</time><ul>${marks.join('')}</ul></li>`,
  )
  return `<ol class="timeline" aria-label="Timeline of runs">${groups.join('')}</ol>\n${legend(rows)}\n`
}

/** Only the outcomes that there are. */
function legend(rows: readonly ReportRow[]): string {
  const kinds = Object.keys(GLYPHS).filter((outcome) => rows.some(({ mark }) => mark === outcome))
  const entries = kinds.map(
    (outcome) => `<span class="${outcome}">${glyph(outcome)}</span> ${outcome.replace('_', ' ')}`,
  )
  return `<p class="legend" aria-hidden="true">${entries.join(' ')}</p>`
}

function glyph(outcome: string): string {
  return `<span aria-hidden="true">${GLYPHS[outcome] ?? ''}</span>`
}
