/** What the rounds of a removal remember. */
import type { Problem } from '../../model/problem.ts'
import type { Departure } from '../../model/removal.ts'
import type { SnapshotSource } from '../../model/snapshot.ts'
import type { Opened } from '../../plan/admission.ts'

/** What a removal has closed so far, and what stood in its way. */
export interface Closed {
  /** Their logins: they stay closed until they are gone, or declared again. */
  readonly logins: Map<string, Departure>
  /** Their databases: opened again where they stay. */
  databases: readonly Departure[]
  /** Those of others that were opened for a look: closed again in the end. */
  opened: readonly Opened[]
  readonly obstacles: Problem[]
  /** What was tried and failed, each of one application: it is not tried again. */
  readonly failed: Problem[]
  /** Of what a snapshot is taken; null: AWS was not asked yet, or does not know. */
  source: SnapshotSource | null
  /** What AWS said instead, of each that was to be in a snapshot. */
  readonly unsaved: Problem[]
  /** The master was asked for what the admin lacks: once is enough. */
  hasAskedMaster: boolean
}

export function nothingClosed(): Closed {
  return {
    logins: new Map(),
    databases: [],
    opened: [],
    obstacles: [],
    failed: [],
    source: null,
    unsaved: [],
    hasAskedMaster: false,
  }
}
