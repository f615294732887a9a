/** The snapshot between the closing and the drop. */

import { AwsError } from '../../errors.ts'
import type { ProblemCode } from '../../model/problem.ts'
import type { RecordDraft } from '../../model/audit.ts'
import type { Departure } from '../../model/removal.ts'
import type { SnapshotSource } from '../../model/snapshot.ts'
import { openLockedOrBootstrap } from '../connection/open.ts'
import { toProvisionError } from '../end/provision-error.ts'
import { assertTurn } from './turns.ts'
import { withInterrupt } from '../interrupt.ts'
import type { Removal } from './context.ts'
import { type SnapshotOrder, awaitOtherRemovals, awaitAvailable, findOrCreate, awaitIdleInstance } from './snapshot.ts'

const RESTORED =
  'is available; restored from it, databases are closed and logins may not log in until an apply declares them again'
const SHARED = 'made for another removal of this run, is available'

/** @throws AwsError (exit 5); nothing was dropped. */
export async function takeSnapshot(
  all: Removal,
  departures: readonly Departure[],
  source: SnapshotSource,
  closedAt: Date,
): Promise<void> {
  const { context, group, signs } = all
  const { declaration, dependencies, identity, recorder } = context
  const { signal, progress, snapshotTimeoutMs: timeoutMs, waits } = dependencies
  const client = withInterrupt(await dependencies.snapshots(declaration.aws), signal)
  // Another turn may have waited before.
  const started = Math.min(Date.now(), closedAt.getTime())
  type Ending = Pick<RecordDraft, 'action' | 'message'> &
    ({ readonly status: 'created' | 'no_change' } | { readonly status: 'failed'; readonly code: ProblemCode })
  const record = (index: number, ending: Ending): void => {
    const departure = departures[index]
    if (departure === undefined) return
    const { application, drops: database, username } = departure
    const subject = { application, database, username, object: 'snapshot' } as const
    recorder.record({ ...subject, ...ending, durationMs: Date.now() - started, statements: [] })
  }
  try {
    const order: SnapshotOrder = {
      client,
      source,
      signal,
      progress,
      timeoutMs,
      assertTurn: () => assertTurn(dependencies.turns, departures, closedAt),
      othersMs: waits.othersMs,
      group,
      buildId: identity.buildId,
      clusterName: declaration.clusterName,
    }
    // The turn before has waited for them.
    const isResumed = closedAt === dependencies.turns?.resumed?.closedAt
    if (!signs.isAlone && !isResumed) await awaitOtherRemovals(signs.countOthers, order)
    const { id, isNew } = await requestSnapshot(all, order, closedAt, started)
    progress(isNew ? `snapshot ${id} asked for` : `snapshot ${id} of another removal of this run is shared`)
    await awaitAvailable(id, order, started)
    for (const index of departures.keys()) {
      const isOurs = isNew && index === 0
      if (isOurs) record(index, { action: 'create', status: 'created', message: `snapshot ${id} ${RESTORED}` })
      else record(index, { action: 'share', status: 'no_change', message: `snapshot ${id}, ${SHARED}` })
    }
  } catch (error) {
    const [problem] = error instanceof AwsError ? error.problems : []
    if (problem !== undefined)
      record(0, { action: 'create', status: 'failed', code: problem.code, message: toProvisionError(error).message })
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
