/** An apply on the model: the real guardrails, planner and order of rounds, with the model where the server was. */
import { BlockedError } from '../../../src/errors.ts'
import type { Credential } from '../../../src/model/credential.ts'
import type { Declaration } from '../../../src/model/declaration.ts'
import type { Problem } from '../../../src/model/problem.ts'
import type { RunIdentity } from '../../../src/model/run.ts'
import { Secret } from '../../../src/model/secret.ts'
import type { Statement } from '../../../src/model/statement.ts'
import {
  type Job,
  jobSteps,
  type Plan,
  planSteps,
  STAGES,
  type Step,
  stepKey,
  type Transaction,
} from '../../../src/model/step.ts'
import { guardAndPlan } from '../../../src/run/apply/round.ts'
import { Setbacks } from '../../../src/run/end/setbacks.ts'
import { look } from './look.ts'
import { ADMIN, type ModelServer } from './server.ts'
import { Refusal } from './state.ts'

/** Rounds of one run: as in `src/run/apply/converge.ts`, before anything is left out. */
const MAX_ROUNDS = 4

export interface Applied {
  /** What stopped the run; empty: nothing did. */
  readonly stopped: readonly Problem[]
  /** What stopped single applications. */
  readonly blocked: readonly Problem[]
  /** What the server refused, `step: why`. */
  readonly refused: readonly string[]
  /** The run went on finding something to do. */
  readonly endless: readonly string[]
  /** Memberships of the admin that the run itself had left, and took back in a later round. */
  readonly leftovers: readonly string[]
  /** It ended as the cut said. */
  readonly isCut: boolean
  /** Statements that took effect. */
  readonly statements: number
}

/** Thrown where a run is cut off. */
class Cut extends Error {}

const IDENTITY: RunIdentity = {
  runId: 'walk',
  buildId: 'build-1',
  command: 'apply',
  approval: 'not_required',
  approvedPlan: null,
  refusedApproval: null,
  cleanupPolicy: null,
  mayDelete: true,
  takesOver: false,
  startedAt: new Date(0),
  toolVersion: '0',
  inputSha256: '',
}

const NO_SECRETS = {
  readCurrent: () => Promise.reject(new Error('the walk has read all secrets')),
  readStage: () => Promise.resolve(null),
}

/** @param budget after so many statements the connection is gone; what was not committed is not done */
export async function applyTo(server: ModelServer, declaration: Declaration, budget = Infinity): Promise<Applied> {
  const setbacks = new Setbacks(declaration)
  const executor = new Executor(server, budget)
  const refused: string[] = []
  const leftovers: string[] = []
  const ended = (fields: Partial<Applied> = {}): Applied => ({
    stopped: [],
    blocked: setbacks.blocked,
    refused,
    endless: [],
    leftovers,
    isCut: false,
    statements: executor.done,
    ...fields,
  })
  let last = ''
  try {
    for (let round = 1; ; round += 1) {
      const actual = look(server, declaration)
      const inspection = { actual, credentials: credentialsOf(declaration) }
      const context = { declaration, identity: IDENTITY, secrets: NO_SECRETS }
      const plan = await guardAndPlan(context, inspection, setbacks)
      if (plan.jobs.length === 0) return ended()
      const text = textOf(plan)
      if (round > MAX_ROUNDS || text === last) return ended({ endless: planSteps(plan).map(({ message }) => message) })
      if (last !== '')
        for (const { kind, message } of planSteps(plan)) if (kind === 'leftover_membership') leftovers.push(message)
      last = text
      const failed = executor.execute(plan)
      for (const { step, reason } of failed) {
        refused.push(`${step.kind}: ${reason}`)
        if (step.application === null) return ended()
        setbacks.fail([problemOf(step, reason)])
        round = 0
        last = ''
      }
    }
  } catch (error) {
    if (error instanceof BlockedError) return ended({ stopped: error.problems })
    if (error instanceof Cut) return ended({ isCut: true })
    throw error
  }
}

function problemOf({ application }: Step, message: string): Problem {
  return { application, code: 'sql', field: null, message, remedy: '' } as unknown as Problem
}

function textOf(plan: Plan): string {
  return planSteps(plan)
    .map((step) => `${stepKey(step)}\n${step.statements.join('\n')}`)
    .join('\n')
}

function credentialsOf({ applications }: Declaration): ReadonlyMap<string, Credential> {
  const withPassword = applications.filter(({ auth, loginOf }) => auth === 'password' && loginOf === null)
  return new Map(
    withPassword.map(({ name, secretId }) => [
      name,
      { secretId, versionId: 'v1', username: null, password: new Secret('Pw_walk'), createdAt: null },
    ]),
  )
}

interface Failed {
  readonly step: Step
  readonly reason: string
}

/** Does a plan on the model: stage by stage, each transaction whole or not at all. */
class Executor {
  done = 0

  readonly server: ModelServer
  readonly budget: number

  constructor(server: ModelServer, budget: number) {
    this.server = server
    this.budget = budget
  }

  /** What failed for a database ends its later stages, as in `src/execute/execute.ts`. */
  execute({ jobs }: Plan): Failed[] {
    const failures: Failed[] = []
    const closed = new Set<string | null>()
    for (const stage of STAGES) {
      const open = jobs.filter(
        (job) => job.stage === stage && !jobSteps(job).some(({ database }) => closed.has(database)),
      )
      const skipped = jobs.filter((job) => job.stage === stage && !open.includes(job))
      failures.push(...open.flatMap((job) => this.#job(job)))
      for (const { step } of failures) closed.add(step.database)
      for (const step of skipped.flatMap(jobSteps)) closed.add(step.database)
    }
    return failures
  }

  #job({ transactions, connectTo, standApart }: Job): Failed[] {
    const failures: Failed[] = []
    for (const transaction of transactions) {
      const failed = this.#transaction(transaction, connectTo)
      if (failed !== null) failures.push(failed)
      if (failed !== null && standApart !== true) break
    }
    return failures
  }

  #transaction(transaction: Transaction, database: string | null): Failed | null {
    if (transaction.kind === 'bare') {
      const { before, step, undo } = transaction
      let isHeld = false
      try {
        this.server.transaction(() => {
          this.#run(before, database)
        })
        isHeld = true
        this.server.transaction(() => {
          this.#run(step.statements, database)
        })
        return null
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        if (isHeld) this.#run(undo, database)
        return { step, reason: error.message }
      }
    }
    let current = transaction.steps[0]
    try {
      this.server.transaction(() => {
        for (const step of transaction.steps) {
          current = step
          this.#run(step.statements, database)
        }
      })
      return null
    } catch (error) {
      if (!(error instanceof Refusal) || current === undefined) throw error
      return { step: current, reason: error.message }
    }
  }

  #run(statements: readonly Statement[], database: string | null): void {
    for (const statement of statements) {
      if (this.done >= this.budget) throw new Cut()
      this.done += 1
      this.server.run(statement.reveal(), { login: ADMIN, runAs: statement.runAs, database })
    }
  }
}
