/** Catalog queries for what no access level reaches inside a database. Pure. */
import { isOneOf } from '../sql/quote.ts'
import { catalogText } from './catalog-text.ts'
import { NO_SYSTEM_SCHEMA, noMember, OWNER } from './database-queries.ts'

/** So many large objects are looked at: there may be millions of them. */
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

/**
 * Who holds what on objects that no access level reaches, but for their owners and what PUBLIC has of each from the
 * start. Members of extensions are as these made them.
 * https://www.postgresql.org/docs/current/ddl-priv.html#PRIVILEGES-SUMMARY-TABLE
 */
export const OTHER_GRANTS = `
    SELECT
      g.keyword,
      ${catalogText('pg_get_userbyid(g.owner)')} AS owner,
      ${catalogText('pg_get_userbyid(g.grantor)')} AS grantor,
      CASE g.grantee WHEN 0 THEN '' ELSE ${catalogText('pg_get_userbyid(g.grantee)')} END AS grantee,
      g.privileges,
      g.objects,
      ${catalogText('i.identity')} AS identity
    FROM (
      SELECT
        o.keyword,
        o.classid,
        o.owner,
        a.grantor,
        a.grantee,
        array_agg(DISTINCT a.privilege_type) AS privileges,
        count(DISTINCT o.oid)::int AS objects,
        min(o.oid) AS oid
      FROM (
        SELECT 'TYPE' AS keyword, 'pg_type'::regclass AS classid, t.oid, t.typowner AS owner, t.typacl AS acl
        FROM pg_type t
        WHERE t.typacl IS NOT NULL
          AND ${noMember('pg_type', 't.oid')}
        UNION ALL
        SELECT 'LANGUAGE', 'pg_language'::regclass, l.oid, l.lanowner, l.lanacl
        FROM pg_language l
        WHERE l.lanacl IS NOT NULL
        UNION ALL
        SELECT 'FOREIGN DATA WRAPPER', 'pg_foreign_data_wrapper'::regclass, w.oid, w.fdwowner, w.fdwacl
        FROM pg_foreign_data_wrapper w
        WHERE w.fdwacl IS NOT NULL
        UNION ALL
        SELECT 'FOREIGN SERVER', 'pg_foreign_server'::regclass, s.oid, s.srvowner, s.srvacl
        FROM pg_foreign_server s
        WHERE s.srvacl IS NOT NULL
        UNION ALL
        SELECT 'LARGE OBJECT', 'pg_largeobject'::regclass, l.oid, l.lomowner, l.lomacl
        FROM (
          SELECT l.oid, l.lomowner, l.lomacl
          FROM pg_largeobject_metadata l
          WHERE l.lomacl IS NOT NULL
          LIMIT ${String(COUNTED_LARGE_OBJECTS)}
        ) l
      ) o,
      aclexplode(o.acl) a
      WHERE a.grantee <> o.owner
        AND NOT (a.grantee = 0 AND a.privilege_type = 'USAGE' AND o.keyword IN ('TYPE', 'LANGUAGE'))
      GROUP BY o.keyword, o.classid, o.owner, a.grantor, a.grantee
    ) g,
    pg_identify_object(g.classid, g.oid, 0) i
    WHERE i.identity IS NOT NULL
    ORDER BY 1, 2, 3, 4`
