/** Logs in as everybody, everywhere, and tries what can be done: what worked before must work afterwards. */
import pg from 'pg'
import type { Server } from '../postgres.ts'
import { passwordOf } from './instance.ts'

const SYSTEM = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`
const PEOPLE = `NOT rolsuper AND rolname !~ '^(pg|rds)_' AND rolname !~ '^(platform|dbmaster)'`

/** Schemas, relations with their columns, and functions. */
const OBJECTS = `
  SELECT 'schema' AS kind, quote_ident(n.nspname) AS name, NULL::text[] AS columns FROM pg_namespace n WHERE ${SYSTEM}
  UNION ALL
  SELECT 'table', format('%I.%I', n.nspname, c.relname),
         ARRAY(SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v') AND ${SYSTEM}
  UNION ALL
  SELECT 'function', format('%I.%I', n.nspname, p.proname), NULL
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.pronargs = 0 AND p.prokind = 'f' AND ${SYSTEM}`

const CREATORS = `
  SELECT n.nspname AS schema, r.rolname AS role FROM pg_namespace n, pg_roles r
  WHERE ${PEOPLE.replaceAll('rol', 'r.rol')} AND ${SYSTEM} AND has_schema_privilege(r.oid, n.oid, 'CREATE')
    AND has_database_privilege(r.oid, current_database(), 'CONNECT')`

interface Found {
  readonly kind: string
  readonly name: string
  readonly columns: readonly string[]
}

/**
 * What each login can do, one line each: `login in database: what`. Later tables are those that each role that may
 * create some will make; they are dropped again.
 */
export async function probe(server: Server): Promise<Set<string>> {
  const logins = (await server.sql(`SELECT rolname FROM pg_roles WHERE ${PEOPLE} ORDER BY 1`)).map(({ rolname }) =>
    String(rolname),
  )
  const databases = await server.sql(
    `SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate AND datname <> 'rdsadmin' ORDER BY 1`,
  )
  const lines = await memberships(server, logins)
  for (const { datname } of databases) {
    const database = String(datname)
    const later = await makeLater(server, database)
    const found = (await server.sql(OBJECTS, [], database)).map(({ kind, name, columns }): Found => ({
      kind: String(kind),
      name: String(name),
      columns: Array.isArray(columns) ? columns.map(String) : [],
    }))
    for (const login of logins) lines.push(...(await probeAs(server, login, database, found)))
    for (const table of later) await server.sql(`DROP TABLE ${table}`, [], database)
    if (database !== 'postgres') await server.forget(database)
  }
  return new Set(lines)
}

async function memberships(server: Server, logins: readonly string[]): Promise<string[]> {
  const rows = await server.sql(
    `SELECT m.rolname AS member, g.rolname AS role FROM pg_roles m, pg_roles g
     WHERE m.rolname = ANY ($1) AND m.oid <> g.oid AND pg_has_role(m.oid, g.oid, 'MEMBER')`,
    [logins],
  )
  return rows.map(({ member, role }) => `${String(member)}: member of ${String(role)}`)
}

async function makeLater(server: Server, database: string): Promise<string[]> {
  const tables: string[] = []
  for (const { schema, role } of await server.sql(CREATORS, [], database)) {
    const table = `${pg.escapeIdentifier(String(schema))}.${pg.escapeIdentifier(`later ${String(role)}`)}`
    await server.sql(
      `SET SESSION AUTHORIZATION ${pg.escapeIdentifier(String(role))}; SET default_transaction_read_only = off;
       CREATE TABLE ${table} (x int); RESET SESSION AUTHORIZATION`,
      [],
      database,
    )
    tables.push(table)
  }
  return tables
}

async function probeAs(server: Server, user: string, database: string, found: readonly Found[]): Promise<string[]> {
  let client: pg.Client
  try {
    client = await server.connect({ user, password: passwordOf(user), database })
  } catch (error) {
    if (error instanceof pg.DatabaseError) return []
    throw error
  }
  const done = ['connect']
  const tries: [string, string][] = [
    ['create a schema', 'CREATE SCHEMA probe'],
    ['create temporarily', 'CREATE TEMP TABLE probe (x int)'],
    ...found.flatMap(({ kind, name, columns }) => triesOf(kind, name, columns)),
  ]
  done.push(...(await allowed(client, tries)))
  const set = await client.query<{ name: string; setting: string }>(
    `SELECT name, setting FROM pg_show_all_settings() WHERE source IN ('database', 'user', 'database user')`,
  )
  done.push(...set.rows.map(({ name, setting }) => `${name} = ${setting}`))
  await client.end()
  return done.map((what) => `${user} in ${database}: ${what}`)
}

function triesOf(kind: string, name: string, columns: readonly string[]): [string, string][] {
  if (kind === 'schema') return [[`create in ${name}`, `CREATE TABLE ${name}.probe (x int)`]]
  if (kind === 'function') return [[`call ${name}`, `SELECT ${name}()`]]
  return [
    [`read ${name}`, `SELECT * FROM ${name}`],
    ...columns.map((column): [string, string] => [`read ${column} of ${name}`, `SELECT ${column} FROM ${name}`]),
    [`insert into ${name}`, `INSERT INTO ${name} DEFAULT VALUES`],
    [`update ${name}`, `UPDATE ${name} SET ${columns[0] ?? ''} = NULL`],
    [`delete from ${name}`, `DELETE FROM ${name}`],
    [`truncate ${name}`, `TRUNCATE ${name}`],
    [`alter ${name}`, `ALTER TABLE ${name} ADD probe int`],
  ]
}

/** Those that the server lets it do, all in one message; nothing stays. */
async function allowed(client: pg.Client, tries: readonly (readonly [string, string])[]): Promise<string[]> {
  const done: string[] = []
  client.on('notice', ({ message }) => done.push(message ?? ''))
  const list = tries.flatMap((pair) => pair.map((text) => client.escapeLiteral(text))).join(', ')
  await client.query(`
    DO $probe$
    DECLARE tries text[] := ARRAY[${list}];
    BEGIN
      FOR i IN 1 .. array_length(tries, 1) BY 2 LOOP
        BEGIN
          EXECUTE tries[i + 1];
          RAISE EXCEPTION USING ERRCODE = 'UNDON';
        EXCEPTION
          WHEN SQLSTATE 'UNDON' THEN RAISE NOTICE '%', tries[i];
          WHEN OTHERS THEN NULL;
        END;
      END LOOP;
    END $probe$`)
  return done
}

/** What could be done before and cannot be done any more. */
export function lost(before: ReadonlySet<string>, after: ReadonlySet<string>): string[] {
  return [...before].filter((line) => !after.has(line)).sort()
}
