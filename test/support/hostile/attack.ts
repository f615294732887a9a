/** One attack of a tenant: who it is, what it does, and what has to come of it. Data, for the tables beside. */
import type { ExecutionContext } from 'ava'
import type { ApplicationsEnd, AuditObject, AuditStatus } from '../../../src/model/audit.ts'
import type { ProblemCode } from '../../../src/model/problem.ts'
import type { Entry, Outcome } from '../provision.ts'
import type { PostgresVersion } from '../postgres.ts'
import type { Field } from './field.ts'

/** Who attacks: any login, an owner that may make databases, a login that leaves or is lowered, a guest that writes. */
export type Who = 'login' | 'owner' | 'leaver' | 'editor'

/** What the audit says of one application in the end; `gone` and `closed` are of those that are removed. */
export type End = 'done' | Exclude<keyof ApplicationsEnd, 'done'> | 'gone' | 'closed'

/** A record that the audit of the attacked run must have, by its fields; `role` is the entry in the cast. */
export interface Told {
  readonly role: string | null
  readonly object: AuditObject
  readonly action: string
  readonly status: AuditStatus
}

/** By role in the cast; several where a race decides. What is not named is done. */
export type Ends = Readonly<Record<string, End | readonly End[]>>

export interface Attack {
  /** Completes the sentence "the login …" in the table of the guide. */
  readonly name: string
  /** Versions on which it can be done at all; default: all. */
  readonly on?: (version: PostgresVersion) => boolean
  /** Its entries, by role; `own` owns the database that guests without a `database_name` share. Default: `own` alone. */
  readonly cast?: Readonly<Record<string, Entry>>
  /** Once it was provisioned, before the attack. */
  readonly prepare?: (field: Field) => Promise<unknown>
  /** Begins; sessions and loops of the field end with the attack. */
  readonly begin: (field: Field) => unknown
  /** What is declared of the cast while it attacks; default: another connection limit for each. */
  readonly change?: Readonly<Record<string, Entry>>
  /** Removed, while the attack goes on, before the others are provisioned. */
  readonly removes?: string
  readonly ends?: Ends | ((version: PostgresVersion) => Ends)
  /** Codes of what failed or was blocked; default: none. */
  readonly codes?: readonly ProblemCode[]
  /** What it may cost the others, in milliseconds; default: what one application may. */
  readonly costs?: number
  readonly tells?: readonly Told[]
  /** The run is stopped for all: what the contract says of it stands in the attack's comment. */
  readonly stopsAll?: true
  /** What the attacker has or lacks after the attacked run. */
  readonly proof?: (t: ExecutionContext, field: Field, outcome: Outcome) => Promise<unknown>
  /** By another's hand after the attack, where it left what the next run cannot mend. */
  readonly mend?: (field: Field) => Promise<unknown>
}

export function endsOf({ ends = {} }: Attack, version: PostgresVersion): Ends {
  return typeof ends === 'function' ? ends(version) : ends
}
