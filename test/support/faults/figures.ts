/** The figures of what was tried, added up, and the table of them that docs/tried-to-break-it.md shows. */
import { existsSync, readFileSync } from 'node:fs'
import * as v from 'valibot'
import { type Figure, FIGURES } from './intensity.ts'

const Line = v.object({ figure: v.picklist(FIGURES), title: v.string(), amount: v.number() })

/** For each figure, its titles and what they add up to. */
export type Figures = ReadonlyMap<Figure, ReadonlyMap<string, number>>

/** @param file as `count` writes it; none: nothing was counted. */
export function readFigures(file: string): Figures {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const figures = new Map<Figure, Map<string, number>>(FIGURES.map((figure) => [figure, new Map()]))
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const { figure, title, amount } = v.parse(Line, JSON.parse(line))
    const titles = figures.get(figure)
    titles?.set(title, (titles.get(title) ?? 0) + amount)
  }
  return figures
}

export function figuresTable(figures: Figures): string {
  const rows = [
    ['Runs cut off, each at one of its exchanges with the server', withTitles(figures, 'cut points')],
    [
      'of these, converged in the next run, with an audit that tells what happened',
      total(figures, 'cut points that converged'),
    ],
    ['Rounds of several processes at once, without an error', total(figures, 'rounds')],
    ['processes in them', total(figures, 'processes')],
    ['Events on the server, in AWS and to the process', withTitles(figures, 'events')],
    ['Properties of hostile input', kinds(figures, 'properties')],
    ['cases of them', total(figures, 'cases')],
    ['Traps planted by the owner of a database', total(figures, 'planted traps')],
    ['Versions of PostgreSQL', [...titlesOf(figures, 'versions').keys()].sort().join(', ')],
  ]
  return [
    '| what | how often |',
    '| --- | --- |',
    ...rows.map(([what = '', often = '']) => `| ${what} | ${often} |`),
  ].join('\n')
}

function titlesOf(figures: Figures, figure: Figure): ReadonlyMap<string, number> {
  return figures.get(figure) ?? new Map<string, number>()
}

function total(figures: Figures, figure: Figure): string {
  return number([...titlesOf(figures, figure).values()].reduce((sum, amount) => sum + amount, 0))
}

/** A property is one, on however many servers it is tried. */
function kinds(figures: Figures, figure: Figure): string {
  return number(titlesOf(figures, figure).size)
}

function withTitles(figures: Figures, figure: Figure): string {
  const titles = [...titlesOf(figures, figure)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([title, amount]) => `${title} ${number(amount)}`)
  return `${total(figures, figure)}${titles.length === 0 ? '' : `: ${titles.join(', ')}`}`
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}
