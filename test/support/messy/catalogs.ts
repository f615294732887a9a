/** What each role may do, as the server itself answers it: a line each, `role in database: what`. */
import type { Server } from '../postgres.ts'

const PEOPLE = `NOT r.rolsuper AND r.rolname !~ '^(pg|rds)_' AND r.rolname !~ '^(platform|dbmaster)'`
const NO_SYSTEM = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`

/** Of the instance: what it is, whose rights it has. */
const INSTANCE = `
  SELECT r.rolname || ': ' || what AS line FROM pg_roles r, LATERAL (
    VALUES ('login ' || r.rolcanlogin), ('createdb ' || r.rolcreatedb), ('limit ' || r.rolconnlimit),
           ('until ' || coalesce(r.rolvaliduntil::text, 'never'))
  ) v(what) WHERE ${PEOPLE}
  UNION ALL
  SELECT r.rolname || ': member of ' || g.rolname FROM pg_roles r, pg_roles g
  WHERE ${PEOPLE} AND r.oid <> g.oid AND pg_has_role(r.oid, g.oid, 'MEMBER')
  UNION ALL
  SELECT r.rolname || ': has the rights of ' || g.rolname FROM pg_roles r, pg_roles g
  WHERE ${PEOPLE} AND r.oid <> g.oid AND pg_has_role(r.oid, g.oid, 'USAGE')
  UNION ALL
  SELECT r.rolname || ' in ' || d.datname || ': ' || p FROM pg_roles r, pg_database d,
    unnest(ARRAY['CONNECT', 'CREATE', 'TEMPORARY', 'CONNECT WITH GRANT OPTION']) p
  WHERE ${PEOPLE} AND d.datallowconn AND has_database_privilege(r.oid, d.oid, p)
  UNION ALL
  SELECT r.rolname || ' in ' || d.datname || ': is its owner' FROM pg_roles r, pg_database d
  WHERE ${PEOPLE} AND pg_has_role(r.oid, d.datdba, 'USAGE')
  UNION ALL
  SELECT coalesce(r.rolname, '') || ' in ' || coalesce(d.datname, '') || ': ' || c
  FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase,
    unnest(s.setconfig) c WHERE coalesce(r.rolname, '') !~ '^(platform|dbmaster)'`

const withOption = (words: readonly string[]): string =>
  `ARRAY[${words.flatMap((word) => [`'${word}'`, `'${word} WITH GRANT OPTION'`]).join(', ')}]`

const INSIDE = `
  SELECT r.rolname || ' in ' || current_database() || ': ' || what AS line FROM pg_roles r, LATERAL (
    SELECT 'schema ' || n.nspname || ' ' || p AS what FROM pg_namespace n, unnest(${withOption(['USAGE', 'CREATE'])}) p
    WHERE ${NO_SYSTEM} AND has_schema_privilege(r.oid, n.oid, p)
    UNION ALL
    SELECT n.nspname || '.' || c.relname || ' ' || p FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
      unnest(${withOption(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])}) p
    WHERE ${NO_SYSTEM} AND c.relkind IN ('r', 'v') AND has_table_privilege(r.oid, c.oid, p)
    UNION ALL
    SELECT n.nspname || '.' || c.relname || ' column ' || a.attname || ' ' || p
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid,
      unnest(${withOption(['SELECT', 'INSERT', 'UPDATE', 'REFERENCES'])}) p
    WHERE ${NO_SYSTEM} AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND has_column_privilege(r.oid, c.oid, a.attnum, p)
    UNION ALL
    SELECT n.nspname || '.' || c.relname || ' sequence ' || p
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, unnest(${withOption(['USAGE', 'SELECT', 'UPDATE'])}) p
    WHERE ${NO_SYSTEM} AND c.relkind = 'S' AND has_sequence_privilege(r.oid, c.oid, p)
    UNION ALL
    SELECT n.nspname || '.' || c.relname || ' is its owner' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${NO_SYSTEM} AND pg_has_role(r.oid, c.relowner, 'USAGE')
    UNION ALL
    SELECT n.nspname || '.' || f.proname || ' ' || p FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace,
      unnest(${withOption(['EXECUTE'])}) p
    WHERE ${NO_SYSTEM} AND has_function_privilege(r.oid, f.oid, p)
    UNION ALL
    SELECT 'later ' || d.defaclobjtype::text || ' of ' || pg_get_userbyid(d.defaclrole) || ' in ' || coalesce(n.nspname, '*')
      || ' ' || a.privilege_type
    FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) a
    WHERE CASE a.grantee WHEN 0 THEN true ELSE pg_has_role(r.oid, a.grantee, 'USAGE') END
  ) held WHERE ${PEOPLE}`

/** @param roles those to tell of; others came later */
export async function probeCatalogs(server: Server, roles: readonly string[]): Promise<Set<string>> {
  const lines = await server.sql(INSTANCE)
  const databases = await server.sql(
    `SELECT datname FROM pg_database WHERE datallowconn AND datname !~ '^(template|rdsadmin)'`,
  )
  for (const { datname } of databases) {
    lines.push(...(await server.sql(INSIDE, [], String(datname))))
    if (datname !== 'postgres') await server.forget(String(datname))
  }
  const isTold = (line: string): boolean =>
    roles.some((role) => line.startsWith(`${role} in `) || line.startsWith(`${role}: `))
  return new Set(lines.map(({ line }) => String(line)).filter(isTold))
}
