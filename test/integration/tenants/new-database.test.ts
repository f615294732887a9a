/** A database that is new is nobody's to enter before PUBLIC is shut out of it. */
import test from 'ava'
import { holdSessions } from '../../support/held-sessions.ts'
import { followAll } from '../../support/remedies.ts'
import { ANY_VERSION, type Bed, bedFor } from '../../support/provision.ts'
import { startProxy } from '../../support/proxy.ts'

const { keep } = holdSessions()

/** A block that waits in the server until a database is there, and then does something to it at once. */
function asSoonAsMade(database: string, statement: string): string {
  return `
      DO $$ BEGIN
        LOOP
          EXIT WHEN EXISTS (SELECT FROM pg_database WHERE datname = '${database}');
          IF clock_timestamp() > now() + interval '60 s' THEN RAISE 'nobody made it'; END IF;
        END LOOP;
        ${statement};
      END $$`
}

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial(`${on}whoever locks the row of a database as soon as it is there keeps it open to nobody`, async (t) => {
    // Whoever waits for it is faster than the run.
    const proxy = await startProxy(bed().server.port, 25)
    t.teardown(() => proxy.close())
    const instance = { host: 'localhost', port: proxy.port, identifier: 'db-1' }
    // It is gone, as if a person had dropped it, and is to be made anew.
    const stack = bed().declare({ fresh: { recreate_missing: true }, other: {} }, { stack: 'new', instance })
    await stack.applyOk()
    await bed().server.sql('DROP DATABASE fresh_dev_db')
    const holder = keep(await stack.connect('fresh', 'postgres'))
    await holder.query('BEGIN')
    const held = holder.query(asSoonAsMade('fresh_dev_db', 'ALTER DATABASE fresh_dev_db CONNECTION LIMIT 7'))
    const { audit, problems } = await stack.apply()
    await held
    t.is(audit.run.exit_code, 1)
    t.deepEqual(audit.run.applications, { done: 1, blocked: [], failed: ['fresh'], not_begun: [] })
    t.deepEqual(
      problems.map(({ application, code }) => [application, code]),
      [['fresh', 'statement_failed']],
    )
    t.regex(problems[0]?.message ?? '', /fresh_dev_db: .*lock timeout/)
    t.notRegex(problems[0]?.message ?? '', /stays open/)
    t.is(await stack.answer('other', 'SELECT 1', 'fresh_dev_db'), '55000')
    await holder.query('ROLLBACK')
    await stack.applyOk()
    t.is(await stack.answer('other', 'SELECT 1', 'fresh_dev_db'), '42501')
    t.is(await stack.answer('fresh', 'SELECT 1'), 'ok')
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(
    `${on}a database that is shut and open to PUBLIC is opened to those alone who are declared`,
    async (t) => {
      const stack = bed().declare({ left: {}, other: {} }, { stack: 'new' })
      await stack.applyOk()
      await bed().server.sql(`COMMENT ON DATABASE left_dev_db IS NULL; GRANT CONNECT ON DATABASE left_dev_db TO PUBLIC;
      ALTER DATABASE left_dev_db ALLOW_CONNECTIONS false`)
      const mark = await bed().server.mark()
      await stack.applyOk()
      const changes = await bed().server.changesSince(mark)
      const place = (pattern: RegExp): number => changes.findIndex((statement) => pattern.test(statement))
      t.true(place(/^REVOKE .* FROM PUBLIC/) >= 0)
      t.true(place(/^REVOKE .* FROM PUBLIC/) < place(/ALLOW_CONNECTIONS true/))
      t.is(await stack.answer('other', 'SELECT 1', 'left_dev_db'), '42501')
    },
  )

  test.serial(`${on}whoever gives a database away as soon as it is there leaves the admin no right`, async (t) => {
    const proxy = await startProxy(bed().server.port, 25)
    t.teardown(() => proxy.close())
    const { server } = bed()
    const instance = { host: 'localhost', port: proxy.port, identifier: 'db-1' }
    const stack = bed().declare({ given: {}, spare: {} }, { stack: 'given', instance })
    await server.sql('CREATE ROLE taker LOGIN CREATEDB')
    const given = server.sql(asSoonAsMade('given_dev_db', 'ALTER DATABASE given_dev_db OWNER TO taker'))
    const first = await stack.apply()
    await given
    t.deepEqual(first.audit.run.applications, { done: 1, blocked: [], failed: ['given'], not_begun: [] })
    t.deepEqual(await heldByAdmin(bed()), [])
    t.like(
      first.records.find(({ action }) => action === 'revoke leftover'),
      { application: 'given', status: 'removed' },
    )
    const next = await stack.apply()
    t.deepEqual(next.audit.run.applications, { done: 1, blocked: ['given'], failed: [], not_begun: [] })
    const [problem] = next.problems
    t.is(problem?.code, 'owner_mismatch')
    // Nobody can connect to it, the new owner neither.
    await server.sql('GRANT given_dev_user TO taker WITH ADMIN OPTION')
    t.is(await followAll(bed(), problem?.remedy ?? ''), 1)
    await stack.applyOk()
    t.is(await stack.answer('given', 'SELECT 1'), 'ok')
    t.deepEqual(await heldByAdmin(bed()), [])
    t.deepEqual(await stack.plan(), [])
  })
}

/** What the admin gave itself: it gives it back. */
async function heldByAdmin({ server }: Bed): Promise<unknown[]> {
  return server.sql(
    `SELECT roleid::regrole FROM pg_auth_members WHERE member = '${server.admin.user}'::regrole AND grantor = member`,
  )
}
