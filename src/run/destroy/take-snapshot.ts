/** The snapshot between the closing and the drop. */

import { AwsError } from '../../errors.ts'
import type { Departure } from '../../model/removal.ts'
import { openLockedOrBootstrap } from '../connection/open.ts'
import { withInterrupt } from '../interrupt.ts'
import type { Removal } from './context.ts'
import { type SnapshotOrder, awaitOtherRemovals, awaitAvailable, findOrCreate, awaitIdleInstance } from './snapshot.ts'

/** @throws AwsError (exit 5); nothing was dropped. */
export async function takeSnapshot(all: Removal, departures: readonly Departure[], closedAt: Date): Promise<void> {
  const { context, dependencies, signs } = all
  const { declaration, identity, recorder } = context
  const { signal, progress, runGroup: group, snapshotTimeoutMs: timeoutMs, waits } = dependencies
  const client = withInterrupt(await dependencies.snapshots(declaration.aws), signal)
  const order: SnapshotOrder = {
    client,
    signal,
    progress,
    timeoutMs,
    othersMs: waits.othersMs,
    group,
    instance: declaration.instance.identifier,
    buildId: identity.buildId,
    clusterName: declaration.clusterName,
  }
  const started = Date.now()
  const record = (index: number, action: string, status: 'created' | 'no_change' | 'failed', message: string): void => {
    const departure = departures[index]
    if (departure === undefined) return
    const { application, drops: database, username } = departure
    const subject = { application, database, username, object: 'snapshot' } as const
    recorder.record({ ...subject, action, status, durationMs: Date.now() - started, message, statements: [] })
  }
  try {
    if (signs !== null) await awaitOtherRemovals(signs.admin, order)
    const { id, isNew } = await requestSnapshot(all, order, closedAt, started)
    progress(isNew ? `snapshot ${id} asked for` : `snapshot ${id} of another removal of this run is shared`)
    await awaitAvailable(id, order, started)
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
    if (error instanceof AwsError) record(0, 'create', 'failed', error.message)
    throw error
  } finally {
    client.close()
  }
}

/** Under the lock, as soon as the instance is not busy. @throws AwsError when `timeoutMs` after `since` are over */
async function requestSnapshot(
  { context, admin }: Removal,
  order: SnapshotOrder,
  closedAt: Date,
  since: number,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  for (;;) {
    const server = await openLockedOrBootstrap(context, admin)
    try {
      const found = await findOrCreate(server.admin, order, closedAt)
      if (found !== null) return found
    } finally {
      await server.close()
    }
    await awaitIdleInstance(order, since, order.timeoutMs)
  }
}
