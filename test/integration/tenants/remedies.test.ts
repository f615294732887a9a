/**
 * Every statement that a person is asked to run, run as the login that it names, where the owner planted traps (src/README.md:
 * Printed statements): nothing of the owner's runs, and the next run is better off.
 */
import test, { type ExecutionContext } from 'ava'
import type { ProblemCode } from '../../../src/model/problem.ts'
import { allowConnections } from '../../../src/sql/database.ts'
import { printAsMember } from '../../../src/sql/print.ts'
import { type Bed, bedFor, type Outcome, type Stack, VERSIONS } from '../../support/provision.ts'
import { readSources } from '../../support/sources.ts'
import { follow, followAll, instructionsIn } from '../../support/remedies.ts'
import { CODES, KEEPING, PRINTING, TRIED, WORDING } from './remedy-tables.ts'

test('whoever prints statements for people does so by the one module, and stands in the table', (t) => {
  const sources = readSources().filter(({ path }) => !path.startsWith('sql/'))
  const printing =
    /\b(?:printStatements|printInside|printAsMember|printHandOver|printGiveBack|printAsMembers|shutToPublic)\(/
  t.deepEqual(
    sources
      .filter(({ path, text }) => printing.test(text) && !WORDING.includes(path))
      .map(({ path }) => path)
      .sort(),
    Object.keys(PRINTING).sort(),
  )
  t.deepEqual(
    sources
      .filter(({ text }) => /[.{ ]redacted\b/.test(text))
      .map(({ path }) => path)
      .sort(),
    KEEPING,
  )
})

/** A search_path, a role and read-only for whoever connects; every name that a statement of ours could look up. */
function traps(database: string, owner: string): string {
  return `
    CREATE SCHEMA evil; GRANT USAGE ON SCHEMA evil TO PUBLIC; CREATE SEQUENCE evil.ran; GRANT ALL ON SEQUENCE evil.ran TO PUBLIC;
    CREATE FUNCTION evil.trap() RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_catalog.nextval('evil.ran'); RETURN 'x'; END $$;
    CREATE FUNCTION evil.trap(x text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_catalog.nextval('evil.ran'); RETURN true; END $$;
    CREATE FUNCTION evil.current_database() RETURNS pg_catalog.name LANGUAGE sql AS $$ SELECT evil.trap()::pg_catalog.name $$;
    CREATE FUNCTION evil.format(text, VARIADIC pg_catalog.text[]) RETURNS text LANGUAGE sql AS $$ SELECT evil.trap() $$;
    CREATE FUNCTION evil.format(text, name, text) RETURNS text LANGUAGE sql AS $$ SELECT evil.trap() $$;
    CREATE FUNCTION evil.same(name, name) RETURNS bool LANGUAGE sql AS $$ SELECT evil.trap($1::text) $$; CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = name, FUNCTION = evil.same);
    CREATE FUNCTION evil.same(name, text) RETURNS bool LANGUAGE sql AS $$ SELECT evil.trap($1::text) $$; CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = text, FUNCTION = evil.same);
    CREATE FUNCTION evil.same(oid, oid) RETURNS bool LANGUAGE sql AS $$ SELECT evil.trap($1::text) $$; CREATE OPERATOR evil.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = evil.same);
    CREATE OPERATOR evil.<> (LEFTARG = name, RIGHTARG = name, FUNCTION = evil.same);
    CREATE DOMAIN evil.name AS pg_catalog.text CHECK (evil.trap(VALUE)); CREATE DOMAIN evil.regrole AS pg_catalog.text CHECK (evil.trap(VALUE)); CREATE DOMAIN evil.text AS pg_catalog.text CHECK (evil.trap(VALUE));
    CREATE VIEW evil.pg_database AS SELECT evil.trap()::pg_catalog.name AS datname, 1::pg_catalog.oid AS datdba; GRANT SELECT ON evil.pg_database TO PUBLIC;
    CREATE VIEW evil.pg_roles AS SELECT evil.trap()::pg_catalog.name AS rolname, 1::pg_catalog.oid AS oid; GRANT SELECT ON evil.pg_roles TO PUBLIC;
    ALTER DATABASE "${database}" SET search_path = evil, pg_catalog, public; ALTER DATABASE "${database}" SET role = "${owner}";
    ALTER DATABASE "${database}" SET default_transaction_read_only = on; ALTER DATABASE "${database}" SET default_transaction_isolation = 'serializable';
    ALTER DATABASE "${database}" SET statement_timeout = '50ms'; ALTER DATABASE "${database}" SET lock_timeout = '50ms';`
}

const PLANTED = 'SET search_path = evil, pg_catalog, public; SET default_transaction_read_only = on; '
const tried = new Set<ProblemCode>()

const plant = (stack: Stack, application: string, database: string): Promise<unknown> =>
  stack.sql(application, traps(database, stack.username(application)), database)

/** Nothing of the owner's ran so far. */
async function isQuiet(t: ExecutionContext, { server }: Bed, database: string): Promise<void> {
  t.deepEqual(await server.sql('SELECT is_called FROM evil.ran', [], database), [{ is_called: false }], database)
  await server.forget(database)
}

/** Runs what all problems print. @returns how many statements there were to run */
async function mend(bed: Bed, { problems }: Outcome, planted = ''): Promise<number> {
  let count = 0
  for (const { code, remedy } of problems) {
    const followed = await followAll(bed, remedy, planted)
    if (followed > 0) tried.add(code)
    count += followed
  }
  return count
}

function codes({ problems }: Outcome): string[] {
  return problems.map(({ code }) => code)
}

/** The warnings and remarks that ask a person to run something. */
function asking({ records }: Outcome): string[] {
  return records
    .filter(({ status, message }) => ['warning', 'skipped'].includes(status) && instructionsIn(message).length > 0)
    .map(({ message }) => message)
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `
  const admin = 'platform_provisioner'
  /** As the login itself, over what is planted. */
  const control = async (user: string, database: string, sql: string): Promise<void> => {
    const login = user === admin ? bed().server.admin : bed().server.master
    const client = await bed().server.connect({ ...login, database })
    await client.query(sql)
    await client.end()
  }

  test.serial(`${on}a database that a tenant made under another's name: the admin runs no code of its`, async (t) => {
    const stack = bed().declare({ alpha: { can_create_databases: true } }, { stack: 'names' })
    await stack.applyOk()
    await stack.sql('alpha', 'CREATE DATABASE gamma_dev_db')
    await plant(stack, 'alpha', 'gamma_dev_db')
    stack.applications = { ...stack.applications, gamma: { adopt_existing: true } }
    const outcome = await stack.apply()
    t.deepEqual(codes(outcome), ['owner_mismatch'])
    const [instruction] = instructionsIn(outcome.problems[0]?.remedy ?? '')
    if (instruction === undefined) return t.fail(outcome.audit.run.error ?? '')
    t.is(instruction.database, 'gamma_dev_db')
    await bed().server.sql(`SET ROLE ${admin}; GRANT alpha_dev_user TO ${admin}; RESET ROLE`)
    await follow(bed(), { ...instruction, who: admin })
    tried.add('owner_mismatch')
    await isQuiet(t, bed(), 'gamma_dev_db')
    t.deepEqual(
      await bed().server.sql(
        `SELECT datname::text AS name, pg_get_userbyid(datdba)::text AS owner FROM pg_database WHERE datname ~ '^(alpha|gamma)' ORDER BY 1`,
      ),
      [
        { name: 'alpha_dev_db', owner: 'alpha_dev_user' },
        { name: 'gamma_dev_db', owner: 'gamma_dev_user' },
      ],
    )
    await bed().server.sql(`SET ROLE ${admin}; REVOKE alpha_dev_user FROM ${admin}; RESET ROLE`)
    await bed().server.sql('ALTER DATABASE gamma_dev_db RESET ALL')
    t.is((await stack.apply()).audit.run.exit_code, 0)
    await bed().server.sql('ALTER DATABASE gamma_dev_db SET search_path = evil, pg_catalog')
    await control(admin, 'gamma_dev_db', 'SELECT current_database()')
    t.deepEqual(await bed().server.sql('SELECT is_called FROM evil.ran', [], 'gamma_dev_db'), [{ is_called: true }])
  })

  test.serial(`${on}inside a managed database: schema, extension, and what is warned of`, async (t) => {
    const { server } = bed()
    const stack = bed().declare({ den: {}, mate: {} }, { stack: 'inside' })
    await stack.applyOk()
    await plant(stack, 'den', 'den_dev_db')
    await server.sql(`SET ROLE ${admin}; CREATE ROLE "old\nowner"; RESET ROLE`)
    await server.sql('CREATE SCHEMA app AUTHORIZATION "old\nowner"', [], 'den_dev_db')
    await server.forget('den_dev_db')
    stack.applications = { mate: {}, den: { schemas: ['public', 'app'], extensions: ['file_fdw'] } }
    const blocked = await stack.apply()
    t.deepEqual(codes(blocked).sort(), ['extension', 'schema'])
    await mend(bed(), blocked, PLANTED)
    await isQuiet(t, bed(), 'den_dev_db')
    t.is((await stack.apply()).audit.run.exit_code, 0)

    await server.sql('REVOKE ALL ON SCHEMA public FROM PUBLIC; ALTER SCHEMA public OWNER TO dbmaster', [], 'den_dev_db')
    await server.sql('ALTER ROLE den_dev_user SET work_mem = 65')
    await server.sql(`${version >= 16 ? '' : 'SET ROLE dbmaster;'} GRANT den_dev_user TO mate_dev_user; RESET ROLE`)
    if (version >= 16)
      await server.sql(
        `CREATE ROLE rotator LOGIN CREATEROLE; SET ROLE rotator; CREATE ROLE den_dev_user_clone LOGIN PASSWORD 'x'; RESET ROLE; GRANT den_dev_user TO den_dev_user_clone; GRANT den_dev_user TO ${admin} WITH INHERIT TRUE, SET TRUE`,
      )
    await server.forget('den_dev_db')
    if (version >= 16) bed().aws.putLogin(stack.secretId('den'), 'den_dev_user_clone', 'x')
    const warned = asking(await stack.applyOk())
    // What a superuser granted the admin is told without a statement: on RDS nobody logs in as one.
    t.is(warned.length, version === 15 ? 3 : 4, warned.join('\n'))
    for (const message of warned) await followAll(bed(), message, PLANTED)
    t.deepEqual(asking(await stack.applyOk()), [])
    await isQuiet(t, bed(), 'den_dev_db')

    await server.sql('ALTER SCHEMA public OWNER TO rdsadmin; GRANT CREATE ON SCHEMA public TO PUBLIC', [], 'den_dev_db')
    await server.forget('den_dev_db')
    const open = asking(await stack.applyOk())
    t.is(open.length, 1, open.join('\n'))
    for (const message of open) await followAll(bed(), message, PLANTED)
    t.deepEqual(asking(await stack.applyOk()), [])
    await isQuiet(t, bed(), 'den_dev_db')
  })

  test.serial(`${on}what stands in the way of a removal: objects, grants, default privileges, rights`, async (t) => {
    const { server } = bed()
    const others = bed().declare({ host: {} }, { stack: 'theirs' })
    const stack = bed().declare(
      { leaver: { cleanup_policy: 'delete' }, lost: { cleanup_policy: 'delete' } },
      { stack: 'leaving' },
    )
    await others.applyOk()
    await stack.applyOk()
    await plant(others, 'host', 'host_dev_db')
    await server.sql(
      `CREATE SCHEMA theirs AUTHORIZATION leaver_dev_user; CREATE TABLE theirs.t (id int); ALTER TABLE theirs.t OWNER TO leaver_dev_user;
      SET ROLE host_dev_user; CREATE SCHEMA mine; CREATE TABLE mine."pay\nroll" (id int); GRANT SELECT ON mine."pay\nroll" TO leaver_dev_user;
      CREATE POLICY alone ON mine."pay\nroll" TO leaver_dev_user; CREATE POLICY "with\nothers" ON mine."pay\nroll" TO leaver_dev_user, pg_monitor;
      CREATE FUNCTION mine."f\n"(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT EXECUTE ON FUNCTION mine."f\n"(int) TO leaver_dev_user;
      ALTER DEFAULT PRIVILEGES IN SCHEMA mine GRANT SELECT ON TABLES TO leaver_dev_user; RESET ROLE;
      CREATE FOREIGN DATA WRAPPER far; CREATE SERVER "far\naway" FOREIGN DATA WRAPPER far; ALTER SERVER "far\naway" OWNER TO host_dev_user;
      CREATE USER MAPPING FOR leaver_dev_user SERVER "far\naway"; GRANT USAGE, CREATE ON SCHEMA mine TO leaver_dev_user; SET ROLE leaver_dev_user;
      ALTER DEFAULT PRIVILEGES IN SCHEMA mine GRANT SELECT ON TABLES TO host_dev_user, PUBLIC;
      ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON ROUTINES FROM PUBLIC; ALTER DEFAULT PRIVILEGES GRANT USAGE ON TYPES TO host_dev_user;
      ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM leaver_dev_user; RESET ROLE`,
      [],
      'host_dev_db',
    )
    await server.forget('host_dev_db')
    const refused = await stack.destroy('leaver')
    t.is(refused.audit.run.exit_code, 4, refused.audit.run.error ?? '')
    t.true(refused.problems.some(({ remedy }) => remedy.includes(String.raw`mine.U&"pay\000aroll"`)))
    t.true((await mend(bed(), refused)) >= 11, refused.audit.run.error ?? '')
    t.deepEqual(
      await server.sql(
        `SELECT polname::text AS name, polroles::regrole[]::text AS roles FROM pg_policy`,
        [],
        'host_dev_db',
      ),
      [{ name: 'with\nothers', roles: '{pg_monitor}' }],
    )
    await isQuiet(t, bed(), 'host_dev_db')
    t.deepEqual(
      await server.sql(
        `SELECT pg_get_userbyid(datdba)::text AS owner FROM pg_database WHERE datname = 'leaver_dev_db'`,
      ),
      [{ owner: 'leaver_dev_user' }],
    )
    await stack.destroyOk('leaver')
    t.is((await others.apply()).audit.run.exit_code, 0)

    await server.sql('ALTER DATABASE lost_dev_db OWNER TO dbmaster')
    const elsewhere = await stack.destroy('lost')
    t.deepEqual(codes(elsewhere), ['removal_obstacle'])
    t.true((await mend(bed(), elsewhere)) > 0)
    if (version >= 16) {
      await server.sql(
        `REVOKE lost_dev_user FROM ${admin}; GRANT lost_dev_user TO dbmaster WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`,
      )
      const unruled = await stack.destroy('lost')
      t.true((await mend(bed(), unruled)) > 0, unruled.audit.run.error ?? '')
    }
    await stack.destroyOk('lost')
  })

  test.serial(`${on}rights that are missing, an invalid database, one that was left closed, the lock`, async (t) => {
    const { server } = bed()
    const stack = bed().declare({ ill: {}, adopted: { adopt_existing: true } }, { stack: 'rights', lock_timeout: 1 })
    stack.applications = { ill: { cleanup_policy: 'delete' } }
    await stack.applyOk()
    await server.sql(
      `SET ROLE dbmaster; CREATE ROLE adopted_dev_user LOGIN; ALTER ROLE ${admin} NOCREATEDB; RESET ROLE`,
    )
    stack.applications = { ...stack.applications, adopted: { adopt_existing: true } }
    const lacking = await stack.apply()
    t.true(codes(lacking).every((code) => code === 'missing_right'))
    t.is(await mend(bed(), lacking), version >= 16 ? 2 : 1, lacking.audit.run.error ?? '')
    t.is((await stack.apply()).audit.run.exit_code, 0)

    const squatter = await stack.connect('ill', 'postgres')
    squatter.on('error', () => {}) // ended by the run
    await server.sql(`SET ROLE dbmaster; REVOKE pg_signal_backend FROM ${admin}; RESET ROLE`)
    await squatter.query('SELECT pg_advisory_lock(8242267087886938998)')
    const held = await stack.apply()
    t.deepEqual(codes(held), ['lock_timeout'])
    t.is(await mend(bed(), held), 2)
    const [warning] = asking(await stack.applyOk())
    t.regex(warning ?? '', /as the owner of postgres keep others out/)
    await followAll(bed(), warning ?? '')
    t.is(await stack.answer('ill', 'SELECT 1', 'postgres'), '42501')
    await server.sql('GRANT CONNECT ON DATABASE postgres TO PUBLIC')

    await server.sql('ALTER DATABASE ill_dev_db ALLOW_CONNECTIONS false')
    await follow(bed(), {
      who: admin,
      database: null,
      sql: printAsMember('ill_dev_user', [allowConnections('ill_dev_db', true, 'ill_dev_user')]),
    })
    t.is(await stack.answer('ill', 'SELECT 1'), 'ok')

    await server.sql(`UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'ill_dev_db'`)
    const invalid = await stack.apply()
    t.deepEqual(codes(invalid), ['invalid_database'])
    t.is(await mend(bed(), invalid), 1)
    t.deepEqual(codes(await stack.apply()), ['missing_database'])
    stack.applications = { ...stack.applications, ill: { recreate_missing: true } }
    t.is((await stack.apply()).audit.run.exit_code, 0)
  })

  test.serial(`${on}a database and a role that a person renamed`, async (t) => {
    const { server } = bed()
    const stack = bed().declare(
      { own: {}, two: { username: 'two "x"', database_name: `two's "db"` } },
      { stack: 'renamed' },
    )
    await stack.applyOk()
    await plant(stack, 'own', 'own_dev_db')
    await server.sql('ALTER DATABASE own_dev_db RENAME TO "own;\n""aside"')
    await server.sql(`ALTER DATABASE "two's ""db""" RENAME TO own_dev_db`)
    const swapped = await stack.apply()
    t.deepEqual(codes(swapped), ['renamed_database', 'renamed_database'])
    t.is(await followAll(bed(), swapped.problems[0]?.remedy ?? ''), 1)
    tried.add('renamed_database')
    await isQuiet(t, bed(), 'own_dev_db')
    t.is((await stack.apply()).audit.run.exit_code, 0)

    await server.sql('ALTER ROLE "two ""x""" RENAME TO "three; DROP ROLE x"')
    const renamed = await stack.apply()
    t.deepEqual(codes(renamed), ['renamed_role'])
    t.is(await mend(bed(), renamed), 1)
    t.is((await stack.apply()).audit.run.exit_code, 0)
    t.deepEqual(
      await server.sql(
        `SELECT count(*)::int AS held FROM pg_auth_members WHERE member = '${admin}'::regrole AND roleid IN ('own_dev_user'::regrole, '"two ""x"""'::regrole)${version >= 16 ? ' AND (inherit_option OR set_option)' : ''}`,
      ),
      [{ held: 0 }],
    )
  })
}

test.serial('every code whose remedy has SQL was tried', (t) => {
  t.deepEqual(
    [...tried].sort(),
    Object.entries(CODES)
      .filter(([, how]) => how === TRIED)
      .map(([code]) => code)
      .sort(),
  )
})
