/** The rounds of a removal: one under the lock that closes, the snapshot without it, one under the lock that removes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ApplyError, BlockedError, type Problem, type ProvisionError, SecretError, withProblems } from '../errors.ts'
import type { DatabaseState } from '../model/catalog.ts'
import type { Credential } from '../model/credential.ts'
import type { AwsSettings } from '../model/declaration.ts'
import type { Departure } from '../model/removal.ts'
import type { Finding } from '../model/step.ts'
import { finding } from '../plan/context.ts'
import { INVALID, planAdmission } from '../plan/removal.ts'
import type { Instance } from '../server/instance.ts'
import { areClosed, hidePending, serverTime, showClosed, showPending } from '../server/removal-signals.ts'
import type { SnapshotClient } from '../snapshot/client.ts'
import { assertNotInterrupted, recordFindings } from './assess.ts'
import type { Dependencies, RunContext } from './dependencies.ts'
import { reached } from './gone.ts'
import { interruptible } from './interrupt.ts'
import { openInstance } from './open.ts'
import { provisionError } from './provision-error.ts'
import {
  close,
  type Examination,
  examine,
  isAdmissible,
  remove,
  type RemovalOrder,
  reopen,
  runPlan,
} from './removal.ts'
import { available, findOrCreate, gathered, type SnapshotOrder, whileBusy } from './removal-snapshot.ts'

export interface DestroyDependencies extends Dependencies {
  readonly snapshots: (aws: AwsSettings) => Promise<SnapshotClient>
  /** By which the concurrent removals of one run find each other: made from the CI run, or the parent process. */
  readonly runGroup: string
  /** Of a whole snapshot, waiting for a busy instance included. */
  readonly snapshotTimeoutMs: number
  readonly waits: RemovalWaits
}

/** How long a removal waits for what others are about to do, in milliseconds. */
export interface RemovalWaits {
  /** For more removals of its run; they start within moments, and one that comes later makes a snapshot of its own. */
  readonly othersMs: number
  /** For a closed database without a sign of why: one that starts at the same time shows up by then. */
  readonly abandonedMs: number
  /** For sessions of superusers (rdsadmin), which come and go. */
  readonly superusersMs: number
}

export const REMOVAL_WAITS: RemovalWaits = { othersMs: 4_000, abandonedMs: 5_000, superusersMs: 15_000 }

export interface Removal {
  readonly context: RunContext
  readonly order: RemovalOrder
  readonly dependencies: DestroyDependencies
  readonly admin: Credential | null
  /** Shows other removals what this one does; null: no snapshot can be wanted. */
  readonly signs: Instance | null
}

const POLL_MS = 1_000

/** @throws ProvisionError, after what was closed is open again as far as it is still there. */
export async function runRemoval(all: Removal): Promise<void> {
  let closed: readonly Departure[] = []
  try {
    const { server, examination } = await reached(() => openAndLook(all))
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
    throw await reopened(all, closed, provisionError(error))
  }
}

/** A login without a database loses no data: it needs no snapshot. */
function isSnapshotted(departure: Departure): boolean {
  return departure.policy === 'snapshot-and-delete' && departure.drops !== null
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

interface Look {
  readonly server: Instance
  readonly examination: Examination
}

/** Under the lock, with everything in sight. A database that another removal keeps closed is waited for. */
async function openAndLook(all: Removal): Promise<Look> {
  const { context, dependencies, order, admin, signs } = all
  const started = Date.now()
  let isWaiting = false
  for (;;) {
    const server = await openInstance(context, admin)
    context.recorder.setServer(server.admin)
    try {
      const examination = await examine(context, order, server)
      const { unseen } = examination.facts
      if (!isAdmissible(examination)) return { server, examination }
      const isClosed = unseen.some((name) => examination.cluster.databases.get(name)?.allowConnections === false)
      const elapsed = Date.now() - started
      if (!isClosed || (elapsed > dependencies.waits.abandonedMs && !(await areClosed(server.admin, unseen)))) {
        await runPlan(context, server, planAdmission(examination))
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
      field: 'destroy',
      message: `another removal keeps ${databases.join(', ')} closed.`,
      remedy: 'Wait for it to end, and run again.',
    },
  ])
}

/** @returns when the databases were closed, by the server's clock; null: no snapshot is wanted, and all is done. */
async function closeOrRemove(
  { context, dependencies, signs }: Removal,
  server: Instance,
  examination: Examination,
): Promise<Date | null> {
  const { departures } = examination
  if (departures.length === 0) return null
  const names = departures.filter(isSnapshotted).flatMap((departure) => departure.drops ?? [])
  if (signs !== null) await (names.length === 0 ? hidePending : showPending)(signs.admin, dependencies.runGroup)
  await close(context, server, examination)
  if (names.length === 0 || signs === null) {
    recordFindings(context.recorder, snapshotFindings(departures), new Set())
    await remove(context, server, examination, dependencies.waits.superusersMs)
    return null
  }
  await showClosed(signs.admin, dependencies.runGroup, names)
  return serverTime(server.admin)
}

/** @throws SecretError (exit 5); nothing was dropped. */
async function takeSnapshot(all: Removal, departures: readonly Departure[], closedAt: Date): Promise<void> {
  const { context, dependencies, admin, signs } = all
  const { declaration, run, recorder } = context
  const { signal, progress, runGroup: group, snapshotTimeoutMs: timeoutMs, waits } = dependencies
  const client = interruptible(await dependencies.snapshots(declaration.aws), signal)
  const order: SnapshotOrder = {
    client,
    signal,
    progress,
    timeoutMs,
    othersMs: waits.othersMs,
    group,
    instance: declaration.instance.identifier,
    buildId: run.buildId,
    clusterName: declaration.clusterName,
  }
  const started = Date.now()
  const record = (index: number, action: string, status: 'created' | 'no_change' | 'failed', message: string): void => {
    const departure = departures[index]
    if (departure === undefined) return
    const { application, drops: database, username } = departure
    recorder.record({
      application,
      database,
      username,
      object: 'snapshot',
      action,
      status,
      durationMs: Date.now() - started,
      message,
      statements: [],
    })
  }
  try {
    if (signs !== null) await gathered(signs.admin, order)
    const { id, isNew } = await requested(all, order, closedAt, started)
    progress(isNew ? `snapshot ${id} asked for` : `snapshot ${id} of another removal of this run is shared`)
    await available(id, order, started)
    for (const index of departures.keys()) {
      if (isNew && index === 0)
        record(
          index,
          'create',
          'created',
          `snapshot ${id} is available; restored from it, databases are closed and logins may not log in until the next apply`,
        )
      else record(index, 'share', 'no_change', `snapshot ${id}, made for another removal of this run, is available`)
    }
  } catch (error) {
    if (error instanceof SecretError) record(0, 'create', 'failed', error.message)
    throw error
  } finally {
    client.close()
  }

  async function requested(
    of: Removal,
    wanted: SnapshotOrder,
    after: Date,
    since: number,
  ): Promise<{ readonly id: string; readonly isNew: boolean }> {
    for (;;) {
      const server = await openInstance(of.context, admin)
      try {
        const found = await findOrCreate(server.admin, wanted, after)
        if (found !== null) return found
      } finally {
        await server.close()
      }
      await whileBusy(wanted, since, timeoutMs)
    }
  }
}

/** Everything is checked again: the lock was not held while the snapshot was made. */
async function removeAfterSnapshot(all: Removal, before: Examination): Promise<void> {
  const { context, dependencies } = all
  const { server, examination } = await openAndLook(all)
  try {
    const told = new Set(before.findings.map((item) => item.message))
    recordFindings(
      context.recorder,
      examination.findings.filter((item) => !told.has(item.message)),
      new Set(),
    )
    const { departures, cluster } = examination
    const open = departures.filter((item) => isSnapshotted(item) && letsIn(cluster.databases.get(item.drops ?? '')))
    if (open.length > 0) throw new BlockedError(open.map(openedAgain))
    await close(context, server, examination)
    await remove(context, server, examination, dependencies.waits.superusersMs)
    const staying = before.departures.filter((item) => !departures.some((other) => other.username === item.username))
    await reopen(context, server, staying)
  } finally {
    await server.close()
  }
}

/** An invalid database lets nobody in, whatever it allows. */
function letsIn(database: DatabaseState | undefined): boolean {
  return database?.allowConnections === true && database.connectionLimit !== INVALID
}

function openedAgain({ application, drops }: Departure): Problem {
  return {
    application,
    field: 'destroy',
    message: `somebody opened the database ${drops ?? ''} while the snapshot was made: it may hold what the snapshot does not.`,
    remedy: 'Nothing was dropped; run again.',
  }
}

/** The error to end with: the removal's own, and what stays closed if the server cannot be reached. */
async function reopened(
  { context, admin }: Removal,
  departures: readonly Departure[],
  error: ProvisionError,
): Promise<ProvisionError> {
  if (departures.length === 0) return error
  const calm = { ...context, dependencies: { ...context.dependencies, signal: new AbortController().signal } }
  try {
    const server = await openInstance(calm, admin)
    try {
      await reopen(calm, server, departures)
    } finally {
      await server.close()
    }
    return error
  } catch (failure) {
    const { message } = provisionError(failure)
    return withProblems(
      error,
      departures.map(({ application, username, drops }) => ({
        application,
        field: 'destroy',
        message: `${drops === null ? username : `the database ${drops}`} may still be closed, and could not be opened again: ${message}`,
        remedy: `Run again, or put the application back and apply${drops === null ? '' : `; by hand: ALTER DATABASE "${drops}" ALLOW_CONNECTIONS true, ALTER ROLE "${username}" LOGIN`}.`,
      })),
    )
  }
}
