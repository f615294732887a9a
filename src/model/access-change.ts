/** What a step changes of one login's privileges, as data: access over time is made from it. Types only. */
import type { AccessLevel } from './declaration.ts'

/**
 * What a privilege is on; `function` is what GRANT calls ROUTINE. `other` is what only a removal meets: types,
 * languages, foreign servers and the like, which the record's statements name.
 */
export const PRIVILEGE_TARGETS = ['database', 'schema', 'table', 'sequence', 'function', 'other'] as const
export type PrivilegeTarget = (typeof PRIVILEGE_TARGETS)[number]

/** Privileges as PostgreSQL names them, e.g. SELECT; ALL: whatever it had. Either granted or revoked. */
export interface PrivilegeChange {
  /** Of grants: on some of them, which the statements name. Of default privileges: on those that will be created. */
  readonly on: PrivilegeTarget
  /** null: on the database, in all schemas, or (a removal) in whichever schemas the login held something. */
  readonly schema: string | null
  readonly granted?: readonly string[]
  readonly revoked?: readonly string[]
}

/** Of the login and in the database that the step or record is about. Its object says whether by default or now. */
export interface AccessChange {
  /** What the declaration gives the login there; null: nothing. */
  readonly level: AccessLevel | null
  /** In the order of the statements. */
  readonly changes: readonly PrivilegeChange[]
}
