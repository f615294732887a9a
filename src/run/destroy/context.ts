/** What the rounds of a removal share. */

import type { Credential } from '../../model/credential.ts'
import type { Departure, RemovalOrder } from '../../model/removal.ts'
import type { Connections } from '../../server/connections.ts'
import type { RunContext } from '../context.ts'
import type { DestroyDependencies } from './dependencies.ts'

export interface Removal {
  readonly context: RunContext
  readonly order: RemovalOrder
  readonly dependencies: DestroyDependencies
  readonly admin: Credential | null
  /** Shows other removals what this one does; null: no snapshot can be wanted. */
  readonly signs: Connections | null
}

/** A login without a database loses no data: it needs no snapshot. */
export function isSnapshotted(departure: Departure): boolean {
  return departure.policy === 'snapshot-and-delete' && departure.drops !== null
}
