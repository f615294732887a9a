/** What tests of removals look at besides the catalogs: the audit beside the server's log, and memberships that are left. */
import type { ExecutionContext } from 'ava'
import { changingStatements } from './postgres.ts'
import type { Bed, Outcome } from './provision.ts'

/** Changing statements of several runs as their audits tell them, sorted. */
export function statementsOf(...outcomes: readonly Pick<Outcome, 'records'>[]): string[] {
  return outcomes
    .flatMap(({ records }) => records.flatMap(({ statements }) => statements.flatMap(changingStatements)))
    .sort()
}

/** The audits tell exactly what the server was told since `mark`. */
export async function isTruthful(
  t: ExecutionContext,
  bed: Bed,
  mark: number,
  ...outcomes: readonly Outcome[]
): Promise<void> {
  t.deepEqual(statementsOf(...outcomes), (await bed.server.changesSince(mark)).sort())
}

/** The admin's memberships in application roles, as `role`; from 16 on those that are ADMIN-only are left out. */
export async function leftMemberships({ server }: Bed): Promise<string[]> {
  const matters = server.version >= 16 ? 'AND (inherit_option OR set_option)' : ''
  const rows = await server.sql(`SELECT pg_get_userbyid(roleid)::text AS role FROM pg_auth_members
    WHERE member = 'platform_provisioner'::regrole AND pg_get_userbyid(roleid) !~ '^(pg|rds)_' ${matters} ORDER BY 1`)
  return rows.map(({ role }) => String(role))
}

/** Logins that may not log in and databases that let nobody in, although they should. */
export async function closedOnes({ server }: Bed): Promise<string[]> {
  const rows =
    await server.sql(`SELECT datname::text AS name FROM pg_database WHERE NOT datallowconn AND datname <> 'template0'
    UNION ALL SELECT rolname::text FROM pg_roles WHERE NOT rolcanlogin AND shobj_description(oid, 'pg_authid') IS NOT NULL AND rolname !~ '^(pg|rds)_' ORDER BY 1`)
  return rows.map(({ name }) => String(name))
}

/** Records as `application object action status`, in order. */
export function told({ records }: Pick<Outcome, 'records'>): string[] {
  return records.map(({ application, object, action, status }) =>
    [application ?? '-', object, action, status].join(' '),
  )
}
