/** What the measured rows say of the aims: ratios of medians of one run, so that the machine's speed drops out. */
import { type Growth, LOGINS_EACH } from './growth.ts'
import type { Work } from './measure.ts'
import type { StartUp } from './start-up.ts'
import { BARE, BARE_REMOTE, OURS, PLAIN_SQL, PROVIDER, PYTHON, REMOTE, type Row, SCRIPT } from './table.ts'

/** What one run of the benchmark measured. */
export interface Measured {
  readonly start: StartUp
  readonly growth: readonly Growth[]
}

/** null: not measured in this run, or of no meaning for this aim. */
interface Figure {
  readonly work: string
  readonly measured: number | null
  readonly unit: 's' | 'MB' | ''
  /** What stands beside it, and how much that takes. */
  readonly floor: readonly [string, number | null] | null
  /** The most that is aimed at: of the figure itself, or of its ratio to the floor. null: it is told only. */
  readonly aim: { readonly of: 'figure' | 'ratio'; readonly atMost: number } | null
}

/** A Markdown table: what was measured, what stands beside it, the ratio, what is wanted, and whether that is reached. */
export function aimsOf(rows: readonly Row[], measured: Measured): string {
  const head = ['work', 'measured', 'beside', 'ratio', 'aim', 'reached']
  const lines = figures(rows, measured).map(lineOf)
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function lineOf({ work, measured, unit, floor, aim }: Figure): string[] {
  const shown = (value: number): string =>
    `${value.toFixed(unit === 'MB' ? 0 : value < 1 ? 3 : value < 10 ? 2 : 1)}${unit === '' ? '' : ` ${unit}`}`
  const ratio = over(measured, floor?.[1] ?? null)
  const counts = aim?.of === 'ratio' ? ratio : measured
  return [
    work,
    measured === null ? 'not measured' : shown(measured),
    floor === null ? '' : `${floor[0]}${floor[1] === null ? '' : `: ${shown(floor[1])}`}`,
    ratio === null ? '' : `${ratio.toFixed(2)} ×`,
    aim === null ? '' : aim.of === 'ratio' ? `${String(aim.atMost)} ×` : `${String(aim.atMost)} ${unit}`.trim(),
    aim === null || counts === null ? '' : counts <= aim.atMost ? 'yes' : 'no',
  ]
}

function figures(rows: readonly Row[], { start, growth }: Measured): Figure[] {
  const find = (candidate: string, work: Work, applications: number, roundTripMs = 0): Row | undefined =>
    rows.find(
      (row) =>
        row.candidate === candidate &&
        row.work === work &&
        row.applications === applications &&
        row.roundTripMs === roundTripMs,
    )
  const seconds = (...of: Parameters<typeof find>): number | null => find(...of)?.seconds ?? null
  const terraform = (...of: Parameters<typeof find>): number | null => find(...of)?.terraformSeconds ?? null
  const trips = (work: Work): number | null => find(SCRIPT, work, 100)?.roundTripsPerApplication ?? null
  const idle = find(SCRIPT, 'again', 100)
  const all: Figure[] = [
    ...[20, 100, 1000].map((size) => ({
      work: `first apply of ${String(size)}, the script alone`,
      measured: seconds(SCRIPT, 'cold', size),
      unit: 's' as const,
      floor: ['plain SQL, 4 connections', seconds(PLAIN_SQL, 'cold', size)] as const,
      aim: { of: 'ratio', atMost: 1 } as const,
    })),
    ...(
      [
        [0, [20, 100, 1000]],
        [10, [20, 100]],
      ] as const
    ).flatMap(([away, sizes]) =>
      sizes.map((size) => ({
        work: `nothing to do, ${String(size)}, the script alone, ${String(away)} ms away`,
        measured: seconds(SCRIPT, 'again', size, away),
        unit: 's' as const,
        floor: ['as many bare logins', seconds(PLAIN_SQL, 'again', size, away)] as const,
        aim: { of: 'ratio', atMost: 1 } as const,
      })),
    ),
    {
      work: 'one application more, among 1,000, the script alone',
      measured: seconds(SCRIPT, 'one more', 1000),
      unit: 's',
      floor: ['nothing to do', seconds(SCRIPT, 'again', 1000)],
      aim: { of: 'ratio', atMost: 1.1 },
    },
    ...unproven(growth[0]),
    ...grown(growth.slice(-2)),
    {
      work: "Terraform's share of a first apply of 100",
      measured: terraform(OURS, 'cold', 100),
      unit: 's',
      floor: ['bare resources', seconds(BARE, 'cold', 100)],
      aim: { of: 'figure', atMost: 2 },
    },
    {
      work: "Terraform's share of a run without changes, 100",
      measured: terraform(OURS, 'again', 100),
      unit: 's',
      floor: ['bare resources', seconds(BARE, 'again', 100)],
      aim: { of: 'figure', atMost: 1 },
    },
    ...(['cold', 'again'] as const).flatMap((work) => [
      {
        work: `${work === 'cold' ? 'first apply' : 'run without changes'} of 1,000, state by http`,
        measured: seconds(REMOTE, work, 1000),
        unit: 's' as const,
        floor: ['with a local state', seconds(OURS, work, 1000)] as const,
        aim: null,
      },
      {
        work: `Terraform's share of it`,
        measured: terraform(REMOTE, work, 1000),
        unit: 's' as const,
        floor: ['bare resources', seconds(BARE_REMOTE, work, 1000)] as const,
        aim: null,
      },
    ]),
    ...[30, 1000].map((size) => ({
      work: `plan, nothing changed, ${String(size)}`,
      measured: seconds(OURS, 'plan', size),
      unit: 's' as const,
      floor: ['bare resources', seconds(BARE, 'plan', size)] as const,
      aim: { of: 'ratio', atMost: 1.3 } as const,
    })),
    startOf('`--version`', start.version, start.node, 0.06),
    startOf('`--help`', start.help, start.node, 0.1),
    startOf('first byte to the server', start.firstByte, start.node, 0.2),
    told('round trips for each application, first', trips('cold'), '', 20),
    told('round trips for each application, nothing to do', trips('again'), '', 8),
    told('connections beside one for each login', idle === undefined ? null : idle.connections - 100, '', 5),
    told('memory of the script, 1,000 applications', find(SCRIPT, 'cold', 1000)?.megabytes ?? null, 'MB', 200),
    ...[PROVIDER, PYTHON].flatMap((other) =>
      (['cold', 'again'] as const).map((work) => ({
        work: `${work === 'cold' ? 'first apply' : 'run without changes'} of 100, whole`,
        measured: seconds(OURS, work, 100),
        unit: 's' as const,
        floor: [other, seconds(other, work, 100)] as const,
        aim: null,
      })),
    ),
  ]
  // What needs a program that the caller has to bring is not missed.
  return all.filter(({ measured, floor, aim }) => aim !== null || (measured !== null && floor?.[1] !== null))
}

/** In the smallest size: what is left out where the secrets have the versions that were proven before. */
function unproven(small: Growth | undefined): Figure[] {
  if (small === undefined) return []
  const { logins, changed, again } = small
  return [
    {
      work: `nothing to do, ${String(logins)} logins of ${String(logins / LOGINS_EACH)} databases, \`verify_logins = "changed"\``,
      measured: changed,
      unit: 's',
      floor: ['with all logins', again],
      aim: { of: 'figure', atMost: 0.3 },
    },
  ]
}

function grown([small, large]: readonly Growth[]): Figure[] {
  if (small === undefined || large === undefined) return []
  const times = large.logins / small.logins
  const of = (work: string, kind: 'cold' | 'again'): Figure => ({
    work: `${work}, ${String(large.logins)} logins of ${String(large.logins / LOGINS_EACH)} databases`,
    measured: large[kind],
    unit: 's',
    floor: [`${String(times)} times as long as ${String(small.logins)}`, small[kind] * times],
    aim: { of: 'ratio', atMost: 1.1 },
  })
  return [
    of('first run', 'cold'),
    of('nothing to do', 'again'),
    {
      work: `memory, ${String(large.logins)} logins`,
      measured: large.megabytes,
      unit: 'MB',
      floor: [`${String(small.logins)} logins`, small.megabytes],
      aim: null,
    },
  ]
}

function startOf(work: string, measured: number, node: number, atMost: number): Figure {
  return { work, measured, unit: 's', floor: ['`node -e 0`', node], aim: { of: 'figure', atMost } }
}

function told(work: string, measured: number | null, unit: Figure['unit'], atMost: number): Figure {
  return { work, measured, unit, floor: null, aim: { of: 'figure', atMost } }
}

function over(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a / b
}
