/** Attributes and settings of logins and databases that nobody declares (src/README.md: Beyond the declaration). */
import test from 'ava'
import type { DatabaseState, StoredSetting } from '../../../src/model/catalog.ts'
import { findAllBeyond } from '../../../src/plan/beyond.ts'
import { beyond, look, MODES } from './beyond-sample.ts'
import { role, tagOf } from './sample.ts'

const setting = (fields: Partial<StoredSetting>): StoredSetting => ({
  role: 'g',
  database: 'd',
  name: 'work_mem',
  value: '8MB',
  ...fields,
})

const PARAMETERS = new Map([['log_statement', { name: 'log_statement', context: 'superuser' }]])

test('settings of a login: what is not declared goes from its database, and stays elsewhere and where it is a superuser’s', (t) => {
  const of = (fields: Partial<StoredSetting>, entry: object = {}): string[] =>
    MODES.flatMap((undeclared) =>
      beyond({
        undeclared,
        entries: { g: { username: 'g', database_name: 'd', access_level: 'reader', undeclared, ...entry } },
        cluster: { settings: [setting(fields)], parameters: PARAMETERS },
      }),
    )
  const told = (what: string, ...each: readonly string[]): string[] => each.map((fate) => `g: ${what}, ${fate}`)
  t.deepEqual(of({}), told('work_mem = 8MB on its sessions in d', 'kept', 'taken away', 'taken away'))
  t.deepEqual(
    of({ database: null }),
    told('work_mem = 8MB on its sessions in all databases', 'left alone', 'left alone', 'left alone'),
  )
  t.deepEqual(of({ database: 'e' }), [])
  t.deepEqual(of({ name: '\udce9' }), [])
  t.deepEqual(of({ name: 'Work_Mem' }, { settings: { work_mem: '9MB' } }), [], 'a value that differs is set')
  t.deepEqual(
    of({ name: 'log_statement' }),
    told('log_statement = 8MB on its sessions in d', 'kept', 'left alone', 'left alone'),
  )
  t.deepEqual(of({ role: 'x' }), [])
})

test('attributes of a login and of its database are beyond where they are kept, and not where they are declared', (t) => {
  const until = new Date('2030-01-01T00:00:00Z')
  const odd = role('o', { comment: tagOf('o'), canLogin: false, createDb: true, connectionLimit: 5, validUntil: until })
  const of = (owner: object, fields: Partial<DatabaseState> = {}, roles = [odd]): string[] =>
    beyond({ owner, roles, fields }).filter((text) => text.startsWith('o'))
  const login = ['NOLOGIN', 'CREATEDB', 'CONNECTION LIMIT 5', `password valid to ${until.toISOString()}`].map(
    (what) => `o: ${what} on its login, kept`,
  )
  const keep = { undeclared: 'keep' }
  t.deepEqual(of({}), [])
  t.deepEqual(of(keep), login)
  const says = {
    can_login: true,
    can_create_databases: false,
    connection_limit: 9,
    valid_until: '2031-01-01T00:00:00Z',
  }
  t.deepEqual(of({ ...keep, ...says }), [])
  t.deepEqual(of(keep, {}, [role('o', { comment: tagOf('o') })]), [])
  const closed = { allowConnections: false, isTemplate: true, connectionLimit: 0 }
  const ofDatabase = ['ALLOW_CONNECTIONS false', 'IS_TEMPLATE true', 'CONNECTION LIMIT 0'].map(
    (what) => `o: ${what} on database d, kept`,
  )
  t.deepEqual(of({}, closed), [])
  t.deepEqual(of(keep, closed), [...ofDatabase, ...login])
  t.deepEqual(of({ ...keep, ...says, database_connection_limit: 7 }, closed), ofDatabase.slice(0, 2))
  const removed = role('o', { comment: tagOf('o', { Removal: { o: {} } }), canLogin: false })
  t.deepEqual(of(keep, closed, [removed]), ofDatabase.slice(2), 'a removal closed it')
})

test('what takes away an attribute is a statement as whoever may', (t) => {
  const odd = role('o', {
    comment: tagOf('o'),
    createDb: true,
    canLogin: false,
    connectionLimit: 5,
    validUntil: new Date(0),
  })
  const fields = { allowConnections: false, isTemplate: true, connectionLimit: 3 }
  const settings = [
    setting({ role: '', name: 'log_statement' }),
    setting({ role: '', name: 'jit', value: 'off' }),
    setting({ role: '', name: 'jit', database: 'e' }),
    setting({ role: '', name: '\udce9' }),
  ]
  const told = findAllBeyond(
    look({ owner: { undeclared: 'keep' }, roles: [odd], fields, cluster: { settings, parameters: PARAMETERS } }),
  )
  t.deepEqual(
    told.map(
      ({ what, remedy }) => `${what}: ${/^as [^:]*/.exec(remedy)?.[0] ?? ''}: ${/ALTER [^;]*/.exec(remedy)?.[0] ?? ''}`,
    ),
    [
      'ALLOW_CONNECTIONS false: as admin: ALTER DATABASE "d" ALLOW_CONNECTIONS true',
      'IS_TEMPLATE true: as admin: ALTER DATABASE "d" IS_TEMPLATE false',
      'CONNECTION LIMIT 3: as admin: ALTER DATABASE "d" CONNECTION LIMIT -1',
      'log_statement = 8MB: as a superuser: ALTER DATABASE "d" RESET "log_statement"',
      'jit = off: as admin: ALTER DATABASE "d" RESET "jit"',
      'NOLOGIN: as admin: ALTER ROLE "o" LOGIN',
      'CREATEDB: as admin: ALTER ROLE "o" NOCREATEDB',
      'CONNECTION LIMIT 5: as admin: ALTER ROLE "o" CONNECTION LIMIT -1',
      `password valid to 1970-01-01T00:00:00.000Z: as admin: ALTER ROLE "o" VALID UNTIL 'infinity'`,
    ],
  )
  t.deepEqual(
    told.filter(({ fate }) => fate !== 'kept').map(({ what }) => what),
    ['log_statement = 8MB', 'jit = off'],
  )
})
