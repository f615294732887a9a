/** Bytes that are no text, and text without end, in every place of the catalogs that a tenant can write. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { count } from '../../support/faults/intensity.ts'
import { ANY_VERSION, type Bed, bedFor, type Stack } from '../../support/provision.ts'
import { Session } from '../../../src/server/session.ts'

/** What the queries of all runs of this file brought: their size, and what was not ASCII. */
const wire = { size: 0, foreign: new Set<string>() }
const query = Session.prototype.query
Session.prototype.query = async function (queries) {
  const rows = await query.call(this, queries)
  const text = JSON.stringify(rows).replaceAll(/\\udc[89a-f][\da-f]/g, '') // what the session marked
  wire.size += text.length
  for (const [found] of text.matchAll(/"[^"]*(?:[^\0-\x7f]|\\u[0-9a-f]{4})[^"]*"/gi)) wire.foreign.add(found)
  return rows
}

/** The byte in every name, as SQL of a database of SQL_ASCII. */
const BYTE = `convert_from('\\xe9'::bytea, 'SQL_ASCII')`

/** Statements with `#` where the byte goes. */
function withByte(...statements: readonly string[]): string {
  const executes = statements.map((text) => `EXECUTE replace($s$${text}$s$, '#', ${BYTE});`)
  return `SET client_min_messages = error; DO $do$ BEGIN ${executes.join(' ')} END $do$`
}

const DELETED = { cleanup_policy: 'delete' }

interface Beside {
  readonly stack: Stack
  /** @throws where the other application was not provisioned, or saw anything of it. */
  check(t: ExecutionContext): Promise<void>
}

/** Another stack with an application that others provision meanwhile: in a first run, and again where it is done. */
async function beside(bed: Bed, name: string): Promise<Beside> {
  const stack = bed.declare({
    [name]: { settings: { work_mem: '8MB' } },
    [`${name}-rd`]: { database_name: `${name.replaceAll('-', '_')}_dev_db`, access_level: 'reader' },
  })
  await stack.applyOk()
  return {
    stack,
    async check(t) {
      t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
      t.deepEqual(await stack.plan(), [])
      const fresh = bed.declare({ [`${name}-new`]: {} }, DELETED)
      t.is((await fresh.applyOk()).audit.run.outcome, 'changed')
      await fresh.destroyOk(`${name}-new`)
      t.regex(await stack.report('text'), new RegExp(`${name.replaceAll('-', '_')}_dev_user`))
      for (const format of ['json', 'html', 'markdown'] as const) t.regex(await stack.report(format), /dev_user/)
    },
  }
}

const warnings = ({ records }: Awaited<ReturnType<Stack['apply']>>): string[] =>
  records.filter(({ status }) => status === 'warning').map(({ message }) => message)

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial(`${on}a comment, settings and databases written from a database of LATIN1`, async (t) => {
    const other = await beside(bed(), 'latin-beside')
    const menu = bed().declare(
      {
        menu: { encoding: 'LATIN1', locale: 'C', can_create_databases: true },
        'menu-rd': { database_name: 'menu_dev_db', access_level: 'reader' },
      },
      DELETED,
    )
    await menu.applyOk()
    await menu.sql('menu', `COMMENT ON DATABASE menu_dev_db IS 'café'`)
    await menu.sql('menu', `ALTER ROLE menu_dev_user SET search_path = 'café'`)
    await menu.sql('menu', `ALTER ROLE menu_dev_user IN DATABASE menu_dev_db SET search_path = 'café'`)
    await menu.sql('menu', `ALTER DATABASE menu_dev_db SET search_path = 'café'`)
    await menu.sql('menu', `CREATE DATABASE "café" TEMPLATE template0 ENCODING SQL_ASCII LOCALE 'C'`)
    await menu.sql(
      'menu',
      `COMMENT ON DATABASE "café" IS 'é'; GRANT CONNECT ON DATABASE "café" TO latin_beside_dev_user`,
    )
    await bed().server.sql(`ALTER ROLE menu_dev_user IN DATABASE menu_dev_db SET "x.é" = 'é'`, [], 'menu_dev_db')
    await bed().server.sql(
      `CREATE ROLE "rôle"; COMMENT ON ROLE "rôle" IS 'ô'; GRANT "rôle" TO menu_dev_user`,
      [],
      'menu_dev_db',
    )
    await bed().server.sql('GRANT ALL ON SCHEMA public TO "rôle"', [], 'menu_dev_db')
    await bed().server.forget('menu_dev_db')
    await other.check(t)
    for (const encoding of ['LATIN1', 'EUC_JP', 'SQL_ASCII']) {
      const database = `admin_${encoding.toLowerCase()}`
      await bed().server.sql(`CREATE DATABASE ${database} ENCODING ${encoding} LOCALE 'C' TEMPLATE template0`)
      const { host, port } = bed().server
      const from = bed().declare(other.stack.applications, {
        ...other.stack.variables,
        instance: { host, port, identifier: 'db-1', database },
      })
      for (const name of Object.keys(from.applications)) from.setPassword(name, other.stack.password(name))
      await from.applyOk() // the version of each secret is a new one
      t.is((await from.applyOk()).audit.run.outcome, 'no_change', encoding)
      t.regex(await from.report('text'), /caf/)
    }
    const applied = await menu.applyOk()
    const told = warnings(applied).join('\n')
    const taken = 'tag of database menu_dev_db, with the words that stood there'
    t.true(applied.records.some(({ message }) => message === taken))
    t.regex(told, /settings whose names are no text in UTF-8 \(x\.\\xE9\)/)
    t.true(applied.records.some(({ message }) => message.startsWith('search_path is no longer declared')))
    t.is((await menu.applyOk()).audit.run.outcome, 'no_change')
    t.regex(await menu.report('text'), /caf/)
    const { problems } = await menu.destroy('menu')
    t.deepEqual(
      problems.map(({ application, code }) => [application, code]),
      [['menu', 'removal_obstacle']],
    )
    t.regex(problems[0]?.message ?? '', /owns database caf\\xE9/)
    await other.check(t)
    // The login is closed by now; a person drops what stands in the way.
    await bed().server.sql(`DROP DATABASE "café"`, [], 'menu_dev_db')
    await bed().server.forget('menu_dev_db')
    await menu.destroyOk('menu-rd')
    await menu.destroyOk('menu')
    count('planted traps', 'bytes that are no text', 9)
  })

  test.serial(`${on}inside a database of SQL_ASCII, names of everything that a grant can be on`, async (t) => {
    const other = await beside(bed(), 'ascii-beside')
    const shared = { database_name: 'ascii_dev_db', access_level: 'reader' }
    const ascii = bed().declare(
      { ascii: { encoding: 'SQL_ASCII', locale: 'C', schemas: ['public', 'app', 'é'] }, rd: shared },
      { ...DELETED, governance_dir: await mkdtemp(join(tmpdir(), 'bytes-')) },
    )
    await ascii.applyOk()
    await ascii.sql(
      'ascii',
      withByte(
        'CREATE TABLE app.good (x int)',
        'CREATE TABLE "é"."é" (x int)',
        'CREATE TABLE app."t#" ("c#" int)',
        'CREATE SEQUENCE app."s#"',
        'CREATE TYPE app."ty#" AS (x int)',
        `CREATE FUNCTION app.f(IN app."ty#") RETURNS int LANGUAGE sql AS 'SELECT 1'`,
        'REVOKE ALL ON FUNCTION app.f(IN app."ty#") FROM PUBLIC',
        `CREATE FUNCTION app."f#"() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
        'CREATE SCHEMA "n#"',
        'CREATE TABLE "n#".inside (x int)',
        'GRANT SELECT ("c#") ON app."t#" TO rd_dev_user',
        'ALTER DEFAULT PRIVILEGES IN SCHEMA "n#" GRANT SELECT ON TABLES TO rd_dev_user',
        'GRANT ALL ON SCHEMA "n#" TO rd_dev_user WITH GRANT OPTION',
        `COMMENT ON DATABASE ascii_dev_db IS 'c#'`,
        `ALTER ROLE ascii_dev_user SET temp_tablespaces = 'p#'`,
      ),
    )
    await other.check(t)
    const applied = await ascii.applyOk()
    const [told = ''] = warnings(applied).filter((message) => message.includes('no text in UTF-8'))
    for (const name of [
      'schema n\\xE9',
      'table app.t\\xE9',
      'sequence app.s\\xE9',
      'function app.f\\xE9()',
      'function app.f(IN app."ty\\xE9")',
    ])
      t.true(told.includes(name), `${name} in: ${told}`)
    t.is(await ascii.answer('rd', 'SELECT * FROM app.good'), 'ok')
    t.is(await ascii.answer('rd', 'SELECT * FROM "é"."é"'), 'ok')
    t.is((await ascii.applyOk()).audit.run.outcome, 'no_change')
    t.deepEqual(await ascii.plan(), [])
    t.regex(await ascii.report('text'), /rd_dev_user/)

    const blocked = await ascii.destroy('rd')
    t.is(blocked.audit.run.exit_code, 4, blocked.audit.run.error ?? '')
    t.true(blocked.problems.every(({ application, code }) => application === 'rd' && code === 'removal_obstacle'))
    const obstacles = blocked.problems.map(({ message }) => message).join('\n')
    for (const name of ['SCHEMA "n\\xE9"', 'TABLE app."t\\xE9"', 'default privileges in schema n\\xE9'])
      t.true(obstacles.includes(name), `${name} in: ${obstacles}`)
    await other.check(t)
    await ascii.sql(
      'ascii',
      withByte(
        'ALTER SCHEMA "n#" RENAME TO named',
        'ALTER TABLE app."t#" RENAME TO t',
        'ALTER SEQUENCE app."s#" RENAME TO s',
        'ALTER TYPE app."ty#" RENAME TO ty',
        'ALTER FUNCTION app."f#"() RENAME TO g',
      ),
    )
    await ascii.destroyOk('rd')
    delete (ascii.applications as Record<string, unknown>)['rd']
    await ascii.destroyOk('ascii')
    await other.check(t)
    count('planted traps', 'bytes that are no text', 12)
  })

  test.serial(`${on}text without end is not read`, async (t) => {
    const other = await beside(bed(), 'long-beside')
    const long = bed().declare({ long: {} }, DELETED)
    await long.applyOk()
    await long.sql(
      'long',
      `DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE long_dev_db IS %L', repeat('x', 200000000)); END $$`,
    )
    await long.sql(
      'long',
      `DO $$ BEGIN
        EXECUTE format('ALTER ROLE long_dev_user IN DATABASE long_dev_db SET application_name = %L', repeat('x', 5000000));
        EXECUTE format('ALTER ROLE long_dev_user SET search_path = %L', repeat('x', 1000000));
      END $$`,
    )
    await bed().server.sql(
      `DO $$ BEGIN
        FOR n IN 1..1000 LOOP EXECUTE format('ALTER ROLE long_dev_user SET "x.n%s" = %L', n, repeat('x', 300)); END LOOP;
        FOR n IN 1..1000 LOOP EXECUTE format('ALTER ROLE rds_password SET "x.n%s" = %L', n, repeat('x', 300)); END LOOP;
      END $$`,
    )
    const started = performance.now()
    const memory = process.memoryUsage().rss
    const { size } = wire
    const applied = await long.applyOk()
    t.true(applied.records.some(({ message }) => message.startsWith('application_name is no longer declared')))
    t.regex(warnings(applied).join('\n'), /the comment on database long_dev_db is too long for a tag to keep/)
    t.is((await long.applyOk()).audit.run.outcome, 'no_change')
    await other.check(t)
    t.log(
      `${String(performance.now() - started)} ms, read ${String(wire.size - size)} characters, memory grew by ${String(process.memoryUsage().rss - memory)} bytes`,
    )
    t.true(wire.size - size < 10_000_000)
    t.true(process.memoryUsage().rss - memory < 150_000_000)
    await long.destroyOk('long')
    count('planted traps', 'text without end', 3)
  })
}

test.serial('all that was read came in ASCII', (t) => {
  t.deepEqual([...wire.foreign], [])
  t.true(wire.size > 0)
})
