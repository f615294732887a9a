/** `schemas = ["*"]`: all schemas of the database's owner, now and later (src/README.md: Access levels). */
import test from 'ava'
import { bedFor, type Stack, VERSIONS } from '../../support/provision.ts'

const DENIED = '42501'
const GONE = '42P01'

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  const shared = async (name: string, guest: object): Promise<Stack> => {
    const database_name = `${name}_db`
    const stack = bed().declare({
      own: { username: `${name}_owner`, database_name, schemas: ['app'] },
      guest: { username: `${name}_guest`, database_name, access_level: 'reader', ...guest },
    })
    await stack.applyOk()
    await stack.sql('own', 'CREATE TABLE app.t (x int); CREATE SCHEMA mart; CREATE TABLE mart.t (x int)')
    await stack.sql('own', 'CREATE TABLE public.p (x int)')
    return stack
  }
  const redeclare = (stack: Stack, changes: object): void => {
    stack.applications = { ...stack.applications, guest: { ...stack.applications['guest'], ...changes } }
  }
  const reads = async (stack: Stack, tables: readonly string[]): Promise<string[]> => {
    const all: string[] = []
    for (const table of tables) all.push(await stack.answer('guest', `SELECT * FROM ${table}`))
    return all
  }

  test.serial(`${on}a reader reads what is there, in public too, and what the owner makes later`, async (t) => {
    const stack = await shared('all', { schemas: ['*'] })
    await stack.applyOk()
    t.deepEqual(await reads(stack, ['app.t', 'mart.t', 'public.p']), ['ok', 'ok', 'ok'])
    t.deepEqual(await stack.plan(), [])
    await stack.sql('own', 'CREATE SCHEMA later; CREATE TABLE later.t (x int); CREATE TABLE mart.more (x int)')
    t.deepEqual(await reads(stack, ['later.t', 'mart.more']), ['ok', 'ok'])
    t.is(await stack.answer('guest', 'INSERT INTO later.t VALUES (1)'), DENIED)
    t.deepEqual(await stack.plan(), [])
    t.false((await stack.applyOk()).records.some(({ status }) => status === 'warning' && version > 14))
    t.regex(await stack.report('text'), /later: read rows/)
  })

  test.serial(`${on}what others made is not the owner's`, async (t) => {
    const stack = await shared('others', { schemas: ['*'] })
    await bed().server.sql('CREATE SCHEMA foreign_one; CREATE TABLE foreign_one.t (x int)', [], 'others_db')
    await stack.applyOk()
    t.deepEqual(await reads(stack, ['foreign_one.t', 'mart.t']), [DENIED, 'ok'])
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}taken by hand it comes back, and a list in its place takes it away`, async (t) => {
    const stack = await shared('narrowed', { schemas: ['*'], access_level: 'editor' })
    await stack.applyOk()
    await stack.sql(
      'own',
      'REVOKE USAGE ON SCHEMA mart FROM narrowed_guest; REVOKE SELECT ON mart.t FROM narrowed_guest',
    )
    await stack.sql(
      'own',
      'ALTER DEFAULT PRIVILEGES REVOKE USAGE ON SCHEMAS FROM narrowed_guest; ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM narrowed_guest',
    )
    await stack.sql('own', 'CREATE SCHEMA unseen; CREATE TABLE unseen.t (x int)')
    t.deepEqual(await reads(stack, ['mart.t', 'unseen.t']), [DENIED, DENIED])
    await stack.applyOk()
    t.deepEqual(await reads(stack, ['mart.t', 'unseen.t']), ['ok', 'ok'])
    redeclare(stack, { schemas: ['app'] })
    await stack.applyOk()
    t.deepEqual(await reads(stack, ['mart.t', 'unseen.t', 'app.t', 'public.p']), [DENIED, DENIED, 'ok', DENIED])
    await stack.sql('own', 'CREATE SCHEMA late; CREATE TABLE late.t (x int); CREATE TABLE app.late (x int)')
    t.deepEqual(await reads(stack, ['late.t', 'app.late']), [DENIED, 'ok'])
    t.deepEqual(await stack.plan(), [])
    redeclare(stack, { schemas: ['*'] })
    await stack.applyOk()
    t.deepEqual(await reads(stack, ['late.t', 'mart.t', 'app.t']), ['ok', 'ok', 'ok'])
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}in the owner's entry it makes no schema, and is what its guests have`, async (t) => {
    const stack = bed().declare({
      own: { username: 'star_owner', database_name: 'star_db', schemas: ['*'], extensions: ['citext'] },
      guest: { username: 'star_guest', database_name: 'star_db', access_level: 'reader' },
    })
    await stack.applyOk()
    await stack.sql('own', 'CREATE SCHEMA made; CREATE TABLE made.t (x int)')
    t.is(await stack.answer('guest', 'SELECT * FROM made.t'), 'ok')
    t.is(await stack.answer('guest', 'SELECT * FROM made.nosuch'), GONE)
    const [row] = await bed().server.sql(
      `SELECT count(*)::int AS n FROM pg_namespace WHERE nspname = '*'`,
      [],
      'star_db',
    )
    t.is(row?.['n'], 0)
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}its level in all schemas, given by hand to who works in some: kept, or taken away`, async (t) => {
    const stack = await shared('spread', { schemas: ['app'], undeclared: 'keep' })
    await stack.sql('own', 'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO spread_guest')
    await stack.sql('own', 'GRANT USAGE ON SCHEMA mart TO spread_guest')
    t.deepEqual(await stack.plan(), [])
    for (const undeclared of ['report', 'revoke']) {
      await stack.sql('own', 'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO spread_guest')
      redeclare(stack, { undeclared })
      const [lost] = (await stack.plan()).filter(({ kind }) => kind === 'revoke_default_privileges')
      t.deepEqual(lost?.loses, [
        { who: 'spread_guest', what: 'SELECT on tables that spread_owner will create in any schema of spread_db' },
      ])
      await stack.applyOk()
      await stack.sql('own', `CREATE TABLE app.${undeclared} (x int); CREATE TABLE mart.${undeclared} (x int)`)
      t.deepEqual(await reads(stack, [`app.${undeclared}`, `mart.${undeclared}`]), ['ok', DENIED])
      t.deepEqual(await stack.plan(), [])
    }
  })

  test.serial(`${on}the login is removed whole, also while the owner has temporary tables`, async (t) => {
    const stack = await shared('leaver', { schemas: ['*'], cleanup_policy: 'delete' })
    await stack.applyOk()
    const client = await stack.connect('own')
    await client.query('CREATE TEMPORARY TABLE scratch (x int)')
    await stack.destroyOk('guest')
    t.deepEqual(await bed().server.sql(`SELECT FROM pg_roles WHERE rolname = 'leaver_guest'`), [])
    t.is((await client.query('SELECT * FROM scratch')).rowCount, 0)
    await client.end()
  })
}
