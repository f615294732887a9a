/** Runs a plan: stage by stage, jobs of a stage in parallel, every record after its commit. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordDraft } from '../model/audit.ts'
import type { Statement } from '../model/statement.ts'
import { type AtomicTransaction, type BareTransaction, type Job, type Plan, STAGES, type Step, type Transaction } from '../model/step.ts'
import type { Instance } from '../server/instance.ts'
import { ScriptError, type Session } from '../server/session.ts'
import { scriptOf } from './script.ts'

export interface ExecuteOptions {
  readonly signal: AbortSignal
  readonly maxConnections: number
  readonly record: (draft: RecordDraft) => void
}

export interface Failure {
  readonly step: Step
  readonly error: Error
}

/** What running a plan left open. Empty lists: all of it took effect. */
export interface Execution {
  readonly failures: readonly Failure[]
  /** The answer to their commit was lost: they may have taken effect or not. */
  readonly unknown: readonly Step[]
  /** Never begun, since something before them failed. */
  readonly skipped: readonly Step[]
}

/** Rolled back whole by the server, and likely to pass at the next try: serialization, deadlock. */
const RETRIED = new Set(['40001', '40P01'])
const MAX_TRIES = 6

class Run {
  readonly failures: Failure[] = []
  readonly unknown: Step[] = []
  readonly skipped: Step[] = []
  readonly #server: Instance
  readonly #options: ExecuteOptions

  constructor(server: Instance, options: ExecuteOptions) {
    this.#server = server
    this.#options = options
  }

  /** Jobs of one application fail for themselves; a lost lock or an interrupt ends the run before its next change. */
  async stage(jobs: readonly Job[]): Promise<void> {
    const [first] = jobs
    if (first === undefined) return
    if (first.connectTo !== null) return this.#inDatabases(jobs)
    if (jobs.length === 1) return this.#job(first, this.#server.admin)
    await this.#fromAdminDatabase(jobs)
  }

  async #inDatabases(jobs: readonly Job[]): Promise<void> {
    await Promise.all(jobs.map((job) => this.#connected(job, job.connectTo ?? '', (session) => this.#job(job, session))))
  }

  /** A few sessions share the jobs: a connection costs as much as the work. */
  async #fromAdminDatabase(jobs: readonly Job[]): Promise<void> {
    const queue = [...jobs]
    const worker = async (): Promise<void> => {
      const job = queue.shift()
      if (job === undefined) return
      await this.#connected(job, this.#server.admin.database, async (session) => {
        await this.#job(job, session)
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) await this.#job(next, session)
      })
    }
    await Promise.all(Array.from({ length: Math.min(this.#options.maxConnections, jobs.length) }, worker))
    for (const job of queue) this.#skip(job.transactions)
  }

  async #connected(job: Job, database: string, use: (session: Session) => Promise<void>): Promise<void> {
    try {
      await this.#server.withSession(await this.#server.adminLogin(database), use)
    } catch (error) {
      const [step, ...rest] = stepsOf(job.transactions)
      if (step !== undefined) this.failures.push({ step, error: asError(error) })
      this.skipped.push(...rest)
    }
  }

  async #job(job: Job, session: Session): Promise<void> {
    for (const [index, transaction] of job.transactions.entries()) {
      const mayGoOn = !this.#options.signal.aborted && this.#server.lock.lost === null && session.lost === null
      const done = mayGoOn && (await this.#transaction(transaction, session))
      if (done) continue
      this.#skip(job.transactions.slice(mayGoOn ? index + 1 : index))
      return
    }
  }

  #skip(transactions: readonly Transaction[]): void {
    this.skipped.push(...stepsOf(transactions))
  }

  async #transaction(transaction: Transaction, session: Session): Promise<boolean> {
    return transaction.kind === 'atomic' ? this.#atomic(transaction, session) : this.#bare(transaction, session)
  }

  async #atomic(transaction: AtomicTransaction, session: Session): Promise<boolean> {
    const script = scriptOf(transaction)
    const started = Date.now()
    for (let tries = 1; ; tries += 1) {
      try {
        await session.run(script.texts)
        const retried = tries === 1 ? '' : ` (after ${String(tries - 1)} tries that the server rolled back)`
        for (const step of transaction.steps) this.#record(step, step.statements, Date.now() - started, retried)
        return true
      } catch (error) {
        if (!(error instanceof ScriptError)) throw error
        if (error.failedAt === null) {
          this.unknown.push(...transaction.steps)
          return false
        }
        await session.run(['ROLLBACK'])
        if (isRetried(error) && tries < MAX_TRIES && !this.#options.signal.aborted) {
          await sleep(Math.random() * 50 * 2 ** tries)
          continue
        }
        this.#fail(transaction.steps, script.steps[error.failedAt] ?? transaction.steps[0], error)
        return false
      }
    }
  }

  /** CREATE DATABASE, with the owner's membership committed before it and taken back if it fails. */
  async #bare(transaction: BareTransaction, session: Session): Promise<boolean> {
    const { before, step, undo } = transaction
    const started = Date.now()
    const held: Statement[] = []
    try {
      await session.run(before.map((statement) => statement.reveal()))
      held.push(...before)
      await session.run(step.statements.map((statement) => statement.reveal()))
      this.#record(step, [...before, ...step.statements], Date.now() - started, '')
      return true
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error
      if (error.failedAt === null) {
        this.unknown.push({ ...step, statements: [...before, ...step.statements] })
        return false
      }
      if (held.length > 0) {
        await session.run(undo.map((statement) => statement.reveal()))
        this.#record({ ...step, object: 'grant', action: 'release', status: 'removed', message: `membership of ${step.username ?? ''} given back after a failure` }, [...held, ...undo], Date.now() - started, '')
      }
      this.failures.push({ step, error })
      return false
    }
  }

  #fail(steps: readonly Step[], culprit: Step | undefined, error: Error): void {
    for (const step of steps) {
      if (step === culprit) this.failures.push({ step, error })
      else this.skipped.push(step)
    }
  }

  #record(step: Step, statements: readonly Statement[], durationMs: number, note: string): void {
    this.#options.record(draftOf(step, statements, durationMs, note))
  }
}

/** The record of a step that took effect. */
export function draftOf(step: Step, statements: readonly Statement[], durationMs: number, note: string): RecordDraft {
  const { application, database, username, object, action, status, message } = step
  return { application, database, username, object, action, status, durationMs, message: message + note, statements: statements.map((statement) => statement.redacted) }
}

function isRetried(error: ScriptError): boolean {
  return RETRIED.has(error.code) || (error.code === 'XX000' && error.message.includes('tuple concurrently'))
}

function stepsOf(transactions: readonly Transaction[]): Step[] {
  return transactions.flatMap((transaction) => (transaction.kind === 'atomic' ? transaction.steps : [transaction.step]))
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

/**
 * Runs all jobs of a plan. A failure of one application leaves the others alone, but ends its own later stages.
 * @throws nothing of the server's: failures are in the result.
 */
export async function execute(server: Instance, plan: Plan, options: ExecuteOptions): Promise<Execution> {
  const run = new Run(server, options)
  for (const stage of STAGES) {
    const failed = new Set([...run.failures.map((failure) => failure.step), ...run.unknown, ...run.skipped].map((step) => step.database))
    const jobs = plan.jobs.filter((job) => job.stage === stage)
    const isOpen = (job: Job): boolean => !stepsOf(job.transactions).some((step) => failed.has(step.database))
    await run.stage(jobs.filter(isOpen))
    for (const job of jobs.filter((item) => !isOpen(item))) run.skipped.push(...stepsOf(job.transactions))
  }
  return { failures: run.failures, unknown: run.unknown, skipped: run.skipped }
}
