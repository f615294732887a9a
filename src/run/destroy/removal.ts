/** The removal over an open instance: look, check, close, remove, verify; and reopen where it went wrong. */
import { execute } from '../../execute/execute.ts'
import { ApplyError, BlockedError } from '../../errors.ts'
import type { Problem } from '../../model/problem.ts'
import { checkRemoval } from '../../guardrails/removal.ts'
import type { Cluster } from '../../model/catalog.ts'
import type { Departure, DepartureFinding, RemovalOrder } from '../../model/removal.ts'
import { type Plan, planSteps } from '../../model/step.ts'
import { resolveDepartures } from '../../plan/departures.ts'
import { planDrops, planRevocation, planRoleDrops, type RemovalInput } from '../../plan/removal.ts'
import { inspectCluster } from '../../server/inspect-cluster.ts'
import { droppedDatabases, inspectRemoval } from '../../server/inspect-removal.ts'
import type { Connections } from '../../server/connections.ts'
import { endSessions, sessions } from '../../server/removal-queries.ts'
import { readInteger, readText } from '../../server/row.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertApplied, assertNotInterrupted, recordUnknown } from '../outcome.ts'
import type { RunContext } from '../context.ts'
import { planAdmission, planClosing, planReopening } from '../../plan/closing.ts'

/** What one look at the instance found. */
export interface Examination extends RemovalInput {
  readonly findings: readonly DepartureFinding[]
}

/**
 * Looks at what is to go and at what stands in its way.
 * @throws BlockedError with everything that does; nothing was changed.
 */
export async function examine(
  { declaration }: RunContext,
  order: RemovalOrder,
  server: Connections,
): Promise<Examination> {
  const cluster = await inspectWholeCluster({ declaration }, server)
  const { departures, findings, problems } = resolveDepartures({ declaration, ...order, cluster })
  if (problems.length > 0) throw new BlockedError(problems)
  const facts = await inspectRemoval(server, cluster, departures)
  const examination = { declaration, cluster, departures, facts, findings }
  // What cannot be seen yet is looked at, and guarded, once the admin was let in again (src/README.md: The admin locked
  // out).
  const visible = isAdmissible(examination) ? { ...facts, unseen: [] } : facts
  const violations = checkRemoval(declaration, cluster, departures, visible)
  if (violations.length > 0) throw new BlockedError(violations)
  return examination
}

/** Everything there is to see waits behind a door that is ours to open. */
export function isAdmissible(examination: RemovalInput): boolean {
  const { unseen } = examination.facts
  return unseen.length > 0 && planSteps(planAdmission(examination)).length === unseen.length
}

async function inspectWholeCluster(
  { declaration }: Pick<RunContext, 'declaration'>,
  server: Connections,
): Promise<Cluster> {
  return inspectCluster(server.admin, { ...declaration, applications: [], databases: [] })
}

/** Everything that a removal will run, in order; what the preview prints is what the removal runs. */
export function planRemoval(examination: RemovalInput): { readonly closing: Plan; readonly removal: readonly Plan[] } {
  return {
    closing: planClosing(examination),
    removal: [planRevocation(examination), planDrops(examination), planRoleDrops(examination)],
  }
}

/** @throws ApplyError */
export async function runRemovalPlan(context: RunContext, server: Connections, plan: Plan): Promise<void> {
  const { signal, progress } = context.dependencies
  const execution = await execute(server, plan, {
    signal,
    progress,
    maxConnections: context.declaration.maxConnections,
    record: (draft) => {
      context.recorder.record(draft)
    },
  })
  // No other round looks again: what the server refused is told as it is, and what is gone already is what was wanted.
  const failures = execution.failures
    .filter(({ code }) => code !== '3D000' && code !== '42704')
    .map((failure) => ({ ...failure, code: '' }))
  const withNames = await Promise.all(
    failures.map(async (failure) => ({
      ...failure,
      message: failure.message + (await describeSessions(server, failure.step.database)),
    })),
  )
  recordUnknown((draft) => {
    context.recorder.record(draft)
  }, execution.unknown.flat())
  assertApplied(context, { ...execution, failures: withNames })
  const open = [...execution.unknown.flat(), ...execution.skipped]
  if (execution.lost !== null || open.length > 0)
    throw connectionBroke(
      execution.lost?.message ?? 'the connection broke',
      open.map((step) => step.message),
    )
}

function connectionBroke(message: string, open: readonly string[]): ApplyError {
  const what = open.length === 0 ? '' : ` Not known to be done: ${open.join('; ')}.`
  return new ApplyError([
    {
      application: null,
      code: 'connection_lost',
      field: 'run',
      message: `the connection to the server was lost: ${message}.${what}`,
      remedy: 'Run again: it goes on from there.',
    },
  ])
}

async function describeSessions(server: Connections, database: string | null): Promise<string> {
  if (database === null || server.admin.lost !== null) return ''
  const [rows = []] = await server.admin.query([sessions([], [database])])
  if (rows.length === 0) return ''
  return ` (sessions in ${database}: ${rows.map((row) => `${readText(row, 'login')} ×${String(readInteger(row, 'count'))}`).join(', ')})`
}

/** Closes to new sessions what goes, and ends the ones that are there. @throws ApplyError */
export async function closeDepartures(
  context: RunContext,
  server: Connections,
  examination: Examination,
): Promise<void> {
  await runRemovalPlan(context, server, planRemoval(examination).closing)
  if (!examination.facts.canSignal) return
  for (const { application, username, database, drops } of examination.departures) {
    const [[row] = []] = await server.admin.query([endSessions([username], drops === null ? [] : [drops])])
    const ended = row === undefined ? 0 : readInteger(row, 'ended')
    if (ended === 0) continue
    const message = `${String(ended)} session(s) of ${username}${drops === null ? '' : ` and in ${drops}`} ended`
    context.recorder.record({
      application,
      database,
      username,
      object: 'login',
      action: 'disconnect',
      status: 'updated',
      durationMs: 0,
      message,
      statements: [],
    })
  }
}

/** @throws ApplyError */
export async function removeDepartures(
  context: RunContext,
  server: Connections,
  examination: Examination,
  superusersMs: number,
): Promise<void> {
  const { departures } = examination
  await awaitSuperusers(context, server, droppedDatabases(departures), superusersMs)
  for (const plan of planRemoval(examination).removal) await runRemovalPlan(context, server, plan)
  const left = await inspectWholeCluster(context, server)
  const problems = departures.flatMap(({ application, username, drops }): Problem[] => [
    ...(left.roles.has(username) ? [stillThere(application, `role ${username}`)] : []),
    ...(drops !== null && left.databases.has(drops) ? [stillThere(application, `database ${drops}`)] : []),
  ])
  if (problems.length > 0) throw new ApplyError(problems)
}

function stillThere(application: string, what: string): Problem {
  return {
    application,
    code: 'not_converged',
    field: 'destroy',
    message: `${what} is still there after it was removed.`,
    remedy: 'Something on the server made it again; look at the statements in the audit and run again.',
  }
}

/** Nobody but a superuser may end their sessions: they are waited for, and the drop then names those that stay. */
async function awaitSuperusers(
  { dependencies: { signal, progress } }: RunContext,
  server: Connections,
  databases: readonly string[],
  patienceMs: number,
): Promise<void> {
  if (databases.length === 0) return
  const end = Date.now() + patienceMs
  while (Date.now() < end) {
    assertNotInterrupted(signal)
    const [rows = []] = await server.admin.query([sessions([], databases)])
    const there = rows.filter((row) => row['is_superuser'] === true)
    if (there.length === 0) return
    progress(
      `waiting for sessions that only a superuser may end: ${there.map((row) => `${readText(row, 'login')} in ${readText(row, 'database')}`).join(', ')}`,
    )
    await sleep(1000)
  }
}

/** Opens again what was closed, as far as it is still there. @throws whatever the server says. */
export async function reopenDepartures(
  context: RunContext,
  server: Connections,
  departures: readonly Departure[],
): Promise<void> {
  await runRemovalPlan(
    context,
    server,
    planReopening({ cluster: await inspectWholeCluster(context, server), departures }),
  )
}
