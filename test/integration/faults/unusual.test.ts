/** Servers that are set up as hardly any is: the run does its work, or says what stands in the way. */
import test, { type ExecutionContext } from 'ava'
import { difference, dump } from '../../support/catalogs.ts'
import { count, IS_WHOLE } from '../../support/faults/intensity.ts'
import { type Bed, bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'

/** Parameters of the whole instance that change what statements mean and what answers look like. */
const ODD: Readonly<Record<string, string>> = {
  standard_conforming_strings: 'off',
  backslash_quote: 'on',
  escape_string_warning: 'on',
  search_path: 'evil, "$user", information_schema',
  lc_messages: 'POSIX',
  DateStyle: 'SQL, DMY',
  IntervalStyle: 'postgres_verbose',
  TimeZone: 'Asia/Kolkata',
  extra_float_digits: '-15',
  bytea_output: 'escape',
  quote_all_identifiers: 'on',
  password_encryption: 'md5',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  default_transaction_read_only: 'on',
  statement_timeout: '20min',
  lock_timeout: '20min',
  client_min_messages: 'debug5',
  transform_null_equals: 'on',
  array_nulls: 'off',
  check_function_bodies: 'off',
  row_security: 'off',
  xmlbinary: 'hex',
}

const OUR_MEMBERSHIPS = `SELECT pg_get_userbyid(roleid)::text AS role FROM pg_auth_members WHERE member = 'platform_provisioner'::regrole AND pg_get_userbyid(roleid) !~ '^(pg|rds)_'`

/** Every kind of thing that can be declared, with values in which oddities show. */
function everything(prefix: string): Record<string, Entry> {
  return {
    [prefix]: {
      valid_until: '2031-07-04T12:34:56.789Z',
      connection_limit: 7,
      database_connection_limit: 9,
      can_create_databases: true,
      schemas: ['public', 'it\\s "odd"'],
      extensions: ['citext'],
      settings: { search_path: ['it\\s "odd"', 'public'], statement_timeout: '90s', application_name: `o'dd \\ "x"` },
    },
    [`${prefix}-reader`]: { database_name: `${prefix}_dev_db`, access_level: 'reader', username: `${prefix} o'dd\\"r` },
  }
}

async function converged(t: ExecutionContext, bed: Bed, stack: Stack): Promise<void> {
  const { audit } = await stack.apply()
  t.is(audit.run.exit_code, 0, audit.run.error ?? '')
  const before = await dump(bed.server)
  const mark = await bed.server.mark()
  t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
  t.deepEqual(await bed.server.changesSince(mark), [])
  t.deepEqual(difference(before, await dump(bed.server)), [])
}

for (const version of VERSIONS) {
  const bed = bedFor(version, { settings: { 'rds.restrict_password_commands': 'on' } })
  const on = `PostgreSQL ${version}: `
  const odd = {
    ...ODD,
    ...(version >= 16 ? { createrole_self_grant: 'set, inherit' } : {}),
    ...(version >= 17 ? { transaction_timeout: '20min' } : {}),
  }

  test.serial.before(`${on}set it up oddly, apart from the tests' own sessions`, async () => {
    const { server } = bed()
    await server.sql('GRANT rds_password TO platform_provisioner')
    for (const name of Object.keys(odd))
      await server.sql(
        `DO $$ BEGIN EXECUTE format('ALTER ROLE rdsadmin SET ${name} = %s', CASE '${name}' WHEN 'search_path' THEN '"$user", public' ELSE quote_literal(current_setting('${name}')) END); END $$`,
      )
    for (const [name, value] of Object.entries(odd))
      await server.sql(`ALTER SYSTEM SET ${name} = ${name === 'search_path' ? value : `'${value}'`}`)
    await server.restart()
  })

  test.serial(`${on}every parameter at an odd value`, async (t) => {
    const stack = bed().declare(everything('odd'))
    const mark = await bed().server.mark()
    await converged(t, bed(), stack)
    t.deepEqual(
      (await bed().server.changesSince(mark)).filter((statement) =>
        /^REVOKE "odd o'dd.*FROM "platform_provisioner"/.test(statement),
      ),
      [],
      'the making of a role makes nobody a member of it',
    )
    const [role] = await bed().server.sql(
      `SELECT rolvaliduntil AT TIME ZONE 'UTC' = '2031-07-04 12:34:56.789' AS same, rolconnlimit FROM pg_roles WHERE rolname = 'odd_dev_user'`,
    )
    t.deepEqual(role, { same: true, rolconnlimit: 7 })
    const memberships = version >= 16 ? `${OUR_MEMBERSHIPS} AND (inherit_option OR set_option)` : OUR_MEMBERSHIPS
    t.deepEqual(await bed().server.sql(memberships), [], 'no membership with INHERIT or SET is left')
    const passwords = await bed().server.sql(
      `SELECT DISTINCT left(rolpassword, 13) AS method FROM pg_authid WHERE rolname ~ '^odd'`,
    )
    t.deepEqual(passwords, [{ method: 'SCRAM-SHA-256' }])
    count('events', 'unusual servers', Object.keys(odd).length + 1)
  })

  test.serial(`${on}passwords that only members of rds_password may set, and an admin that is none`, async (t) => {
    await bed().server.sql('REVOKE rds_password FROM platform_provisioner')
    const stack = bed().declare({ barred: {} })
    const mark = await bed().server.mark()
    const { audit, problems } = await stack.apply()
    t.is(audit.run.exit_code, 4)
    t.deepEqual(
      problems.map(({ field, remedy }) => [field, remedy]),
      [['missing right', 'As the master: GRANT "rds_password" TO "platform_provisioner"; or give master_secret_id.']],
    )
    t.deepEqual(await bed().server.changesSince(mark), [])
    await bed().server.sql('GRANT rds_password TO platform_provisioner')
    await converged(t, bed(), stack)
    await bed().server.sql('REVOKE rds_password FROM platform_provisioner')
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change', 'nothing to set, nothing to miss')
    await bed().server.sql('GRANT rds_password TO platform_provisioner')
    count('events', 'unusual servers')
  })

  test.serial(`${on}a delegated admin whose own defaults are odd`, async (t) => {
    const own: Readonly<Record<string, string>> = {
      default_transaction_read_only: 'on',
      statement_timeout: '1',
      lock_timeout: '1',
      search_path: 'none',
      standard_conforming_strings: 'off',
      DateStyle: 'German',
      extra_float_digits: '-15',
      idle_in_transaction_session_timeout: '1',
    }
    for (const [name, value] of Object.entries(own))
      await bed().server.sql(`ALTER ROLE platform_provisioner SET ${name} = '${value}'`)
    await converged(t, bed(), bed().declare(everything('own')))
    await bed().server.sql('ALTER ROLE platform_provisioner RESET ALL')
    count('events', 'unusual servers')
  })

  test.serial(`${on}a template with objects of others in it, and somebody connected to it`, async (t) => {
    await bed().server.sql(
      'CREATE SCHEMA left_over; CREATE TABLE public.left_over (x int); CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
      [],
      'template1',
    )
    const stack = bed().declare(everything('templ'))
    await converged(t, bed(), stack)
    t.deepEqual(
      await bed().server.sql(`SELECT nspname::text FROM pg_namespace WHERE nspname = 'left_over'`, [], 'templ_dev_db'),
      [],
    )
    await bed().server.sql(
      'DROP SCHEMA left_over; DROP TABLE public.left_over; DROP FUNCTION public.f()',
      [],
      'template1',
    )
    await bed().server.forget('template1')
    await bed().server.forget('templ_dev_db')
    count('events', 'unusual servers')
  })

  test.serial(`${on}a database whose schema public is gone`, async (t) => {
    const stack = bed().declare({
      bare: { schemas: ['app'] },
      reads: { database_name: 'bare_dev_db', access_level: 'reader' },
    })
    await stack.applyOk()
    await bed().server.sql('DROP SCHEMA public', [], 'bare_dev_db')
    await bed().server.forget('bare_dev_db')
    await converged(t, bed(), stack)
    stack.applications = {
      bare: { schemas: ['app', 'public'] },
      reads: { database_name: 'bare_dev_db', access_level: 'reader' },
    }
    await converged(t, bed(), stack)
    await stack.sql('bare', 'BEGIN READ WRITE; CREATE TABLE public.mine (x int); COMMIT')
    t.is(await stack.answer('reads', 'SELECT * FROM public.mine'), 'ok')
    t.is(await stack.answer('reads', 'BEGIN READ WRITE; CREATE TABLE public.theirs (x int); COMMIT'), '42501')
    count('events', 'unusual servers')
  })

  test.serial(`${on}other databases that are invalid, closed, full, or anybody's template`, async (t) => {
    await bed().server.sql('CREATE DATABASE interrupted')
    await bed().server.sql('CREATE DATABASE closed')
    await bed().server.sql('CREATE DATABASE crowded')
    await bed().server.sql('CREATE DATABASE copied')
    await bed().server.sql(
      `UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'interrupted'; ALTER DATABASE closed ALLOW_CONNECTIONS false; ALTER DATABASE crowded CONNECTION LIMIT 0; ALTER DATABASE copied IS_TEMPLATE true`,
    )
    await converged(t, bed(), bed().declare(everything('beside')))
    count('events', 'unusual servers', 4)
  })

  test.serial(`${on}its own database closed, full and made a template is opened, and told`, async (t) => {
    const stack = bed().declare({ shut: {} })
    await stack.applyOk()
    await bed().server.sql(
      'ALTER DATABASE shut_dev_db ALLOW_CONNECTIONS false; ALTER DATABASE shut_dev_db CONNECTION LIMIT 0; ALTER DATABASE shut_dev_db IS_TEMPLATE true',
    )
    const { records } = await stack.applyOk()
    t.deepEqual(
      records
        .filter(({ object, status }) => object === 'database' && status === 'updated')
        .map(({ action }) => action)
        .sort(),
      ['limit', 'reopen', 'template'],
    )
    await converged(t, bed(), stack)
    count('events', 'unusual servers')
  })

  test.serial(`${on}many roles and databases that are none of ours`, async (t) => {
    const [roles, databases] = IS_WHOLE ? [1000, 300] : [200, 8]
    await bed().server.sql(
      `DO $$ BEGIN FOR n IN 1..${String(roles)} LOOP EXECUTE format('CREATE ROLE %I LOGIN IN ROLE pg_monitor', 'unrelated ' || n); EXECUTE format('COMMENT ON ROLE %I IS %L', 'unrelated ' || n, repeat('x', 500)); END LOOP; END $$`,
    )
    const strategy = version >= 15 ? ' STRATEGY file_copy' : ''
    for (let n = 1; n <= databases; n += 1)
      await bed().server.sql(
        `CREATE DATABASE "unrelated ${String(n)}" OWNER "unrelated ${String(n)}" TEMPLATE template0${strategy}`,
      )
    const others = `SELECT d.datname, d.datacl::text, d.datconnlimit, shobj_description(d.oid, 'pg_database') AS comment FROM pg_database d WHERE d.datname LIKE 'unrelated %' ORDER BY 1`
    const before = await bed().server.sql(others)
    const stack = bed().declare(everything('few'))
    await stack.applyOk()
    t.deepEqual(await stack.plan(), [])
    t.deepEqual(await bed().server.sql(others), before)
    for (let n = 1; n <= databases; n += 1) await bed().server.sql(`DROP DATABASE "unrelated ${String(n)}"`)
    count('events', 'unusual servers')
  })

  test.serial(`${on}no database postgres: the declared one will do, for the lock too`, async (t) => {
    await bed().server.sql('CREATE DATABASE admins')
    await bed().server.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'postgres' AND pid <> pg_backend_pid()`,
      [],
      'admins',
    )
    await bed().server.sql('ALTER DATABASE postgres RENAME TO gone', [], 'admins')
    const { host, port } = bed().server
    const stack = bed().declare({ homeless: {} }, { instance: { host, port, identifier: 'db-1', database: 'admins' } })
    const again = bed().declare({ nowhere: {} })
    try {
      const first = await stack.apply()
      t.is(first.audit.run.exit_code, 0, first.audit.run.error ?? '')
      t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
      const { audit, problems } = await again.apply()
      t.is(audit.run.exit_code, 6)
      t.regex(
        `${problems[0]?.message ?? ''} ${problems[0]?.remedy ?? ''}`,
        /database "postgres" does not exist.*instance\.database/s,
      )
    } finally {
      await bed().server.sql('ALTER DATABASE gone RENAME TO postgres', [], 'admins')
    }
    count('events', 'unusual servers')
  })
}
