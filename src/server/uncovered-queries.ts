/** Catalog queries for what no access level reaches inside a database. Pure. */
import { isOneOf } from '../sql/quote.ts'
import { catalogText } from './catalog-text.ts'
import { NO_SYSTEM_SCHEMA, noMember, OWNER } from './database-queries.ts'

/** So many large objects are counted: there may be millions of them. */
const COUNTED_LARGE_OBJECTS = 1_000

/**
 * What no access level reaches of what the database's owner owns, where one of `grantees` may not use or read it: types
 * that PUBLIC may not use any more, by schema, and large objects.
 */
export function uncovered(grantees: readonly string[]): string {
  const lacks = (condition: string): string =>
    `EXISTS (SELECT FROM pg_roles r WHERE ${isOneOf('r.rolname', grantees)} AND NOT ${condition})`
  const mayRead = `EXISTS (
            SELECT FROM aclexplode(l.lomacl) a
            WHERE a.privilege_type = 'SELECT'
              AND CASE a.grantee WHEN 0 THEN true ELSE pg_has_role(r.oid, a.grantee, 'USAGE') END
          )`
  return `
    SELECT
      'type' AS kind,
      ${catalogText('n.nspname')} AS schema,
      count(*)::int AS objects,
      min(${catalogText('t.typname')}) AS name
    FROM pg_type t
    JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typowner = ${OWNER}
      AND t.typacl IS NOT NULL
      AND t.typtype <> 'm'
      AND ${NO_SYSTEM_SCHEMA}
      AND ${lacks("has_type_privilege(r.oid, t.oid, 'USAGE')")}
      AND ${noMember('pg_type', 't.oid')}
    GROUP BY n.nspname
    UNION ALL
    SELECT
      'large object',
      NULL,
      count(*)::int,
      ${catalogText("format('%s', min(l.oid))")}
    FROM (
      SELECT l.oid
      FROM pg_largeobject_metadata l
      WHERE l.lomowner = ${OWNER}
        AND ${lacks(mayRead)}
      LIMIT ${String(COUNTED_LARGE_OBJECTS)}
    ) l
    HAVING count(*) > 0
    ORDER BY 1, 2`
}
