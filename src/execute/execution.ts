/** What running a plan came to. Types only. */
import type { Step } from '../model/step.ts'
import type { ConnectFailure } from '../server/failure.ts'
import type { ConnectionLost } from '../server/session.ts'

export interface Failure {
  readonly step: Step
  /** SQLSTATE; '' where it is no refusal of the server's. */
  readonly code: string
  readonly message: string
  /** An object that it names was dropped or renamed meanwhile. */
  readonly isGone?: boolean
}

/** What running a plan left open. Empty lists: all of it took effect. */
export interface Execution {
  readonly failures: readonly Failure[]
  /** The answer to their commit was lost: each list took effect as a whole, or not at all. */
  readonly unknown: readonly (readonly Step[])[]
  /** Never begun: something before them failed, or nothing more may be changed. */
  readonly skipped: readonly Step[]
  /** Why nothing more may be changed: the connection to the server is gone. */
  readonly lost: ConnectionLost | ConnectFailure | null
}
