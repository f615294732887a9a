/** What the server itself says of privileges, asked inside one database. Pure: names in, SQL out. */
import { TABLE_PRIVILEGES } from '../model/access.ts'
import { MAINTAIN } from '../model/own-privileges.ts'
import { VERSION_17 } from '../model/server-version.ts'
import { isOneOf, quoteLiteral } from '../sql/quote.ts'
import { catalogText } from './catalog-text.ts'
import { RELATIONS, noMember, NO_SYSTEM_SCHEMA } from './database-queries.ts'

/** Roles that carry our tag; which stack's, the caller reads from the tag. */
const MANAGED = `
  SELECT
    r.oid,
    ${catalogText('r.rolname')} AS login
  FROM pg_roles r
  JOIN pg_shdescription s ON s.objoid = r.oid AND s.classoid = 'pg_authid'::regclass
  WHERE s.description LIKE '{%"ManagedBy":"platform"%'`

/**
 * What managed roles may do on these databases; who may do nothing has no row. A list of privileges means any of them.
 */
export function databasePrivileges(databases: readonly string[]): string {
  return `
    SELECT
      r.login,
      ${catalogText('d.datname')} AS database,
      has_database_privilege(r.oid, d.oid, 'CONNECT') AS connect,
      has_database_privilege(r.oid, d.oid, 'TEMPORARY') AS temporary,
      has_database_privilege(r.oid, d.oid, 'CREATE') AS create
    FROM (${MANAGED}) r, pg_database d
    WHERE ${isOneOf('d.datname', databases)}
      AND has_database_privilege(r.oid, d.oid, 'CONNECT, TEMPORARY, CREATE')
    ORDER BY 1, 2`
}

/** A default privilege of the database's owner in this schema or in all, for the role or one that it inherits from. */
function byDefault(privilege: string): string {
  return `(
      pg_has_role(r.oid, me.datdba, 'USAGE')
      OR EXISTS (
        SELECT FROM pg_default_acl f, aclexplode(f.defaclacl) a
        WHERE f.defaclrole = me.datdba
          AND f.defaclobjtype = 'r'
          AND f.defaclnamespace IN (0, n.oid)
          AND a.privilege_type = ${quoteLiteral(privilege)}
          AND CASE a.grantee WHEN 0 THEN true ELSE pg_has_role(r.oid, a.grantee, 'USAGE') END
      )
    )`
}

/**
 * Of one table that was dropped meanwhile the server says nothing; then another is asked. A privilege that it does not
 * know is an error.
 */
function held(privilege: string): string {
  const asked = (table: string): string => `has_table_privilege(r.oid, ${table}, ${quoteLiteral(privilege)})`
  const known = `current_setting('server_version_num')::int >= ${String(VERSION_17)}`
  const has = (table: string): string =>
    privilege === MAINTAIN ? `CASE WHEN ${known} THEN ${asked(table)} ELSE false END` : asked(table)
  return `coalesce(sum(c.tables) FILTER (WHERE coalesce(${has('c.first')}, ${has('c.last')})), 0)::int`
}

/** Who may do what on a table hangs on its owner and its list: tables that have both alike are asked for once. */
const TABLES = `
      SELECT
        c.relnamespace,
        count(*)::int AS tables,
        min(c.oid) AS first,
        max(c.oid) AS last
      FROM pg_class c
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
        AND ${noMember('pg_class', 'c.oid')}
      GROUP BY c.relnamespace, c.relowner, c.relacl`

/** What managed roles that may connect may do in each schema that they may use. */
export const SCHEMA_PRIVILEGES = `
  WITH tables AS MATERIALIZED (${TABLES}
  )
  SELECT
    r.login,
    ${catalogText('n.nspname')} AS schema,
    has_schema_privilege(r.oid, n.oid, 'USAGE') AS usage,
    has_schema_privilege(r.oid, n.oid, 'CREATE') AS create,
    t.*,
    ${TABLE_PRIVILEGES.map((privilege) => `${byDefault(privilege)} AS default_${privilege.toLowerCase()}`).join(`,
    `)}
  FROM
    (SELECT oid, datdba FROM pg_database WHERE datname = current_database()) me,
    (${MANAGED}) r,
    pg_namespace n,
    LATERAL (
      SELECT
        coalesce(sum(c.tables), 0)::int AS tables,
        ${TABLE_PRIVILEGES.map((privilege) => `${held(privilege)} AS held_${privilege.toLowerCase()}`).join(`,
        `)}
      FROM tables c
      WHERE c.relnamespace = n.oid
    ) t
  WHERE ${NO_SYSTEM_SCHEMA}
    AND has_database_privilege(r.oid, me.oid, 'CONNECT')
    AND has_schema_privilege(r.oid, n.oid, 'USAGE, CREATE')
  ORDER BY 1, 2`

const SCHEMA_GRANTS = `
    SELECT
      a.grantee,
      a.privilege_type AS privilege,
      'schema' AS kind,
      ${catalogText('n.nspname')} AS schema,
      ${catalogText('n.nspname')} AS name
    FROM pg_namespace n, aclexplode(n.nspacl) a
    WHERE ${NO_SYSTEM_SCHEMA}
      AND a.grantee <> n.nspowner
      AND NOT (n.nspname = 'public' AND a.grantee = 0 AND a.privilege_type = 'USAGE')`

const RELATION_GRANTS = `
    SELECT
      a.grantee,
      a.privilege_type,
      CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END,
      ${catalogText('n.nspname')},
      ${catalogText('c.relname')}
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
    WHERE ${NO_SYSTEM_SCHEMA}
      AND ${RELATIONS}
      AND a.grantee <> c.relowner
      AND ${noMember('pg_class', 'c.oid')}`

const COLUMN_GRANTS = `
    SELECT
      a.grantee,
      a.privilege_type,
      'column',
      ${catalogText('n.nspname')},
      ${catalogText("c.relname || '.' || t.attname")}
    FROM pg_attribute t
    JOIN pg_class c ON c.oid = t.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(t.attacl) a
    WHERE ${NO_SYSTEM_SCHEMA}
      AND a.grantee <> c.relowner
      AND ${noMember('pg_class', 'c.oid')}`

const FUNCTION_GRANTS = `
    SELECT
      a.grantee,
      a.privilege_type,
      'function',
      ${catalogText('n.nspname')},
      ${catalogText('p.proname')}
    FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace, aclexplode(p.proacl) a
    WHERE ${NO_SYSTEM_SCHEMA}
      AND a.grantee <> p.proowner
      AND a.grantee <> 0
      AND ${noMember('pg_proc', 'p.oid')}`

const DEFAULT_GRANTS = `
    SELECT
      a.grantee,
      a.privilege_type,
      CASE f.defaclobjtype
        WHEN 'S' THEN 'new sequence'
        WHEN 'f' THEN 'new function'
        WHEN 'n' THEN 'new schema'
        WHEN 'T' THEN 'new type'
        ELSE 'new table'
      END,
      coalesce(${catalogText('n.nspname')}, ''),
      ${catalogText('pg_get_userbyid(f.defaclrole)')}
    FROM pg_default_acl f
    LEFT JOIN pg_namespace n ON n.oid = f.defaclnamespace, aclexplode(f.defaclacl) a
    WHERE a.grantee <> f.defaclrole
      AND NOT (a.grantee = 0 AND f.defaclobjtype IN ('f', 'T'))`

/**
 * Every explicit grant to somebody else than an object's owner, counted by grantee, privilege and schema; of what will
 * be created by creator too. Left out is
 * what a new database has by itself: USAGE of PUBLIC on `public`, EXECUTE of PUBLIC, what extensions granted.
 */
export const GRANTS = `
  SELECT
    coalesce(${catalogText('r.rolname')}, '') AS role,
    g.privilege,
    g.kind,
    g.schema,
    count(*)::int AS objects,
    min(g.name) AS name
  FROM (${[SCHEMA_GRANTS, RELATION_GRANTS, COLUMN_GRANTS, FUNCTION_GRANTS, DEFAULT_GRANTS].join('\n    UNION ALL')}
  ) g
  LEFT JOIN pg_roles r ON r.oid = g.grantee
  GROUP BY 1, 2, 3, 4, CASE WHEN g.kind LIKE 'new %' THEN g.name END
  ORDER BY 1, 3, 4, 2, 6`
