/** What a run has done so far, across connections; and what it cannot know yet. */
import { toDraft } from '../../execute/draft.ts'
import type { Recorder } from '../../audit/recorder.ts'
import type { Declaration } from '../../model/declaration.ts'
import type { RecordDraft } from '../../model/audit.ts'
import type { Execution } from '../../execute/execution.ts'
import { partsOf, type Plan, planSteps, type Step, stepKey, type StepKind } from '../../model/step.ts'
import { isOutdated, keyOf, recordUnknown } from '../outcome.ts'
import { DISCONNECT, type Loss, lossesBy } from './lost-access.ts'

/** What a plan does not tell of. */
export interface Unknowable {
  /** Applications that it leaves out. */
  readonly leftOut: ReadonlySet<string>
  /** Databases that are there and that nobody could look into. */
  readonly unseen: ReadonlySet<string>
  /** Of these, those that are kept shut. */
  readonly keptShut: ReadonlySet<string>
}

/** The lock went with the connection, so another run may have come in between and done the same. */
const FOUND_DONE =
  ' (the answer was lost with the connection; found done afterwards, by this run or by another one in between)'

/** What is planned only when the inside of its database was seen. */
const NEEDS_LOOK: ReadonlySet<StepKind> = new Set([
  'set_setting',
  'reset_setting',
  'tag_database',
  'adopt_database',
  'create_schema',
  'create_extension',
  'grant_default_privileges',
  'revoke_default_privileges',
])

/** Of these, what is planned without a look where nobody is to look. */
const ON_KEPT_SHUT: ReadonlySet<StepKind> = new Set(['tag_database', 'adopt_database'])

/** PUBLIC and logins gain and lose something on the database, and in a schema. */
function needsLook({ kind, target }: Step, isKeptShut: boolean): boolean {
  const isEither = kind === 'restrict_public' || kind === 'revoke_privileges' || kind === 'grant_privileges'
  const isInside = isEither && target !== null
  return isInside || (NEEDS_LOOK.has(kind) && !(isKeptShut && ON_KEPT_SHUT.has(kind)))
}

export class Ledger {
  /** What has a record of a change: object, application, database. */
  readonly touched = new Set<string>()
  /** What waiting in vain for what others hold has cost so far. */
  readonly waits = { ms: 0 }
  /** Logins whose sessions were ended since they held up what takes something from them. */
  readonly endedHolders = new Set<string>()
  /** Steps whose answer was lost, by transaction, until an inspection tells. */
  unknown: readonly (readonly Step[])[] = []
  /** Logins that lost something, and may still have sessions with it. */
  readonly losses = new Map<string, Loss>()
  /** Databases where default privileges may have been changed, and open transactions were not waited for yet. */
  readonly changedDefaults = new Set<string>()
  readonly #declaration: Declaration
  readonly #recorder: Recorder

  constructor(declaration: Declaration, recorder: Recorder) {
    this.#declaration = declaration
    this.#recorder = recorder
  }

  /** @param steps what took effect: who lost something by it, and what a person should look at */
  lose(steps: readonly Step[]): void {
    for (const step of steps) {
      const { application, database, username, object, action, caution } = step
      if (caution !== undefined) {
        const about = { application, database, username, object, action }
        this.#recorder.record({ ...about, status: 'warning', durationMs: 0, message: caution, statements: [] })
      }
      for (const loss of lossesBy(this.#declaration, step))
        this.losses.set(JSON.stringify([loss.login, loss.only]), loss)
    }
  }

  record(draft: RecordDraft): void {
    this.touched.add(keyOf(draft))
    this.#recorder.record(draft)
  }

  /**
   * Steps whose answer was lost: what a new plan no longer needs took effect. A transaction is judged as a whole, since
   * one of its steps may be planned in another guise by now. Of applications that the plan leaves out nobody knows; of
   * what is in a database that nobody could look into nobody knows yet. Who may have lost something loses its sessions.
   * What the plan still needs may be under way: a server goes on with a statement whose client is gone
   * (src/README.md: What is tried again).
   */
  settle(plan: Plan, { leftOut, unseen, keptShut }: Unknowable): void {
    const steps = planSteps(plan)
    const open = new Set(steps.flatMap(partsOf))
    const leftovers = new Set(
      steps.filter((step) => step.kind === 'leftover_membership').map((step) => step.application),
    )
    const isOpen = (step: Step): boolean => {
      if (step.kind === 'hold_membership') return !leftovers.has(step.application)
      if (step.kind === 'release_membership') return leftovers.has(step.application)
      return partsOf(step).some((part) => open.has(part))
    }
    const isLeftOut = ({ application }: Step): boolean => application !== null && leftOut.has(application)
    const [lost, known] = partition(this.unknown, (transaction) => transaction.some(isLeftOut))
    recordUnknown((draft) => {
      this.record(draft)
    }, lost.flat())
    const isUnseen = (step: Step): boolean =>
      step.database !== null && unseen.has(step.database) && needsLook(step, keptShut.has(step.database))
    const [underWay, over] = partition(known, (transaction) => transaction.some(isOpen))
    const [hidden, judged] = partition(over, (transaction) => transaction.some(isUnseen))
    const done = judged.flat()
    this.lose([...lost.flat(), ...hidden.flat(), ...done])
    for (const step of done) this.record(toDraft(step, step.statements, 0, FOUND_DONE))
    this.unknown = [...underWay, ...hidden]
  }

  /**
   * What was sent again has its answer by now, and is told by it. Where the server says that somebody else was faster,
   * that may have been the statement before, whose answer was lost.
   */
  resend(plan: Plan, { failures, skipped, unknown }: Execution): void {
    const open = new Set([...failures.filter(isOutdated).map(({ step }) => step), ...skipped, ...unknown.flat()])
    const answered = new Set(
      planSteps(plan)
        .filter((step) => !open.has(step))
        .map(stepKey),
    )
    const later = this.unknown.filter((transaction) => !transaction.some((step) => answered.has(stepKey(step))))
    this.unknown = [...later, ...unknown]
  }

  /** Nothing more can be found out or ended: says so of each open step and each loser, and fails with `error`. */
  giveUp(error: unknown): never {
    for (const { login, about } of this.losses.values()) {
      const message = `sessions of ${login} may keep what it lost until they end: the run failed before it ended them`
      this.record({ ...about, ...DISCONNECT, username: login, status: 'warning', message })
    }
    recordUnknown((draft) => {
      this.record(draft)
    }, this.unknown.flat())
    this.unknown = []
    throw error
  }
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): readonly [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}
