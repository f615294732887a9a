/** Attacks of a login whose entry is removed or lowered: it must not keep what it had, nor hold up the others. */
import type { ExecutionContext } from 'ava'
import type { Attack } from './attack.ts'
import type { Field } from './field.ts'

const LEAVES = { own: { cleanup_policy: 'delete' } } as const
const GUEST = { own: { schemas: ['public', 'app'] }, ed: { access_level: 'editor', cleanup_policy: 'delete' } } as const
const LOWERED = { ed: { access_level: 'reader', connection_limit: 17 } } as const

const removed = (one: Omit<Attack, 'removes'>): Attack => ({
  cast: LEAVES,
  removes: 'own',
  ends: { own: 'gone' },
  ...one,
})
/** Its large objects are nobody's to lose: it stays closed until somebody decides. */
const CLOSED = { ends: { own: ['closed', 'gone'] }, codes: ['removal_obstacle', 'left_closed'] } as const
const withoutLargeObjects = async (field: Field): Promise<void> => {
  for (const database of ['postgres', 'template1']) {
    await field.sql(
      `SELECT lo_unlink(m.oid) FROM pg_largeobject_metadata m WHERE pg_get_userbyid(lomowner) = '${field.user('own')}'`,
      database,
    )
    await field.bed.server.forget(database)
  }
}

const REMOVED: readonly Attack[] = [
  removed({ name: 'does nothing', begin: () => {} }),
  removed({
    name: 'makes large objects elsewhere in a loop',
    begin: async (field) => {
      await field.as('own', 'SELECT lo_create(0)', 'template1')
      field.loop('own', ['SELECT lo_create(0)'], { database: 'postgres', renew: true })
    },
    ...CLOSED,
    mend: withoutLargeObjects,
  }),
  removed({
    name: 'comes back without end, four at once, and makes tables',
    begin: (field) =>
      field.loop('own', ['CREATE TEMP TABLE t (x int)', 'CREATE TABLE t (x int)', 'DROP TABLE t'], {
        sessions: 4,
        renew: true,
      }),
  }),
  removed({ name: 'hides in start-up, in its own database', begin: (field) => field.hide('own') }),
  removed({
    name: 'hides in start-up elsewhere, as often as twice',
    begin: async (field) => {
      await field.hide('own', 'postgres')
      await field.hide('own', 'template1')
    },
  }),
  removed({
    name: 'holds an uncommitted change of its own role',
    begin: (field) => field.hold('own', [`BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'hunter2'`], 'postgres'),
  }),
  removed({
    name: 'holds its database’s row, and every table in it',
    prepare: (field) => field.as('own', 'CREATE TABLE t (x int)'),
    begin: (field) =>
      field.hold('own', [
        `BEGIN; COMMENT ON DATABASE ${field.database} IS 'mine'; LOCK TABLE t; GRANT ALL ON DATABASE ${field.database} TO PUBLIC`,
      ]),
  }),
  removed({
    name: 'closes its database, and shows the sign of a removal',
    begin: (field) =>
      field.hold(
        'own',
        [
          `SELECT pg_advisory_lock_shared(1919185778, oid::int8::bit(32)::int4) FROM pg_database WHERE datname = '${field.database}'`,
          `ALTER DATABASE ${field.database} ALLOW_CONNECTIONS false`,
        ],
        'postgres',
      ),
  }),
  removed({
    name: 'runs what does not end, in its own database and elsewhere',
    begin: async (field) => {
      await field.start('own', 'SELECT pg_sleep(600)')
      await field.start(
        'own',
        'SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b',
        'postgres',
      )
    },
  }),
  removed({
    name: 'has made another login its member',
    on: (version) => version < 15,
    cast: { ...LEAVES, friend: {} },
    begin: async (field) => {
      await field.as('own', `GRANT ${field.user('own')} TO ${field.user('friend')}`, 'postgres')
      await field.hold('friend', [`SET ROLE ${field.user('own')}`], 'postgres')
    },
    proof: async (t, field) => t.is(await field.answer('friend', `SET ROLE ${field.user('own')}`, 'postgres'), '22023'),
  }),
  removed({
    name: 'has a prepared transaction in its database',
    begin: (field) =>
      field.as('own', `CREATE TABLE p (x int); BEGIN; INSERT INTO p VALUES (1); PREPARE TRANSACTION 'p'`),
    ends: { own: ['closed', 'gone'] },
    codes: ['removal_obstacle', 'left_closed', 'statement_failed'],
    mend: async (field) => {
      await field.sql(`ROLLBACK PREPARED 'p'`, field.database)
      await field.bed.server.forget(field.database)
    },
  }),
  removed({
    name: 'gives its rights on, sets its role to fail, and plants a path',
    begin: (field) =>
      field.as(
        'own',
        `ALTER ROLE CURRENT_USER SET local_preload_libraries = 'no_such'; ALTER ROLE CURRENT_USER SET statement_timeout = 1;
         ALTER DATABASE ${field.database} SET search_path = evil; ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC`,
      ),
  }),
]

/** Asked of the server, since a session of its own might wait for what another one of it holds. */
const mayNotWrite = async (t: ExecutionContext, field: Field): Promise<void> => {
  const [row] = await field.bed.server.sql(
    `SELECT has_table_privilege('${field.user('ed')}', 'app.t', 'INSERT') AS may`,
    [],
    field.database,
  )
  t.false(row?.['may'])
}
const lowered = (one: Omit<Attack, 'cast'>): Attack => ({
  cast: GUEST,
  change: LOWERED,
  prepare: async (field) => {
    await field.as('own', 'CREATE TABLE app.t (x int)')
    await field.stack.applyOk()
  },
  proof: mayNotWrite,
  tells: [{ role: 'ed', object: 'login', action: 'disconnect', status: 'updated' }],
  ...one,
})

const LESSENED: readonly Attack[] = [
  lowered({
    name: 'is lowered, and keeps a session',
    begin: (field) => field.hold('ed', ['INSERT INTO app.t VALUES (1)']),
  }),
  lowered({
    name: 'is lowered, and holds the table and its own role',
    begin: async (field) => {
      await field.hold('ed', ['BEGIN; LOCK TABLE app.t'])
      await field.hold('ed', [`BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'hunter2'`], 'postgres')
    },
    tells: [],
  }),
  lowered({
    name: 'is lowered, and writes without end, four at once',
    begin: (field) => field.loop('ed', ['INSERT INTO app.t VALUES (1)'], { sessions: 4 }),
  }),
  lowered({
    name: 'is lowered, and hides in start-up',
    begin: (field) => field.hide('ed'),
    tells: [],
  }),
  {
    name: 'is a guest that is removed, and keeps a transaction open in what it shares',
    cast: GUEST,
    prepare: (field) => field.as('own', 'CREATE TABLE app.t (x int)'),
    removes: 'ed',
    begin: async (field) => {
      await field.hold('ed', ['BEGIN; CREATE TEMP TABLE mine (x int); SELECT txid_current()'])
      field.loop('ed', ['CREATE TEMP TABLE mine (x int)'], { renew: true })
    },
    ends: { ed: 'gone' },
  },
]

export const LEAVERS: readonly Attack[] = [...REMOVED, ...LESSENED]
