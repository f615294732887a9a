/** The crash sweep as tests: all of it in `npm run test:faults`, a sample in `npm test`. */
import test from 'ava'
import { type Bed, bedFor, VERSIONS } from '../provision.ts'
import { AFTER, AFTER_BLINK, BEFORE, BEFORE_BLINK, KILL } from './cut.ts'
import { COMPLETE, count, IS_WHOLE } from './intensity.ts'
import { type CutsAt, type Scenario, sweep } from './sweep.ts'
import { TRUTH_SETTINGS } from './truth.ts'

const WAYS = [BEFORE, AFTER, KILL, BEFORE_BLINK, AFTER_BLINK]

/** Of the three ways to cut an exchange, so many are tried on each complete version; over the three versions, all of them. */
const WAYS_EACH = 1

/** Every exchange. Whether the network is back at once alternates. All ways on every version would take more than 20 minutes. */
function complete(turn: number): CutsAt {
  return (flight) => {
    const isBlink = Math.floor((flight + turn) / 3) % 2 === 0
    const ways = [isBlink ? BEFORE_BLINK : BEFORE, isBlink ? AFTER : AFTER_BLINK, KILL]
    return ways.filter((_way, index) => (index + flight + turn) % ways.length < WAYS_EACH)
  }
}

/** Every so-many-th exchange, in one way after the other. */
function sample(every: number, offset: number): CutsAt {
  return (flight) =>
    flight % every === offset % every
      ? WAYS.slice(((flight - (offset % every)) / every + offset) % WAYS.length).slice(0, 1)
      : []
}

export interface Swept {
  readonly make: (bed: Bed) => Scenario
  /** In a sample: only each so-many-th exchange. */
  readonly every: number
  /** It takes long: a sample of it is all that is tried, everywhere. */
  readonly isSlow?: true
  /** Data may be lost by it: every exchange is tried on every version. */
  readonly isEverywhere?: true
}

export function sweepTests(swept: readonly Swept[]): void {
  for (const [turn, version] of VERSIONS.entries()) {
    const bed = bedFor(version, { settings: TRUTH_SETTINGS })
    for (const [index, { make, every, isSlow, isEverywhere }] of swept.entries()) {
      if (isSlow === true && !IS_WHOLE && turn === 0) continue
      const isComplete = IS_WHOLE && isSlow !== true && (isEverywhere === true || COMPLETE.includes(version))
      const where = isComplete ? 'every exchange' : 'exchanges all over'
      test.serial(
        `PostgreSQL ${version}: ${make.name}, cut off at ${where}: the next run ends as if nothing had happened, and no audit lies`,
        async (t) => {
          t.timeout(1_200_000)
          const [server] = await bed().server.sql('SHOW server_version')
          count('versions', String(server?.['server_version']))
          t.deepEqual(
            await sweep(bed(), make, isComplete ? complete(turn) : sample(every, 3 + turn * 5 + index * 7)),
            [],
          )
        },
      )
    }
  }
}
