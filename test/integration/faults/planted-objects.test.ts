/** More of what an owner can plant (see planted.test.ts): comments, rules, temporary objects, domains, and objects in an extension's way. */
import test from 'ava'
import { bedFor, type Stack, VERSIONS } from '../../support/provision.ts'
import { count } from '../../support/faults/intensity.ts'

const D = 'den_dev_db'
const OTHER = { visitor: { database_name: D, access_level: 'reader' } } as const

/** Comments that the owner can write on its database, by what they are. */
const COMMENTS: Readonly<Record<string, string>> = {
  'a tag of two million characters': `'{"ManagedBy":"platform","Application":"den","Note":"' || repeat('x', 2000000) || '"}'`,
  'arrays in arrays, 100,000 deep': `repeat('[', 100000)`,
  'objects in objects, 100,000 deep': `repeat('{"a":', 100000)`,
  'a tag whose values are objects': `'{"ManagedBy":{"toString":"platform"},"Application":["den"]}'`,
  'a tag with a key twice': `'{"ManagedBy":"platform","Stack":"mine","Stack":"yours","Application":"visitor"}'`,
  'sixty megabytes': `repeat('{"ManagedBy":"platform"}', 2500000)`,
  'steering of a terminal': `E'\\x1b[2J\\x1b]0;owned\\x07\\n::error::owned\\n##[set-env name=X]y'`,
}

/** Each would leave a row in `ran` if it ran for anybody but the owner. */
const TRAPS = `
  CREATE TABLE public.ran (who text DEFAULT current_user); GRANT ALL ON public.ran TO PUBLIC;
  CREATE FUNCTION public.trap() RETURNS text LANGUAGE plpgsql AS $$ BEGIN IF current_user <> 'den_dev_user' THEN INSERT INTO public.ran VALUES (current_user); END IF; RETURN 'x'; END $$;
  CREATE FUNCTION public.trap(x text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN IF current_user <> 'den_dev_user' THEN INSERT INTO public.ran VALUES (current_user); END IF; RETURN true; END $$;
  CREATE DOMAIN public.name AS pg_catalog.text CHECK (public.trap(VALUE)); CREATE DOMAIN public.oid AS pg_catalog.text CHECK (public.trap(VALUE)); CREATE DOMAIN public.regclass AS pg_catalog.text CHECK (public.trap(VALUE));
  CREATE TABLE public.pg_class (relname public.name DEFAULT public.trap(), oid public.oid DEFAULT public.trap());
  CREATE VIEW public.pg_proc AS SELECT public.trap() AS proname; CREATE VIEW public.pg_shdepend AS SELECT public.trap() AS dbid; CREATE MATERIALIZED VIEW public.pg_extension AS SELECT public.trap() AS extname;
  CREATE TABLE public.ruled (x int); CREATE RULE "_RETURN2" AS ON INSERT TO public.ruled DO ALSO SELECT public.trap(); CREATE RULE r AS ON DELETE TO public.ruled DO INSTEAD SELECT public.trap();
  CREATE FUNCTION public.row_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM public.trap(); RETURN NULL; END $$;
  CREATE TRIGGER t AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON public.ruled EXECUTE FUNCTION public.row_trigger();
  CREATE FUNCTION public.defaults(a text DEFAULT public.trap(), b public.name DEFAULT public.trap()::public.name) RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE FUNCTION public.definer() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT public.trap()';
  CREATE AGGREGATE public.string_agg(text) (SFUNC = textcat, STYPE = text); CREATE FUNCTION public.aclexplode(aclitem[]) RETURNS text LANGUAGE sql AS 'SELECT public.trap()';
  CREATE FUNCTION public.unnest(anyarray) RETURNS text LANGUAGE sql AS 'SELECT public.trap()'; CREATE FUNCTION public.has_function_privilege(oid, oid, text) RETURNS bool LANGUAGE sql AS 'SELECT public.trap(NULL)';
  CREATE FUNCTION public.format_type(pg_catalog.oid, int) RETURNS text LANGUAGE sql AS 'SELECT public.trap()'; CREATE FUNCTION public.acldefault("char", pg_catalog.oid) RETURNS text LANGUAGE sql AS 'SELECT public.trap()';
  CREATE INDEX ON public.ruled ((public.immutable_trap(x)));
  ALTER TABLE public.ruled ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON public.ruled USING (public.trap('') );`

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `
  let stack: Stack

  test.serial.before(`${on}provision`, async () => {
    stack = bed().declare({ den: {}, ...OTHER })
    await stack.applyOk()
    // On 15 and later PUBLIC has no CREATE there, and the owner has by ownership of the database.
    if (version < 15) await bed().server.sql('GRANT CREATE ON SCHEMA public TO den_dev_user', [], D)
    await stack.sql(
      'den',
      `CREATE FUNCTION public.immutable_trap(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN $1; END $$; ${TRAPS}`,
    )
  })

  /** Something to do in every stage of the next run. */
  const perturb = async (): Promise<void> => {
    await bed().server.sql('ALTER ROLE den_dev_user CONNECTION LIMIT 77')
    await bed().server.sql(`REVOKE CONNECT ON DATABASE ${D} FROM visitor_dev_user`)
    await bed().server.sql(
      'SET ROLE den_dev_user; REVOKE ALL ON ALL TABLES IN SCHEMA public FROM visitor_dev_user; REVOKE ALL ON ALL ROUTINES IN SCHEMA public FROM visitor_dev_user, PUBLIC; RESET ROLE',
      [],
      D,
    )
    await bed().server.forget(D)
  }

  test.serial(
    `${on}rules, triggers, policies, domains, defaults, views and functions in public: none runs as the admin`,
    async (t) => {
      const traps = TRAPS.split(';').filter((line) => /^\s*CREATE/.test(line)).length
      for (const path of ['public, pg_catalog', 'public', 'pg_temp, public, pg_catalog']) {
        await stack.sql(
          'den',
          `ALTER DATABASE ${D} SET search_path = ${path}; ALTER ROLE den_dev_user SET search_path = ${path}`,
        )
        await perturb()
        const { audit } = await stack.apply()
        t.is(audit.run.exit_code, 0, `${path}: ${audit.run.error ?? ''}`)
        t.is(audit.run.outcome, 'changed')
        t.deepEqual(await bed().server.sql('SELECT * FROM public.ran', [], D), [], path)
        await bed().server.forget(D)
      }
      await stack.sql('den', `ALTER DATABASE ${D} RESET search_path; ALTER ROLE den_dev_user RESET search_path`)
      await stack.sql('den', 'GRANT EXECUTE ON ALL ROUTINES IN SCHEMA public TO PUBLIC')
      const admin = await bed().server.connect({ ...bed().server.admin, database: D })
      await admin.query(`SET search_path = public, pg_catalog; SELECT aclexplode(NULL::aclitem[]), 'x'::public.name`)
      await admin.end()
      t.not((await bed().server.sql('SELECT * FROM public.ran', [], D)).length, 0, 'the trap works for whoever uses it')
      await bed().server.sql('TRUNCATE public.ran', [], D)
      await bed().server.forget(D)
      count('planted traps', 'objects in public', traps)
    },
  )

  test.serial(`${on}no owner makes an event trigger, at login or ever`, async (t) => {
    await stack.sql(
      'den',
      'CREATE FUNCTION public.watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM public.trap(); END $$',
    )
    for (const event of ['ddl_command_start', 'ddl_command_end', 'sql_drop', ...(version >= 17 ? ['login'] : [])]) {
      t.is(
        await stack.answer('den', `CREATE EVENT TRIGGER w ON ${event} EXECUTE FUNCTION public.watch()`),
        '42501',
        event,
      )
    }
    count('planted traps', 'event triggers')
  })

  for (const [title, comment] of Object.entries(COMMENTS)) {
    test.serial(`${on}a comment on the database: ${title}`, async (t) => {
      await stack.sql(
        'den',
        `DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE ${D} IS %L', ${comment.replaceAll('$$', '')}); END $$`,
      )
      await perturb()
      const { audit, records } = await stack.apply()
      t.is(audit.run.exit_code, 0, audit.run.error ?? '')
      t.true(JSON.stringify(audit).length < 1_000_000)
      t.false(records.some(({ message }) => /[\u0000-\u001f]/.test(message)))
      t.deepEqual(
        records.filter(
          ({ object, status, application }) => object === 'role' && status !== 'no_change' && application === 'visitor',
        ),
        [],
      )
      await stack.sql('den', `COMMENT ON DATABASE ${D} IS NULL`)
      await stack.applyOk()
      count('planted traps', 'comments')
    })
  }

  test.serial(`${on}an object in an extension's way: the run says so, and does the rest`, async (t) => {
    const blocked = bed().declare({ taken: {}, beside: {} })
    await blocked.applyOk()
    if (version < 15) await bed().server.sql('GRANT CREATE ON SCHEMA public TO taken_dev_user', [], 'taken_dev_db')
    await blocked.sql(
      'taken',
      `CREATE FUNCTION public.citext_eq(text, text) RETURNS bool LANGUAGE sql AS 'SELECT true'; CREATE TYPE public.citext AS ENUM ()`,
    )
    blocked.applications = {
      taken: { extensions: ['citext'], settings: { work_mem: '8MB' } },
      beside: { settings: { work_mem: '8MB' } },
    }
    const { audit, problems, records } = await blocked.apply()
    t.is(audit.run.exit_code, 1)
    t.deepEqual(
      problems.map(({ application, field }) => [application, field]),
      [['taken', 'extension']],
    )
    t.regex(problems[0]?.message ?? '', /citext.*(already exists|not a member)/)
    t.deepEqual(
      records.filter(({ status }) => status === 'failed').map(({ application, object }) => [application, object]),
      [['taken', 'extension']],
    )
    await blocked.sql('taken', 'DROP TYPE public.citext; DROP FUNCTION public.citext_eq(text, text)')
    await blocked.applyOk()
    t.deepEqual(await blocked.plan(), [])
    count('planted traps', 'extensions')
  })
}
