/** What the measured rows say of the aims: ratios of medians of one run, so that the machine's speed drops out. */
import type { StartUp } from './start-up.ts'
import { OURS, PLAIN_SQL, PROVIDER, PYTHON, type Row, SCRIPT, BARE } from './table.ts'
import type { Work } from './measure.ts'

interface Aim {
  readonly work: string
  readonly aim: string
  /** null: not measured in this run. */
  readonly measured: number | null
  readonly unit: string
  readonly isReached: (measured: number) => boolean
}

/** A Markdown table: what is wanted, what was measured, and whether that reaches it. */
export function aimsOf(rows: readonly Row[], start: StartUp): string {
  const head = ['work', 'aim', 'measured', 'reached']
  const lines = aims(rows, start).map(({ work, aim, measured, unit, isReached }) => {
    const reached = measured === null ? '' : isReached(measured) ? 'yes' : 'no'
    return [work, aim, measured === null ? 'not measured' : `${measured.toFixed(2)}${unit}`, reached]
  })
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function aims(rows: readonly Row[], start: StartUp): Aim[] {
  const find = (candidate: string, work: Work, applications: number, roundTripMs = 0): Row | undefined =>
    rows.find(
      (row) =>
        row.candidate === candidate &&
        row.work === work &&
        row.applications === applications &&
        row.roundTripMs === roundTripMs,
    )
  const seconds = (...of: Parameters<typeof find>): number | null => find(...of)?.seconds ?? null
  const trips = (work: Work): number | null => find(SCRIPT, work, 100)?.roundTripsPerApplication ?? null
  const atMost =
    (limit: number) =>
    (measured: number): boolean =>
      measured <= limit
  const atLeast =
    (limit: number) =>
    (measured: number): boolean =>
      measured >= limit
  const cold = seconds(OURS, 'cold', 100)
  const again = seconds(OURS, 'again', 100)
  const idle = find(SCRIPT, 'again', 100)
  return [
    {
      work: 'cold apply, 100 applications',
      aim: 'at most 1.5 × plain SQL over 4 connections',
      measured: over(cold, seconds(PLAIN_SQL, 'cold', 100)),
      unit: ' ×',
      isReached: atMost(1.5),
    },
    {
      work: 'cold apply, 100 applications',
      aim: 'at least 10 × faster than the provider',
      measured: over(seconds(PROVIDER, 'cold', 100), cold),
      unit: ' ×',
      isReached: atLeast(10),
    },
    {
      work: 'forced re-run, 100 applications',
      aim: "at most 0.35 × the Python script's",
      measured: over(again, seconds(PYTHON, 'again', 100)),
      unit: ' ×',
      isReached: atMost(0.35),
    },
    {
      work: 'forced re-run, 100 applications',
      aim: 'at least 25 × faster than the provider',
      measured: over(seconds(PROVIDER, 'again', 100), again),
      unit: ' ×',
      isReached: atLeast(25),
    },
    {
      work: 'plan, nothing changed, 100 applications',
      aim: 'at most 1.3 × bare terraform_data',
      measured: over(seconds(OURS, 'plan', 100), seconds(BARE, 'plan', 100)),
      unit: ' ×',
      isReached: atMost(1.3),
    },
    {
      work: 'plan, nothing changed, 1,000 applications',
      aim: 'at most 1.3 × bare terraform_data',
      measured: over(seconds(OURS, 'plan', 1000), seconds(BARE, 'plan', 1000)),
      unit: ' ×',
      isReached: atMost(1.3),
    },
    {
      work: 'plan, nothing changed, 100 applications',
      aim: 'under 1.5 s',
      measured: seconds(OURS, 'plan', 100),
      unit: ' s',
      isReached: atMost(1.5),
    },
    {
      work: 'round trips for each application, cold',
      aim: 'at most 20',
      measured: trips('cold'),
      unit: '',
      isReached: atMost(20),
    },
    {
      work: 'round trips for each application, nothing to do',
      aim: 'at most 8',
      measured: trips('again'),
      unit: '',
      isReached: atMost(8),
    },
    {
      work: 'connections beside one for each login, nothing to do',
      aim: 'a handful',
      measured: idle === undefined ? null : idle.connections - 100,
      unit: '',
      isReached: atMost(5),
    },
    {
      work: '20 applications, 10 ms round trip, cold',
      aim: 'at most 2.5 s',
      measured: seconds(OURS, 'cold', 20, 10),
      unit: ' s',
      isReached: atMost(2.5),
    },
    {
      work: '20 applications, 10 ms round trip, nothing to do',
      aim: 'at most 1.2 s',
      measured: seconds(OURS, 'again', 20, 10),
      unit: ' s',
      isReached: atMost(1.2),
    },
    {
      work: 'cold, 1,000 applications',
      aim: 'at most 1.1 × ten times 100',
      measured: over(seconds(OURS, 'cold', 1000), tenTimes(cold)),
      unit: ' ×',
      isReached: atMost(1.1),
    },
    {
      work: 'memory of the script, 1,000 applications',
      aim: 'under 200 MB',
      measured: find(SCRIPT, 'cold', 1000)?.megabytes ?? null,
      unit: ' MB',
      isReached: atMost(200),
    },
    {
      work: 'first byte to the server',
      aim: 'within 0.4 s',
      measured: start.firstByte,
      unit: ' s',
      isReached: atMost(0.4),
    },
    { work: '`--help`', aim: 'within 0.15 s', measured: start.help, unit: ' s', isReached: atMost(0.15) },
    {
      work: 'one more application among 1,000',
      aim: 'a run that finds nothing to do, plus the one',
      measured: over(seconds(SCRIPT, 'one more', 1000), seconds(SCRIPT, 'again', 1000)),
      unit: ' ×',
      isReached: atMost(1.1),
    },
  ]
}

function over(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a / b
}

function tenTimes(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 10
}
