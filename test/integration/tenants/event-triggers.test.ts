/** Code of a database that our statements set off (src/README.md: Code that a statement sets off). */
import test from 'ava'
import { bedFor, VERSIONS } from '../../support/provision.ts'

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  /** As rds_superuser may on RDS; its function is the tenant's. */
  const plant = async (database: string, body: string): Promise<void> => {
    await bed().server.sql(
      `DROP EVENT TRIGGER IF EXISTS history; CREATE OR REPLACE FUNCTION public.log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN ${body} END $$;
      CREATE EVENT TRIGGER history ON ddl_command_end EXECUTE FUNCTION public.log_ddl()`,
      [],
      database,
    )
    await bed().server.forget(database)
  }

  test.serial(
    `${on}an event trigger that looks for its table by the search_path is told of, with what helps`,
    async (t) => {
      const stack = bed().declare({ shop: {}, other: {} }, { stack: 'events' })
      await stack.applyOk()
      await stack.sql(
        'shop',
        'CREATE TABLE public.ddl_history (at timestamptz); GRANT INSERT ON public.ddl_history TO PUBLIC',
      )
      await plant('shop_dev_db', 'INSERT INTO ddl_history VALUES (now());')
      stack.applications = {
        shop: {},
        shop_reader: { database_name: 'shop_dev_db', access_level: 'reader' },
        other: { connection_limit: 7 },
      }
      const outcome = await stack.apply()
      t.is(outcome.audit.run.exit_code, 1)
      t.deepEqual(
        outcome.problems.map(({ application, code }) => [application, code]),
        [['shop_reader', 'statement_failed']],
      )
      const message = outcome.problems[0]?.message ?? ''
      t.regex(message, /relation "ddl_history" does not exist/)
      t.regex(message, /CONTEXT: PL\/pgSQL function public\.log_ddl\(\) line 1/)
      t.regex(message, /event trigger.*pg_catalog and pg_temp.*ALTER FUNCTION … SET search_path/)
      t.true(
        outcome.records.some((record) => record.status === 'failed' && record.message.includes('public.log_ddl()')),
      )
      t.is((await stack.sql('other', 'SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user'))[0]?.[0], 7)

      await bed().server.sql('ALTER FUNCTION public.log_ddl() SET search_path = public', [], 'shop_dev_db')
      await bed().server.forget('shop_dev_db')
      await stack.applyOk()
      t.is(await stack.answer('shop_reader', 'SELECT * FROM ddl_history'), 'ok')
      t.not((await stack.sql('shop', 'SELECT count(*)::int FROM ddl_history'))[0]?.[0], 0)
    },
  )

  test.serial(`${on}what such code says is bounded, and one line`, async (t) => {
    const stack = bed().declare({ loud: {} }, { stack: 'loud' })
    await stack.applyOk()
    const text = `repeat(E'a\\n\\x1b[2J##vso[task]', 100000)`
    await plant(
      'loud_dev_db',
      `RAISE EXCEPTION USING message = ${text}, detail = ${text}, hint = ${text}, errcode = '22000';`,
    )
    stack.applications = { loud: { schemas: ['app'] } }
    const outcome = await stack.apply()
    t.is(outcome.audit.run.exit_code, 1)
    for (const told of [outcome.problems[0]?.message ?? '', ...outcome.records.map(({ message }) => message)]) {
      t.true(told.length < 20_000, String(told.length))
      t.notRegex(told, /[\n\u001b]/)
    }
  })
}
