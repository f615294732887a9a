/** A role that is not there yet. Pure. */
import type { RoleState } from './catalog.ts'

/**
 * A role as CREATE ROLE makes it where nothing else is said; one that is not there yet.
 * https://www.postgresql.org/docs/current/sql-createrole.html
 */
export function plainRole(name: string): RoleState {
  return {
    oid: 0,
    name,
    canLogin: false,
    superuser: false,
    createDb: false,
    createRole: false,
    replication: false,
    bypassRls: false,
    connectionLimit: -1,
    validUntil: null,
    comment: null,
  }
}
