/** How much is tried: a sample in `npm test`, all of it in `npm run test:faults`; and the figures of what was tried. */
import { appendFileSync } from 'node:fs'
import type { PostgresVersion } from '../postgres.ts'
import { VERSIONS } from '../provision/versions.ts'

/** Everything, on every version. */
export const IS_WHOLE = process.env['RDS_PROVISION_FAULTS'] === 'whole'

/** Where everything is tried, exchange by exchange: on the oldest version, on the first with the rights of 16, and on the newest. */
export const COMPLETE: readonly PostgresVersion[] = [
  ...new Set<PostgresVersion>([VERSIONS[0] ?? 14, 16, VERSIONS.at(-1) ?? 18]),
]

/** What a figure counts; `npm run test:faults` adds up equal ones. */
export const FIGURES = [
  'cut points',
  'cut points that converged',
  'rounds',
  'processes',
  'properties',
  'cases',
  'events',
  'planted traps',
  'versions',
] as const
export type Figure = (typeof FIGURES)[number]

/** Adds to a figure. Each line is written at once, so that parallel processes do not mix. */
export function count(figure: Figure, title: string, amount = 1): void {
  const file = process.env['RDS_PROVISION_FIGURES'] ?? ''
  if (file !== '') appendFileSync(file, `${JSON.stringify({ figure, title, amount })}\n`)
}
