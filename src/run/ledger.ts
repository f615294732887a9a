/** What a run has done so far, across connections; and what it cannot know yet. */
import { draftOf } from '../apply/execute.ts'
import type { Recorder } from '../audit/recorder.ts'
import type { RecordDraft } from '../model/audit.ts'
import { type Plan, planSteps, type Step } from '../model/step.ts'
import { keyOf } from './assess.ts'

export class Ledger {
  /** What has a record of a change: object, application, database. */
  readonly touched = new Set<string>()
  /** Steps whose answer was lost, until an inspection tells. */
  unknown: readonly Step[] = []
  readonly #recorder: Recorder

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  record(draft: RecordDraft): void {
    this.touched.add(keyOf(draft))
    this.#recorder.record(draft)
  }

  /** A step whose answer was lost took effect if a new plan no longer needs it. */
  settle(plan: Plan): void {
    const open = new Set(planSteps(plan).map(identity))
    for (const step of this.unknown) {
      if (!open.has(identity(step))) this.record(draftOf(step, step.statements, 0, ' (the answer was lost with the connection; found done afterwards)'))
    }
    this.unknown = []
  }

  /** Nothing more can be found out: says so of each open step, and fails with `error`. */
  giveUp(error: unknown): never {
    for (const step of this.unknown) {
      const message = `${step.message}: the connection broke before the server answered, so whether it took effect is not known; the next run finds out`
      this.record({ ...draftOf(step, [], 0, ''), status: 'failed', message })
    }
    this.unknown = []
    throw error
  }
}

function identity({ object, action, application, database, message }: Step): string {
  return JSON.stringify([object, action, application, database, message])
}
