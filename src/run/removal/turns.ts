/** A removal that waits for its snapshot in several turns (src/README.md: The function). */
import { ApplyError } from '../../errors.ts'
import type { DatabaseState } from '../../model/catalog.ts'
import type { Departure } from '../../model/removal.ts'
import type { SnapshotTurns } from '../context.ts'
import { isSnapshotted } from './context.ts'

/** The turn is over while the snapshot is made: what was closed for it stays so for the next one. */
export class SnapshotPending extends ApplyError {
  constructor() {
    super([
      {
        application: null,
        code: 'snapshot_pending',
        field: 'snapshot',
        message: 'the snapshot is being made, and what waits for it is closed.',
        remedy: 'Nothing was dropped; the next run goes on with it.',
      },
    ])
  }
}

/** @throws SnapshotPending where another turn has to go on */
export function assertTurn(turns: SnapshotTurns | undefined, departures: readonly Departure[], closedAt: Date): void {
  if (turns?.isOver() !== true) return
  turns.suspend({ closedAt, databases: departures.flatMap(({ drops }) => drops ?? []) })
  throw new SnapshotPending()
}

/**
 * When the turn before has closed what is to be in the snapshot, and nobody has opened it since; null: it is closed
 * now.
 * What it says of that time is taken from whoever asks for the removal, who may ask for one without a snapshot too.
 */
export function closedBefore(
  turns: SnapshotTurns | undefined,
  databases: ReadonlyMap<string, DatabaseState>,
  departures: readonly Departure[],
): Date | null {
  const resumed = turns?.resumed ?? null
  if (resumed === null) return null
  const isClosed = departures
    .filter(isSnapshotted)
    .every(
      ({ drops }) =>
        drops !== null && resumed.databases.includes(drops) && databases.get(drops)?.allowConnections === false,
    )
  return isClosed ? resumed.closedAt : null
}
