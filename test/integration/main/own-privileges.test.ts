/** `privileges` of an entry: instead of those of its level, for each kind of objects, now and by default. */
import test from 'ava'
import { blocked } from '../../support/provision/outcome.ts'
import { bedFor, type Stack, VERSIONS } from '../../support/provision.ts'

const DENIED = '42501'
const TABLES = 'SELECT * FROM app.t'

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
    await stack.sql('own', 'CREATE TABLE app.t (id serial, name text); CREATE SEQUENCE app.s')
    await stack.sql(
      'own',
      `CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE EXECUTE ON FUNCTION app.f() FROM PUBLIC`,
    )
    await stack.applyOk()
    return stack
  }
  const redeclare = (stack: Stack, changes: object): void => {
    stack.applications = { ...stack.applications, guest: { ...stack.applications['guest'], ...changes } }
  }
  const answers = async (stack: Stack, texts: readonly string[]): Promise<string[]> => {
    const all: string[] = []
    for (const text of texts) all.push(await stack.answer('guest', text))
    return all
  }
  const CALLS = [
    TABLES,
    'TRUNCATE app.t',
    `INSERT INTO app.t (name) VALUES ('x')`,
    `SELECT nextval('app.s')`,
    'SELECT app.f()',
  ]

  test.serial(`${on}each kind has what the entry names, and the others what the level has`, async (t) => {
    const stack = await shared('named', { privileges: { tables: ['TRUNCATE', 'INSERT', 'SELECT'], functions: [] } })
    t.deepEqual(await answers(stack, CALLS), ['ok', 'ok', DENIED, DENIED, DENIED])
    await stack.sql('own', 'CREATE TABLE app.later (x int)')
    t.deepEqual(await answers(stack, ['TRUNCATE app.later', 'INSERT INTO app.later VALUES (1)']), ['ok', 'ok'])
    t.is(await stack.answer('guest', 'DELETE FROM app.later'), DENIED)
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(
    `${on}what is changed, taken by hand, and taken out comes to what is declared, and the plan says it`,
    async (t) => {
      const stack = await shared('moved', { privileges: { tables: ['SELECT', 'TRUNCATE'], sequences: ['USAGE'] } })
      t.deepEqual(await answers(stack, CALLS), ['ok', 'ok', DENIED, 'ok', 'ok'])
      await stack.sql('own', 'REVOKE TRUNCATE ON app.t FROM moved_guest; GRANT TRIGGER, DELETE ON app.t TO moved_guest')
      const { records } = await stack.applyOk()
      t.true(
        records.some(({ message }) =>
          message.includes('reader with SELECT, TRUNCATE on tables and USAGE on sequences'),
        ),
      )
      t.true(
        records.some(({ statements }) => statements.some((text) => text.startsWith('REVOKE DELETE, TRIGGER ON TABLE'))),
      )
      t.deepEqual(await stack.plan(), [])
      redeclare(stack, { privileges: { tables: ['REFERENCES'] } })
      await stack.applyOk()
      t.deepEqual(await answers(stack, CALLS), [DENIED, DENIED, DENIED, DENIED, 'ok'])
      redeclare(stack, { privileges: null })
      await stack.applyOk()
      t.deepEqual(await answers(stack, CALLS), ['ok', DENIED, DENIED, DENIED, 'ok'])
      t.deepEqual(await stack.plan(), [])
    },
  )

  test.serial(`${on}the report names what is beyond rows, and the removal takes it all`, async (t) => {
    const stack = await shared('matrix', { privileges: { tables: ['SELECT', 'TRUNCATE'] }, cleanup_policy: 'delete' })
    t.regex(await stack.report('text'), /read rows, TRUNCATE/)
    await stack.destroyOk('guest')
    t.deepEqual(await bed().server.sql(`SELECT FROM pg_roles WHERE rolname = 'matrix_guest'`), [])
  })

  test.serial(`${on}MAINTAIN is given from 17 on, and blocks that entry before`, async (t) => {
    const stack = await shared('kept', {})
    redeclare(stack, { privileges: { tables: ['SELECT', 'MAINTAIN'] } })
    const outcome = await stack.apply()
    if (version >= 17) {
      t.is(await stack.answer('guest', 'REFRESH MATERIALIZED VIEW app.nosuch'), '42P01')
      t.is(await stack.answer('guest', 'ANALYZE app.t'), 'ok')
      t.deepEqual(await stack.plan(), [])
      t.regex(await stack.report('text'), /read rows, MAINTAIN/)
      return
    }
    t.is(blocked(t, outcome, 'server version'), 'Take it out of privileges.tables.')
  })
}
