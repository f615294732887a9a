/** What the master may grant, which pg_auth_members alone does not tell: rights come through other roles too. */
import { VERSION_16 } from '../model/server-version.ts'
import { quoteLiteral } from '../sql/quote.ts'
import { catalogText } from './catalog-text.ts'
import { RESTRICTS_PASSWORDS } from './cluster-queries.ts'
import { readFlag, readText } from './row.ts'
import type { Session } from './session.ts'

export interface MasterFacts {
  readonly grantable: ReadonlySet<string>
  readonly restrictsPasswords: boolean
}

/**
 * Below 16 CREATEROLE may grant any role that is no superuser's. From 16 on it takes ADMIN OPTION, one's own or that of
 * a role whose privileges are inherited: pg_has_role would take a membership without INHERIT for enough, GRANT does not
 * (select_best_admin in PostgreSQL's acl.c). https://www.postgresql.org/docs/16/release-16.html#RELEASE-16-PRIVILEGES
 */
export async function inspectMaster(session: Session, roles: readonly string[]): Promise<MasterFacts> {
  const names = roles.map(quoteLiteral).join(', ')
  const may =
    session.version < VERSION_16
      ? `pg_has_role(me.oid, r.oid, 'USAGE WITH ADMIN OPTION') OR (me.rolcreaterole AND NOT r.rolsuper)`
      : `EXISTS (
            SELECT FROM pg_auth_members m
            WHERE m.roleid = r.oid
              AND m.admin_option
              AND pg_has_role(me.oid, m.member, 'USAGE')
          )`
  const [rows = [], [setting] = []] = await session.query([
    `
      SELECT
        ${catalogText('r.rolname')} AS name
      FROM pg_roles r, pg_roles me
      WHERE me.rolname = session_user
        AND r.rolname IN (${names})
        AND (me.rolsuper OR ${may})`,
    `SELECT ${RESTRICTS_PASSWORDS} AS restricts`,
  ])
  return {
    grantable: new Set(rows.map((row) => readText(row, 'name'))),
    restrictsPasswords: setting !== undefined && readFlag(setting, 'restricts'),
  }
}
