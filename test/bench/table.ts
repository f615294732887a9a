/** Samples to rows of medians and ratios. */
import { median, type Sample, type Work } from './measure.ts'

export interface Row {
  readonly applications: number
  readonly roundTripMs: number
  readonly work: Work
  readonly candidate: string
  readonly runs: number
  /** Medians. */
  readonly seconds: number
  readonly roundTripsPerApplication: number
  readonly connections: number
  readonly cpuSeconds: number | null
  readonly megabytes: number | null
  /** Of the seconds, those that were not the script's. */
  readonly terraformSeconds: number | null
}

/** Names of the candidates. */
export const OURS = 'terraform apply, this module'
export const SCRIPT = 'the script alone'
export const PLAIN_SQL = 'plain SQL, 4 connections'
export const REMOTE = 'terraform apply, http state'
export const BARE = 'bare terraform_data'
export const BARE_REMOTE = 'bare terraform_data, http state'
export const PROVIDER = 'postgresql provider'
export const PYTHON = 'the Python script'

export function rowsOf(samples: readonly Sample[]): Row[] {
  const groups = new Map<string, Sample[]>()
  for (const sample of samples) {
    const key = JSON.stringify([sample.applications, sample.roundTripMs, sample.work, sample.candidate])
    groups.set(key, [...(groups.get(key) ?? []), sample])
  }
  return [...groups.values()].flatMap((group) => (group[0] === undefined ? [] : [rowOf(group[0], group)]))
}

function rowOf({ applications, roundTripMs, work, candidate }: Sample, group: readonly Sample[]): Row {
  const of = (value: (sample: Sample) => number): number => median(group.map(value))
  const used = group.every(({ usage }) => usage !== null)
  return {
    applications,
    roundTripMs,
    work,
    candidate,
    runs: group.length,
    seconds: of((sample) => sample.seconds),
    roundTripsPerApplication: of((sample) => sample.roundTrips) / applications,
    connections: of((sample) => sample.connections),
    cpuSeconds: used ? of(({ usage }) => usage?.cpuSeconds ?? 0) : null,
    megabytes: used ? of(({ usage }) => usage?.megabytes ?? 0) : null,
    terraformSeconds: group.every((sample) => sample.terraformSeconds !== null)
      ? of((sample) => sample.terraformSeconds ?? 0)
      : null,
  }
}

/** The rows as a Markdown table; the last column is the time by that of ours for the same work. */
export function tableOf(rows: readonly Row[]): string {
  const head = [
    'applications',
    'round trip',
    'work',
    'by',
    'runs',
    'seconds',
    'times ours',
    'round trips each',
    'connections',
    'CPU s',
    'MB',
    'Terraform s',
  ]
  const lines = rows.map((row) => {
    const ours = rows.find(
      (other) =>
        other.candidate === OURS &&
        other.work === row.work &&
        other.applications === row.applications &&
        other.roundTripMs === row.roundTripMs,
    )
    const ratio = ours === undefined ? '' : (row.seconds / ours.seconds).toFixed(2)
    const isServed = row.roundTripsPerApplication > 0
    return [
      String(row.applications),
      `${row.roundTripMs} ms`,
      row.work,
      row.candidate,
      String(row.runs),
      row.seconds.toFixed(2),
      ratio,
      isServed ? row.roundTripsPerApplication.toFixed(1) : '',
      isServed ? String(row.connections) : '',
      row.cpuSeconds?.toFixed(2) ?? '',
      row.megabytes?.toFixed(0) ?? '',
      row.terraformSeconds?.toFixed(2) ?? '',
    ]
  })
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
