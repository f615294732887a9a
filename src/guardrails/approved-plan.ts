/** Whether a run does what was approved, and nothing else (src/README.md: What was approved). Pure. */
import { type ApprovedPlan, describeEffect, type Effect, keyOf } from '../model/effect.ts'
import type { Problem } from '../model/problem.ts'
import { violation } from './violation.ts'

/** So many lines of a difference are told; the plan has all. */
const MAX_LINES = 50

/** What this run would do. */
export interface FoundPlan {
  readonly digest: string
  readonly effects: readonly Effect[]
}

/** @returns the difference, a problem for each line; empty where it is the plan that was approved */
export function checkApprovedPlan({ digest, effects: approved }: ApprovedPlan, found: FoundPlan): Problem[] {
  if (digest === found.digest) return []
  const remedy = `Look at the plan as it is now (rds-provision plan), and approve that: ALLOW_DB_PROVISION=plan:${found.digest}`
  const lines = approved === null ? allOf(found.effects) : differenceOf(approved, found.effects)
  const more = lines.length - MAX_LINES
  const told = more > 0 ? [...lines.slice(0, MAX_LINES), line(null, `… and ${String(more)} lines more.`)] : lines
  return [
    violation(null, 'approved_plan', `${summaryOf(approved, found)}: plan:${digest} does not approve that.`, remedy),
    ...told,
  ]
}

/** What a later round would do that was not approved; the server changed while the run was at work. */
export function checkLaterEffects(approved: readonly Effect[], found: readonly Effect[]): Problem[] {
  const known = new Set(approved.map(keyOf))
  const added = found.filter((effect) => !known.has(keyOf(effect)))
  if (added.length === 0) return []
  const remedy = 'What was approved is done, as far as the audit says. Plan again, and approve the rest.'
  return [
    violation(
      null,
      'approved_plan',
      'the server changed meanwhile, and there is more to do than was approved.',
      remedy,
    ),
    ...added.slice(0, MAX_LINES).map((effect) => line(effect, `+ ${describeEffect(effect)}`)),
  ]
}

function summaryOf(approved: readonly Effect[] | null, { effects }: FoundPlan): string {
  if (approved !== null) return 'this run would not do what the approved plan says'
  return effects.length === 0
    ? 'this run would change nothing'
    : `this run would do otherwise, ${String(effects.length)} things`
}

/** Without the plan's file only what this run would do is known. */
function allOf(effects: readonly Effect[]): Problem[] {
  return effects.map((effect) => line(effect, describeEffect(effect)))
}

function differenceOf(approved: readonly Effect[], found: readonly Effect[]): Problem[] {
  const without = (these: readonly Effect[], those: readonly Effect[]): Effect[] => {
    const known = new Set(those.map(keyOf))
    return these.filter((effect) => !known.has(keyOf(effect)))
  }
  return [
    ...without(found, approved).map((effect) => line(effect, `+ ${describeEffect(effect)}`)),
    ...without(approved, found).map((effect) => line(effect, `- ${describeEffect(effect)}`)),
  ]
}

function line(effect: Effect | null, message: string): Problem {
  const { application } = effect ?? { application: null }
  return violation(application === null ? null : { name: application }, 'approved_plan', message, '')
}
