import test from 'ava'
import { difference, dump } from '../../support/catalogs.ts'
import { startServer } from '../../support/postgres.ts'

for (const version of [15, 16] as const) {
  test(`PostgreSQL ${version}: every kind of change shows in a dump, and undoing it ends the difference`, async (t) => {
    const server = await startServer({ version })
    try {
      await server.sql('CREATE DATABASE d')
      await server.sql('CREATE ROLE r')
      const before = await dump(server)
      t.deepEqual(difference(before, await dump(server)), [])
      const setting = version < 16 ? 'ADMIN OPTION' : 'ADMIN TRUE, INHERIT FALSE, SET FALSE'
      const changes: readonly (readonly [string, string, string, string])[] = [
        ['roles', 'postgres', 'ALTER ROLE r CREATEDB', 'ALTER ROLE r NOCREATEDB'],
        ['roles', 'postgres', `COMMENT ON ROLE r IS 'tag'`, 'COMMENT ON ROLE r IS NULL'],
        ['passwords', 'postgres', `ALTER ROLE r PASSWORD 'x'`, 'ALTER ROLE r PASSWORD NULL'],
        ['members', 'postgres', `GRANT rds_iam TO r WITH ${setting}`, 'REVOKE rds_iam FROM r'],
        ['databases', 'postgres', 'ALTER DATABASE d CONNECTION LIMIT 3', 'ALTER DATABASE d CONNECTION LIMIT -1'],
        [
          'settings',
          'postgres',
          `ALTER ROLE r IN DATABASE d SET work_mem = '1MB'`,
          'ALTER ROLE r IN DATABASE d RESET ALL',
        ],
        ['d/schemas', 'd', 'CREATE SCHEMA s', 'DROP SCHEMA s'],
        [
          'd/default_acl',
          'd',
          'ALTER DEFAULT PRIVILEGES FOR ROLE r GRANT SELECT ON TABLES TO rds_iam',
          'ALTER DEFAULT PRIVILEGES FOR ROLE r REVOKE SELECT ON TABLES FROM rds_iam',
        ],
        ['d/relations', 'd', 'CREATE VIEW v AS SELECT 1', 'DROP VIEW v'],
        ['d/functions', 'd', 'CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1', 'DROP FUNCTION f()'],
        ['d/extensions', 'd', 'CREATE EXTENSION tsm_system_rows', 'DROP EXTENSION tsm_system_rows'],
      ]
      for (const [catalog, database, change, undo] of changes) {
        await server.sql(change, [], database)
        const shown = difference(before, await dump(server))
        t.true(
          shown.some((line) => line.startsWith(`+ ${catalog}: `)),
          change,
        )
        await server.sql(undo, [], database)
        t.deepEqual(difference(before, await dump(server)), [], undo)
      }
      await server.sql('DROP DATABASE d') // no session of dump's is left in it
    } finally {
      await server.stop()
    }
  })
}
