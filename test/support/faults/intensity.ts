/** How much is tried: a sample in `npm test`, all of it in `npm run test:faults`; and the figures of what was tried. */
import { appendFileSync } from 'node:fs'

/** Everything, on every version. */
export const IS_WHOLE = process.env['RDS_PROVISION_FAULTS'] === 'whole'

/** What a figure counts; `npm run test:faults` adds up equal ones. */
export const FIGURES = ['cut points', 'cut points that converged', 'rounds', 'processes', 'properties', 'cases', 'events', 'planted traps', 'versions'] as const
export type Figure = (typeof FIGURES)[number]

/** Adds to a figure. Each line is written at once, so that parallel processes do not mix. */
export function count(figure: Figure, title: string, amount = 1): void {
  const file = process.env['RDS_PROVISION_FIGURES'] ?? ''
  if (file !== '') appendFileSync(file, `${JSON.stringify({ figure, title, amount })}\n`)
}
