/** The plan that this run may carry out and no other, where one was approved (src/README.md: What was approved). */
import { BlockedError } from '../../errors.ts'
import { checkApprovedPlan, checkLaterEffects } from '../../guardrails/approved-plan.ts'
import type { Declaration } from '../../model/declaration.ts'
import type { ApprovedPlan, Effect } from '../../model/effect.ts'
import type { Plan } from '../../model/step.ts'
import { digestOf, effectsOf } from '../../plan/effects.ts'

export class PlanApproval {
  readonly #declaration: Declaration
  readonly #approved: ApprovedPlan
  /** Those of the first plan, which was the approved one; null: there was none yet. */
  #effects: readonly Effect[] | null = null

  constructor(declaration: Declaration, approved: ApprovedPlan) {
    this.#declaration = declaration
    this.#approved = approved
  }

  /**
   * Of the first plan of a run that it is the approved one; of each later one that it does no more.
   * @throws BlockedError with the difference
   */
  admit(plan: Plan): void {
    const effects = effectsOf(plan)
    const problems =
      this.#effects === null
        ? checkApprovedPlan(this.#approved, { digest: digestOf(this.#declaration, effects), effects })
        : checkLaterEffects(this.#effects, effects)
    if (problems.length > 0) throw new BlockedError(problems)
    this.#effects ??= effects
  }
}
