/** Attacks of a guest that writes rows in a database that another application owns. */
import type { Attack, Ends } from './attack.ts'

const CAST = { own: { schemas: ['public', 'app'] }, ed: { access_level: 'editor' } } as const
const COMES = { late: { access_level: 'reader' } } as const
const TABLES =
  'CREATE TABLE app.t1 (x int); CREATE TABLE app.t2 (x int); INSERT INTO app.t1 SELECT generate_series(1, 100)'

/** From 18 on a GRANT waits for whoever locked the table; before it only for what changes its row in the catalog. */
const WAITS_FROM_18 = (version: number): Ends =>
  version < 18
    ? {}
    : { late: ['failed', 'not_begun'], own: ['done', 'failed', 'not_begun'], ed: ['done', 'failed', 'not_begun'] }

const attack = (one: Omit<Attack, 'cast'>): Attack => ({
  cast: CAST,
  change: COMES,
  prepare: async (field) => {
    await field.as('own', TABLES)
    await field.stack.applyOk()
  },
  ...one,
})

export const EDITORS: readonly Attack[] = [
  attack({
    name: 'locks every table, while a reader comes',
    begin: (field) => field.hold('ed', ['BEGIN; LOCK TABLE app.t1, app.t2 IN ACCESS EXCLUSIVE MODE']),
    ends: WAITS_FROM_18,
    codes: ['statement_failed'],
  }),
  attack({
    name: 'locks every row, with an old transaction and a cursor',
    begin: (field) =>
      field.hold('ed', [
        'BEGIN; SELECT txid_current(); UPDATE app.t1 SET x = x; DECLARE c CURSOR FOR SELECT * FROM app.t1 FOR UPDATE; FETCH 10 FROM c',
      ]),
  }),
  attack({
    name: 'stays in a transaction that failed, and in one that exports its snapshot',
    begin: async (field) => {
      const failed = await field.hold('ed', ['BEGIN'])
      await failed.query('SELECT 1/0').catch(() => {})
      await field.hold('ed', ['BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT pg_export_snapshot()'])
    },
  }),
  attack({
    name: 'takes the keys of our locks in the database that it shares',
    begin: (field) =>
      field.hold('ed', ['SELECT pg_advisory_lock(8242267087886938998); SELECT pg_advisory_lock(1919185778, 1)']),
  }),
  attack({
    name: 'grants on, as far as it can: its objects to everybody',
    begin: (field) =>
      field.hold('ed', ['CREATE TEMP TABLE mine (x int); GRANT ALL ON mine TO PUBLIC; CREATE TEMP TABLE more (x int)']),
    tells: [],
  }),
  attack({
    name: 'makes the schema that its owner declares next',
    prepare: (field) => field.sql(`GRANT CREATE ON DATABASE ${field.database} TO ${field.user('ed')}`),
    change: { own: { schemas: ['public', 'app', 'next'] } },
    begin: (field) => field.as('ed', 'CREATE SCHEMA next'),
    ends: { own: 'blocked', ed: ['not_begun'] },
    codes: ['schema'],
    mend: (field) => field.sql('DROP SCHEMA next', field.database),
  }),
  attack({
    name: 'ends our sessions, and its own, in a loop',
    change: { ...COMES, ed: { connection_limit: 17 } },
    begin: (field) =>
      field.loop(
        'ed',
        [
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()',
        ],
        { sessions: 2 },
      ),
    ends: { ed: ['done', 'failed'] },
    codes: ['statement_failed'],
  }),
  attack({
    name: 'sets a path, a role and timeouts for itself in the database that it shares',
    begin: (field) =>
      field.as(
        'ed',
        `ALTER ROLE CURRENT_USER IN DATABASE ${field.database} SET search_path = evil;
        ALTER ROLE CURRENT_USER IN DATABASE ${field.database} SET statement_timeout = 1; ALTER ROLE CURRENT_USER SET role = ${field.user('ed')}`,
      ),
    mend: (field) => field.sql(`ALTER ROLE ${field.user('ed')} RESET ALL`),
  }),
  attack({
    name: 'writes and deletes without end, four at once',
    begin: (field) =>
      field.loop('ed', ['INSERT INTO app.t1 SELECT generate_series(1, 50)', 'DELETE FROM app.t1 WHERE x > 10'], {
        sessions: 4,
      }),
  }),
  attack({
    name: 'prepares a transaction with locks on every table',
    begin: (field) =>
      field.as('ed', `BEGIN; LOCK TABLE app.t1, app.t2 IN ACCESS EXCLUSIVE MODE; PREPARE TRANSACTION 'locks'`),
    ends: WAITS_FROM_18,
    codes: ['statement_failed'],
    mend: (field) => field.as('ed', `ROLLBACK PREPARED 'locks'`),
  }),
  attack({
    name: 'reads what it may of others: roles, settings, statements',
    begin: (field) =>
      field.loop('ed', [
        'TABLE pg_roles',
        'TABLE pg_db_role_setting',
        'SELECT query FROM pg_stat_activity',
        'SELECT rolpassword FROM pg_authid',
      ]),
    proof: async (t, field) => {
      t.is(await field.answer('ed', 'SELECT rolpassword FROM pg_authid'), '42501')
      t.is(await field.answer('ed', `ALTER ROLE ${field.user('own')} PASSWORD 'x'`), '42501')
      t.is(await field.answer('ed', 'SELECT 1', 'other3_dev_db'), '42501')
    },
  }),
]
