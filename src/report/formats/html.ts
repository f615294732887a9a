import { createHash } from 'node:crypto'
import { type Filled, layOut } from '../columns.ts'
import { describeCriteria } from '../criteria.ts'
import { LIVE_SECTIONS } from '../../input/report-options.ts'
import {
  type Cell,
  type Column,
  type Report,
  type ReportRow,
  type ReportServer,
  REVIEW_SECTIONS,
  type Section,
  type SectionId,
} from '../report.ts'
import { verdictOf } from '../verdict.ts'
import { script } from './html-script.ts'
import { style } from './html-style.ts'
import { timeline } from './html-timeline.ts'
import { escapeHtml } from './html-escape.ts'

/**
 * A report as one self-contained page: no network, every value escaped, and a content security policy that allows its
 * own style and script and nothing else (https://www.w3.org/TR/CSP3/#match-element-to-source-list). Without scripts all
 * is there but search and filters.
 */
export function reportHtml(report: Report): string {
  const { generatedAt, toolVersion, criteria, server, sources, sections, wrong } = report
  const about = describeCriteria(criteria)
  const own = `style-src '${hashOf(style)}'; script-src '${hashOf(script)}'`
  const policy = `default-src 'none'; ${own}; base-uri 'none'; form-action 'none'`
  const what = about === '' ? 'Everything' : escapeHtml(about)
  const when = `Made ${time(generatedAt.toISOString())} by version ${escapeHtml(toolVersion)}. All times are UTC.`
  const sourceItems = sources.map((source) => `<li>${escapeHtml(source)}</li>`).join('')
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>rds-provision report${about === '' ? '' : `: ${escapeHtml(about)}`}</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<h1>rds-provision report</h1>
${server === null ? '' : serverHtml(server)}<p>${what}. ${when}</p>
<p class="verdict">${escapeHtml(verdictOf(report))}</p>
${wrong.map((sentence) => `<p class="wrong" role="alert">${escapeHtml(sentence)}</p>`).join('\n')}
<details class="text"><summary>Sources: ${String(sources.length)}</summary><ul>${sourceItems}</ul></details>
<nav aria-label="Sections"><ul>${sections.map(sectionLink).join('')}</ul></nav>
</header>
${filters(sections)}
<main id="content" tabindex="-1">
${sections.map((section) => sectionHtml(section, server)).join('\n')}
</main>
<script>${script}</script>
</body>
</html>
`
}

function serverHtml({ environment, stack, instance }: ReportServer): string {
  const facts = { Environment: environment, Instance: instance, Stack: stack }
  const items = Object.entries(facts).map(([title, value]) => `<dt>${title}</dt><dd>${escapeHtml(value)}</dd>`)
  return `<dl class="server">${items.join('')}</dl>\n`
}

const LIVE: ReadonlySet<SectionId> = new Set([...LIVE_SECTIONS, ...REVIEW_SECTIONS])

/** What the server was asked for is of one instance; the audit files may hold those of many. */
function scopeHtml({ id }: Section, server: ReportServer | null): string {
  const isLive = server !== null && LIVE.has(id)
  return `<span class="scope">${isLive ? `now, on ${escapeHtml(server.instance)}` : 'from the audit files'}</span>`
}

/** `sha256-…` of an inline element's text, as it stands between the tags. */
function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

const FILTERS = [
  ['environment', 'Environment'],
  ['application', 'Application'],
  ['build', 'Build'],
] as const

/** Hidden until the script is there to serve it. */
function filters(sections: readonly Section[]): string {
  const rows = sections.flatMap((section) => section.rows)
  const selects = FILTERS.map(([key, title]) => {
    const values = [
      ...new Set(rows.flatMap((row) => (row[key] === undefined || row[key] === null ? [] : [row[key]]))),
    ].sort()
    const options = values.map((value) => `<option value="${escapeHtml(value)}">${escapeHtml(value)}</option>`).join('')
    return `<label>${title} <select name="${key}"><option value="">all</option>${options}</select></label>`
  })
  return `<form id="filters" role="search" hidden>
<label>Search <input type="search" name="text" autocomplete="off"></label>
${selects.join('\n')}
<button type="reset">Show all</button>
<output id="shown" aria-live="polite"></output>
</form>`
}

function sectionLink({ id, title, rows }: Section): string {
  const count = `<span class="count" data-of="${id}">${String(rows.length)}</span>`
  return `<li><a href="#${id}">${escapeHtml(title)}</a> ${count}</li>`
}

function sectionHtml(section: Section, server: ReportServer | null): string {
  const { id, title, about, rows } = section
  const nothing = '<p class="nothing" hidden>Nothing here matches the filters.</p>'
  return `<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${escapeHtml(title)}</h2> ${scopeHtml(section, server)}
<p>${escapeHtml(about)}</p>
${id === 'runs' ? timeline(section) : ''}${rows.length === 0 ? '' : `${table(section)}${nothing}`}
</section>`
}

function table(section: Section): string {
  const { title, rows } = section
  const { shared, listed: all } = layOut(section)
  const errors = all.find(({ column }) => column.key === 'error')
  const listed = all.filter((filled) => filled !== errors)
  const inAll = shared
    .map(({ column, cells }) => `${escapeHtml(column.title)} ${sharedHtml(cells[0] ?? null)}`)
    .join('; ')
  const long = new Set(listed.filter(({ cells }) => cells.some(isLong)))
  const head = listed
    .map(({ column }) => `<th scope="col" role="columnheader">${escapeHtml(column.title)}</th>`)
    .join('')
  const above = inAll === '' ? '' : `<p class="shared">In all rows: ${inAll}.</p>`
  return `${above}<div class="table" role="region" aria-label="${escapeHtml(title)}, table" tabindex="0"><table role="table">
<thead role="rowgroup"><tr role="row">${head}</tr></thead>
<tbody role="rowgroup">
${rows.map((row, index) => tableRow(row, listed, long, index, errors?.cells[index] ?? null)).join('\n')}
</tbody></table></div>`
}

/** A sentence wants room; a name is not broken anyway. */
function isLong(cell: Cell): boolean {
  return typeof cell === 'string' && cell.length > 30 && cell.includes(' ')
}

/** An error stands below the outcome that it explains: a column of its own would be the widest, and out of sight. */
function tableRow(
  row: ReportRow,
  listed: readonly Filled[],
  long: ReadonlySet<Filled>,
  index: number,
  error: Cell,
): string {
  const { details = [], mark } = row
  const attributes = FILTERS.flatMap(([key]) =>
    row[key] === undefined ? [] : [` data-${key}="${escapeHtml(row[key] ?? '')}"`],
  ).join('')
  const sql =
    details.length === 0
      ? ''
      : `<details><summary>SQL</summary><pre>${details.map((line) => `${escapeHtml(line)};`).join('\n')}</pre></details>`
  const errorText = error === null ? '' : `<div class="error">${textHtml(String(error))}</div>`
  const described = listed.findIndex(({ column }) => DESCRIBED.has(column.key))
  const place = described < 0 ? listed.length - 1 : described
  const cells = listed.map((filled, position) => {
    const { cells: values, column } = filled
    const below = `${column.key === 'outcome' ? errorText : ''}${position === place ? sql : ''}`
    const title = ` data-title="${escapeHtml(column.title)}"`
    return `<td role="cell"${title}${long.has(filled) ? ' class="long"' : ''}>${cellHtml(values[index] ?? null, column)}${below}</td>`
  })
  return `<tr role="row"${attributes}${mark === undefined ? '' : ` class="${escapeHtml(mark)}"`}>${cells.join('')}</tr>`
}

/** In a sentence there is nothing to fold. */
function sharedHtml(cell: Cell): string {
  const text = String(cell ?? '')
  return TIME.test(text) ? time(text) : escapeHtml(text)
}

/** The columns that the SQL of a row explains. */
const DESCRIBED: ReadonlySet<string> = new Set(['message', 'difference'])

/** Ids are copied whole: a line break inside would make that hard. */
const IDS: ReadonlySet<string> = new Set(['run_id', 'version_id'])
/** Of an ARN what stands after the first slash names the caller. */
const ACTORS: ReadonlySet<string> = new Set(['actor', 'since_actor'])
/** Characters of an id that tell it from others of a page. */
const SHORT = 8

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/

function cellHtml(cell: Cell, { key }: Column): string {
  if (cell === null) return ''
  const text = String(cell)
  if (TIME.test(text)) return time(text)
  if (IDS.has(key)) return idHtml(text, text.slice(0, SHORT))
  if (ACTORS.has(key)) return idHtml(text, text.slice(text.indexOf('/') + 1))
  if (key === 'status' || key === 'outcome') return `<span class="mark">${escapeHtml(text.replaceAll('_', ' '))}</span>`
  return textHtml(text)
}

/** Its beginning or end, which opens to all of it. */
function idHtml(text: string, short: string): string {
  if (short.length >= text.length) return `<code>${escapeHtml(text)}</code>`
  return `<details class="text id"><summary>${escapeHtml(short)}</summary><code>${escapeHtml(text)}</code></details>`
}

/** One line as it is; of several the first, and the others folded. */
function textHtml(text: string): string {
  const [first = '', ...more] = text.split('\n')
  if (more.length === 0) return escapeHtml(text)
  const lines = more.map((line) => `<p>${escapeHtml(line)}</p>`).join('')
  return `${escapeHtml(first)}<details class="text"><summary>${String(more.length)} more</summary>${lines}</details>`
}

function time(text: string): string {
  return `<time datetime="${escapeHtml(text)}">${escapeHtml(text.slice(0, 19).replace('T', ' '))}</time>`
}
