/** Attacks that any login of an application can try, from the database `postgres` or its own. */
import type { Attack, Told } from './attack.ts'
import { ON_ITSELF } from './logins-themselves.ts'

/** The lock of the instance (src/server/lock.ts), and the signs of removals (src/server/removal-signals.ts). */
const KEY = '8242267087886938998'
const SIGN = '1919185778'

const ELSEWHERE = 'postgres'
const OURS = `application_name LIKE 'rds-provision%' AND pid <> pg_backend_pid()`
const DISCONNECTED: Told = { role: 'own', object: 'login', action: 'disconnect', status: 'warning' }
const FAILS = { ends: { own: 'failed' }, codes: ['statement_failed'] } as const

const ON_LOCKS: readonly Attack[] = [
  { name: 'does nothing', begin: () => {} },
  {
    name: 'holds an uncommitted change of its own password',
    begin: (field) => field.hold('own', [`BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'hunter2'`]),
    ...FAILS,
  },
  {
    name: 'prepares a transaction that changes its own role, and leaves it so',
    begin: (field) => field.as('own', `BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'hunter2'; PREPARE TRANSACTION 'own'`),
    ...FAILS,
    mend: (field) => field.as('own', `ROLLBACK PREPARED 'own'`),
  },
  {
    // A named limit (src/README.md: Locks and signs of others): RDS has prepared transactions off.
    name: 'prepares a transaction on the key of the instance’s lock, where the server allows them',
    begin: async (field) => {
      field.stack.variables = { ...field.stack.variables, lock_timeout: 2 }
      await field.as('own', `BEGIN; SELECT pg_advisory_xact_lock(${KEY}); PREPARE TRANSACTION 'key'`, ELSEWHERE)
    },
    stopsAll: true,
    codes: ['lock_timeout'],
    mend: (field) => {
      field.stack.variables = { ...field.stack.variables, lock_timeout: 20 }
      return field.as('own', `ROLLBACK PREPARED 'key'`, ELSEWHERE)
    },
  },
  {
    name: 'takes the key of the instance’s lock',
    begin: (field) => field.hold('own', [`SELECT pg_advisory_lock(${KEY})`], ELSEWHERE),
    tells: [DISCONNECTED],
  },
  {
    name: 'takes that key shared, four sessions at once that come back',
    begin: async (field) => {
      field.loop('own', [`SELECT pg_advisory_lock_shared(${KEY})`], { database: ELSEWHERE, sessions: 4 })
      await field.hold('own', [`SELECT pg_advisory_lock_shared(${KEY})`], ELSEWHERE)
    },
    tells: [DISCONNECTED],
  },
  {
    name: 'takes that key under the name of a run, with line breaks and terminal control in it',
    begin: (field) =>
      field.hold(
        'own',
        [
          `SELECT set_config('application_name', E'rds-provision apply run-1\\n::error::\\x1b[2J', false)`,
          `SELECT pg_advisory_lock(${KEY})`,
        ],
        ELSEWHERE,
      ),
    tells: [DISCONNECTED],
  },
  {
    name: 'shows the signs of removals for the databases of all others',
    begin: (field) =>
      field.hold(
        'own',
        [
          `SELECT pg_advisory_lock_shared(${SIGN}, oid::int8::bit(32)::int4) FROM pg_database`,
          `SET application_name = 'rds-provision removal pending one'`,
        ],
        ELSEWHERE,
      ),
  },
  {
    name: 'locks pg_settings, on which PUBLIC may UPDATE',
    begin: (field) =>
      field.hold('own', ['BEGIN; LOCK TABLE pg_catalog.pg_settings IN ACCESS EXCLUSIVE MODE'], ELSEWHERE),
  },
  {
    name: 'locks every catalog that it may read',
    begin: (field) =>
      field.hold(
        'own',
        [
          'BEGIN; LOCK TABLE pg_database, pg_db_role_setting, pg_auth_members, pg_shdescription, pg_shdepend, pg_tablespace IN ACCESS SHARE MODE',
        ],
        ELSEWHERE,
      ),
  },
  {
    name: 'keeps an old transaction open, with an id and a cursor',
    begin: (field) =>
      field.hold(
        'own',
        [
          'BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT txid_current(); DECLARE c CURSOR FOR SELECT * FROM pg_class, pg_attribute; FETCH 1 FROM c',
        ],
        ELSEWHERE,
      ),
  },
]

const ON_SESSIONS: readonly Attack[] = [
  {
    name: 'ends our sessions in a loop',
    begin: (field) =>
      field.loop(
        'own',
        [`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND ${OURS}`],
        {
          database: ELSEWHERE,
        },
      ),
  },
  {
    name: 'cancels our statements in a loop',
    begin: (field) =>
      field.loop(
        'own',
        [`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND ${OURS}`],
        {
          database: ELSEWHERE,
        },
      ),
  },
  {
    name: 'tries to end the sessions of everybody else in a loop',
    begin: (field) =>
      field.loop(
        'own',
        [`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> current_user LIMIT 1`],
        {
          database: ELSEWHERE,
          sessions: 2,
        },
      ),
  },
  {
    name: 'has all connections that its limit allows',
    cast: { own: { connection_limit: 3 } },
    change: { own: { settings: { work_mem: '5MB' } } },
    begin: async (field) => {
      for (let n = 0; n < 3; n += 1) await field.hold('own', [], ELSEWHERE)
    },
  },
  {
    name: 'connects and leaves without end, four at once',
    begin: (field) => field.loop('own', ['SELECT 1'], { database: ELSEWHERE, sessions: 4, renew: true }),
  },
  {
    name: 'hides in start-up',
    begin: (field) => field.hide('own', ELSEWHERE),
  },
  {
    name: 'listens to everything, and notifies in a loop',
    begin: async (field) => {
      await field.hold('own', ['LISTEN a; BEGIN; SELECT 1'], ELSEWHERE)
      field.loop('own', [`SELECT pg_notify('a', repeat('x', 7000)) FROM generate_series(1, 50)`], {
        database: ELSEWHERE,
      })
    },
  },
  {
    name: 'reads pg_stat_activity for passwords in a loop, while one is set',
    prepare: (field) => field.as('own', 'CREATE TABLE seen (query text)'),
    begin: async (field) => {
      field.stack.setPassword(field.key('own'), 'Pw_of_the_next_version_1')
      await field.sql(`ALTER ROLE ${field.user('own')} PASSWORD 'Pw_of_the_next_version_0'`)
      const watcher = await field.bed.server.connect({
        user: field.user('own'),
        password: 'Pw_of_the_next_version_0',
        database: field.database,
      })
      watcher.on('error', () => {})
      void watchFor(watcher)
    },
    tells: [{ role: 'own', object: 'password', action: 'set', status: 'updated' }],
    proof: async (t, field) => t.deepEqual(await field.as('own', 'SELECT query FROM seen'), []),
  },
  {
    name: 'makes five hundred temporary tables and holds them',
    begin: (field) =>
      field.hold('own', [
        `DO $$ BEGIN FOR n IN 1..500 LOOP EXECUTE 'CREATE TEMP TABLE t' || n || ' (x int)'; END LOOP; END $$`,
      ]),
  },
  {
    name: 'makes large objects in postgres and template1 in a loop',
    begin: (field) => {
      field.loop('own', ['SELECT lo_create(0)'], { database: ELSEWHERE })
      field.loop('own', ['SELECT lo_create(0)'], { database: 'template1' })
    },
  },
]

/** Until its session ends. */
async function watchFor(watcher: { query: (text: string) => Promise<unknown> }): Promise<void> {
  try {
    for (;;)
      await watcher.query(`INSERT INTO seen SELECT query FROM pg_stat_activity
        WHERE usename <> current_user AND query !~ 'insufficient privilege' AND query <> ''`)
  } catch {
    // Ended, as it has to be.
  }
}

export const LOGINS: readonly Attack[] = [...ON_LOCKS, ...ON_SESSIONS, ...ON_ITSELF]
