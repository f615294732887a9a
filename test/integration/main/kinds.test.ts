/** Every kind of object that a database can hold: granted as the level says, or told, and never the end of a run. */
import test from 'ava'
import { bedFor, type Outcome, type Stack, VERSIONS } from '../../support/provision.ts'

const DENIED = '42501'
const database_name = 'kinds_db'
const APPLICATIONS = {
  own: { username: 'kinds_owner', database_name, schemas: ['app'] },
  editor: { username: 'kinds_editor', database_name, access_level: 'editor' },
  reader: { username: 'kinds_reader', database_name, access_level: 'reader' },
}

interface Kind {
  readonly make: string
  /** As the superuser, for what a tenant is not let do. */
  readonly before?: string
  readonly try: Readonly<Record<string, readonly [editor: string, reader: string]>>
}

/** No default of the owner's lets PUBLIC call or use any of them. */
const KINDS: Readonly<Record<string, Kind>> = {
  'a table with a trigger, a rule, a policy, statistics and an index': {
    make: `
      CREATE TABLE app.plain (id serial PRIMARY KEY, name text UNIQUE);
      CREATE STATISTICS app.stats ON id, name FROM app.plain;
      CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER touch BEFORE UPDATE ON app.plain FOR EACH ROW EXECUTE FUNCTION app.touch();
      CREATE RULE note AS ON DELETE TO app.plain DO ALSO NOTHING;
      ALTER TABLE app.plain ENABLE ROW LEVEL SECURITY;
      CREATE POLICY all_rows ON app.plain USING (true);`,
    try: {
      'SELECT * FROM app.plain': ['ok', 'ok'],
      [`INSERT INTO app.plain (name) VALUES ('a')`]: ['ok', DENIED],
      [`UPDATE app.plain SET name = 'b'`]: ['ok', DENIED],
      'TRUNCATE app.plain': [DENIED, DENIED],
    },
  },
  'an unlogged table, and one of a composite type': {
    make: `CREATE UNLOGGED TABLE app.quick (x int); CREATE TYPE app.pair AS (a int, b int); CREATE TABLE app.typed OF app.pair;`,
    try: {
      'INSERT INTO app.quick VALUES (1)': ['ok', DENIED],
      'SELECT * FROM app.typed': ['ok', 'ok'],
    },
  },
  'partitions of partitions': {
    make: `
      CREATE TABLE app.parts (day date, name text) PARTITION BY RANGE (day);
      CREATE TABLE app.part1 PARTITION OF app.parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY LIST (name);
      CREATE TABLE app.part1a PARTITION OF app.part1 DEFAULT;
      CREATE INDEX ON app.parts (day);`,
    try: {
      [`INSERT INTO app.parts VALUES ('2024-05-05', 'x')`]: ['ok', DENIED],
      'SELECT * FROM app.part1a': ['ok', 'ok'],
    },
  },
  'a foreign table': {
    before: `
      DROP EXTENSION IF EXISTS file_fdw CASCADE; CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
      CREATE FOREIGN TABLE app.far (line text) SERVER files OPTIONS (filename '/dev/null'); ALTER FOREIGN TABLE app.far OWNER TO kinds_owner`,
    make: 'SELECT 1',
    try: {
      'SELECT * FROM app.far': ['ok', 'ok'],
      [`INSERT INTO app.far VALUES ('x')`]: ['0A000', DENIED],
    },
  },
  views: {
    make: `
      CREATE TABLE app.base (x int); CREATE VIEW app.view AS SELECT x FROM app.base; CREATE RECURSIVE VIEW app.again (n) AS VALUES (1);
      CREATE MATERIALIZED VIEW app.mat AS SELECT 1 AS one;`,
    try: {
      'INSERT INTO app.view VALUES (1)': ['ok', DENIED],
      'SELECT * FROM app.again': ['ok', 'ok'],
      'SELECT * FROM app.mat': ['ok', 'ok'],
      'REFRESH MATERIALIZED VIEW app.mat': [DENIED, DENIED],
    },
  },
  sequences: {
    make: 'CREATE SEQUENCE app.seq AS smallint; CREATE TABLE app.ident (id bigint GENERATED ALWAYS AS IDENTITY, x int);',
    try: {
      'SELECT last_value FROM app.seq': ['ok', 'ok'],
      [`SELECT nextval('app.seq')`]: ['ok', DENIED],
      'INSERT INTO app.ident (x) VALUES (1)': ['ok', DENIED],
    },
  },
  'procedures that only their modes tell apart': {
    make: `
      CREATE PROCEDURE app.p(a int, OUT b int) LANGUAGE plpgsql AS 'BEGIN b := a; END';
      CREATE PROCEDURE app.p(a int, b int) LANGUAGE plpgsql AS 'BEGIN END';
      CREATE PROCEDURE app.out_only(OUT b int) LANGUAGE plpgsql AS 'BEGIN b := 1; END';
      CREATE PROCEDURE app.many(INOUT a int, VARIADIC b text[]) LANGUAGE plpgsql AS 'BEGIN END';`,
    try: {
      'CALL app.out_only(NULL)': ['ok', 'ok'],
      [`CALL app.many(1, 'a', 'b')`]: ['ok', 'ok'],
    },
  },
  'functions of each sort': {
    make: `
      CREATE FUNCTION app.f(int, OUT x int) LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION app.f(int, text DEFAULT 'x') RETURNS int LANGUAGE sql AS 'SELECT 1';
      CREATE FUNCTION app.rows(int) RETURNS TABLE (a int, b text) LANGUAGE sql AS $$ SELECT 1, 'x' $$;
      CREATE FUNCTION app.any(VARIADIC anyarray) RETURNS int LANGUAGE sql AS 'SELECT 1';
      CREATE FUNCTION app.definer() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT current_user::text';`,
    try: {
      [`SELECT app.f(1, 'x')`]: ['ok', 'ok'],
      'SELECT * FROM app.rows(1)': ['ok', 'ok'],
      'SELECT app.any(1, 2, 3)': ['ok', 'ok'],
      'SELECT app.definer()': ['ok', 'ok'],
    },
  },
  'aggregates of each sort': {
    make: `
      CREATE AGGREGATE app.agg(int) (sfunc = int4pl, stype = int, initcond = '0');
      CREATE AGGREGATE app.cnt(*) (sfunc = int8inc, stype = int8, initcond = '0');
      CREATE FUNCTION app.step(int, VARIADIC int[]) RETURNS int LANGUAGE sql AS 'SELECT $1 + 1';
      CREATE AGGREGATE app.var(VARIADIC int[]) (sfunc = app.step, stype = int, initcond = '0');
      CREATE FUNCTION app.keep(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1 + $2';
      CREATE FUNCTION app.final(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1 + $2';
      CREATE AGGREGATE app.ordered(int ORDER BY int) (sfunc = app.keep, stype = int, initcond = '0', finalfunc = app.final);`,
    before: `
      CREATE AGGREGATE app.rank(VARIADIC "any" ORDER BY VARIADIC "any") (
        sfunc = ordered_set_transition_multi, stype = internal, finalfunc = rank_final, finalfunc_extra, hypothetical);
      ALTER AGGREGATE app.rank(VARIADIC "any" ORDER BY VARIADIC "any") OWNER TO kinds_owner`,
    try: {
      'SELECT app.agg(x), app.cnt(*) FROM generate_series(1, 3) x': ['ok', 'ok'],
      'SELECT app.var(x, x) FROM generate_series(1, 3) x': ['ok', 'ok'],
      'SELECT app.ordered(1) WITHIN GROUP (ORDER BY x) FROM generate_series(1, 3) x': ['ok', 'ok'],
      'SELECT app.rank(2) WITHIN GROUP (ORDER BY x) FROM generate_series(1, 3) x': ['ok', 'ok'],
    },
  },
  'types and domains that PUBLIC may not use': {
    make: `
      CREATE TYPE app.mood AS ENUM ('sad', 'glad'); CREATE DOMAIN app.positive AS int CHECK (VALUE > 0); CREATE TYPE app.span AS RANGE (subtype = int);
      CREATE TABLE app.feelings (m app.mood, p app.positive, s app.span);
      REVOKE USAGE ON TYPE app.mood FROM PUBLIC; REVOKE USAGE ON DOMAIN app.positive FROM PUBLIC; REVOKE USAGE ON TYPE app.span FROM PUBLIC;`,
    try: {
      [`INSERT INTO app.feelings VALUES ('sad', 1, '[1,2]')`]: ['ok', DENIED],
      [`SELECT 'glad'::app.mood, 1::app.positive, m, p, s FROM app.feelings`]: ['ok', 'ok'],
      'CREATE TEMPORARY TABLE t (m app.mood)': [DENIED, DENIED],
    },
  },
  'large objects': {
    make: `SELECT lo_from_bytea(77, 'x'); SELECT lo_from_bytea(78, 'x');`,
    try: { 'SELECT lo_get(77)': [DENIED, DENIED] },
  },
  'what has no privileges: collations, operators, text search, publications': {
    make: `
      CREATE COLLATION app.coll (provider = libc, locale = 'C'); CREATE OPERATOR app.### (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl);
      CREATE TEXT SEARCH CONFIGURATION app.words (COPY = pg_catalog.simple); CREATE TABLE app.published (x int PRIMARY KEY);
      CREATE PUBLICATION changes FOR TABLE app.published;`,
    try: {
      'SELECT 1 OPERATOR(app.###) 2': ['ok', 'ok'],
      [`SELECT to_tsvector('app.words', 'a b')`]: ['ok', 'ok'],
      [`SELECT 'a' COLLATE app.coll < 'b'`]: ['ok', 'ok'],
      'UPDATE app.published SET x = 2': ['ok', DENIED],
    },
  },
}

const told = ({ records }: Outcome): string[] =>
  records
    .filter(({ action, application }) => action === 'cover' && application === 'own')
    .map(({ status, message }) => `${status}: ${message}`)

for (const version of VERSIONS) {
  const bed = bedFor(version)

  test.serial(`PostgreSQL ${version}: every kind of object, made before and after its guests`, async (t) => {
    const stack = bed().declare({ own: APPLICATIONS.own }, { stack: 'kinds' })
    await stack.applyOk()
    await stack.sql(
      'own',
      'ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON ROUTINES FROM PUBLIC; ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC',
    )
    await make(stack)
    stack.applications = APPLICATIONS
    const outcome = await stack.applyOk()
    await levelsHold(stack, 'before')
    t.deepEqual(told(outcome), [
      `warning: 2 large object(s) of kinds_owner in kinds_db, 77 among them, cannot be read by all editors and readers: no access level reaches large objects, their owner grants them by hand`,
      `skipped: the editors and readers of kinds_db may not use 4 type(s) in its schema app, mood among them, for columns and functions of their own (USAGE was taken from PUBLIC, and no access level has it); in queries they may`,
    ])
    t.deepEqual(await stack.plan(), [])
    for (const name of ['editor', 'reader'])
      stack.applications = {
        ...stack.applications,
        [name]: { ...APPLICATIONS[name === 'editor' ? 'editor' : 'reader'], cleanup_policy: 'delete' },
      }
    await stack.applyOk()
    await stack.destroyOk('reader')
    await stack.destroyOk('editor')
    await stack.sql('own', 'DROP SCHEMA app CASCADE; DROP PUBLICATION changes; SELECT lo_unlink(77), lo_unlink(78)')
    stack.applications = APPLICATIONS
    await stack.applyOk()
    await make(stack)
    await levelsHold(stack, 'after', ({ before }) => before === undefined)
    await stack.applyOk()
    await levelsHold(stack, 'after', ({ before }) => before !== undefined)
    await stack.sql(
      'own',
      'GRANT SELECT ON LARGE OBJECT 77, 78 TO PUBLIC; GRANT USAGE ON TYPE app.mood, app.positive, app.span, app.pair TO PUBLIC',
    )
    t.deepEqual(told(await stack.applyOk()), [])

    async function make(target: Stack): Promise<void> {
      for (const [kind, { before, make: sql }] of Object.entries(KINDS)) {
        if (before !== undefined) await bed().server.sql(before, [], database_name)
        t.is(await target.answer('own', sql), 'ok', kind)
      }
      await bed().server.forget(database_name)
    }

    async function levelsHold(
      target: Stack,
      when: string,
      isMeant: (kind: Kind) => boolean = () => true,
    ): Promise<void> {
      for (const [kind, { try: answers }] of Object.entries(KINDS).filter(([, item]) => isMeant(item)))
        for (const [sql, [editor, reader]] of Object.entries(answers)) {
          t.is(await target.answer('editor', sql), editor, `editor, ${when}: ${kind}: ${sql}`)
          t.is(await target.answer('reader', sql), reader, `reader, ${when}: ${kind}: ${sql}`)
        }
    }
  })
}
