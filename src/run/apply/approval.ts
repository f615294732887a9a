/** The plan that this run may carry out and no other, where one was approved (src/README.md: What was approved). */
import { BlockedError } from '../../errors.ts'
import { checkApprovedPlan, checkLaterEffects } from '../../guardrails/approved-plan.ts'
import { doneOf } from '../../model/approved-effects.ts'
import { type AuditObject, OBJECTS } from '../../model/audit.ts'
import type { RoleState } from '../../model/catalog.ts'
import type { Declaration } from '../../model/declaration.ts'
import { type ApprovedPlan, describeEffect, type Effect } from '../../model/effect.ts'
import type { Problem } from '../../model/problem.ts'
import type { Plan, Subject } from '../../model/step.ts'
import { findBegun } from '../../plan/approved-plan.ts'
import { digestOf, effectsOf } from '../../plan/effects.ts'
import type { RunContext } from '../context.ts'

/** So many effects that are there already are told one by one. */
const MAX_TOLD = 50

const NOBODY: Subject = { application: null, database: null, username: null, object: 'admin' }

/** What is seen without a look into a database. */
const OUTSIDE: ReadonlySet<string> = new Set<AuditObject>(['role', 'password', 'database'])

/** What a plan does not tell of: whether it is done nobody knows. */
interface Unplanned {
  readonly leftOut: ReadonlySet<string>
  /** Databases. */
  readonly unseen: ReadonlySet<string>
}

export class PlanApproval {
  readonly #declaration: Declaration
  readonly #approved: ApprovedPlan
  readonly #context: Pick<RunContext, 'recorder' | 'dependencies'>
  /** What may be done from the first plan on; null: there was none yet. */
  #effects: readonly Effect[] | null = null

  constructor(
    declaration: Declaration,
    approved: ApprovedPlan,
    context: Pick<RunContext, 'recorder' | 'dependencies'>,
  ) {
    this.#declaration = declaration
    this.#approved = approved
    this.#context = context
  }

  /**
   * Of the first plan of a run that it is the approved one, or what is left of it; of each later one that it does no
   * more.
   * @param roles as the plan was made from
   * @param open what the plan does not tell of: applications that are left out, databases that nobody looked into
   * @throws BlockedError with the difference
   */
  admit(plan: Plan, roles: ReadonlyMap<string, RoleState>, open: Unplanned): void {
    const effects = effectsOf(plan)
    if (this.#effects !== null) {
      assertNone(checkLaterEffects(this.#effects, effects))
      return
    }
    const { digest, effects: approved } = this.#approved
    const found = { digest: digestOf(this.#declaration, effects), effects }
    const begun = findBegun(this.#declaration, roles, this.#approved)
    assertNone(checkApprovedPlan(this.#approved, { ...found, begun }))
    const isWhole = digest === found.digest
    const { planTurns } = this.#context.dependencies
    if (approved !== null && !isWhole && planTurns?.isBegun !== true) {
      // What it left was told by the run that ended it.
      if (begun === 'done') this.#warn(NOBODY, `plan:${digest} was carried out before, and nothing of it is left to do`)
      else this.#tellDone(approved, doneOf(approved, effects), open)
    }
    planTurns?.begin({ digest, effects: approved ?? (isWhole ? effects : null) })
    this.#effects = approved ?? effects
  }

  /** Whether it was the run before that did it nobody can tell, so all of it is told, or counted. */
  #tellDone(approved: readonly Effect[], notLeft: readonly Effect[], { leftOut, unseen }: Unplanned): void {
    const { digest } = this.#approved
    const closed = this.#declaration.databases.filter(({ owner }) => leftOut.has(owner.name)).map(({ name }) => name)
    const isUnknown = ({ application, database, object }: Effect): boolean =>
      leftOut.has(application ?? '') ||
      closed.includes(database ?? '') ||
      (unseen.has(database ?? '') && !OUTSIDE.has(object))
    const done = notLeft.filter((effect) => !isUnknown(effect))
    const counts = `${String(done.length)} of its ${String(approved.length)} effects are there already`
    this.#warn(NOBODY, `plan:${digest} was begun by a run before, and this one goes on with it: ${counts}`)
    for (const effect of done.slice(0, MAX_TOLD))
      this.#warn(subjectOf(effect), `there already: ${describeEffect(effect)}`)
    if (done.length > MAX_TOLD) this.#warn(NOBODY, `there already: ${String(done.length - MAX_TOLD)} effects more`)
  }

  #warn(about: Subject, message: string): void {
    this.#context.recorder.record({
      ...about,
      action: 'go on',
      status: 'warning',
      durationMs: 0,
      message,
      statements: [],
    })
  }
}

function assertNone(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new BlockedError(problems)
}

function subjectOf({ application, database, username, object }: Effect): Subject {
  return { application, database, username, object: OBJECTS.find((known) => known === object) ?? NOBODY.object }
}
