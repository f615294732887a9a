/**
 * Roles of the server and of RDS: which an entry may be a member of, and why not of the others. Words only.
 * https://www.postgresql.org/docs/current/predefined-roles.html
 */
export const PREDEFINED_ROLES = [
  'pg_monitor',
  'pg_read_all_data',
  'pg_write_all_data',
  'pg_read_all_settings',
  'pg_read_all_stats',
  'pg_stat_scan_tables',
  'pg_checkpoint',
  'rds_replication',
] as const

/** By name, what is said of each that nobody may be a member of. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ['rds_superuser', 'it may grant nearly every role, so its member is no application any more'],
  ['rds_iam', 'that is auth = "iam"'],
  ['rds_password', 'it sets passwords of others'],
  ['pg_maintain', 'it may lock the catalogs, and so stop every other application'],
  ['pg_signal_backend', "it ends the sessions of every other application, and the delegated admin's"],
])

/** Whether a name in `member_of` is a role of the server or of RDS, given or not: no entry can be called so there. */
export function isPredefined(name: string): boolean {
  return PREDEFINED_ROLES.some((role) => role === name) || refusalOf(name) !== null
}

/** Why nobody may be a member; null: one may, or it is none of them. */
export function refusalOf(name: string): string | null {
  if (/^pg_.*_server_/.test(name)) return "it reaches files and programs of the server, which are everybody's"
  return REFUSED.get(name) ?? null
}
