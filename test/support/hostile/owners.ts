/** Attacks of an owner that may make databases: on its own database, its schemas, and the server's list of databases. */
import type { Attack, Ends } from './attack.ts'
import type { Entry } from '../provision.ts'
import { inside, ON_WHAT_ALL_SEE, outside, SHARED } from './owners-names.ts'

const COMES = { late: { access_level: 'editor' } } as const

/** Who is granted anything waits for it, and no other. */
const LATE_FAILS = {
  cast: SHARED,
  change: COMES,
  ends: { late: ['failed', 'not_begun'], own: ['done', 'failed', 'not_begun'], rd: ['done', 'failed', 'not_begun'] },
  codes: ['statement_failed'],
} as const
const NOT_FOR_LONG: Ends = {
  own: ['done', 'failed'],
  rd: ['done', 'not_begun', 'failed'],
  late: ['done', 'not_begun', 'failed'],
}

const SEVEN = ['own', 'own1', 'own2', 'own3', 'own4', 'own5', 'own6']

const ON_LOCKS: readonly Attack[] = [
  {
    name: 'holds its database’s row: GRANT, COMMENT, SET',
    begin: (field) =>
      field.hold('own', [
        `BEGIN; GRANT CONNECT ON DATABASE ${field.database} TO ${field.user('rd')}; COMMENT ON DATABASE ${field.database} IS NULL; ALTER DATABASE ${field.database} SET work_mem = '1MB'`,
      ]),
    ...LATE_FAILS,
  },
  {
    name: 'holds each of its schemas, its tables and its default privileges',
    prepare: inside('CREATE TABLE app.t1 (x int); CREATE TABLE app.t2 (x int); CREATE TABLE app.t3 (x int)'),
    begin: (field) =>
      field.hold('own', [
        `BEGIN; GRANT USAGE ON SCHEMA app TO ${field.user('rd')}; ALTER TABLE app.t1 ADD y int; LOCK TABLE app.t2, app.t3;
         ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO ${field.user('rd')}; GRANT SELECT ON app.t3 TO ${field.user('rd')}`,
      ]),
    ...LATE_FAILS,
  },
  {
    name: 'holds seven databases of its own, in each of which somebody is to be added',
    cast: Object.fromEntries(SEVEN.map((role): [string, Entry] => [role, {}])),
    begin: async (field) => {
      for (const key of Object.keys(field.entries)) {
        const role = key.slice(field.id.length + 1)
        await field.hold(role, [`BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'hunter2'`], 'postgres')
      }
    },
    ends: Object.fromEntries(SEVEN.map((role): [string, 'failed'] => [role, 'failed'])),
    codes: ['statement_failed'],
    costs: 30_000,
  },
  {
    name: 'makes and drops tables and schemas in a loop while a guest is added',
    cast: SHARED,
    change: COMES,
    begin: (field) => {
      for (let n = 0; n < 3; n += 1)
        field.loop('own', [
          `CREATE TABLE app.x${String(n)} (x int); GRANT SELECT ON app.x${String(n)} TO PUBLIC`,
          `DROP TABLE app.x${String(n)}`,
        ])
    },
    ends: NOT_FOR_LONG,
    codes: ['statement_failed', 'not_converged'],
  },
  {
    name: 'takes back in a loop what the run grants its guests',
    cast: SHARED,
    change: COMES,
    begin: (field) =>
      field.loop('own', [
        `REVOKE ALL ON SCHEMA app FROM ${field.user('rd')}`,
        `REVOKE ALL ON DATABASE ${field.database} FROM ${field.user('rd')}`,
        `ALTER DEFAULT PRIVILEGES IN SCHEMA app REVOKE ALL ON TABLES FROM ${field.user('rd')}`,
      ]),
    ends: NOT_FOR_LONG,
    codes: ['statement_failed', 'not_converged'],
  },
  {
    name: 'opens its database to PUBLIC in a loop',
    begin: (field) =>
      field.loop('own', [`GRANT ALL ON DATABASE ${field.database} TO PUBLIC`, 'GRANT ALL ON SCHEMA app TO PUBLIC']),
    cast: SHARED,
    ends: NOT_FOR_LONG,
    codes: ['statement_failed', 'not_converged'],
  },
]

const ON_ACCESS: readonly Attack[] = [
  {
    name: 'lets nobody connect to its database',
    begin: outside(({ database }) => `ALTER DATABASE ${database} ALLOW_CONNECTIONS false`),
  },
  {
    name: 'sets its database’s connection limit to 0',
    begin: outside(({ database }) => `ALTER DATABASE ${database} CONNECTION LIMIT 0`),
  },
  {
    name: 'shuts the admin out of its database',
    begin: outside(({ database }) => `REVOKE ALL ON DATABASE ${database} FROM platform_provisioner, PUBLIC`),
  },
  {
    name: 'takes everything from itself in its own schemas',
    begin: inside('REVOKE ALL ON SCHEMA app FROM CURRENT_USER; REVOKE ALL ON SCHEMA public FROM PUBLIC'),
    cast: SHARED,
    change: COMES,
  },
  {
    name: 'sets timeouts, read-only, isolation and a role for its database',
    begin: outside(
      ({
        database,
      }) => `ALTER DATABASE ${database} SET statement_timeout = 1; ALTER DATABASE ${database} SET lock_timeout = 1;
       ALTER DATABASE ${database} SET idle_in_transaction_session_timeout = 1; ALTER DATABASE ${database} SET default_transaction_read_only = on;
       ALTER DATABASE ${database} SET default_transaction_isolation = serializable; ALTER DATABASE ${database} SET default_transaction_deferrable = on`,
    ),
    cast: SHARED,
    change: COMES,
  },
  {
    name: 'plants schemas, functions, operators, casts and triggers where the catalogs are looked for',
    cast: SHARED,
    change: COMES,
    prepare: inside('CREATE TABLE app.ran (who text)'),
    begin: inside(TRAPS()),
    proof: async (t, field) =>
      t.deepEqual(await field.as('own', `SELECT who FROM app.ran WHERE who <> current_user`), []),
  },
]

/** Functions and operators with names of the catalogs, on the path before them; each tells who ran it. */
function TRAPS(): string {
  return `CREATE FUNCTION app.trap() RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.ran VALUES (current_user); RETURN 'x'; END $$;
    GRANT ALL ON app.ran TO PUBLIC; GRANT USAGE ON SCHEMA app TO PUBLIC;
    CREATE FUNCTION app.current_database() RETURNS name LANGUAGE sql AS 'SELECT app.trap()::name';
    CREATE FUNCTION app.encode(bytea, text) RETURNS text LANGUAGE sql AS 'SELECT app.trap()';
    CREATE FUNCTION app.quote_ident(text) RETURNS text LANGUAGE sql AS 'SELECT app.trap()';
    CREATE FUNCTION app.same(name, text) RETURNS bool LANGUAGE sql AS 'SELECT app.trap() IS NULL';
    CREATE OPERATOR app.= (LEFTARG = name, RIGHTARG = text, FUNCTION = app.same);
    CREATE TYPE app.pair AS (a text); CREATE FUNCTION app.cast_it(app.pair) RETURNS text LANGUAGE sql AS 'SELECT app.trap()';
    CREATE CAST (app.pair AS text) WITH FUNCTION app.cast_it(app.pair) AS IMPLICIT;
    CREATE VIEW app.pg_class AS SELECT app.trap() AS relname; CREATE VIEW app.pg_namespace AS SELECT app.trap() AS nspname;
    CREATE TABLE app.t (x int); ALTER TABLE app.t ENABLE ROW LEVEL SECURITY; ALTER TABLE app.t FORCE ROW LEVEL SECURITY;
    CREATE POLICY p ON app.t USING (app.trap() IS NULL);
    DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET search_path = app, pg_catalog';
      EXECUTE 'ALTER ROLE CURRENT_USER IN DATABASE ' || current_database() || ' SET search_path = app, pg_catalog'; END $$`
}

export const OWNERS: readonly Attack[] = [...ON_LOCKS, ...ON_ACCESS, ...ON_WHAT_ALL_SEE]
