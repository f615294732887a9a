/** Catalog queries on the whole instance, run from the admin's database. Pure: version and names in, SQL out. */
import { VERSION_17, VERSION_15, VERSION_16 } from '../model/server-version.ts'
import { isOneOf, quoteLiteral } from '../sql/quote.ts'
import { beginningOfText, boundedText, catalogText, NOT_READ } from './catalog-text.ts'
import { aclJson } from './row.ts'

/**
 * What the server, the admin's role and its database still have to give. Reserved are superuser_reserved_connections,
 * from 16 on reserved_connections, and on RDS those of rds_superuser; of foreign sessions everybody sees that they are
 * there.
 * https://www.postgresql.org/docs/current/runtime-config-connection.html
 */
const FREE_CONNECTIONS = `
    SELECT
      least(
        current_setting('max_connections')::int
          - current_setting('superuser_reserved_connections')::int
          - coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0)
          - coalesce(nullif(current_setting('rds.rds_superuser_reserved_connections', true), '')::int, 0)
          - count(*),
        CASE WHEN r.rolconnlimit >= 0 THEN r.rolconnlimit - count(*) FILTER (WHERE a.usesysid = r.oid) END,
        CASE WHEN d.datconnlimit >= 0 THEN d.datconnlimit - count(*) FILTER (WHERE a.datid = d.oid) END
      )::int
    FROM pg_roles r, pg_database d, pg_stat_activity a
    WHERE r.rolname = session_user
      AND d.datname = current_database()
      AND a.datid IS NOT NULL
      AND a.usesysid IS NOT NULL
    GROUP BY r.oid, r.rolconnlimit, d.oid, d.datconnlimit`

/** The manual has no word on its values; those of a boolean. */
export const RESTRICTS_PASSWORDS = `
    coalesce(current_setting('rds.restrict_password_commands', true), '') IN ('on', '1', 'true', 'yes')`

const encodingOf = (database: string): string =>
  `(SELECT ${catalogText('pg_encoding_to_char(encoding)')} FROM pg_database WHERE datname = ${database})`

/**
 * Longer comments are not read: a database's owner may write some hundred megabytes there, a role's takes 90,000 bytes,
 * and no tag is so long.
 */
const LONGEST_COMMENT = 100_000

/** The comment on an object of the instance. Its length is known without reading it. */
export function commentOn(oid: string, catalog: 'pg_authid' | 'pg_database'): string {
  return `(
      SELECT ${boundedText('s.description', LONGEST_COMMENT)}
      FROM pg_shdescription s
      WHERE s.objoid = ${oid}
        AND s.classoid = ${quoteLiteral(catalog)}::regclass
    )`
}

export const FACTS = `
  SELECT
    current_setting('server_version_num')::int AS version,
    ${catalogText("current_setting('server_version')")} AS version_text,
    ${catalogText('session_user')} AS login,
    pg_is_in_recovery() AS in_recovery,
    ${catalogText("current_setting('password_encryption')")} AS password_encryption,
    ${RESTRICTS_PASSWORDS} AS restricts_passwords,
    ${encodingOf('current_database()')} AS encoding,
    ${encodingOf("'template0'")} AS default_encoding,
    (${FREE_CONNECTIONS}) AS free_connections`

export const ROLES = `
  SELECT
    oid,
    ${catalogText('rolname')} AS name,
    rolcanlogin AS can_login,
    rolsuper AS superuser,
    rolcreatedb AS create_db,
    rolcreaterole AS create_role,
    rolreplication AS replication,
    rolbypassrls AS bypass_rls,
    rolconnlimit AS connection_limit,
    CASE rolvaliduntil
      WHEN 'infinity' THEN NULL
      WHEN '-infinity' THEN 0
      ELSE extract(epoch FROM rolvaliduntil)::float8
    END AS valid_until,
    ${commentOn('oid', 'pg_authid')} AS comment
  FROM pg_roles`

/**
 * All databases but the server's own templates: an owner may make its database one. The locale of ICU and builtin
 * databases has had three homes: none (14), daticulocale (15, 16), datlocale (17).
 */
export function databases(version: number): string {
  const icu = version >= VERSION_17 ? 'd.datlocale' : version >= VERSION_15 ? 'd.daticulocale' : 'NULL::text'
  const provider = version >= VERSION_15 ? 'd.datlocprovider' : `'c'::"char"`
  return `
    SELECT
      ${catalogText('d.datname')} AS name,
      ${catalogText('pg_get_userbyid(d.datdba)')} AS owner,
      ${catalogText('pg_encoding_to_char(d.encoding)')} AS encoding,
      ${catalogText('d.datcollate')} AS collate,
      ${catalogText('d.datctype')} AS ctype,
      CASE ${provider} WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END AS locale_provider,
      ${catalogText(icu)} AS icu_locale,
      d.datconnlimit AS connection_limit,
      d.datallowconn AS allow_connections,
      d.datistemplate AS is_template,
      ${commentOn('d.oid', 'pg_database')} AS comment,
      ${aclJson("coalesce(d.datacl, acldefault('d', d.datdba))")} AS acl
    FROM pg_database d
    WHERE d.datname NOT IN ('template0', 'template1')`
}

/** From 16 on a membership says for itself whether it inherits and allows SET ROLE. */
export function memberships(version: number): string {
  const options =
    version >= VERSION_16 ? 'inherit_option AS inherit, set_option AS set' : 'true AS inherit, true AS set'
  return `
    SELECT
      ${catalogText('pg_get_userbyid(roleid)')} AS role,
      ${catalogText('pg_get_userbyid(member)')} AS member,
      ${catalogText('pg_get_userbyid(grantor)')} AS grantor,
      admin_option AS admin,
      ${options}
    FROM pg_auth_members`
}

/** Of what is set for a role in one database, after so many bytes the names are read only. */
const LONGEST_SETTINGS = 200_000
/** Longer than the name of any parameter. */
const LONGEST_NAME = 200

/** What is set for these roles, and for everybody in these databases, as `name=value`. */
export function settings(roles: readonly string[], databases: readonly string[]): string {
  return `
    SELECT
      ${catalogText('d.datname')} AS database,
      ${catalogText("coalesce(r.rolname, '')")} AS role,
      CASE
        WHEN sum(octet_length(c.item)) OVER (PARTITION BY s.setrole, s.setdatabase ORDER BY c.position) <= ${String(LONGEST_SETTINGS)}
          THEN ${catalogText('c.item')}
        ELSE ${beginningOfText('c.item', LONGEST_NAME)} || ${NOT_READ}
      END AS item
    FROM pg_db_role_setting s
    LEFT JOIN pg_database d ON d.oid = s.setdatabase
    LEFT JOIN pg_roles r ON r.oid = s.setrole
    CROSS JOIN unnest(s.setconfig) WITH ORDINALITY c(item, position)
    WHERE ${isOneOf('r.rolname', roles)}
      OR (s.setrole = 0 AND ${isOneOf('d.datname', databases)})`
}

/**
 * Those that are named, in lower case, and those of these roles and databases that not every login may set (bytes are
 * compared: src/README.md: Bytes in catalogs).
 */
export function parameters(names: readonly string[], roles: readonly string[], databases: readonly string[]): string {
  return `
    SELECT
      ${catalogText('lower(p.name)')} AS name,
      ${catalogText('p.context')} AS context
    FROM pg_show_all_settings() p
    WHERE ${isOneOf('lower(p.name)', names)}
      OR (p.context <> 'user' AND textsend(p.name) IN (
        SELECT substring(textsend(item) FROM 1 FOR position('='::bytea IN textsend(item)) - 1)
        FROM pg_db_role_setting s
        LEFT JOIN pg_database d ON d.oid = s.setdatabase
        LEFT JOIN pg_roles r ON r.oid = s.setrole
        CROSS JOIN unnest(s.setconfig) item
        WHERE ${isOneOf('r.rolname', roles)} OR (s.setrole = 0 AND ${isOneOf('d.datname', databases)})
      ))`
}

/**
 * What the server calls these encodings: it knows each by several names. Those above KOI8U (34) are for clients only.
 * https://www.postgresql.org/docs/current/multibyte.html#MULTIBYTE-CHARSET-SUPPORTED, src/include/mb/pg_wchar.h
 */
export function encodings(names: readonly string[]): string {
  const values =
    names.length === 0
      ? 'SELECT NULL::text WHERE false'
      : `VALUES ${names.map((name) => `(${quoteLiteral(name)})`).join(', ')}`
  return `
    SELECT
      ${catalogText('declared')} AS declared,
      ${catalogText('pg_encoding_to_char(pg_char_to_encoding(declared))')} AS name
    FROM (${values}) e(declared)
    WHERE pg_char_to_encoding(declared) BETWEEN 0 AND 34`
}

/**
 * The roles that access control lists inside a database name, which can be seen from outside of it in this catalog
 * only.
 */
export const HOLDERS = `
  SELECT
    ${catalogText('d.datname')} AS database,
    ${catalogText('r.rolname')} AS role
  FROM (
    SELECT DISTINCT dbid, refobjid
    FROM pg_shdepend
    WHERE refclassid = 'pg_catalog.pg_authid'::regclass
      AND deptype = 'a'
  ) s
  JOIN pg_database d ON d.oid = s.dbid
  JOIN pg_roles r ON r.oid = s.refobjid`

/** The default version of every extension at hand; a role that is no superuser may install the trusted ones. */
export function extensions(areWanted: boolean): string {
  return `
    SELECT
      ${catalogText('v.name')} AS name,
      (v.trusted OR NOT v.superuser) AS trusted,
      ARRAY(SELECT ${catalogText('r')} FROM unnest(v.requires) r) AS requires,
      ${catalogText('v.schema')} AS schema
    FROM pg_available_extensions e
    JOIN pg_available_extension_versions v ON v.name = e.name AND v.version = e.default_version
    WHERE ${String(areWanted)}`
}
