/** Whether a run does what was approved, and nothing else (src/README.md: What was approved). Pure. */
import { approvalOf } from '../model/approved-effects.ts'
import { type ApprovedPlan, type Begun, describeEffect, type Effect } from '../model/effect.ts'
import type { Problem } from '../model/problem.ts'
import { violation } from './violation.ts'

/** So many lines of a difference are told; the plan has all. */
const MAX_LINES = 50

/** What this run would do. */
export interface FoundPlan {
  readonly digest: string
  readonly effects: readonly Effect[]
  readonly begun: Begun
}

/**
 * Whether a run goes on with what one before it has begun: nothing is found but what was approved. Where nothing is
 * left at all, that run's answer was lost.
 */
export function goesOn({ effects: approved }: ApprovedPlan, { effects, begun }: FoundPlan): boolean {
  if (effects.length === 0) return begun === 'begun' || begun === 'done'
  return approved !== null && begun === 'begun' && effects.every(approvalOf(approved))
}

/** @returns the difference, a problem for each line; empty where it is the approved plan, or what is left of it */
export function checkApprovedPlan(plan: ApprovedPlan, found: FoundPlan): Problem[] {
  const { digest, effects: approved } = plan
  if (digest === found.digest || goesOn(plan, found)) return []
  const lines = approved === null ? allOf(found.effects) : differenceOf(approved, found)
  return [violation(null, 'approved_plan', summaryOf(plan, found), remedyOf(plan, found)), ...few(lines)]
}

/** What a later round would do that was not approved; the server changed while the run was at work. */
export function checkLaterEffects(approved: readonly Effect[], found: readonly Effect[]): Problem[] {
  const isApproved = approvalOf(approved)
  const added = found.filter((effect) => !isApproved(effect))
  if (added.length === 0) return []
  const remedy = 'What was approved is done, as far as the audit says. Plan again, and approve the rest.'
  const message = 'the server changed meanwhile, and there is more to do than was approved.'
  return [violation(null, 'approved_plan', message, remedy), ...few(more(added))]
}

function few(lines: readonly Problem[]): readonly Problem[] {
  const left = lines.length - MAX_LINES
  return left > 0 ? [...lines.slice(0, MAX_LINES), line(null, `… and ${String(left)} lines more.`)] : lines
}

function summaryOf({ digest, effects: approved }: ApprovedPlan, { effects, begun }: FoundPlan): string {
  if (begun === 'begun')
    return approved === null
      ? `a run before has begun plan:${digest}; whether all that is left was approved, only the plan's file proves.`
      : `a run before has begun plan:${digest}, and this run would do more than is left of it.`
  return `${wordsOf(approved, effects)}: plan:${digest} does not approve that.${begun === null ? '' : BEFORE[begun]}`
}

const BEFORE = {
  done: ' A run before has carried it out; it approves nothing more.',
  changed: ' A run before has begun it, when something else was declared.',
} as const

function wordsOf(approved: readonly Effect[] | null, effects: readonly Effect[]): string {
  if (approved !== null) return 'this run would not do what the approved plan says'
  return effects.length === 0
    ? 'this run would change nothing'
    : `this run would do otherwise, ${String(effects.length)} things`
}

function remedyOf({ effects: approved }: ApprovedPlan, { digest, begun }: FoundPlan): string {
  const anew = `Look at the plan as it is now (rds-provision plan), and approve that: ALLOW_DB_PROVISION=plan:${digest}`
  return begun === 'begun' && approved === null
    ? `Name the file that plan --out wrote in RDS_PROVISION_PLAN_FILE, and the run goes on where that one ended. Or: ${anew}`
    : anew
}

/** Without the plan's file only what this run would do is known. */
function allOf(effects: readonly Effect[]): Problem[] {
  return effects.map((effect) => line(effect, describeEffect(effect)))
}

/** Of a plan that is begun what is less is done already. */
function differenceOf(approved: readonly Effect[], { effects, begun }: FoundPlan): Problem[] {
  const [isApproved, isFound] = [approvalOf(approved), approvalOf(effects)]
  return [
    ...more(effects.filter((effect) => !isApproved(effect))),
    ...(begun === 'begun' ? [] : approved)
      .filter((effect) => !isFound(effect))
      .map((effect) => line(effect, `- ${describeEffect(effect)}`)),
  ]
}

function more(effects: readonly Effect[]): Problem[] {
  return effects.map((effect) => line(effect, `+ ${describeEffect(effect)}`))
}

function line(effect: Effect | null, message: string): Problem {
  const { application } = effect ?? { application: null }
  return violation(application === null ? null : { name: application }, 'approved_plan', message, '')
}

/** A plan is made by looking, and nothing is seen without the admin. */
export function unplannedAdmin(): Problem {
  return violation(
    null,
    'approved_plan',
    'the delegated admin cannot log in, and that the master makes or repairs it stands in no plan.',
    'Set ALLOW_DB_PROVISION=true for this run, which approves that too.',
  )
}
