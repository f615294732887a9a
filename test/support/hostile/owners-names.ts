/** What an owner does to the names, comments and number of its databases. */
import type { Attack } from './attack.ts'
import type { Field } from './field.ts'

type Begin = (field: Field) => Promise<unknown>

export const MAKER = { own: { can_create_databases: true, schemas: ['public', 'app'] } } as const
/** Two who share the database; a third comes while it is attacked, so that something has to be granted inside. */
export const SHARED = { ...MAKER, rd: { access_level: 'reader' } } as const
export const inside =
  (sql: string): Begin =>
  (field) =>
    field.as('own', sql)
export const outside =
  (sql: (field: Field) => string): Begin =>
  (field) =>
    field.as('own', sql(field), 'postgres')

const ON_NAMES: readonly Attack[] = [
  {
    name: 'renames its database',
    cast: MAKER,
    begin: outside(({ database }) => `ALTER DATABASE ${database} RENAME TO ${database}_x`),
    ends: { own: 'blocked' },
    codes: ['renamed_database'],
    mend: (field) => field.sql(`ALTER DATABASE ${field.database}_x RENAME TO ${field.database}`),
  },
  {
    name: 'renames a schema that is declared, and drops another',
    cast: { own: { can_create_databases: true, schemas: ['public', 'app', 'more'] } },
    begin: inside('ALTER SCHEMA app RENAME TO other; DROP SCHEMA more'),
    ends: { own: ['blocked', 'done'] },
    codes: ['schema'],
  },
  {
    name: 'leaves its database invalid, a DROP DATABASE that was cancelled',
    cast: SHARED,
    begin: (field) => field.sql(`UPDATE pg_database SET datconnlimit = -2 WHERE datname = '${field.database}'`),
    ends: { own: 'blocked', rd: 'not_begun' },
    codes: ['invalid_database'],
    mend: (field) => field.sql(`UPDATE pg_database SET datconnlimit = -1 WHERE datname = '${field.database}'`),
  },
  {
    name: 'drops its database',
    begin: outside(({ database }) => `DROP DATABASE ${database}`),
    ends: { own: 'blocked' },
    codes: ['missing_database'],
    mend: (field) => field.sql(`CREATE DATABASE ${field.database} OWNER ${field.user('own')}`),
  },
  {
    name: 'gives its database to another login, which made it its member',
    on: (version) => version < 15,
    cast: { own: { can_create_databases: true }, friend: {} },
    begin: async (field) => {
      await field.as('friend', `GRANT ${field.user('friend')} TO ${field.user('own')}`, 'postgres')
      await field.as('own', `ALTER DATABASE ${field.database} OWNER TO ${field.user('friend')}`, 'postgres')
    },
    ends: { own: 'blocked' },
    codes: ['owner_mismatch'],
    tells: [{ role: 'friend', object: 'grant', action: 'revoke', status: 'removed' }],
    mend: (field) => field.sql(`ALTER DATABASE ${field.database} OWNER TO ${field.user('own')}`),
  },
  {
    name: 'makes twenty databases, with names that break lines and steer terminals',
    begin: async (field) => {
      for (let n = 0; n < 20; n += 1)
        await field.as(
          'own',
          `CREATE DATABASE U&"${field.id} ${String(n)} \\000a::error::\\001b[2J\\202e" TEMPLATE template0`,
          'postgres',
        )
    },
    cast: MAKER,
  },
  {
    name: 'makes and drops databases in a loop, one of them a copy of its own',
    cast: MAKER,
    begin: (field) => {
      field.loop('own', [`CREATE DATABASE ${field.id}_x TEMPLATE template0`, `DROP DATABASE ${field.id}_x`], {
        database: 'postgres',
      })
      field.loop('own', [`CREATE DATABASE ${field.id}_y TEMPLATE ${field.database}`, `DROP DATABASE ${field.id}_y`], {
        database: 'postgres',
      })
    },
    ends: { own: ['done', 'failed'] },
    codes: ['statement_failed'],
  },
  {
    name: 'stays in template1 while applications are made',
    cast: MAKER,
    change: { next: {}, after: {} },
    begin: (field) => field.hold('own', ['BEGIN; SELECT 1'], 'template1'),
  },
  {
    // By contract (design: whose trouble it is): a new claim that cannot be made stops the run before its first change.
    name: 'takes the name of the database that is declared next',
    cast: MAKER,
    change: { next: {} },
    begin: (field) => field.as('own', `CREATE DATABASE ${field.id}_next_dev_db TEMPLATE template0`, 'postgres'),
    stopsAll: true,
    codes: ['owner_mismatch'],
    mend: (field) => field.sql(`DROP DATABASE ${field.id}_next_dev_db`),
  },
]

const ON_BYTES: readonly Attack[] = [
  {
    name: 'writes a comment of sixty megabytes on its database',
    begin: outside(
      ({ database }) =>
        `DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE ${database} IS %L', repeat('{"ManagedBy":"x"}', 3500000)); END $$`,
    ),
  },
  {
    name: 'writes a comment and a setting with bytes of LATIN1',
    cast: { own: { encoding: 'LATIN1', locale: 'C', can_create_databases: true } },
    begin:
      inside(`DO $$ BEGIN EXECUTE 'COMMENT ON DATABASE ' || current_database() || ' IS ' || quote_literal(chr(233));
      EXECUTE 'ALTER DATABASE ' || current_database() || ' SET search_path = ' || quote_literal(chr(233)); END $$`),
  },
  {
    name: 'makes an undeclared database of SQL_ASCII, and writes bytes on it that are no text',
    cast: MAKER,
    begin: async (field) => {
      await field.as(
        'own',
        `CREATE DATABASE ${field.id}_raw TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'`,
        'postgres',
      )
      await field.as(
        'own',
        `COMMENT ON DATABASE ${field.id}_raw IS E'{"ManagedBy":"\\xff\\xfe"}'; ALTER DATABASE ${field.id}_raw SET search_path = E'\\xff'`,
        `${field.id}_raw`,
      )
    },
  },
  {
    name: 'writes the tag of another application on its database',
    begin: outside(
      ({ database }) =>
        `COMMENT ON DATABASE ${database} IS '{"ManagedBy":"rds-provision","Stack":"hostile","Environment":"dev","Application":"other1"}'`,
    ),
  },
]

export const ON_WHAT_ALL_SEE: readonly Attack[] = [...ON_NAMES, ...ON_BYTES]
