/** Which of the attacks a run tries: the whole takes half an hour (`npm run test:hostile`). */
import type { PostgresVersion } from '../postgres.ts'

/** Set where all are tried. */
const isWhole = process.env['RDS_PROVISION_HOSTILE'] !== undefined
/** Else one attack in so many is tried on each version, another one on each. */
const ONE_IN = 6

/** Whether the attack that stands at this place of its file is tried on the version. */
export function isTried(index: number, version: PostgresVersion): boolean {
  return isWhole || index % ONE_IN === version % ONE_IN
}
