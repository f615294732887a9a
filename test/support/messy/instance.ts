/**
 * A server that people made by hand over years, and that is to be taken over: owners, groups, people who left, grants to
 * PUBLIC and on columns, defaults for the wrong creator, words in comments. Each statement runs as who would have run it.
 */
import type { Server } from '../postgres.ts'

/** The password of every login but the master's. */
export function passwordOf(login: string): string {
  return `pw_${login}`
}

/** Their passwords are hashed as PostgreSQL did before SCRAM; the bed needs a line of pg_hba.conf for them. */
export const OLD_LOGINS = ['OldApp']
export const OLD_HBA = OLD_LOGINS.map((login) => `hostssl all "${login}" all md5`)

/** Owners that are logins, and so can be declared, by the database that each owns. */
export const OWNERS = {
  market: 'market',
  stats: 'stats',
  depot: 'till',
  door: 'gate',
  notes: 'notes',
  courier: 'courier',
  'Old Crm': 'OldApp',
  attic: 'attic_user',
} as const

const login = (name: string, more = ''): string => `CREATE ROLE "${name}" LOGIN PASSWORD '${passwordOf(name)}' ${more}`

/** Roles and databases, as the master. */
const INSTANCE: readonly string[] = [
  ...['market', 'gate', 'notes', 'courier', 'books', 'helpdesk', 'notes_ro'].map((name) => login(name)),
  login('stats', 'CONNECTION LIMIT 40'),
  login('till', 'CREATEDB'),
  'CREATE ROLE team_ro',
  login('mia', 'IN ROLE team_ro'),
  login('bob.smith', 'IN ROLE team_ro'),
  login('contractor', `VALID UNTIL '2024-01-01' IN ROLE team_ro`),
  'CREATE ROLE crew',
  login('crew_api', 'IN ROLE crew'),
  login('crew_deploy', 'NOINHERIT IN ROLE crew'),
  'CREATE ROLE gone NOLOGIN',
  `CREATE ROLE attic_user NOLOGIN PASSWORD 'pw_attic_user' CONNECTION LIMIT 3 VALID UNTIL '2024-01-01'`,
  login('watcher', 'CONNECTION LIMIT 5'),
  'GRANT pg_monitor TO watcher',
  `SET password_encryption = 'md5'`,
  login('OldApp'),
  `SET password_encryption = 'scram-sha-256'`,
  'GRANT market, stats, gate, notes, courier, till, "OldApp", attic_user, crew TO dbmaster',
  `ALTER ROLE till SET statement_timeout = '60s'`,
  ...Object.entries(OWNERS)
    .filter(([name]) => name !== 'Old Crm')
    .map(([name, owner]) => `CREATE DATABASE ${name} OWNER ${owner}`),
  `CREATE DATABASE "Old Crm" OWNER "OldApp" ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
  'CREATE DATABASE depot_archive OWNER till',
  'CREATE DATABASE ledger',
  'CREATE DATABASE crews OWNER crew',
  `COMMENT ON DATABASE market IS 'The shop. Ask the market team before touching (since 2019).'`,
  `COMMENT ON ROLE gate IS 'Single sign-on, see the runbook'`,
  `ALTER DATABASE stats SET statement_timeout = '5min'`,
  'ALTER DATABASE attic CONNECTION LIMIT 5',
  'ALTER ROLE gate IN DATABASE door SET search_path = sso, public',
  `ALTER ROLE gate IN DATABASE door SET lock_timeout = '10s'`,
  'ALTER ROLE till IN DATABASE depot SET search_path = app, public',
  'REVOKE CONNECT ON DATABASE door FROM PUBLIC',
  'GRANT CONNECT ON DATABASE door TO watcher, "bob.smith"',
]

/** [database, who, statements]; '' is a superuser, as what an upgrade or somebody of the provider left. */
const INSIDE: readonly (readonly [string, string, string])[] = [
  [
    'market',
    'market',
    `CREATE TABLE goods (id int, name text, card text); CREATE TABLE baskets (id int);
     CREATE VIEW names AS SELECT id, name FROM goods;
     CREATE FUNCTION basket_count() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM public.baskets';
     REVOKE EXECUTE ON FUNCTION basket_count() FROM PUBLIC; GRANT EXECUTE ON FUNCTION basket_count() TO stats;
     GRANT SELECT ON goods, baskets TO stats; GRANT SELECT, INSERT ON baskets TO till;
     GRANT SELECT (id, name) ON goods TO helpdesk; GRANT SELECT ON names TO helpdesk, team_ro`,
  ],
  [
    'market',
    'dbmaster',
    `CREATE SCHEMA care; CREATE TABLE care.fixes (id int); GRANT USAGE ON SCHEMA care TO market;
     GRANT SELECT ON care.fixes TO market`,
  ],
  ['stats', '', 'GRANT CREATE, USAGE ON SCHEMA public TO PUBLIC'],
  [
    'stats',
    'stats',
    `CREATE TABLE kpis (day date); GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC;
     CREATE TABLE forecasts (y int); GRANT SELECT ON forecasts TO helpdesk WITH GRANT OPTION`,
  ],
  ['stats', 'helpdesk', 'GRANT SELECT ON forecasts TO notes_ro'],
  ['stats', 'mia', 'CREATE TABLE mia_pivot (x int); GRANT SELECT ON mia_pivot TO notes_ro'],
  ['stats', 'dbmaster', 'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO notes_ro'],
  [
    'depot',
    'till',
    `CREATE SCHEMA app; CREATE TABLE app.orders (id int, sku text); GRANT USAGE ON SCHEMA app TO stats, courier;
     GRANT SELECT ON app.orders TO stats`,
  ],
  ['depot', '', 'CREATE TABLE app.outbox (id int); ALTER TABLE app.outbox OWNER TO courier'],
  ['depot', 'courier', 'GRANT INSERT ON app.outbox TO till'],
  ['depot_archive', 'till', 'CREATE TABLE stock (sku text); GRANT SELECT ON stock TO PUBLIC'],
  [
    'door',
    'gate',
    `CREATE SCHEMA sso; CREATE TABLE sso.users (id int); GRANT USAGE ON SCHEMA sso TO watcher, "bob.smith";
     GRANT SELECT, UPDATE ON sso.users TO watcher; GRANT SELECT ON sso.users TO "bob.smith";
     ALTER DEFAULT PRIVILEGES IN SCHEMA sso GRANT SELECT, UPDATE ON TABLES TO watcher`,
  ],
  ['notes', '', 'ALTER SCHEMA public OWNER TO rdsadmin; GRANT CREATE, USAGE ON SCHEMA public TO PUBLIC'],
  [
    'notes',
    'notes',
    `CREATE TABLE pages (id int); GRANT SELECT ON pages TO notes_ro;
     ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO notes_ro; SELECT lo_create(4242)`,
  ],
  ['courier', 'courier', 'CREATE TABLE log (id int); GRANT CREATE ON SCHEMA public TO till'],
  ['courier', 'till', 'CREATE TABLE till_cursor (pos bigint); GRANT SELECT ON till_cursor TO courier'],
  [
    'Old Crm',
    'OldApp',
    `CREATE SCHEMA "App Data"; CREATE TABLE "App Data"."Customer" ("Id" int);
     GRANT USAGE ON SCHEMA "App Data" TO helpdesk; GRANT SELECT ON "App Data"."Customer" TO helpdesk;
     ALTER DEFAULT PRIVILEGES IN SCHEMA "App Data" GRANT SELECT ON TABLES TO helpdesk`,
  ],
  [
    'ledger',
    'dbmaster',
    `CREATE TABLE entries (id int); GRANT ALL ON DATABASE ledger TO books; GRANT ALL ON SCHEMA public TO books;
     GRANT ALL ON ALL TABLES IN SCHEMA public TO books; ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO books`,
  ],
  ['crews', 'crew', 'CREATE TABLE shifts (id int); GRANT SELECT ON shifts TO team_ro'],
]

/** Makes all of it on a bed whose admin made nothing yet. */
export async function makeMessy(server: Server): Promise<void> {
  const as = async (who: string, statements: string, database?: string): Promise<void> => {
    const begin = who === '' ? '' : `SET SESSION AUTHORIZATION "${who}"; `
    await server.sql(`${begin}${statements}`, [], database)
    await server.sql('RESET SESSION AUTHORIZATION', [], database)
  }
  await server.sql('SET SESSION AUTHORIZATION dbmaster')
  for (const statement of INSTANCE) await server.sql(statement)
  await server.sql('RESET SESSION AUTHORIZATION; RESET password_encryption')
  for (const [database, who, statements] of INSIDE) await as(who, statements, database)
  await server.sql('ALTER DATABASE attic ALLOW_CONNECTIONS false')
  for (const database of new Set(INSIDE.map(([name]) => name))) await server.forget(database)
}
