/** What the rounds of a removal share. */
import type { Credential } from '../../model/credential.ts'
import type { Departure, RemovalOrder } from '../../model/removal.ts'
import type { RunIdentity } from '../../model/run.ts'
import type { RunContext } from '../context.ts'
import type { Signs } from './signs.ts'

/** All that was asked to go and is not declared; by RDS_CLEANUP_POLICY of this run, where that is the gentler one. */
export function pendingOrder({ cleanupPolicy }: Pick<RunIdentity, 'cleanupPolicy'>): RemovalOrder {
  return { target: { by: 'request', application: null }, policy: cleanupPolicy }
}

export interface NewRequest {
  /** The marker that was destroyed; null: it is asked for by hand. */
  readonly marker: string | null
}

export interface Removal {
  readonly context: RunContext
  readonly order: RemovalOrder
  readonly admin: Credential | null
  /** What is to go is remembered as asked for before it goes; null: it was asked for already. */
  readonly requests: NewRequest | null
  /** What removals that share a snapshot have in common. */
  readonly group: string
  /** Shows other removals what this one does. */
  readonly signs: Signs
}

/** A login without a database loses no data: it needs no snapshot. */
export function isSnapshotted(departure: Departure): boolean {
  return departure.policy === 'snapshot-and-delete' && departure.drops !== null
}
