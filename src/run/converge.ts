/** Rounds of inspect, plan, guard and apply, until an inspection finds nothing left to do. */
import { setTimeout as sleep } from 'node:timers/promises'
import { draftOf, execute, type Failure } from '../apply/execute.ts'
import { createProgress } from '../audit/progress.ts'
import { ApplyError, BlockedError, SecretError } from '../errors.ts'
import { checkActual, ENDPOINT } from '../guardrails/actual.ts'
import type { Credential } from '../model/credential.ts'
import type { RecordDraft } from '../model/audit.ts'
import { type Plan, planSteps } from '../model/step.ts'
import { makePlan } from '../plan/plan.ts'
import { ConnectFailure } from '../server/failure.ts'
import { inspect, type Inspection, type Scope } from '../server/inspect.ts'
import type { Instance } from '../server/instance.ts'
import type { Versions } from '../server/login.ts'
import { ConnectionLost } from '../server/session.ts'
import { checkClones } from '../secrets/assignments.ts'
import type { SecretReader } from '../secrets/secret-reader.ts'
import { assertApplied, assertNotInterrupted, recordFindings } from './assess.ts'
import { Ledger } from './ledger.ts'
import type { Dependencies, RunContext } from './dependencies.ts'
import { secretFacts } from './verifiers.ts'

/** First round, what an unseen database adds, what a moving server adds; more means that something works against us. */
const MAX_ROUNDS = 4

/** What one round found: the state of the server and what it takes to make it as declared. */
export interface Round {
  readonly inspection: Inspection
  readonly plan: Plan
}

/** A server that breaks connections again and again is left when the time for connecting is up, but not before so many. */
const MIN_RECONNECTS = 5
const MAX_PAUSE_MS = 5_000

/**
 * Makes the server as declared. A connection that breaks (a restart, a failover) is made anew, and the server inspected
 * and planned from scratch: every step is safe to plan again.
 * @param open connects and takes the lock.
 * @param finish takes the last inspection, which found nothing left to do, while the server is still open.
 * @throws BlockedError before the first change; ApplyError; ConnectFailure; ConnectionLost.
 */
export async function converge<T>(
  run: RunContext,
  open: () => Promise<Instance>,
  credentials: ReadonlyMap<string, Credential>,
  finish: (server: Instance, inspection: Inspection) => Promise<T>,
): Promise<T> {
  const ledger = new Ledger(run.recorder)
  const { signal, progress } = run.dependencies
  let firstLoss: number | null = null
  for (let reconnects = 0; ; reconnects += 1) {
    try {
      return await connected(open, async (server) => finish(server, await rounds(run, server, credentials, ledger)))
    } catch (error) {
      if (signal.aborted || !(isLost(error) || (reconnects > 0 && isReplica(error)))) return ledger.giveUp(error)
      firstLoss ??= Date.now()
      if (reconnects >= MIN_RECONNECTS && Date.now() - firstLoss >= run.declaration.connectTimeoutSeconds * 1000)
        return ledger.giveUp(error)
      progress(`the connection to the server broke (${error.message}); connecting anew`)
      await sleep(reconnects === 0 ? 0 : Math.min(250 * 2 ** reconnects, MAX_PAUSE_MS), undefined, { signal }).catch(
        (reason: unknown) => ledger.giveUp(reason),
      )
    }
  }
}

async function connected<T>(open: () => Promise<Instance>, use: (server: Instance) => Promise<T>): Promise<T> {
  const server = await open()
  try {
    return await use(server)
  } finally {
    await server.close()
  }
}

/** After a failover the name may for a while lead to what is a replica by now. */
function isReplica(error: unknown): error is BlockedError {
  return error instanceof BlockedError && error.problems.every((problem) => problem.field === ENDPOINT)
}

function isLost(error: unknown): error is ConnectionLost | ConnectFailure {
  return error instanceof ConnectionLost || (error instanceof ConnectFailure && error.passing)
}

async function rounds(
  run: RunContext,
  server: Instance,
  credentials: ReadonlyMap<string, Credential>,
  ledger: Ledger,
): Promise<Inspection> {
  const { signal, progress } = run.dependencies
  let scope: Scope | null = null
  let last: Plan | null = null
  /** What the server refused in the round before, in the hope that it had been done by somebody else. */
  let refused: readonly Failure[] = []
  /** Applications whose password this run has set. */
  const passwords = new Set<string | null>()
  for (let number = 1; ; number += 1) {
    assertNotInterrupted(signal)
    const { inspection, plan } = await makeRound(run, server, credentials, scope)
    ledger.settle(plan)
    if (plan.jobs.length === 0) {
      const moved: Scope | null = number > MAX_ROUNDS ? null : await movedOn(run, passwords, inspection)
      if (moved === null) {
        recordFindings(run.recorder, plan.findings, ledger.touched)
        return inspection
      }
      passwords.clear()
      scope = moved
      continue
    }
    if (number > MAX_ROUNDS || (last !== null && samePlan(last, plan))) throw notConverged(run, plan, refused)
    assertNotInterrupted(signal)
    const execution = await execute(server, plan, {
      signal,
      maxConnections: run.declaration.maxConnections,
      record: recordWith(ledger, plan, run.dependencies),
      progress,
    })
    ledger.unknown = execution.unknown
    if (execution.lost !== null && !signal.aborted) throw execution.lost
    assertApplied(run, execution)
    refused = execution.failures
    last = refused.length === 0 ? plan : null
    for (const step of planSteps(plan))
      if (step.object === 'password' || (step.object === 'role' && step.status === 'created'))
        passwords.add(step.application)
    scope = execution.failures.length === 0 ? scopeAfter(plan, inspection) : null
  }
}

/** Inspects and plans; what stands in the way is thrown before anything changes. */
export async function makeRound(
  run: Pick<RunContext, 'declaration' | 'run' | 'secrets' | 'dependencies'>,
  server: Instance,
  credentials: ReadonlyMap<string, Credential>,
  scope: Scope | null,
): Promise<Round> {
  const inspection = await look(run, server, credentials, scope)
  return { inspection, plan: await planFrom(run, inspection) }
}

/** Inspects; nothing found stands in the way yet. */
export async function look(
  run: Pick<RunContext, 'declaration' | 'secrets' | 'dependencies'>,
  server: Instance,
  credentials: ReadonlyMap<string, Credential>,
  scope: Scope | null,
): Promise<Inspection> {
  const { now, progress: report } = run.dependencies
  const total = scope === null ? run.declaration.applications.length : scope.applications.size
  const progress = createProgress({ total, unit: 'logins', now, report })
  return inspect(server, versionsOf(run.secrets), run.declaration, credentials, scope, () => {
    progress.advance()
  })
}

/** @throws SecretError, BlockedError: what stands in the way. */
export async function planFrom(run: Pick<RunContext, 'declaration' | 'run'>, inspection: Inspection): Promise<Plan> {
  const clones = checkClones(run.declaration, inspection.actual.cluster.memberships, inspection.credentials)
  if (clones.length > 0) throw new SecretError(clones)
  const violations = checkActual(run.declaration, inspection.actual)
  if (violations.length > 0) throw new BlockedError(violations)
  const secrets = await secretFacts(run.declaration, inspection.actual, inspection.credentials)
  return makePlan({ declaration: run.declaration, actual: inspection.actual, buildId: run.run.buildId, secrets })
}

/** Databases are what takes time: how many are made is told, where there are many. */
function recordWith(ledger: Ledger, plan: Plan, { now, progress: report }: Dependencies): (draft: RecordDraft) => void {
  const isCreation = ({ object, action }: Pick<RecordDraft, 'object' | 'action'>): boolean =>
    object === 'database' && action === 'create'
  const progress = createProgress({ total: planSteps(plan).filter(isCreation).length, unit: 'databases', now, report })
  return (draft) => {
    ledger.record(draft)
    if (isCreation(draft)) progress.advance()
  }
}

function versionsOf(secrets: SecretReader): Versions {
  return { pending: (id) => secrets.readStage(id, 'AWSPENDING'), current: (id) => secrets.readStage(id, 'AWSCURRENT') }
}

function samePlan(a: Plan, b: Plan): boolean {
  const text = (plan: Plan): string =>
    planSteps(plan)
      .map((step) => `${step.message}\n${step.statements.join('\n')}`)
      .join('\n')
  return text(a) === text(b)
}

/** Only what was changed is looked at again. */
function scopeAfter(plan: Plan, inspection: Inspection): Scope {
  const steps = planSteps(plan)
  const applications = new Set(steps.flatMap((step) => (step.application === null ? [] : [step.application])))
  const databases = new Set(steps.flatMap((step) => (step.database === null ? [] : [step.database])))
  return { before: inspection, applications, databases }
}

/**
 * Looks once more at the secrets of the passwords that were set and proven by a login (design §8).
 * @returns what to look at again, where a secret has a newer version by now; null: none has.
 */
async function movedOn(
  run: RunContext,
  passwords: ReadonlySet<string | null>,
  inspection: Inspection,
): Promise<Scope | null> {
  const set = run.declaration.applications.filter(
    (application) => passwords.has(application.name) && application.auth === 'password',
  )
  if (set.length === 0) return null
  const current = await run.secrets.readCurrent(set.map((application) => application.secretId))
  const newer = new Map<string, Credential>()
  for (const { name, secretId } of set) {
    const credential = current.credentials.get(secretId)
    if (credential !== undefined && credential.versionId !== inspection.credentials.get(name)?.versionId)
      newer.set(name, credential)
  }
  if (newer.size === 0) return null
  const before = { ...inspection, credentials: new Map([...inspection.credentials, ...newer]) }
  return { before, applications: new Set(newer.keys()), databases: new Set() }
}

function notConverged(run: RunContext, plan: Plan, refused: readonly Failure[]): ApplyError {
  return new ApplyError(
    planSteps(plan).map((step) => {
      const about = { application: step.application, field: step.object }
      const failure = refused.find((item) => item.step.message === step.message)
      if (failure === undefined) {
        const remedy =
          'Something on the server undoes it, or the server ignores it without an error; look at the statements in the audit.'
        return { ...about, message: `still to do after it was done: ${step.message}.`, remedy }
      }
      const message = `${step.message}: ${failure.message}`
      run.recorder.record({ ...draftOf(step, [], 0, ''), status: 'failed', message })
      return {
        ...about,
        message: `${message}.`,
        remedy: 'Remove or rename what is in the way; the next run goes on from here.',
      }
    }),
  )
}
