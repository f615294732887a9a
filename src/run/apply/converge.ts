/** Rounds of inspect, plan, guard and apply, until an inspection finds nothing left to do. */
import { setTimeout as sleep } from 'node:timers/promises'
import { execute, type Execution, type Failure } from '../../execute/execute.ts'
import { createProgress } from '../../audit/progress.ts'
import { BlockedError } from '../../errors.ts'
import type { Credential } from '../../model/credential.ts'
import type { RecordDraft } from '../../model/audit.ts'
import { type Plan, planSteps, stepKey } from '../../model/step.ts'
import { ConnectFailure } from '../../server/failure.ts'
import { type Inspection, type InspectionScope } from '../../server/inspect.ts'
import type { Connections } from '../../server/connections.ts'
import { ConnectionLost } from '../../server/session.ts'
import { assertNotInterrupted, isOutdated, recordFailures, recordFindings } from '../outcome.ts'
import type { PlanApproval } from './approval.ts'
import { awaitDefaults, noteDefaults } from './default-privileges.ts'
import { Ledger } from './ledger.ts'
import type { Dependencies, RunContext } from '../context.ts'
import { appliedSteps, endHolders, endSessionsOfLosers } from './lost-access.ts'
import { findNewerSecrets } from './newer-secrets.ts'
import { findFull, noteRoom, takeRoomBack, withRoomBack } from './room.ts'
import { makeRound } from './round.ts'
import { recordNotConverged, recordUnseen, unknowableIn } from './unfinished.ts'
import type { Setbacks } from '../end/setbacks.ts'
import type { Stages } from '../end/record-run.ts'

/** First round, an unseen database, a moving server, the end of an approved plan; more: something works against us. */
const MAX_ROUNDS = 5
/** Rounds more, where objects vanished between look and statement (src/README.md: Applications at work). */
const MAX_GONE_ROUNDS = 5

/**
 * A server that breaks connections again and again is left when the time for connecting is up, but not before so many.
 */
const MIN_RECONNECTS = 5
const MAX_PAUSE_MS = 5_000

/**
 * Makes the server as declared, but for what stands in the way of single applications. A connection that breaks (a
 * restart, a failover) is made anew, and the server inspected and planned from scratch: every step is safe to plan
 * again.
 * @param open connects and takes the lock.
 * @param setbacks gets what could not be done for single applications
 * @param approval of one plan and no other; null: of whatever there is to do
 * @param finish takes the last inspection, which found nothing left to do, while the server is still open.
 * @throws BlockedError, before the first change unless the server changed meanwhile; ApplyError; ConnectFailure;
 *   ConnectionLost.
 */
export async function converge<T>(
  context: RunContext,
  open: () => Promise<Connections>,
  credentials: ReadonlyMap<string, Credential>,
  { setbacks, approval }: Pick<Progressing, 'setbacks' | 'approval'>,
  finish: (server: Connections, inspection: Inspection) => Promise<T>,
): Promise<Stages<T>> {
  const ledger = new Ledger(context.declaration, context.recorder)
  const { signal, progress } = context.dependencies
  let firstLoss: number | null = null
  for (let reconnects = 0; ; reconnects += 1) {
    try {
      const value = await withConnections(open, async (server) =>
        finish(server, await runRounds(context, server, credentials, { ledger, setbacks, approval })),
      )
      return { value, setbacks }
    } catch (error) {
      if (signal.aborted || !(isLost(error) || (reconnects > 0 && isReplica(error)))) return ledger.giveUp(error)
      firstLoss ??= Date.now()
      if (reconnects >= MIN_RECONNECTS && Date.now() - firstLoss >= context.declaration.connectTimeoutSeconds * 1000)
        return ledger.giveUp(error)
      progress(`the connection to the server broke (${error.message}); connecting anew`)
      await sleep(reconnects === 0 ? 0 : Math.min(250 * 2 ** reconnects, MAX_PAUSE_MS), undefined, { signal }).catch(
        (reason: unknown) => ledger.giveUp(reason),
      )
    }
  }
}

async function withConnections<T>(
  open: () => Promise<Connections>,
  use: (server: Connections) => Promise<T>,
): Promise<T> {
  const server = await open()
  try {
    return await use(server)
  } finally {
    await server.close()
  }
}

/** After a failover the name may for a while lead to what is a replica by now. */
function isReplica(error: unknown): error is BlockedError {
  return error instanceof BlockedError && error.problems.every((problem) => problem.code === 'endpoint')
}

function isLost(error: unknown): error is ConnectionLost | ConnectFailure {
  return error instanceof ConnectionLost || (error instanceof ConnectFailure && error.passing)
}

/** What a run knows across its connections. */
interface Progressing {
  readonly ledger: Ledger
  readonly setbacks: Setbacks
  readonly approval: PlanApproval | null
}

async function runRounds(
  context: RunContext,
  server: Connections,
  credentials: ReadonlyMap<string, Credential>,
  { ledger, setbacks, approval }: Progressing,
): Promise<Inspection> {
  let scope: InspectionScope | null = null
  let last: Plan | null = null
  /** What the server refused in the round before, in the hope that it had been done by somebody else. */
  let refused: readonly Failure[] = []
  /** Applications whose password this run has set. */
  const passwords = new Set<string | null>()
  let goneRounds = 0
  for (let number = 1; ; number += 1) {
    assertNotInterrupted(context.dependencies.signal)
    await awaitDefaults(context, server, ledger)
    const { inspection, plan } = await makeRound(context, server, credentials, scope, setbacks)
    const open = unknowableIn(context, inspection, setbacks)
    approval?.admit(plan, inspection.actual.cluster.roles, open)
    ledger.settle(withRoomBack(plan, context.declaration, inspection.actual.cluster, setbacks.rooms), open)
    await endSessionsOfLosers(context, server, ledger.losses)
    if (plan.jobs.length === 0) {
      const isLast = number > MAX_ROUNDS
      scope = await endRounds(context, server, { inspection, plan, passwords, isLast }, { ledger, setbacks })
      if (scope === null) return inspection
      continue
    }
    if (number > MAX_ROUNDS || (last !== null && samePlan(last, plan))) {
      setbacks.fail(recordNotConverged(context, plan, refused))
      scope = { before: inspection, applications: new Set(), databases: new Set() }
      number = 0
      last = null
      continue
    }
    const execution = await executePlan(context, server, plan, { ledger, setbacks })
    const applied = appliedSteps(plan, execution)
    noteRoom(setbacks.rooms, applied)
    for (const { kind, username } of applied)
      if (kind === 'create_role' && username !== null) setbacks.made.add(username)
    const held = [
      ...(await endHolders(context.declaration, server, plan, execution.failures, ledger.endedHolders)),
      ...findFull(context.declaration, execution.failures, setbacks.rooms),
    ]
    const failures = execution.failures.filter((failure) => !held.includes(failure))
    const failed = recordFailures(context, { ...execution, failures })
    setbacks.fail(failed)
    refused = [...failures.filter(isOutdated), ...held]
    last = execution.failures.length === 0 ? plan : null
    // Each such round leaves something out, so there is an end.
    if (failed.length > 0) number = 0
    if (failures.some(({ isGone }) => isGone === true) && goneRounds < MAX_GONE_ROUNDS) {
      goneRounds += 1
      number -= 1
    }
    for (const step of planSteps(plan))
      if (step.kind === 'set_password' || step.kind === 'create_role') passwords.add(step.application)
    scope = refused.every(({ isGone }) => isGone === true) ? scopeAfter(plan, inspection) : null
  }
}

/** A round that found nothing to do. */
interface LastRound {
  readonly inspection: Inspection
  readonly plan: Plan
  /** Applications whose password this run has set; emptied where their secrets are looked at anew. */
  readonly passwords: Set<string | null>
  readonly isLast: boolean
}

/** @returns what to look at again; null: all is done and told */
async function endRounds(
  context: RunContext,
  server: Connections,
  { inspection, plan, passwords, isLast }: LastRound,
  { ledger, setbacks }: Pick<Progressing, 'ledger' | 'setbacks'>,
): Promise<InspectionScope | null> {
  const unseen = await recordUnseen(context, server, inspection, setbacks)
  if (unseen.length > 0) {
    setbacks.fail(unseen)
    return { before: inspection, applications: new Set(), databases: new Set() }
  }
  const moved = isLast ? null : await findNewerSecrets(context, passwords, setbacks, inspection)
  if (moved !== null) {
    passwords.clear()
    return moved
  }
  await takeRoomBack(context, server, inspection.actual.cluster, { ledger, setbacks })
  recordFindings(context.recorder, plan.findings, ledger.touched)
  return null
}

/** @throws ConnectionLost, ConnectFailure: nothing more may be changed over these connections. */
async function executePlan(
  context: RunContext,
  server: Connections,
  plan: Plan,
  { ledger, setbacks }: Pick<Progressing, 'ledger' | 'setbacks'>,
): Promise<Execution> {
  const { signal, progress } = context.dependencies
  assertNotInterrupted(signal)
  const execution = await execute(server, plan, {
    signal,
    maxConnections: context.declaration.maxConnections,
    waits: ledger.waits,
    master: setbacks.visitor?.credential ?? null,
    record: recordWithProgress(ledger, plan, context.dependencies),
    progress,
  })
  ledger.resend(plan, execution)
  noteDefaults(ledger, plan, execution)
  ledger.lose(appliedSteps(plan, execution))
  if (execution.lost !== null && !signal.aborted) throw execution.lost
  if (execution.lost === null) await endSessionsOfLosers(context, server, ledger.losses)
  return execution
}

/** Databases are what takes time: how many are made is told, where there are many. */
function recordWithProgress(
  ledger: Ledger,
  plan: Plan,
  { now, progress: report }: Dependencies,
): (draft: RecordDraft) => void {
  const isCreation = ({ object, status }: Pick<RecordDraft, 'object' | 'status'>): boolean =>
    object === 'database' && status === 'created'
  const progress = createProgress({ total: planSteps(plan).filter(isCreation).length, unit: 'databases', now, report })
  return (draft) => {
    ledger.record(draft)
    if (isCreation(draft)) progress.advance()
  }
}

function samePlan(a: Plan, b: Plan): boolean {
  const text = (plan: Plan): string =>
    planSteps(plan)
      .map((step) => `${stepKey(step)}\n${step.statements.join('\n')}`)
      .join('\n')
  return text(a) === text(b)
}

/** Only what was changed is looked at again. */
function scopeAfter(plan: Plan, inspection: Inspection): InspectionScope {
  const steps = planSteps(plan)
  const applications = new Set(steps.flatMap((step) => (step.application === null ? [] : [step.application])))
  const databases = new Set(steps.flatMap((step) => (step.database === null ? [] : [step.database])))
  return { before: inspection, applications, databases }
}
