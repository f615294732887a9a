/** What each attack came to, for the table in the guide (docs/tried-to-break-it.md). */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import * as v from 'valibot'

const Line = v.object({
  who: v.picklist(['login', 'owner', 'leaver', 'editor']),
  name: v.string(),
  version: v.number(),
  others: v.picklist(['done', 'stopped']),
  lostMs: v.number(),
  audit: v.string(),
})
export type AttackFigure = v.InferOutput<typeof Line>

/** Where `RDS_PROVISION_HOSTILE` names a file, a line of it. Each is written at once: processes do not mix. */
export function tellFigure(figure: AttackFigure): void {
  const file = process.env['RDS_PROVISION_HOSTILE'] ?? ''
  if (file !== '') appendFileSync(file, `${JSON.stringify(figure)}\n`)
}

export function readAttackFigures(file: string): readonly AttackFigure[] {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => v.parse(Line, JSON.parse(line)))
}

/** A row for each attack, by who and what, so that two runs can be compared; the time is the longest of all versions. */
export function attacksTable(figures: readonly AttackFigure[]): string {
  const names = [...new Set(figures.map(({ who, name }) => JSON.stringify([who, name])))].sort()
  const rows = names.map((key) => {
    const all = figures.filter(({ who, name }) => JSON.stringify([who, name]) === key)
    const [{ who, name, others }] = all as [AttackFigure]
    const versions = [...new Set(all.map(({ version }) => version))].sort((a, b) => a - b)
    const lost = Math.max(...all.map(({ lostMs }) => lostMs)) / 1000
    const audit = [...new Set(all.map((figure) => figure.audit))].join(' / ')
    return `| ${who} | ${cell(name)} | ${versions.join(', ')} | ${others} | ${lost.toFixed(1)} s | ${cell(audit)} |`
  })
  return [
    '| who | does what | on | the ten others | time lost | the audit |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
