/** Catalog queries inside one database. They run the same for its owner and for the admin. Pure. */
import { isOneOf, quoteLiteral } from '../sql/quote.ts'
import { catalogText } from './catalog-text.ts'
import { ACL_ITEMS, aclJson } from './row.ts'

/** The owner of the database, by oid. */
export const OWNER = '(SELECT datdba FROM pg_database WHERE datname = current_database())'

/** Whose the schemas of one database are, beside its owner's. */
export interface SchemaOwners {
  /** By schema, the name of the role that it is to belong to. */
  readonly declared: ReadonlyMap<string, string>
  /** Roles that keep a schema of theirs which nobody names. */
  readonly guests: readonly string[]
}

/** Each schema with whose what stands in it is to be, by oids; a role that is not there is nobody's. */
function owned({ declared, guests }: SchemaOwners): string {
  const cases = [...declared].map(
    ([schema, role]) =>
      `WHEN ${isOneOf('n.nspname', [schema])} THEN (SELECT oid FROM pg_roles WHERE ${isOneOf('rolname', [role])})`,
  )
  const kept = `n.nspname <> 'public' AND n.nspowner IN (SELECT oid FROM pg_roles WHERE ${isOneOf('rolname', guests)})`
  const all = guests.length === 0 ? cases : [...cases, `WHEN ${kept} THEN n.nspowner`]
  return `n AS MATERIALIZED (
      SELECT n.*, ${all.length === 0 ? OWNER : `CASE ${all.join(' ')} ELSE ${OWNER} END`} AS of
      FROM pg_namespace n
      WHERE ${NO_SYSTEM_SCHEMA}
    )`
}

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

/**
 * The server's own functions have lower oids: three thousand rows of each database that nobody has to look at.
 * https://www.postgresql.org/docs/current/system-catalog-initial-data.html#SYSTEM-CATALOG-OID-ASSIGNMENT
 */
const FIRST_OWN_OID = '16384'

/** Each with whether whose it is to be may use it; asked by oid, since a name may be gone meanwhile. */
const LISTED = `
        SELECT
          c.relnamespace AS schema,
          c.relowner AS owner,
          CASE c.relkind WHEN 'S' THEN 'sequence ' ELSE 'table ' END AS class,
          ${catalogText('c.relname')} AS name,
          c.relowner = n.of AS own,
          CASE WHEN c.relowner = n.of THEN true ELSE has_table_privilege(n.of, c.oid, 'SELECT') END AS usable
        FROM pg_class c
        JOIN n ON n.oid = c.relnamespace
        WHERE ${RELATIONS}
          AND ${noMember('pg_class', 'c.oid')}
        UNION ALL
        SELECT
          p.pronamespace,
          p.proowner,
          'function ',
          ${catalogText('p.proname')},
          p.proowner = n.of,
          CASE WHEN p.proowner = n.of THEN true ELSE has_function_privilege(n.of, p.oid, 'EXECUTE') END
        FROM pg_proc p
        JOIN n ON n.oid = p.pronamespace
        WHERE p.oid >= ${FIRST_OWN_OID}
          AND ${noMember('pg_proc', 'p.oid')}
          AND ${NO_CONSTRUCTOR}`

/** So many objects of others are named in each schema. */
const NAMED = 3

const COUNTED = `
      SELECT
        schema,
        count(*)::int AS objects,
        (count(*) FILTER (WHERE own IS NOT TRUE))::int AS foreign_objects,
        (count(*) FILTER (WHERE own IS NOT TRUE AND usable IS NOT TRUE))::int AS unusable,
        (array_agg(class || name || ' (' || ${catalogText('pg_get_userbyid(owner)')} || ')' ORDER BY class, name)
          FILTER (WHERE own IS NOT TRUE))[1:${String(NAMED)}] AS foreign_names
      FROM (${LISTED}
      ) listed
      GROUP BY schema`

/** Schemas, with how many objects are in them, and which of others than whose they are to be. */
export function schemas(owners: SchemaOwners): string {
  return `
    WITH ${owned(owners)}
    SELECT
      ${catalogText('n.nspname')} AS name,
      ${catalogText('pg_get_userbyid(n.nspowner)')} AS owner,
      ${aclJson("coalesce(n.nspacl, acldefault('n', n.nspowner))")} AS acl,
      coalesce(c.objects, 0) AS objects,
      coalesce(c.foreign_objects, 0) AS foreign_objects,
      coalesce(c.unusable, 0) AS unusable,
      coalesce(c.foreign_names, '{}') AS foreign_names
    FROM n
    LEFT JOIN (${COUNTED}
    ) c ON c.schema = n.oid
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
 * Objects of the database's owner, and in schemas of others of theirs, and their access control lists, whole: who loses
 * something may have it from another grant too. Without grantees there is nothing to give: only objects with a list of
 * their own. Of others it is only those, where they are asked for. Objects that have equal lists share a row: thousands
 * of tables with hundreds of readers are few lists (src/README.md: Large catalogs). Lists can be grouped by hash only,
 * so names come in no order.
 */
export function objects(grantees: readonly string[], owners: SchemaOwners, others: boolean): string {
  const having = (owner: string, list: string): string => {
    const own = `n.of = ${owner}${grantees.length === 0 ? ` AND (${list})` : ''}`
    return others ? `(${own} OR n.of IS DISTINCT FROM ${owner} AND (${list}))` : own
  }
  return `
    WITH ${owned(owners)}
    SELECT
      ${catalogText('n.nspname')} AS schema,
      o.class,
      ${catalogText('pg_get_userbyid(o.owner)')} AS owner,
      o.own,
      o.names,
      o.args,
      ${aclJson('o.acl')} AS acl,
      o.column_acl
    FROM (
      SELECT
        c.relnamespace AS schema,
        CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS class,
        c.relowner AS owner,
        n.of IS NOT DISTINCT FROM c.relowner AS own,
        array_agg(${catalogText('c.relname')}) AS names,
        NULL::text[] AS args,
        ${RELATION_ACL} AS acl,
        t.acl AS column_acl
      FROM pg_class c
      JOIN n ON n.oid = c.relnamespace
      LEFT JOIN (${COLUMN_ACLS}) t ON t.attrelid = c.oid
      WHERE ${RELATIONS}
        AND ${noMember('pg_class', 'c.oid')}
        AND ${having('c.relowner', 'c.relacl IS NOT NULL OR t.acl IS NOT NULL')}
      GROUP BY 1, 2, 3, 4, 7, 8
      UNION ALL
      SELECT
        p.pronamespace,
        'function',
        p.proowner,
        n.of IS NOT DISTINCT FROM p.proowner,
        array_agg(${catalogText('p.proname')}),
        array_agg(${catalogText(routineArguments('p'))}),
        ${ROUTINE_ACL},
        NULL::text
      FROM pg_proc p
      JOIN n ON n.oid = p.pronamespace
      WHERE ${noMember('pg_proc', 'p.oid')}
        AND ${having('p.proowner', 'p.proacl IS NOT NULL')}
      GROUP BY 1, 2, 3, 4, 7, 8
    ) o
    JOIN n ON n.oid = o.schema`
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
