/** What a run has done so far, across connections; and what it cannot know yet. */
import { draftOf } from '../apply/execute.ts'
import { HOLD, RELEASE } from '../apply/transaction.ts'
import type { Recorder } from '../audit/recorder.ts'
import type { RecordDraft } from '../model/audit.ts'
import { type Plan, planSteps, type Step } from '../model/step.ts'
import { LEFTOVER } from '../plan/memberships.ts'
import { keyOf } from './assess.ts'

export class Ledger {
  /** What has a record of a change: object, application, database. */
  readonly touched = new Set<string>()
  /** Steps whose answer was lost, by transaction, until an inspection tells. */
  unknown: readonly (readonly Step[])[] = []
  readonly #recorder: Recorder

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  record(draft: RecordDraft): void {
    this.touched.add(keyOf(draft))
    this.#recorder.record(draft)
  }

  /**
   * Steps whose answer was lost: what a new plan no longer needs took effect. A transaction is judged as a whole, since one
   * of its steps may be planned in another guise by now.
   */
  settle(plan: Plan): void {
    const steps = planSteps(plan)
    const open = new Set(steps.map(identity))
    const leftovers = new Set(steps.filter((step) => step.action === LEFTOVER).map((step) => step.application))
    const isOpen = (step: Step): boolean => {
      if (step.action === HOLD) return !leftovers.has(step.application)
      if (step.action === RELEASE) return leftovers.has(step.application)
      return open.has(identity(step))
    }
    for (const step of this.unknown.filter((transaction) => !transaction.some(isOpen)).flat()) {
      this.record(
        draftOf(step, step.statements, 0, ' (the answer was lost with the connection; found done afterwards)'),
      )
    }
    this.unknown = []
  }

  /** Nothing more can be found out: says so of each open step, and fails with `error`. */
  giveUp(error: unknown): never {
    recordUnknown((draft) => {
      this.record(draft)
    }, this.unknown.flat())
    this.unknown = []
    throw error
  }
}

/** Says of each step that nobody knows whether it took effect; its statements stand in the message, since none is claimed. */
export function recordUnknown(record: (draft: RecordDraft) => void, steps: readonly Step[]): void {
  for (const step of steps) {
    const statements = step.statements.map((statement) => statement.redacted).join('; ')
    const message = `${step.message}: the connection broke before the server answered, so whether it took effect is not known; the next run finds out: ${statements}`
    record({ ...draftOf(step, [], 0, ''), status: 'failed', message })
  }
}

/** Object and action are left out: the tag that a new database lacks is planned as an adoption once the database is there. */
function identity({ application, database, message }: Step): string {
  return JSON.stringify([application, database, message])
}
