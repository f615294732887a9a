/** A removal's look at the server, under its lock: access ends before anything is looked into. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ApplyError } from '../../errors.ts'
import type { Problem } from '../../model/problem.ts'
import { mayAdminister } from '../../model/administers.ts'
import type { Departure } from '../../model/removal.ts'
import type { RemovalRequest } from '../../model/removal-memory.ts'
import type { Connections } from '../../server/connections.ts'
import { areClosed } from '../../server/removal-signals.ts'
import { checkServer } from '../../guardrails/removal.ts'
import { openedBy, planAdmission } from '../../plan/admission.ts'
import { losesAccess } from '../../plan/removal.ts'
import { planRequests } from '../../plan/removal-ends.ts'
import { openLockedOrBootstrap } from '../connection/open.ts'
import type { RunContext } from '../context.ts'
import { assertNotInterrupted } from '../outcome.ts'
import { endAccess } from './access.ts'
import type { NewRequest, Removal } from './context.ts'
import type { Closed } from './closed.ts'
import { type Examination, examine, findLeaving } from './examine.ts'
import { problemsOf, runRemovalPlan } from './run-plan.ts'
import { askMaster, LackingRights } from './rights.ts'
import { findSource } from './source.ts'

const POLL_MS = 1_000

/** What was found, over connections that hold the instance's lock. */
export interface OpenExamination {
  readonly server: Connections
  readonly examination: Examination
}

/**
 * Under the lock: access ends, and then everything comes in sight. A database that another removal keeps closed is
 * waited for.
 */
export async function openAndLook(all: Removal, closed: Closed): Promise<OpenExamination> {
  const { context, signs, admin } = all
  const { dependencies } = context
  const started = Date.now()
  let isWaiting = false
  for (;;) {
    const server = await openLockedOrBootstrap(context, admin)
    context.recorder.setServer(server.admin)
    try {
      const examination = await closeAndExamine(all, server, closed)
      // What is left of them is ours to open: whoever needs another is blocked.
      const unseen = [...examination.facts.unseen.keys()]
      if (unseen.length === 0) return { server, examination: settle(examination, closed) }
      const isClosed = unseen.some((name) => examination.cluster.databases.get(name)?.allowConnections === false)
      const elapsed = Date.now() - started
      if (!isClosed || (elapsed > dependencies.waits.abandonedMs && !(await areClosed(server.admin, unseen)))) {
        closed.opened = [...closed.opened, ...openedBy(examination)]
        closed.failed.push(...(await problemsOf(runRemovalPlan(context, server, planAdmission(examination)))))
        return { server, examination: settle(await closeAndExamine(all, server, closed, true), closed) }
      }
      if (elapsed > dependencies.snapshotTimeoutMs) throw stillClosed(unseen)
      if (!isWaiting) {
        // Whoever keeps it closed may be waiting for us.
        await signs.settled()
        dependencies.progress(`waiting for ${unseen.join(', ')}, which another removal may keep closed`)
      }
      isWaiting = true
    } catch (error) {
      await server.close()
      if (!(error instanceof LackingRights)) throw error
      await askMaster(context, admin)
      continue
    }
    await server.close()
    await sleep(POLL_MS)
    assertNotInterrupted(dependencies.signal)
  }
}

/** What a login that leaves does about the look, it does before: its access ends first. */
async function closeAndExamine(
  { context, order, requests }: Removal,
  server: Connections,
  closed: Closed,
  isAdmitted = false,
): Promise<Examination> {
  const { cluster, departures } = await findLeaving(context, order, server)
  const isLacking = departures.some(({ username }) => !mayAdminister(cluster, username))
  if (isLacking && context.declaration.masterSecretId !== null && !closed.hasAskedMaster) {
    closed.hasAskedMaster = true
    throw new LackingRights()
  }
  const ours = departures.filter((departure) => checkServer(context.declaration, cluster, departure).length === 0)
  const fail = (problems: readonly Problem[]): void => void closed.failed.push(...problems)
  if (requests !== null)
    fail(await problemsOf(runRemovalPlan(context, server, planRequests(cluster, ours, requestOf(context, requests)))))
  await findSource(context, ours, closed)
  // Once is enough, unless somebody opened the login again: its members may have business elsewhere.
  const open = withoutFailed(ours.filter(losesAccess), closed).filter(
    ({ username }) => !closed.logins.has(username) || cluster.roles.get(username)?.canLogin === true,
  )
  fail(
    await endAccess(context, server, { cluster, departures: open }, (departure) =>
      closed.logins.set(departure.username, departure),
    ),
  )
  const leaving = await findLeaving(context, order, server)
  return examine(context, { ...leaving, departures: withoutFailed(leaving.departures, closed) }, server, isAdmitted)
}

/** Those that nothing failed for yet. */
export function withoutFailed(departures: readonly Departure[], { failed, unsaved }: Closed): readonly Departure[] {
  const left = new Set([...failed, ...unsaved].map(({ application }) => application))
  return departures.filter(({ application }) => !left.has(application))
}

/** What is remembered of whoever asks for a removal. */
export function requestOf(
  { identity }: Pick<RunContext, 'identity'>,
  { marker }: NewRequest,
): Omit<RemovalRequest, 'policy'> {
  const { buildId, startedAt, mayDelete: isApproved } = identity
  return { marker, buildId, at: startedAt.toISOString(), isApproved, doneAt: null }
}

/** The last look counts. */
function settle(examination: Examination, closed: Closed): Examination {
  closed.obstacles.splice(0, closed.obstacles.length, ...examination.obstacles)
  return examination
}

function stillClosed(databases: readonly string[]): ApplyError {
  return new ApplyError([
    {
      application: null,
      code: 'closed_by_another_removal',
      field: 'destroy',
      message: `another removal keeps ${databases.join(', ')} closed.`,
      remedy: 'Wait for it to end, and run again.',
    },
  ])
}
