/** The rows of one size as bars, for docs/speed.md: one panel a kind of work, seconds on a logarithmic scale. */
import { type Row, OURS } from './table.ts'
import type { Work } from './measure.ts'

const WIDTH = 760
const LABELS = 240
const BAR = 18
const ROW = 26
const TITLES: Readonly<Record<Work, string>> = {
  cold: 'from nothing',
  again: 'again, nothing to do',
  plan: 'terraform plan, nothing changed',
  'one more': 'one application more',
}

/** @param rows of one number of applications and one round trip time */
export function chartOf(rows: readonly Row[], title: string): string {
  const works = [...new Set(rows.map((row) => row.work))]
  const longest = Math.max(...rows.map((row) => row.seconds))
  const shortest = Math.min(...rows.map((row) => row.seconds))
  const scale = (seconds: number): number =>
    20 + (Math.log(seconds / shortest) / Math.log(longest / shortest || 2)) * (WIDTH - LABELS - 120)
  const parts: string[] = []
  let y = 34
  for (const work of works) {
    y += 30
    parts.push(label(0, y - 8, TITLES[work], 'work'))
    for (const row of rows.filter((item) => item.work === work).sort((a, b) => a.seconds - b.seconds)) {
      parts.push(label(LABELS - 10, y + 14, row.candidate, 'name'))
      parts.push(
        `<rect class="${row.candidate === OURS ? 'ours' : 'other'}" x="${LABELS}" y="${y}" width="${scale(row.seconds).toFixed(1)}" height="${BAR}" rx="2"/>`,
      )
      parts.push(
        label(
          LABELS + scale(row.seconds) + 8,
          y + 14,
          `${row.seconds.toPrecision(row.seconds < 10 ? 2 : 3)} s`,
          'value',
        ),
      )
      y += ROW
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 12}" width="${WIDTH}" height="${y + 12}" role="img" aria-label="${escape(title)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 } .title, .work { font-weight: 600 } .name { text-anchor: end }
rect { fill: #afb8c1 } .ours { fill: #1a7f37 } .paper { fill: #ffffff }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } rect { fill: #6e7681 } .ours { fill: #3fb950 } .paper { fill: #0d1117 } }
</style>
<rect class="paper" width="${WIDTH}" height="${y + 12}"/>
${label(0, 22, title, 'title')}
${parts.join('\n')}
</svg>
`
}

function label(x: number, y: number, content: string, kind: string): string {
  return `<text class="${kind}" x="${x.toFixed(1)}" y="${y}">${escape(content)}</text>`
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
