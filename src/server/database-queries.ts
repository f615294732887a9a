/** Catalog queries inside one database. They run the same for its owner and for the admin. Pure. */
import { isOneOf, quoteLiteral } from '../sql/quote.ts'
import { catalogText } from './catalog-text.ts'
import { ACL_ITEMS, aclJson } from './row.ts'

const OWNER = '(SELECT datdba FROM pg_database WHERE datname = current_database())'

/** Not a member of an extension: its objects belong to the bootstrap superuser (src/README.md: Grants by name). */
export function noMember(catalog: string, oid: string): string {
  return `NOT EXISTS (
        SELECT FROM pg_depend d
        WHERE d.classid = ${quoteLiteral(`pg_catalog.${catalog}`)}::regclass
          AND d.objid = ${oid}
          AND d.deptype = 'e'
      )`
}

export const NO_SYSTEM_SCHEMA = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`
export const RELATIONS = `c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')`

/** The functions that make values of a range type come with it, belong to the server, and are for everybody. */
const NO_CONSTRUCTOR = `NOT EXISTS (
        SELECT FROM pg_depend d
        WHERE d.classid = 'pg_catalog.pg_proc'::regclass
          AND d.objid = p.oid
          AND d.deptype = 'i'
      )`

/** Each with whether the database's owner may use it; asked by oid, since a name may be gone meanwhile. */
const OBJECTS = `
        SELECT
          c.relnamespace AS schema,
          c.relowner AS owner,
          CASE c.relkind WHEN 'S' THEN 'sequence ' ELSE 'table ' END AS class,
          ${catalogText('c.relname')} AS name,
          CASE WHEN c.relowner = ${OWNER} THEN true ELSE has_table_privilege(${OWNER}, c.oid, 'SELECT') END AS usable
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE ${RELATIONS}
          AND ${NO_SYSTEM_SCHEMA}
          AND ${noMember('pg_class', 'c.oid')}
        UNION ALL
        SELECT
          p.pronamespace,
          p.proowner,
          'function ',
          ${catalogText('p.proname')},
          CASE WHEN p.proowner = ${OWNER} THEN true ELSE has_function_privilege(${OWNER}, p.oid, 'EXECUTE') END
        FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE ${NO_SYSTEM_SCHEMA}
          AND ${noMember('pg_proc', 'p.oid')}
          AND ${NO_CONSTRUCTOR}`

/** So many objects of others are named in each schema. */
const NAMED = 3

const FOREIGN = `
      SELECT
        schema,
        count(*)::int AS objects,
        (count(*) FILTER (WHERE usable IS NOT TRUE))::int AS unusable,
        array_agg(class || name || ' (' || ${catalogText('pg_get_userbyid(owner)')} || ')' ORDER BY position)
          FILTER (WHERE position <= ${String(NAMED)}) AS names
      FROM (
        SELECT *, row_number() OVER (PARTITION BY schema ORDER BY class, name) AS position
        FROM o
        WHERE owner <> ${OWNER}
      ) numbered
      GROUP BY schema`

/** Schemas, with how many objects are in them, and which of others than the database's owner. */
export function schemas(): string {
  return `
    WITH o AS (${OBJECTS}
    )
    SELECT
      ${catalogText('n.nspname')} AS name,
      ${catalogText('pg_get_userbyid(n.nspowner)')} AS owner,
      ${aclJson("coalesce(n.nspacl, acldefault('n', n.nspowner))")} AS acl,
      coalesce(c.objects, 0) AS objects,
      coalesce(f.objects, 0) AS foreign_objects,
      coalesce(f.unusable, 0) AS unusable,
      coalesce(f.names, '{}') AS foreign_names
    FROM pg_namespace n
    LEFT JOIN (SELECT schema, count(*)::int AS objects FROM o GROUP BY schema) c ON c.schema = n.oid
    LEFT JOIN (${FOREIGN}
    ) f ON f.schema = n.oid
    WHERE ${NO_SYSTEM_SCHEMA}
    ORDER BY 1`
}

const RELATION_ACL = `coalesce(
        c.relacl,
        acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, c.relowner)
      )`
const ROUTINE_ACL = "coalesce(p.proacl, acldefault('f', p.proowner))"

/**
 * The arguments by which a GRANT names the routine of this row of pg_proc: those that go in, each with its mode.
 * Without modes the server looks at those of a procedure that come out as well, and finds two (src/README.md: Grants by
 * name).
 */
export function routineArguments(routine: string): string {
  return `(
        SELECT coalesce(string_agg('IN ' || format_type(t.type, NULL), ', ' ORDER BY t.position), '')
        FROM unnest(${routine}.proargtypes) WITH ORDINALITY t(type, position)
      )`
}

/**
 * Objects of the database's owner and their access control lists, whole: who loses something may have it from another
 * grant too. Without grantees there is nothing to give: only objects with a list of their own. Objects that have equal
 * lists share a row: thousands of tables with hundreds of readers are few lists (src/README.md: Large catalogs). Lists
 * can be grouped by hash only, so names come in no order.
 */
export function objects(grantees: readonly string[]): string {
  const having = (condition: string): string => (grantees.length === 0 ? `\n        AND (${condition})` : '')
  return `
    SELECT
      ${catalogText('n.nspname')} AS schema,
      o.class,
      o.names,
      o.args,
      ${aclJson('o.acl')} AS acl,
      o.column_acl
    FROM (
      SELECT
        c.relnamespace AS schema,
        CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS class,
        array_agg(${catalogText('c.relname')}) AS names,
        NULL::text[] AS args,
        ${RELATION_ACL} AS acl,
        t.acl AS column_acl
      FROM pg_class c
      LEFT JOIN (${COLUMN_ACLS}) t ON t.attrelid = c.oid
      WHERE ${RELATIONS}
        AND c.relowner = ${OWNER}
        AND ${noMember('pg_class', 'c.oid')}${having('c.relacl IS NOT NULL OR t.acl IS NOT NULL')}
      GROUP BY 1, 2, 5, 6
      UNION ALL
      SELECT
        p.pronamespace,
        'function',
        array_agg(${catalogText('p.proname')}),
        array_agg(${catalogText(routineArguments('p'))}),
        ${ROUTINE_ACL},
        NULL::text
      FROM pg_proc p
      WHERE p.proowner = ${OWNER}
        AND ${noMember('pg_proc', 'p.oid')}${having('p.proacl IS NOT NULL')}
      GROUP BY 1, 2, 5, 6
    ) o
    JOIN pg_namespace n ON n.oid = o.schema
    WHERE ${NO_SYSTEM_SCHEMA}`
}

/** So many large objects are counted: there may be millions of them. */
export const COUNTED_LARGE_OBJECTS = 1_000

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

/** Few columns have a list of their own, so they are read once for all tables. */
const COLUMN_ACLS = `
      SELECT
        t.attrelid,
        ${ACL_ITEMS} AS acl
      FROM pg_attribute t, aclexplode(t.attacl) a
      WHERE t.attacl IS NOT NULL
      GROUP BY t.attrelid`

/** Default privileges that give something to anybody. */
export const DEFAULT_ACL = `
    SELECT
      ${catalogText('pg_get_userbyid(f.defaclrole)')} AS creator,
      ${catalogText('n.nspname')} AS schema,
      CASE f.defaclobjtype WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'function' WHEN 'n' THEN 'schema' ELSE 'table' END AS class,
      CASE a.grantee WHEN 0 THEN '' ELSE ${catalogText('pg_get_userbyid(a.grantee)')} END AS grantee,
      ${catalogText('a.privilege_type')} AS privilege
    FROM pg_default_acl f
    LEFT JOIN pg_namespace n ON n.oid = f.defaclnamespace, aclexplode(f.defaclacl) a
    WHERE f.defaclobjtype IN ('r', 'S', 'f', 'n')`

export const INSTALLED_EXTENSIONS = `
  SELECT
    ${catalogText('extname')} AS name,
    ${catalogText('pg_get_userbyid(extowner)')} AS owner
  FROM pg_extension`
