import type { Server } from './postgres.ts'

/** Catalog (`roles`, or `<database>/schemas` for one inside a database) to its rows, sorted, as JSON text. */
export type Dump = ReadonlyMap<string, readonly string[]>

// Object ids differ between two clusters and two runs; names do not. An ACL's order is that of the grants: sorted.
const acl = (column: string): string => `(SELECT array_agg(a::text ORDER BY a::text) FROM unnest(${column}) a)`

const CLUSTER = {
  roles: `SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
                 rolconnlimit, rolvaliduntil::text, shobj_description(oid, 'pg_authid') AS comment FROM pg_roles`,
  passwords: 'SELECT rolname, left(rolpassword, 14) AS method FROM pg_authid', // SCRAM-SHA-256$, md5…, or none
  databases: `SELECT datname, pg_get_userbyid(datdba) AS owner, pg_encoding_to_char(encoding) AS encoding, datcollate, datctype,
                     datistemplate, datallowconn, datconnlimit, ${acl('datacl')} AS acl,
                     shobj_description(oid, 'pg_database') AS comment FROM pg_database`,
  settings: `SELECT d.datname, r.rolname, s.setconfig FROM pg_db_role_setting s
             LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole`,
} as const

const OUR_SCHEMAS = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`

const INTERIOR = {
  schemas: `SELECT nspname, pg_get_userbyid(nspowner) AS owner, ${acl('nspacl')} AS acl,
                   obj_description(oid, 'pg_namespace') AS comment FROM pg_namespace n WHERE n.nspname !~ '^pg_'`,
  default_acl: `SELECT pg_get_userbyid(d.defaclrole) AS creator, n.nspname, d.defaclobjtype, ${acl('d.defaclacl')} AS acl
                FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace`,
  relations: `SELECT n.nspname, c.relname, c.relkind, pg_get_userbyid(c.relowner) AS owner, ${acl('c.relacl')} AS acl
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${OUR_SCHEMAS}`,
  functions: `SELECT n.nspname, p.proname, pg_get_function_identity_arguments(p.oid) AS args,
                     pg_get_userbyid(p.proowner) AS owner, ${acl('p.proacl')} AS acl
              FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${OUR_SCHEMAS}`,
  extensions: `SELECT e.extname, pg_get_userbyid(e.extowner) AS owner, e.extversion, n.nspname
               FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace`,
} as const

/**
 * Every catalog that provisioning may touch, without object ids, so that two dumps of equal clusters are equal.
 * Looks into all databases that allow connections; no session stays open in them.
 */
export async function dump(server: Server): Promise<Dump> {
  const result = new Map<string, readonly string[]>()
  const members = `SELECT pg_get_userbyid(roleid) AS role, pg_get_userbyid(member) AS member, pg_get_userbyid(grantor) AS grantor,
                   admin_option${server.version >= 16 ? ', inherit_option, set_option' : ''} FROM pg_auth_members`
  for (const [name, query] of Object.entries({ ...CLUSTER, members })) {
    result.set(name, toLines(await server.sql(query)))
  }
  const databases = await server.sql(
    'SELECT datname FROM pg_database WHERE datallowconn AND datconnlimit <> -2 ORDER BY datname',
  )
  for (const { datname } of databases) {
    const database = String(datname)
    for (const [name, query] of Object.entries(INTERIOR)) {
      result.set(`${database}/${name}`, toLines(await server.sql(query, [], database)))
    }
    if (database !== 'postgres') await server.forget(database)
  }
  return result
}

function toLines(rows: readonly Record<string, unknown>[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort()
}

/** What two dumps disagree on, one line each (`- catalog: row`, `+ catalog: row`); empty where they are equal. */
export function difference(before: Dump, after: Dump): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((catalog) => {
    const old = before.get(catalog) ?? []
    const now = after.get(catalog) ?? []
    return [
      ...old.filter((row) => !now.includes(row)).map((row) => `- ${catalog}: ${row}`),
      ...now.filter((row) => !old.includes(row)).map((row) => `+ ${catalog}: ${row}`),
    ]
  })
}
