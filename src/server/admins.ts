/** Which sessions can be runs of this program: only theirs count as locks and signs. Pure: SQL out. */

/**
 * Whether a login could be running this program: the login that asks, superusers, whoever has CREATEROLE, and members
 * of rds_superuser such as the master. An application's login is none of these, and cannot make itself one: so what it
 * holds or shows means nothing (src/README.md: Locks and signs of others).
 * @param role alias of a row of pg_roles; where it has no such row the answer is false.
 */
export function isAdmin(role: string): string {
  return `coalesce(
        ${role}.rolsuper
          OR ${role}.rolcreaterole
          OR ${role}.rolname = session_user
          OR EXISTS (SELECT FROM pg_roles s WHERE s.rolname = 'rds_superuser' AND pg_has_role(${role}.oid, s.oid, 'MEMBER')),
        false
      )`
}

/**
 * Whether we may end sessions of this role, without asking for what the server would refuse with an error.
 * https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-SIGNAL
 * @param role alias of a row of pg_roles; without such a row the session's login was dropped.
 */
export function maySignal(role: string): string {
  return `(
        coalesce(NOT ${role}.rolsuper, true)
        AND (pg_has_role('pg_signal_backend', 'USAGE') OR coalesce(pg_has_role(${role}.oid, 'USAGE'), false))
      )`
}
