/**
 * The rounds of a removal: one under the lock that closes, the snapshot without it, one under the lock that removes.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { ApplyError, BlockedError, type ProvisionError, withProblems } from '../../errors.ts'
import type { Problem } from '../../model/problem.ts'
import { isInvalid, type DatabaseState } from '../../model/catalog.ts'
import type { Departure, DepartureFinding } from '../../model/removal.ts'
import type { Finding } from '../../model/step.ts'
import { finding } from '../../plan/context.ts'

import type { Connections } from '../../server/connections.ts'
import { areClosed, hidePending, serverTime, showClosed, showPending } from '../../server/removal-signals.ts'
import { assertNotInterrupted, recordFindings } from '../outcome.ts'
import { explainUnreachable } from './gone.ts'
import { openLockedOrBootstrap } from '../connection/open.ts'
import { toProvisionError } from '../end/provision-error.ts'
import {
  closeDepartures,
  type Examination,
  examine,
  isAdmissible,
  removeDepartures,
  reopenDepartures,
  runRemovalPlan,
} from './removal.ts'
import { planAdmission } from '../../plan/closing.ts'
import { type Removal, isSnapshotted } from './context.ts'
import { takeSnapshot } from './take-snapshot.ts'
import { allowConnections } from '../../sql/database.ts'
import { alterRole } from '../../sql/role.ts'

const POLL_MS = 1_000

/** @throws ProvisionError, after what was closed is open again as far as it is still there. */
export async function runRemoval(all: Removal): Promise<void> {
  let closed: readonly Departure[] = []
  try {
    const { server, examination } = await explainUnreachable(() => openAndLook(all))
    let closedAt: Date | null = null
    try {
      recordFindings(all.context.recorder, examination.findings, new Set())
      closed = examination.departures
      closedAt = await closeOrRemove(all, server, examination)
    } finally {
      await server.close()
    }
    if (closedAt === null) return
    await takeSnapshot(all, examination.departures.filter(isSnapshotted), closedAt)
    await removeAfterSnapshot(all, examination)
  } catch (error) {
    throw await reopenAfter(all, closed, toProvisionError(error))
  }
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

/** Under the lock, with everything in sight. A database that another removal keeps closed is waited for. */
async function openAndLook(all: Removal): Promise<OpenExamination> {
  const { context, dependencies, order, admin, signs } = all
  const started = Date.now()
  let isWaiting = false
  for (;;) {
    const server = await openLockedOrBootstrap(context, admin)
    context.recorder.setServer(server.admin)
    try {
      const examination = await examine(context, order, server)
      const { unseen } = examination.facts
      if (!isAdmissible(examination)) return { server, examination }
      const isClosed = unseen.some((name) => examination.cluster.databases.get(name)?.allowConnections === false)
      const elapsed = Date.now() - started
      if (!isClosed || (elapsed > dependencies.waits.abandonedMs && !(await areClosed(server.admin, unseen)))) {
        await runRemovalPlan(context, server, planAdmission(examination))
        return { server, examination: await examine(context, order, server) }
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
      throw error
    }
    await server.close()
    await sleep(POLL_MS)
    assertNotInterrupted(dependencies.signal)
  }
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

/** @returns when the databases were closed, by the server's clock; null: no snapshot is wanted, and all is done. */
async function closeOrRemove(
  { context, dependencies, signs }: Removal,
  server: Connections,
  examination: Examination,
): Promise<Date | null> {
  const { departures } = examination
  if (departures.length === 0) return null
  const names = departures.filter(isSnapshotted).flatMap((departure) => departure.drops ?? [])
  if (signs !== null) await (names.length === 0 ? hidePending : showPending)(signs.admin, dependencies.runGroup)
  await closeDepartures(context, server, examination)
  if (names.length === 0 || signs === null) {
    recordFindings(context.recorder, snapshotFindings(departures), new Set())
    await removeDepartures(context, server, examination, dependencies.waits.superusersMs)
    return null
  }
  await showClosed(signs.admin, dependencies.runGroup, names)
  return serverTime(server.admin)
}

/** Everything is checked again: the lock was not held while the snapshot was made. */
async function removeAfterSnapshot(all: Removal, before: Examination): Promise<void> {
  const { context, dependencies } = all
  const { server, examination } = await openAndLook(all)
  try {
    const told = new Set(before.findings.map(keyOfFinding))
    recordFindings(
      context.recorder,
      examination.findings.filter((item) => !told.has(keyOfFinding(item))),
      new Set(),
    )
    const { departures, cluster } = examination
    const open = departures.filter((item) => isSnapshotted(item) && letsIn(cluster.databases.get(item.drops ?? '')))
    if (open.length > 0) throw new BlockedError(open.map(openedAgain))
    await closeDepartures(context, server, examination)
    await removeDepartures(context, server, examination, dependencies.waits.superusersMs)
    const staying = before.departures.filter((item) => !departures.some((other) => other.username === item.username))
    await reopenDepartures(context, server, staying)
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

function openedAgain({ application, drops }: Departure): Problem {
  return {
    application,
    code: 'opened_during_snapshot',
    field: 'destroy',
    message: `somebody opened the database ${drops ?? ''} while the snapshot was made: it may hold what the snapshot does not.`,
    remedy: 'Nothing was dropped; run again.',
  }
}

/** The error to end with: the removal's own, and what stays closed if the server cannot be reached. */
async function reopenAfter(
  { context, admin }: Removal,
  departures: readonly Departure[],
  error: ProvisionError,
): Promise<ProvisionError> {
  if (departures.length === 0) return error
  const calm = { ...context, dependencies: { ...context.dependencies, signal: new AbortController().signal } }
  try {
    const server = await openLockedOrBootstrap(calm, admin)
    try {
      await reopenDepartures(calm, server, departures)
    } finally {
      await server.close()
    }
    return error
  } catch (failure) {
    const { message } = toProvisionError(failure)
    return withProblems(
      error,
      departures.map(({ application, username, drops }) => ({
        application,
        code: 'left_closed',
        field: 'destroy',
        message: `${drops === null ? username : `the database ${drops}`} may still be closed, and could not be opened again: ${message}`,
        remedy: `Run again, or put the application back and apply; by hand: ${reopeningByHand(username, drops)}`,
      })),
    )
  }
}

/** What opens again by hand, for the login and the database that it owns. */
function reopeningByHand(username: string, database: string | null): string {
  const statements = [
    ...(database === null ? [] : [allowConnections(database, true, username)]),
    alterRole(username, { login: true }),
  ]
  return statements.map(({ redacted }) => `${redacted};`).join(' ')
}
