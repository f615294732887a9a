/** Catalog queries of a removal. Pure: names in, SQL out. */
import { quoteLiteral } from '../sql/quote.ts'
import { catalogText } from './catalog-text.ts'
import { routineArguments } from './database-queries.ts'

function oneOf(names: readonly string[]): string {
  return names.length === 0 ? '(NULL)' : `(${names.map(quoteLiteral).join(', ')})`
}

/**
 * How a dependency of a role reads after its name; `d` is its row of pg_shdepend, `deptype` as in the manual, 53.47.
 */
export const ROLE_DEPENDENCY = `
        CASE d.deptype
          WHEN 'o' THEN 'owns '
          WHEN 'r' THEN 'is named by '
          WHEN 'i' THEN 'has initial privileges on '
          ELSE 'has privileges on '
        END || pg_describe_object(d.classid, d.objid, d.objsubid)`

/**
 * Dependencies on objects of the instance. Privileges on databases and databases that go are looked after elsewhere;
 * template databases are not.
 */
export function sharedObstacles(roles: readonly string[], dropped: readonly string[]): string {
  return `
    SELECT
      ${catalogText('pg_get_userbyid(d.refobjid)')} AS role,
      NULL::text AS database,
      ${catalogText(ROLE_DEPENDENCY)} AS what
    FROM pg_shdepend d
    LEFT JOIN pg_database b ON d.classid = 'pg_database'::regclass AND b.oid = d.objid
    WHERE d.dbid = 0
      AND d.refclassid = 'pg_authid'::regclass
      AND pg_get_userbyid(d.refobjid) IN ${oneOf(roles)}
      AND (
        b.oid IS NULL
        OR (b.datname NOT IN ${oneOf([...dropped, ''])} AND (b.datistemplate OR d.deptype = 'o'))
      )`
}

/** Databases where something depends on one of the roles, those that go left out. */
export function concernedDatabases(roles: readonly string[], dropped: readonly string[]): string {
  return `
    SELECT DISTINCT
      ${catalogText('b.datname')} AS database,
      ${catalogText('pg_get_userbyid(d.refobjid)')} AS role
    FROM pg_shdepend d
    JOIN pg_database b ON b.oid = d.dbid
    WHERE d.refclassid = 'pg_authid'::regclass
      AND pg_get_userbyid(d.refobjid) IN ${oneOf(roles)}
      AND b.datname NOT IN ${oneOf([...dropped, ''])}`
}

/** Other roles that own something in a database that goes. */
export function tenants(roles: readonly string[], dropped: readonly string[]): string {
  return `
    SELECT DISTINCT
      ${catalogText('b.datname')} AS database,
      ${catalogText('pg_get_userbyid(d.refobjid)')} AS role
    FROM pg_shdepend d
    JOIN pg_database b ON b.oid = d.dbid
    WHERE d.refclassid = 'pg_authid'::regclass
      AND d.deptype = 'o'
      AND b.datname IN ${oneOf(dropped)}
      AND pg_get_userbyid(d.refobjid) NOT IN ${oneOf(roles)}
    ORDER BY 1, 2`
}

/**
 * What makes the server refuse DROP DATABASE besides sessions.
 * https://www.postgresql.org/docs/current/sql-dropdatabase.html
 */
export function databaseObstacles(dropped: readonly string[]): string {
  return `
    SELECT
      NULL::text AS role,
      ${catalogText('database')} AS database,
      ${catalogText("'has the prepared transaction ' || gid || ' of ' || owner")} AS what
    FROM pg_prepared_xacts
    WHERE database IN ${oneOf(dropped)}
    UNION ALL
    SELECT
      NULL,
      ${catalogText('b.datname')},
      ${catalogText("'is used by the subscription ' || s.subname")}
    FROM pg_subscription s
    JOIN pg_database b ON b.oid = s.subdbid
    WHERE b.datname IN ${oneOf(dropped)}
    UNION ALL
    SELECT
      NULL,
      ${catalogText('database')},
      ${catalogText("'has the active replication slot ' || slot_name")}
    FROM pg_replication_slots
    WHERE active
      AND database IN ${oneOf(dropped)}`
}

export function sessions(roles: readonly string[], dropped: readonly string[]): string {
  return `
    SELECT
      coalesce(${catalogText('a.datname')}, '') AS database,
      ${catalogText('r.rolname')} AS login,
      r.rolsuper AS is_superuser,
      count(*)::int AS count
    FROM pg_stat_activity a
    JOIN pg_roles r ON r.oid = a.usesysid
    WHERE (a.datname IN ${oneOf(dropped)} OR r.rolname IN ${oneOf(roles)})
      AND a.pid <> pg_backend_pid()
    GROUP BY 1, 2, 3
    ORDER BY 1, 2`
}

export const CAN_SIGNAL = `SELECT pg_has_role('pg_signal_backend', 'USAGE') AS can_signal`

/** Dependencies of the roles on objects of this database. */
export function dependencies(roles: readonly string[]): string {
  return `(
      SELECT d.*, r.rolname
      FROM pg_shdepend d
      JOIN pg_roles r ON r.oid = d.refobjid
      WHERE d.refclassid = 'pg_authid'::regclass
        AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND r.rolname IN ${oneOf(roles)}
    ) d`
}

/**
 * REASSIGN OWNED passes over these, which `src/server/removal-ways.ts` reads.
 * https://www.postgresql.org/docs/current/sql-reassign-owned.html
 */
const IS_PASSED_OVER = `d.classid IN ('pg_default_acl'::regclass, 'pg_user_mapping'::regclass, 'pg_policy'::regclass)`

/** All but privileges; what is temporary goes with its session. */
export function interiorObstacles(roles: readonly string[]): string {
  return `
    SELECT
      ${catalogText('d.rolname')} AS role,
      ${catalogText('current_database()')} AS database,
      ${catalogText(ROLE_DEPENDENCY)} AS what,
      d.deptype = 'o' AS is_reassigned
    FROM ${dependencies(roles)}, pg_identify_object(d.classid, d.objid, d.objsubid) i
    WHERE d.deptype <> 'a'
      AND NOT ${IS_PASSED_OVER}
      AND coalesce(i.schema, '') !~ '^pg_(toast_)?temp'
    ORDER BY 3`
}

/** Catalogs whose objects have an access control list: the word that GRANT uses, catalog, list. */
const GRANTABLE: readonly (readonly [string, string, string])[] = [
  [
    `CASE o.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END`,
    'pg_class',
    `coalesce(o.relacl, '{}') || ARRAY(SELECT unnest(a.attacl) FROM pg_attribute a WHERE a.attrelid = o.oid)`,
  ],
  [`'ROUTINE'`, 'pg_proc', 'o.proacl'],
  [`'SCHEMA'`, 'pg_namespace', 'o.nspacl'],
  [`'TYPE'`, 'pg_type', 'o.typacl'],
  [`'LANGUAGE'`, 'pg_language', 'o.lanacl'],
  [`'FOREIGN DATA WRAPPER'`, 'pg_foreign_data_wrapper', 'o.fdwacl'],
  [`'FOREIGN SERVER'`, 'pg_foreign_server', 'o.srvacl'],
  [`'LARGE OBJECT'`, 'pg_largeobject_metadata', 'o.lomacl'],
]

/** A routine as REVOKE names it, which pg_identify_object does not where two differ in their modes alone. */
const ROUTINE = `(
        SELECT quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' || ${routineArguments('p')} || ')'
        FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.oid = d.objid
      )`

/** Who granted the roles what on which object, and what they granted to others. */
export function holdings(roles: readonly string[]): string {
  const lists = GRANTABLE.map(([keyword, catalog, list]) => {
    const classid = catalog === 'pg_largeobject_metadata' ? 'pg_largeobject' : catalog // the manual, 53.29
    return `
        SELECT
          ${keyword} AS keyword,
          ${list} AS acl
        FROM ${catalog} o
        WHERE d.classid = ${quoteLiteral(classid)}::regclass
          AND o.oid = d.objid`
  })
  return `
    SELECT DISTINCT
      l.keyword,
      ${catalogText(`CASE l.keyword WHEN 'ROUTINE' THEN ${ROUTINE} ELSE i.identity END`)} AS identity,
      ${catalogText('pg_get_userbyid(a.grantor)')} AS grantor,
      CASE a.grantee WHEN 0 THEN '' ELSE ${catalogText('pg_get_userbyid(a.grantee)')} END AS grantee,
      coalesce(i.schema, '') ~ '^pg_(toast_)?temp' AS is_temporary
    FROM
      ${dependencies(roles)},
      LATERAL (${lists.join('\n        UNION ALL')}
      ) l,
      aclexplode(l.acl) a,
      pg_identify_object(d.classid, d.objid, 0) i
    WHERE d.deptype = 'a'
      AND (a.grantee = d.refobjid OR a.grantor = d.refobjid)
    ORDER BY 1, 2, 3, 4`
}

/** How ALTER DEFAULT PRIVILEGES calls the objects of this row of pg_default_acl, `f`. */
export const DEFAULT_CLASS = `CASE f.defaclobjtype
        WHEN 'r' THEN 'TABLES'
        WHEN 'S' THEN 'SEQUENCES'
        WHEN 'f' THEN 'ROUTINES'
        WHEN 'T' THEN 'TYPES'
        WHEN 'n' THEN 'SCHEMAS'
        WHEN 'L' THEN 'LARGE OBJECTS'
      END`

export function defaultHoldings(roles: readonly string[]): string {
  return `
    SELECT DISTINCT
      ${catalogText('r.rolname')} AS grantee,
      ${catalogText('pg_get_userbyid(f.defaclrole)')} AS creator,
      ${catalogText('n.nspname')} AS schema,
      ${DEFAULT_CLASS} AS keyword
    FROM pg_default_acl f
    LEFT JOIN pg_namespace n ON n.oid = f.defaclnamespace, aclexplode(f.defaclacl) a
    JOIN pg_roles r ON r.oid = a.grantee
    WHERE r.rolname IN ${oneOf(roles)}
      AND f.defaclrole <> r.oid
    ORDER BY 1, 2, 3, 4`
}
