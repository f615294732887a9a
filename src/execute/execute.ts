/** Runs a plan: stage by stage, jobs of a stage in parallel, every record after its commit. */
import type { RecordDraft } from '../model/audit.ts'
import {
  type AtomicTransaction,
  type Job,
  jobSteps,
  type Plan,
  STAGES,
  type Step,
  stepsOf,
  type Transaction,
} from '../model/step.ts'
import { watchBlockers, type BlockerWatch } from '../server/blockers.ts'
import { ConnectFailure } from '../server/failure.ts'
import { type AdminCredential, type Connections, loginTo } from '../server/connections.ts'
import type { LoginTarget } from '../server/connect.ts'
import { hasNoSlot, hasNoSlotBriefly } from '../server/patience.ts'
import { ConnectionLost, type Session } from '../server/session.ts'
import { settleAll } from '../server/settled.ts'
import { isGone, runDivided } from './divide.ts'
import { lockWait } from './lock-wait.ts'
import { type Applied, runAtomic, runBare, type TransactionOutcome } from './transaction.ts'
import { groupBy } from '../group-by.ts'
import { toDraft } from './draft.ts'
import { describeRefusal } from './refusal.ts'
import type { Execution, Failure } from './execution.ts'

export type { Execution, Failure } from './execution.ts'

export interface ExecuteOptions {
  readonly signal: AbortSignal
  readonly maxConnections: number
  /** What waiting in vain has cost the run so far; counted on. */
  readonly waits: { ms: number }
  /** Who does the jobs of the master; absent or null: there are none. */
  readonly master?: AdminCredential | null
  readonly record: (draft: RecordDraft) => void
  readonly progress: (line: string) => void
}

/**
 * Runs all jobs of a plan. A failure of one application leaves the others alone, but ends its own later stages; a lost
 * connection ends the run before its next change.
 * @throws only what is a defect of this program.
 */
export async function execute(server: Connections, plan: Plan, options: ExecuteOptions): Promise<Execution> {
  const watch = watchBlockers(server, options.progress)
  const run = new PlanExecution(server, options, watch)
  try {
    for (const stage of STAGES) await run.stage(plan.jobs.filter((job) => job.stage === stage))
  } finally {
    watch.stop()
  }
  return run
}

class PlanExecution implements Execution {
  readonly failures: Failure[] = []
  readonly unknown: (readonly Step[])[] = []
  readonly skipped: Step[] = []
  lost: ConnectionLost | ConnectFailure | null = null
  readonly #server: Connections
  readonly #options: ExecuteOptions
  readonly #watch: BlockerWatch

  constructor(server: Connections, options: ExecuteOptions, watch: BlockerWatch) {
    this.#server = server
    this.#options = options
    this.#watch = watch
  }

  async stage(jobs: readonly Job[]): Promise<void> {
    const failed = new Set(
      [...this.failures.map((failure) => failure.step), ...this.unknown.flat(), ...this.skipped].map(
        (step) => step.database,
      ),
    )
    const isOpen = (job: Job): boolean => !jobSteps(job).some((step) => failed.has(step.database))
    const [first, ...others] = jobs.filter(isOpen)
    this.skipped.push(...jobs.filter((job) => !isOpen(job)).flatMap(jobSteps))
    if (first === undefined) return
    if (first.connectTo === null && others.length === 0) await this.#job(first, this.#server.admin)
    else await this.#parallel([first, ...others])
  }

  /**
   * As many workers as connections are allowed; jobs in the same database share one, since it costs as much as the
   * work.
   */
  async #parallel(jobs: readonly Job[]): Promise<void> {
    const queue = [...jobs]
    const worker = async (): Promise<void> => {
      for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
        const { connectTo } = job
        await this.#connected(job, async (session) => {
          for (
            let next: Job | undefined = job;
            next !== undefined;
            next = connectTo === null ? queue.shift() : undefined
          )
            await this.#job(next, session)
        })
      }
    }
    await settleAll(Array.from({ length: Math.min(this.#options.maxConnections, jobs.length) }, worker))
  }

  async #connected(job: Job, use: (session: Session) => Promise<void>): Promise<void> {
    if (!(await this.#mayGoOn())) {
      this.skipped.push(...jobSteps(job))
      return
    }
    try {
      await this.#server.withSession(
        await this.#login(job),
        use,
        job.connectTo === null ? hasNoSlot : hasNoSlotBriefly(),
      )
    } catch (error) {
      if (!(error instanceof ConnectFailure)) throw error
      if (error.passing) this.lost ??= error
      else this.#fail(jobSteps(job), error.code, error.message)
      if (error.passing) this.skipped.push(...jobSteps(job))
    }
  }

  async #login({ connectTo, asMaster }: Job): Promise<LoginTarget> {
    const database = connectTo ?? this.#server.admin.database
    if (asMaster !== true) return this.#server.adminLogin(database)
    const { master = null } = this.#options
    if (master === null) throw new TypeError('a job of the master, and no master')
    return loginTo(database, master)
  }

  async #mayGoOn(): Promise<boolean> {
    if (this.#options.signal.aborted || this.lost !== null) return false
    try {
      await this.#server.assertLocked()
      return true
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error
      this.lost ??= error
      return false
    }
  }

  async #job(job: Job, session: Session): Promise<void> {
    for (const [index, transaction] of job.transactions.entries()) {
      const done =
        session.lost === null && (await this.#mayGoOn()) ? await this.#transaction(transaction, job, session) : null
      if (done === true || (done === false && job.standApart === true && this.lost === null)) continue
      this.skipped.push(...job.transactions.slice(done === null ? index : index + 1).flatMap(stepsOf))
      return
    }
  }

  /**
   * Logins of several databases share a transaction; where one fails, it fails for itself, and each other is tried
   * alone.
   */
  async #transaction(transaction: Transaction, job: Job, session: Session): Promise<boolean> {
    if (job.connectTo !== null && transaction.kind === 'atomic') return this.#inside(transaction, session)
    const outcome =
      transaction.kind === 'atomic'
        ? await this.#atomic(transaction, session, false)
        : await runBare(transaction, session)
    if (outcome.kind !== 'refused' || ['databases', 'handover'].includes(job.stage) || this.#options.signal.aborted)
      return this.#settle(outcome, session)
    const { culprit, others } = outcome
    let allDone = this.#settle(
      { ...outcome, others: others.filter((step) => step.application === culprit.application) },
      session,
    )
    for (const steps of groupByApplication(others.filter((step) => step.application !== culprit.application))) {
      if (session.lost !== null || !(await this.#mayGoOn())) this.skipped.push(...steps)
      else allDone = this.#settle(await this.#atomic({ kind: 'atomic', steps }, session, false), session) && allDone
    }
    return allDone || this.lost === null
  }

  /** @returns whether what comes after it may be done */
  async #inside(transaction: AtomicTransaction, session: Session): Promise<boolean> {
    const run = (part: AtomicTransaction): Promise<TransactionOutcome> => this.#atomic(part, session, true)
    const { outcomes, notBegun } = await runDivided(transaction, run, () => this.#mayGoOn())
    const settled = outcomes.map((outcome) => this.#settle(outcome, session) || isGone(outcome))
    this.skipped.push(...notBegun)
    return notBegun.length === 0 && settled.every(Boolean)
  }

  /** Counts what waiting for locks in vain has cost. */
  async #atomic(transaction: AtomicTransaction, session: Session, isInside: boolean): Promise<TransactionOutcome> {
    const { signal, waits } = this.#options
    const started = Date.now()
    const outcome = await runAtomic(transaction, session, { signal, lockWait: lockWait(waits.ms, isInside) })
    if (outcome.kind === 'refused' && !isGone(outcome)) waits.ms += Date.now() - started
    return outcome
  }

  #settle(outcome: TransactionOutcome, session: Session): boolean {
    switch (outcome.kind) {
      case 'applied':
        this.#record(outcome.applied)
        return true
      case 'refused': {
        this.#record(outcome.applied)
        const { culprit, others, error } = outcome
        const message = describeRefusal(error, [culprit, ...others], this.#watch.blockerOf(session))
        this.failures.push({ step: culprit, code: error.code, message, isGone: isGone(outcome) })
        this.skipped.push(...others)
        return false
      }
      case 'unknown':
        this.#record(outcome.applied)
        this.unknown.push(outcome.steps)
        this.skipped.push(...outcome.others)
        this.lost ??= outcome.error
        return false
    }
  }

  #fail([step, ...others]: readonly Step[], code: string, message: string): void {
    if (step !== undefined) this.failures.push({ step, code, message })
    this.skipped.push(...others)
  }

  #record(applied: readonly Applied[]): void {
    for (const { step, statements, durationMs, retries } of applied) {
      this.#options.record(
        toDraft(
          step,
          statements,
          durationMs,
          retries === 0 ? '' : ` (after ${String(retries)} tries that the server rolled back)`,
        ),
      )
    }
  }
}

function groupByApplication(steps: readonly Step[]): Step[][] {
  return [...groupBy(steps, (step) => step.application).values()]
}
