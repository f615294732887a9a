/**
 * What the owner of a database plants in it to trip an admin (CVE-2018-1058 and kin; src/README.md: Start-up options):
 * it never runs.
 */
import test, { type ExecutionContext } from 'ava'
import { type Bed, bedFor, type Stack, VERSIONS } from '../../support/provision.ts'
import { count } from '../../support/faults/intensity.ts'

const D = 'shop_dev_db'

/** Parameters that an owner can set on its database, or on its own role, to change the admin's session. */
const PARAMETERS: readonly (readonly [string, string])[] = [
  ['search_path', 'evil'],
  ['statement_timeout', '1'],
  ['lock_timeout', '1'],
  ['idle_session_timeout', '1'],
  ['idle_in_transaction_session_timeout', '1'],
  ['default_transaction_read_only', 'on'],
  ['default_transaction_isolation', 'serializable'],
  ['default_transaction_deferrable', 'on'],
  ['role', 'shop_dev_user'],
  ['client_encoding', 'LATIN1'],
  ['DateStyle', 'German, DMY'],
  ['IntervalStyle', 'sql_standard'],
  ['TimeZone', 'Asia/Kolkata'],
  ['exit_on_error', 'on'],
  ['quote_all_identifiers', 'on'],
  ['standard_conforming_strings', 'off'],
  ['escape_string_warning', 'on'],
  ['backslash_quote', 'off'],
  ['bytea_output', 'escape'],
  ['extra_float_digits', '-15'],
  ['transform_null_equals', 'on'],
  ['array_nulls', 'off'],
  ['xmlbinary', 'hex'],
  ['client_min_messages', 'debug5'],
  ['local_preload_libraries', 'evil'],
  ['row_security', 'off'],
  ['check_function_bodies', 'off'],
  ['default_tablespace', 'none_such'],
  ['temp_tablespaces', 'none_such'],
  ['default_table_access_method', 'none_such'],
  ['password_encryption', 'md5'],
  ['synchronous_commit', 'remote_apply'],
  ['createrole_self_grant', 'set, inherit'],
  ['transaction_timeout', '1'],
  ['work_mem', '64kB'],
  ['temp_buffers', '800kB'],
  ['enable_seqscan', 'off'],
  ['jit', 'on'],
  ['lc_messages', 'xx'],
  ['lc_numeric', 'de_DE'],
  ['application_name', "evil'; --"],
  ['plan_cache_mode', 'force_generic_plan'],
  ['tcp_user_timeout', '1'],
  ['client_connection_check_interval', '1'],
  ['event_triggers', 'off'],
  ['max_stack_depth', '100kB'],
  ['gin_pending_list_limit', '64kB'],
  ['vacuum_cost_delay', '100'],
  ['session_replication_role', 'replica'],
  ['from_collapse_limit', '1'],
  ['geqo_threshold', '2'],
  ['debug_print_plan', 'on'],
]

/** Objects of the owner under the names that catalog queries and statements use; each tells when it runs. */
const SHADOWS = `
  CREATE SCHEMA evil; CREATE TABLE public.ran (who text, at text); GRANT INSERT ON public.ran TO PUBLIC; GRANT USAGE ON SCHEMA evil TO PUBLIC;
  CREATE FUNCTION evil.trap(what text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN IF current_user <> 'shop_dev_user' THEN INSERT INTO public.ran VALUES (current_user, what); END IF; RETURN true; END $$;
  CREATE FUNCTION evil.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT CASE WHEN evil.trap('current_setting') THEN '0' END $$;
  CREATE FUNCTION evil.pg_get_userbyid(oid) RETURNS name LANGUAGE sql AS $$ SELECT CASE WHEN evil.trap('pg_get_userbyid') THEN 'x'::name END $$;
  CREATE FUNCTION evil.shobj_description(oid, text) RETURNS text LANGUAGE sql AS $$ SELECT CASE WHEN evil.trap('shobj_description') THEN 'x' END $$;
  CREATE FUNCTION evil.coalesce_text(text, text) RETURNS bool LANGUAGE sql AS $$ SELECT evil.trap('operator') $$;
  CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.coalesce_text);
  CREATE FUNCTION evil.name_text(name, text) RETURNS bool LANGUAGE sql AS $$ SELECT evil.trap('operator') $$;
  CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = text, FUNCTION = evil.name_text);
  CREATE OPERATOR evil.<> (LEFTARG = name, RIGHTARG = text, FUNCTION = evil.name_text);
  CREATE OPERATOR evil.!~ (LEFTARG = name, RIGHTARG = text, FUNCTION = evil.name_text);
  CREATE VIEW evil.pg_roles AS SELECT *, evil.trap('pg_roles') FROM pg_catalog.pg_roles;
  CREATE VIEW evil.pg_database AS SELECT *, evil.trap('pg_database') FROM pg_catalog.pg_database;
  CREATE VIEW evil.pg_namespace AS SELECT *, evil.trap('pg_namespace') FROM pg_catalog.pg_namespace;
  CREATE VIEW evil.pg_class AS SELECT *, evil.trap('pg_class') FROM pg_catalog.pg_class;
  GRANT SELECT ON ALL TABLES IN SCHEMA evil TO PUBLIC;
  CREATE TYPE evil.box2 AS (x text); CREATE FUNCTION evil.cast_text(evil.box2) RETURNS text LANGUAGE sql AS $$ SELECT CASE WHEN evil.trap('cast') THEN 'x' END $$;
  CREATE CAST (evil.box2 AS text) WITH FUNCTION evil.cast_text(evil.box2) AS IMPLICIT;
  CREATE DOMAIN evil.text AS pg_catalog.text CHECK (evil.trap('domain'));
  CREATE FUNCTION evil."x(); DROP TABLE public.ran; --"(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE TABLE evil."t; DROP ROLE platform_provisioner; --" (x int); CREATE TABLE evil."a""b'c\\d" (x int); CREATE SEQUENCE evil."$1 ''";
  COMMENT ON SCHEMA evil IS '''; DROP ROLE platform_provisioner; --'`

async function provisioned(bed: Bed): Promise<Stack> {
  const stack = bed.declare({ shop: { schemas: ['public', 'evil'] }, ed: { database_name: D, access_level: 'editor' } })
  await stack.applyOk()
  return stack
}

/** Something to do in every stage: a limit, a database's privilege, an interior's. */
async function perturb(bed: Bed, stack: Stack): Promise<void> {
  await bed.server.sql('ALTER ROLE shop_dev_user CONNECTION LIMIT 77')
  await bed.server.sql(`REVOKE CONNECT ON DATABASE ${D} FROM ed_dev_user`)
  await bed.server.sql('SET ROLE shop_dev_user; REVOKE ALL ON SCHEMA evil FROM ed_dev_user; RESET ROLE', [], D)
  await bed.server.forget(D)
  stack.variables = { ...stack.variables, tags: { at: String(Math.random()) } }
}

async function undisturbed(t: ExecutionContext, bed: Bed, stack: Stack, what: string): Promise<void> {
  await perturb(bed, stack)
  const { audit } = await stack.apply()
  t.is(audit.run.exit_code, 0, `${what}: ${audit.run.error ?? ''}`)
  t.is(audit.run.outcome, 'changed', what)
  t.deepEqual(await stack.plan(), [], what)
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `
  let stack: Stack

  test.serial.before(`${on}provision and plant`, async () => {
    stack = await provisioned(bed())
    await stack.sql('shop', SHADOWS.replace('CREATE SCHEMA evil;', ''))
    await stack.applyOk()
  })

  test.serial(`${on}no parameter that an owner can set keeps the admin from its work`, async (t) => {
    let planted = 0
    for (const [name, value] of PARAMETERS) {
      for (const target of [`DATABASE ${D}`, 'ROLE shop_dev_user']) {
        const reset = `ALTER ${target} RESET "${name}"`
        const answer = await stack.answer('shop', `ALTER ${target} SET "${name}" = '${value.replaceAll("'", "''")}'`)
        if (answer !== 'ok') continue
        planted += 1
        await undisturbed(t, bed(), stack, `${target} SET ${name}`)
        await bed().server.sql(reset)
      }
    }
    t.true(planted > 40, String(planted))
    count('planted traps', 'parameters of databases and roles', planted)
  })

  test.serial(
    `${on}planted relations, functions, operators, casts and names: none of them runs as the admin`,
    async (t) => {
      await stack.sql('shop', `ALTER DATABASE ${D} SET search_path = evil, pg_catalog, public`)
      await undisturbed(t, bed(), stack, 'shadows')
      t.deepEqual(await bed().server.sql('SELECT * FROM public.ran', [], D), [])
      await bed().server.forget(D)
      const admin = await bed().server.connect({ ...bed().server.admin, database: D })
      await admin.query('SELECT rolname FROM pg_roles LIMIT 1')
      await admin.end()
      t.not(
        (await bed().server.sql('SELECT * FROM public.ran', [], D)).length,
        0,
        'the trap works on a session without fixed parameters',
      )
      await bed().server.sql('TRUNCATE public.ran', [], D)
      await bed().server.forget(D)
      await stack.sql('shop', `ALTER DATABASE ${D} RESET search_path`)
      count('planted traps', 'shadows of catalogs, functions, operators, casts')
    },
  )

  test.serial(`${on}an event trigger that rds_superuser planted, and default privileges, trip nobody`, async (t) => {
    await bed().server.sql(
      `CREATE FUNCTION public.watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN IF current_user NOT IN ('shop_dev_user', 'rdsadmin') THEN INSERT INTO public.ran VALUES (current_user, tg_tag); END IF; END $$;
      CREATE EVENT TRIGGER watch ON ddl_command_start EXECUTE FUNCTION public.watch()`,
      [],
      D,
    )
    await stack.sql(
      'shop',
      `ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC; ALTER DEFAULT PRIVILEGES IN SCHEMA evil GRANT ALL ON TABLES TO ed_dev_user; ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC`,
    )
    await undisturbed(t, bed(), stack, 'event trigger')
    t.deepEqual(await bed().server.sql('SELECT * FROM public.ran', [], D), [])
    await bed().server.sql('DROP EVENT TRIGGER watch', [], D)
    await bed().server.forget(D)
    count('planted traps', 'event trigger, default privileges', 2)
  })

  test.serial(`${on}a forged, deleted or rewritten tag on a database gains its owner nothing`, async (t) => {
    const forgeries = [
      'NULL',
      `'{"ManagedBy":"platform","Stack":"other","Environment":"prod","Application":"other","BuildId":"1"}'`,
      `'{"ManagedBy":"platform","CleanupPolicy":"delete","Application":"ed"}'`,
      `'{"ManagedBy":"platform","__proto__":{"x":1}}'`,
      `'{'`,
      `''''`,
      `'{"ManagedBy":"platform","Application":"shop''; DROP ROLE platform_provisioner; --"}'`,
    ]
    for (const comment of forgeries) {
      const before = await bed().server.sql(
        `SELECT rolname, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname ~ '_dev_user$|platform' ORDER BY 1`,
      )
      await stack.sql('shop', `COMMENT ON DATABASE ${D} IS ${comment}`)
      const { audit } = await stack.apply()
      t.is(audit.run.exit_code, 0, `${comment}: ${audit.run.error ?? ''}`)
      t.deepEqual(
        await bed().server.sql(
          `SELECT rolname, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname ~ '_dev_user$|platform' ORDER BY 1`,
        ),
        before,
      )
      const thief = bed().declare({ thief: { database_name: D, username: 'shop_dev_user' } })
      thief.setPassword('thief', 'Pw_thief')
      t.is((await thief.apply()).audit.run.exit_code, 4, comment)
    }
    count('planted traps', 'tags', forgeries.length)
  })
}
