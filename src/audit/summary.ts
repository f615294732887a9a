import type { AuditDocument, AuditStatus, Outcome } from '../model/audit.ts'
import type { Problem } from '../model/problem.ts'
import { visible } from './one-line.ts'

/** In the order they are read: what changed, what is wrong, the rest. */
const WORDS: readonly (readonly [AuditStatus, string])[] = [
  ['created', 'created'],
  ['updated', 'updated'],
  ['removed', 'removed'],
  ['blocked', 'blocked'],
  ['failed', 'failed'],
  ['warning', 'warnings'],
  ['skipped', 'skipped'],
  ['no_change', 'unchanged'],
]

const HEADS: Readonly<Record<Outcome, string>> = {
  changed: 'done',
  no_change: 'done',
  blocked: 'blocked',
  failed: 'failed',
}

/**
 * `done: 3 created, 1 updated, 12 unchanged in 2.1 s (build 100, run 4711)`; other ends start with `blocked (exit 4)`
 * or `failed (exit 1)`.
 */
export function closingLine({ run, summary }: AuditDocument): string {
  const head = run.exit_code === 0 ? HEADS[run.outcome] : `${HEADS[run.outcome]} (exit ${run.exit_code})`
  const counts = countsInWords(summary)
  // Where a step failed, the answer to its last statement may have been lost: "nothing changed" would be a guess.
  const untouched = summary.created + summary.updated + summary.removed + summary.failed === 0
  const what = [...(untouched ? ['nothing changed'] : []), ...(counts === '' ? [] : [counts])].join(', ')
  return `${head}: ${what} in ${(run.duration_ms / 1000).toFixed(1)} s (build ${visible(run.build_id) || 'unknown'}, run ${visible(run.run_id)})`
}

/** `3 created, 12 unchanged`; statuses without a record are left out, so '' is no record at all. */
function countsInWords(summary: AuditDocument['summary']): string {
  return WORDS.filter(([status]) => summary[status] > 0)
    .map(([status, word]) => `${summary[status]} ${summary[status] === 1 && status === 'warning' ? 'warning' : word}`)
    .join(', ')
}

/** So many applications are named in a line; the others are counted. */
const MAX_NAMES = 5

/**
 * `99 done, 1 blocked: crm (owner mismatch)`; null where nothing is wrong with single applications.
 * @param problems all of the run's
 */
export function applicationsLine({ run }: AuditDocument, problems: readonly Problem[]): string | null {
  const ended = run.applications ?? null
  if (ended === null || ended.blocked.length + ended.failed.length === 0) return null
  const fieldsOf = (name: string): string =>
    [...new Set(problems.filter(({ application }) => application === name).map(({ field }) => visible(field)))].join(
      ', ',
    )
  const group = (names: readonly string[], word: string, describe: (name: string) => string): string[] => {
    if (names.length === 0) return []
    const rest = names.length > MAX_NAMES ? `, and ${names.length - MAX_NAMES} more` : ''
    return [`${names.length} ${word}: ${names.slice(0, MAX_NAMES).map(describe).join(', ')}${rest}`]
  }
  const withField = (name: string): string => `${visible(name)} (${fieldsOf(name)})`
  const parts = [
    `${ended.done} done`,
    ...group(ended.failed, 'failed', withField),
    ...group(ended.blocked, 'blocked', withField),
    ...group(ended.not_begun, 'not begun with them', visible),
  ]
  return parts.join(', ')
}
