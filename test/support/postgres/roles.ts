import type { Login } from './clients.ts'
import type { PostgresVersion } from './binaries.ts'

/** How the delegated admin logs in. */
export type AdminAuth = 'password' | 'iam'

type Sql = (text: string) => Promise<unknown>

/**
 * Makes the server RDS-like, as its bootstrap superuser: the roles that AWS documents for rds_superuser, a master that is
 * no superuser, and databases that belong to the master as on RDS.
 *
 * From 16 only ADMIN on a role allows to grant it (manual 22.5). AWS documents `GRANT rds_iam TO x` for the master of all
 * versions, so rds_superuser holds ADMIN on rds_iam there; the same for what a master may hand on of the predefined roles.
 * Below 16 CREATEROLE is enough.
 */
export async function makeRdsLike(sql: Sql, version: PostgresVersion, master: Login): Promise<void> {
  for (const role of ['rds_superuser', 'rds_iam', 'rds_password', 'rds_replication']) await sql(`CREATE ROLE ${role} NOLOGIN`)
  await sql('GRANT pg_monitor, pg_signal_backend, rds_password, rds_replication TO rds_superuser WITH ADMIN OPTION')
  if (version >= 16) {
    await sql('GRANT pg_read_all_stats, pg_checkpoint, pg_use_reserved_connections, pg_create_subscription TO rds_superuser WITH ADMIN OPTION')
    await sql('GRANT rds_iam TO rds_superuser WITH ADMIN TRUE, INHERIT FALSE, SET FALSE')
  }
  await sql(`CREATE ROLE ${master.user} LOGIN CREATEDB CREATEROLE IN ROLE rds_superuser PASSWORD '${master.password}'`)
  await sql(`ALTER DATABASE postgres OWNER TO ${master.user}`)
  await sql(`ALTER DATABASE template1 OWNER TO ${master.user}`)
  await sql('CREATE DATABASE rdsadmin')
}

/**
 * Makes the delegated admin as the master would (design §5 facts 9, 10, 18). With `iam` it holds ADMIN-only on rds_iam from
 * 16 and plain membership before; either ends its password login (fact 13), so `password` grants neither.
 */
export async function makeAdmin(sql: Sql, version: PostgresVersion, master: Login, admin: Login, auth: AdminAuth): Promise<void> {
  await sql(`SET ROLE ${master.user}`)
  await sql(`CREATE ROLE ${admin.user} LOGIN CREATEDB CREATEROLE${auth === 'password' ? ` PASSWORD '${admin.password}'` : ''}`)
  await sql(`GRANT pg_signal_backend, pg_read_all_stats TO ${admin.user}`)
  if (auth === 'iam') {
    await sql(`GRANT rds_iam TO ${admin.user}${version >= 16 ? ' WITH ADMIN TRUE, INHERIT FALSE, SET FALSE' : ''}`)
  }
  await sql('RESET ROLE')
}
