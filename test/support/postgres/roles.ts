import type { Login } from './clients.ts'
import type { PostgresVersion } from './binaries.ts'

/** How the delegated admin logs in. */
export type AdminAuth = 'password' | 'iam'

type Sql = (text: string) => Promise<unknown>

/**
 * Makes the server RDS-like, as its bootstrap superuser: the roles that AWS documents for rds_superuser, a master that is
 * no superuser, and databases that belong to the master as on RDS.
 *
 * Below 16 CREATEROLE is enough to grant any role; from 16 only ADMIN on it is (manual, CREATE ROLE, notes). AWS documents for
 * the master of every version `GRANT rds_iam TO x` (RDS user guide, IAM database authentication) and that it hands on
 * rds_superuser itself (Understanding the rds_superuser role), so from 16 it must hold ADMIN on both. Which predefined roles
 * RDS adds from 16 is not published whole; these are those that the bed's delegated admin needs, and those a master names.
 */
export async function makeRdsLike(sql: Sql, version: PostgresVersion, master: Login): Promise<void> {
  for (const role of ['rds_superuser', 'rds_iam', 'rds_password', 'rds_replication'])
    await sql(`CREATE ROLE ${role} NOLOGIN`)
  await sql('GRANT pg_monitor, pg_signal_backend, rds_password, rds_replication TO rds_superuser WITH ADMIN OPTION')
  if (version >= 16) {
    await sql(
      'GRANT pg_read_all_stats, pg_checkpoint, pg_use_reserved_connections, pg_create_subscription TO rds_superuser WITH ADMIN OPTION',
    )
    await sql('GRANT rds_iam TO rds_superuser WITH ADMIN TRUE, INHERIT FALSE, SET FALSE')
  }
  await sql(`CREATE ROLE ${master.user} LOGIN CREATEDB CREATEROLE PASSWORD '${master.password}'`)
  await sql(`GRANT rds_superuser TO ${master.user}${version >= 16 ? ' WITH ADMIN OPTION' : ''}`)
  await sql(`ALTER DATABASE postgres OWNER TO ${master.user}`)
  await sql(`ALTER DATABASE template1 OWNER TO ${master.user}`)
  await sql('CREATE DATABASE rdsadmin')
}

/**
 * Makes the delegated admin as the master would (src/README.md: Rights over roles; Dropping a database; The instance's
 * lock). With `iam` it holds ADMIN-only on rds_iam from 16 and plain membership before; either ends its password login
 * (src/README.md: IAM and PAM), so `password` grants neither.
 */
export async function makeAdmin(
  sql: Sql,
  version: PostgresVersion,
  master: Login,
  admin: Login,
  auth: AdminAuth,
): Promise<void> {
  await sql(`SET ROLE ${master.user}`)
  await sql(
    `CREATE ROLE ${admin.user} LOGIN CREATEDB CREATEROLE${auth === 'password' ? ` PASSWORD '${admin.password}'` : ''}`,
  )
  await sql(`GRANT pg_signal_backend, pg_read_all_stats TO ${admin.user}`)
  if (auth === 'iam') {
    await sql(`GRANT rds_iam TO ${admin.user}${version >= 16 ? ' WITH ADMIN TRUE, INHERIT FALSE, SET FALSE' : ''}`)
  }
  await sql('RESET ROLE')
}
