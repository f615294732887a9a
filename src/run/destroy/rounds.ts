/**
 * The rounds of a removal: one under the lock that closes, the snapshot without it, one under the lock that removes.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { ApplyError, BlockedError } from '../../errors.ts'
import type { Problem } from '../../model/problem.ts'
import { mayAdminister } from '../../model/administers.ts'
import { isInvalid, type DatabaseState } from '../../model/catalog.ts'
import type { Departure, DepartureFinding } from '../../model/removal.ts'
import type { Finding } from '../../model/step.ts'
import { finding } from '../../plan/context.ts'

import type { Connections } from '../../server/connections.ts'
import { areClosed, hidePending, serverTime, showClosed, showPending } from '../../server/removal-signals.ts'
import { checkServer } from '../../guardrails/removal.ts'
import { assertNotInterrupted, recordFindings } from '../outcome.ts'
import { explainUnreachable } from './gone.ts'
import { openLockedOrBootstrap } from '../connection/open.ts'
import { endAccess } from './access.ts'
import { askMaster, LackingRights } from './rights.ts'
import { closeDatabases, type Examination, examine, findLeaving, isAdmissible, removeDepartures } from './removal.ts'
import { runRemovalPlan } from './removal-plan.ts'
import { type Closed, endOf, reopenStaying } from './ending.ts'
import { planAdmission } from '../../plan/closing.ts'
import { type Removal, isSnapshotted } from './context.ts'
import { takeSnapshot } from './take-snapshot.ts'

const POLL_MS = 1_000

/**
 * Removes what nothing stands in the way of.
 * @throws ProvisionError, after databases that were closed are open again as far as they are still there.
 */
export async function runRemoval(all: Removal): Promise<void> {
  const closed: Closed = { logins: new Map(), databases: [], obstacles: [], hasAskedMaster: false }
  try {
    await removeInRounds(all, closed)
    if (closed.obstacles.length > 0) throw new BlockedError(closed.obstacles)
  } catch (error) {
    throw await endOf(all, closed, error)
  }
}

async function removeInRounds(all: Removal, closed: Closed): Promise<void> {
  const { server, examination } = await explainUnreachable(() => openAndLook(all, closed))
  let closedAt: Date | null = null
  try {
    recordFindings(all.context.recorder, examination.findings, new Set())
    closedAt = await closeOrRemove(all, server, examination, closed)
  } finally {
    await server.close()
  }
  if (closedAt === null) return
  await takeSnapshot(all, examination.departures.filter(isSnapshotted), closedAt)
  await removeAfterSnapshot(all, examination, closed)
}

/** What the policy snapshot-and-delete comes to for each departure. */
export function snapshotFindings(departures: readonly Departure[]): Finding[] {
  return departures
    .filter((departure) => departure.policy === 'snapshot-and-delete')
    .map(({ application, database, username, drops }) => {
      const message =
        drops === null
          ? `no database goes with ${username}, so no snapshot is needed`
          : `a snapshot of the instance comes first, once ${drops} is closed`
      return finding({ application, database, username, object: 'snapshot' }, 'create', 'skipped', message)
    })
}

interface OpenExamination {
  readonly server: Connections
  readonly examination: Examination
}

/**
 * Under the lock: access ends, and then everything comes in sight. A database that another removal keeps closed is
 * waited for.
 */
async function openAndLook(all: Removal, closed: Closed): Promise<OpenExamination> {
  const { context, dependencies, signs, admin } = all
  const started = Date.now()
  let isWaiting = false
  for (;;) {
    const server = await openLockedOrBootstrap(context, admin)
    context.recorder.setServer(server.admin)
    try {
      const examination = await closeAndExamine(all, server, closed)
      const { unseen } = examination.facts
      if (!isAdmissible(examination)) return { server, examination: settle(examination, closed) }
      const isClosed = unseen.some((name) => examination.cluster.databases.get(name)?.allowConnections === false)
      const elapsed = Date.now() - started
      if (!isClosed || (elapsed > dependencies.waits.abandonedMs && !(await areClosed(server.admin, unseen)))) {
        await runRemovalPlan(context, server, planAdmission(examination))
        return { server, examination: settle(await closeAndExamine(all, server, closed), closed) }
      }
      if (elapsed > dependencies.snapshotTimeoutMs) throw stillClosed(unseen)
      if (!isWaiting) {
        // Whoever keeps it closed may be waiting for us.
        if (signs !== null) await hidePending(signs.admin, dependencies.runGroup)
        dependencies.progress(`waiting for ${unseen.join(', ')}, closed by another removal`)
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
async function closeAndExamine({ context, order }: Removal, server: Connections, closed: Closed): Promise<Examination> {
  const { cluster, departures } = await findLeaving(context, order, server)
  const isLacking = departures.some(({ username }) => !mayAdminister(cluster, username))
  if (isLacking && context.declaration.masterSecretId !== null && !closed.hasAskedMaster) {
    closed.hasAskedMaster = true
    throw new LackingRights()
  }
  const ours = departures.filter((departure) => checkServer(context.declaration, cluster, departure).length === 0)
  // Once is enough, unless somebody opened the login again: its members may have business elsewhere.
  const open = ours.filter(
    ({ username }) => !closed.logins.has(username) || cluster.roles.get(username)?.canLogin === true,
  )
  await endAccess(context, server, { cluster, departures: open }, (departure) =>
    closed.logins.set(departure.username, departure),
  )
  return examine(context, await findLeaving(context, order, server), server)
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

/** Of a login that is gone nobody says that it is closed. */
function forget({ logins }: Closed): (departure: Departure) => void {
  return ({ username }) => {
    logins.delete(username)
  }
}

/** @returns when the databases were closed, by the server's clock; null: no snapshot is wanted, and all is done. */
async function closeOrRemove(
  { context, dependencies, signs }: Removal,
  server: Connections,
  examination: Examination,
  closed: Closed,
): Promise<Date | null> {
  const { departures } = examination
  if (departures.length === 0) return null
  const names = departures.filter(isSnapshotted).flatMap((departure) => departure.drops ?? [])
  if (signs !== null) await (names.length === 0 ? hidePending : showPending)(signs.admin, dependencies.runGroup)
  closed.databases = departures
  await closeDatabases(context, server, examination)
  if (names.length === 0 || signs === null) {
    recordFindings(context.recorder, snapshotFindings(departures), new Set())
    await removeDepartures(context, server, examination, dependencies.waits.superusersMs, forget(closed))
    return null
  }
  await showClosed(signs.admin, dependencies.runGroup, names)
  return serverTime(server.admin)
}

/** Everything is checked again: the lock was not held while the snapshot was made. */
async function removeAfterSnapshot(all: Removal, before: Examination, closed: Closed): Promise<void> {
  const { context, dependencies } = all
  const { server, examination } = await openAndLook(all, closed)
  try {
    const told = new Set(before.findings.map(keyOfFinding))
    recordFindings(
      context.recorder,
      examination.findings.filter((item) => !told.has(keyOfFinding(item))),
      new Set(),
    )
    const { cluster } = examination
    const late = examination.departures.filter((item) => !isAmong(before.departures, item))
    const seen = examination.departures.filter((item) => !late.includes(item))
    const open = seen.filter((item) => isSnapshotted(item) && letsIn(cluster.databases.get(item.drops ?? '')))
    const going = { ...examination, departures: seen.filter((item) => !open.includes(item)) }
    closed.obstacles.push(...open.map(openedAgain), ...late.map(cameLate))
    await closeDatabases(context, server, going)
    await removeDepartures(context, server, going, dependencies.waits.superusersMs, forget(closed))
    await reopenStaying(all, server, before.departures, { ...going, obstacles: closed.obstacles }, closed)
  } finally {
    await server.close()
  }
}

/** What a finding says of what, whatever the words. */
function keyOfFinding({ kind, object, application, database, username }: DepartureFinding): string {
  return JSON.stringify([kind, object, application, database, username])
}

/** An invalid database lets nobody in, whatever it allows. */
function letsIn(database: DatabaseState | undefined): boolean {
  return database?.allowConnections === true && !isInvalid(database)
}

/** Only what was closed before the snapshot is in it whole. */
function isAmong(before: readonly Departure[], { username, drops, policy }: Departure): boolean {
  return before.some((item) => item.username === username && item.drops === drops && item.policy === policy)
}

function cameLate({ application, username }: Departure): Problem {
  return {
    application,
    code: 'left_during_snapshot',
    field: 'destroy',
    message: `${username} is to go since the snapshot was asked for: it may hold what the snapshot does not.`,
    remedy: 'Nothing of it was dropped; run again.',
  }
}

function openedAgain({ application, drops }: Departure): Problem {
  return {
    application,
    code: 'opened_during_snapshot',
    field: 'destroy',
    message: `somebody opened the database ${drops ?? ''} while the snapshot was made: it may hold what the snapshot does not.`,
    remedy: 'It was not dropped; run again.',
  }
}
