/** Releases of PostgreSQL from which something is otherwise, as `server_version_num` tells them. */

/** The schema public belongs to pg_database_owner and is closed to PUBLIC; databases may have an ICU locale. */
export const VERSION_15 = 150000

/**
 * Memberships have options (ADMIN, INHERIT, SET) and a grantor each, and CREATEROLE gives no right over roles that
 * others created. https://www.postgresql.org/docs/16/release-16.html
 */
export const VERSION_16 = 160000

/** TLS can begin without a question, `transaction_timeout`, one column for the locale of every provider. */
export const VERSION_17 = 170000
