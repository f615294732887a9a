/** Privileges that an entry names itself, instead of those of its access level. Types and words only. */
import type { ObjectClass } from './object-class.ts'

/** By class of objects; null: those of the access level. In the order in which they are told. */
export type OwnPrivileges = Readonly<Record<ObjectClass, readonly string[] | null>>

export const LEVEL_ALONE: OwnPrivileges = { table: null, sequence: null, function: null }

/**
 * What may be named (the manual, "Privileges"). Not TRIGGER: a trigger's function runs as whoever writes the table, so
 * who may make one has the rights of everybody who writes there.
 */
export const NAMEABLE_PRIVILEGES = {
  table: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'MAINTAIN'],
  sequence: ['SELECT', 'UPDATE', 'USAGE'],
  function: ['EXECUTE'],
} as const satisfies Readonly<Record<ObjectClass, readonly string[]>>

/** From PostgreSQL 17 on. */
export const MAINTAIN = 'MAINTAIN'
