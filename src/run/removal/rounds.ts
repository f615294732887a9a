/**
 * The rounds of a removal: one under the lock that closes, the snapshot without it, one under the lock that removes.
 */
import { ApplyError, AwsError, BlockedError } from '../../errors.ts'
import type { Problem } from '../../model/problem.ts'
import { isInvalid, type DatabaseState } from '../../model/catalog.ts'
import type { Departure, DepartureFinding } from '../../model/removal.ts'
import type { Finding } from '../../model/step.ts'
import { finding } from '../../plan/context.ts'
import { losesAccess } from '../../plan/removal.ts'
import type { Connections } from '../../server/connections.ts'
import { inspectRemoval } from '../../server/inspect-removal.ts'
import { serverTime } from '../../server/removal-signals.ts'
import { recordFindings } from '../outcome.ts'
import { explainUnreachable } from './gone.ts'
import { openAndLook, withoutFailed } from './look.ts'
import { closeAgain } from './close-again.ts'
import { closeDatabases, type Examination, removeDepartures } from './examine.ts'
import { type Closed, nothingClosed } from './closed.ts'
import { endOf, reopenStaying } from './ending.ts'
import { isSnapshotted, type Removal } from './context.ts'
import { takeSnapshot } from './take-snapshot.ts'
import { closedBefore, SnapshotPending } from './turns.ts'

/**
 * Removes what nothing stands in the way of.
 * @throws ProvisionError, after databases that were closed are open again as far as they are still there.
 */
export async function runRemoval(all: Removal): Promise<void> {
  const closed = nothingClosed()
  try {
    await removeInRounds(all, closed)
    if (closed.failed.length > 0) throw new ApplyError([...closed.failed, ...closed.unsaved])
    if (closed.unsaved.length > 0) throw new AwsError(closed.unsaved)
    if (closed.obstacles.length > 0) throw new BlockedError(closed.obstacles)
  } catch (error) {
    if (error instanceof SnapshotPending) throw error
    throw await endOf(all, closed, error)
  }
}

async function removeInRounds(all: Removal, closed: Closed): Promise<void> {
  const { server, examination } = await explainUnreachable(() => openAndLook(all, closed))
  let shut: Shut | null = null
  try {
    recordFindings(all.context.recorder, examination.findings, new Set())
    shut = await closeOrRemove(all, server, examination, closed)
    await closeAgain(all.context, server, closed)
  } finally {
    await server.close()
  }
  if (shut === null) return
  if (closed.source === null) throw new TypeError('a snapshot is wanted, and of what was not looked up')
  await takeSnapshot(all, shut.departures.filter(isSnapshotted), closed.source, shut.at)
  await removeAfterSnapshot(all, { ...examination, departures: shut.departures }, closed)
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

/** Of a login that is gone nobody says that it is closed. */
function forget({ logins }: Closed): (departure: Departure) => void {
  return ({ username }) => {
    logins.delete(username)
  }
}

interface Shut {
  /** By the server's clock. */
  readonly at: Date
  readonly departures: readonly Departure[]
}

/** @returns what was closed for a snapshot, and when; null: no snapshot is wanted, and all is done. */
async function closeOrRemove(
  { context, signs }: Removal,
  server: Connections,
  examination: Examination,
  closed: Closed,
): Promise<Shut | null> {
  const { superusersMs } = context.dependencies.waits
  const waiting = waitingIn(examination.departures)
  await (waiting.length > 0 ? signs.pending() : signs.settled())
  closed.databases = examination.departures
  recordFindings(context.recorder, snapshotFindings(examination.departures.filter(needsNone)), new Set())
  const others = await lookAtOthers(server, examination, waiting)
  closed.failed.push(...(await closeDatabases(context, server, others)))
  const going = { ...others, departures: withoutFailed(others.departures, closed) }
  closed.failed.push(...(await removeDepartures(context, server, going, superusersMs, forget(closed))))
  closed.failed.push(...(await closeDatabases(context, server, { ...examination, departures: waiting })))
  const departures = withoutFailed(waiting, closed)
  if (!departures.some(isSnapshotted)) return null
  await signs.closed(departures.flatMap(({ drops }) => drops ?? []))
  const { turns } = context.dependencies
  const before = closedBefore(turns, examination.cluster.databases, departures)
  return { at: before ?? (await serverTime(server.admin)), departures }
}

function needsNone(departure: Departure): boolean {
  return !isSnapshotted(departure)
}

/** A login may hold or own something in a database that waits for its snapshot, and goes with it. */
function waitingIn(departures: readonly Departure[]): readonly Departure[] {
  if (!departures.some(isSnapshotted)) return []
  return departures.filter((item) => isSnapshotted(item) || (item.drops === null && losesAccess(item)))
}

/** Those that wait for no snapshot; what waits is there meanwhile, with all that they hold in it. */
async function lookAtOthers(
  server: Connections,
  examination: Examination,
  waiting: readonly Departure[],
): Promise<Examination> {
  if (waiting.length === 0) return examination
  const departures = examination.departures.filter((item) => !waiting.includes(item))
  const facts = await inspectRemoval(server, examination.cluster, departures.filter(losesAccess))
  return { ...examination, departures, facts }
}

/** Everything is checked again: the lock was not held while the snapshot was made. */
async function removeAfterSnapshot(all: Removal, before: Examination, closed: Closed): Promise<void> {
  const { context } = all
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
    closed.obstacles.push(...open.map(openedAgain), ...late.map(cameLate))
    const shut = { ...examination, departures: seen.filter((item) => !open.includes(item)) }
    closed.failed.push(...(await closeDatabases(context, server, shut)))
    const going = { ...shut, departures: withoutFailed(shut.departures, closed) }
    const { superusersMs } = context.dependencies.waits
    closed.failed.push(...(await removeDepartures(context, server, going, superusersMs, forget(closed))))
    await reopenStaying(all, server, before.departures, { ...going, obstacles: closed.obstacles }, closed)
    await closeAgain(context, server, closed)
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
