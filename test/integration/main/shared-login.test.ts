/** One login in many databases: each entry but one uses the login of another one. */
import test from 'ava'
import * as v from 'valibot'
import { bedFor, type Entry, type Outcome, type Stack, VERSIONS } from '../../support/provision.ts'

const DENIED = '42501'
const REPORT = v.object({ sections: v.object({ undeclared: v.array(v.unknown()) }) })
const TENANT = { can_login: false }

function use(database: string, level: string, more: Entry = {}): Entry {
  return { login_of: 'app', database_of: database, access_level: level, ...more }
}

function told({ records }: Outcome, status: string): string[] {
  return records.filter((record) => record.status === status).map(({ message }) => message)
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  const declare = async (prefix: string): Promise<{ stack: Stack; names: readonly string[]; app: string }> => {
    const names = [1, 2, 3].map((at) => `${prefix}${String(at)}`)
    const [first = '', second = '', third = ''] = names
    const app = `${prefix}_app`
    const stack = bed().declare({
      [first]: TENANT,
      [second]: TENANT,
      [third]: TENANT,
      app: { username: app, access_level: 'none' },
      [`${app}_1`]: use(first, 'editor', { settings: { statement_timeout: '7s' } }),
      [`${app}_2`]: use(second, 'reader'),
    })
    await stack.applyOk()
    for (const name of names)
      await bed().server.sql(
        `SET ROLE ${name}_dev_user; CREATE TABLE public.t (x int); RESET ROLE`,
        [],
        `${name}_dev_db`,
      )
    return { stack, names: names.map((name) => `${name}_dev_db`), app }
  }
  const without = (stack: Stack, ...names: readonly string[]): Readonly<Record<string, Entry>> =>
    Object.fromEntries(Object.entries(stack.applications).filter(([name]) => !names.includes(name)))

  test.serial(`${on}one login has in each database what its entry there says, and follows it`, async (t) => {
    const { stack, names, app } = await declare('one')
    const [first, second, third] = names
    const write = 'INSERT INTO public.t VALUES (1)'
    t.is(await stack.answer('app', write, first), 'ok')
    t.deepEqual(await stack.sql('app', 'SHOW statement_timeout', first), [['7s']])
    t.is(await stack.answer('app', 'SELECT * FROM public.t', second), 'ok')
    t.is(await stack.answer('app', write, second), DENIED)
    t.is(await stack.answer('app', 'SELECT 1', third), DENIED)
    t.deepEqual(await stack.plan(), [])
    const again = await stack.applyOk()
    t.is(again.audit.run.outcome, 'no_change')
    t.true(told(again, 'no_change').includes(`uses the login ${app} of app`))
    t.is(again.records.filter(({ object }) => object === 'password').length, 1)
    const report: unknown = JSON.parse(await stack.report('json'))
    t.false(JSON.stringify(v.parse(REPORT, report).sections.undeclared).includes(app), 'it is nowhere beyond')

    stack.applications = { ...stack.applications, one_app_2: use('one2', 'editor') }
    await stack.applyOk()
    t.is(await stack.answer('app', write, second), 'ok')
    t.deepEqual(await stack.plan(), [])

    // By hand: less in one database than declared, more in another.
    await bed().server.sql(
      `SET ROLE one1_dev_user; REVOKE CONNECT ON DATABASE ${first ?? ''} FROM ${app}; SET ROLE one3_dev_user;
       GRANT CONNECT ON DATABASE ${third ?? ''} TO ${app}; RESET ROLE`,
    )
    await stack.applyOk()
    t.is(await stack.answer('app', write, first), 'ok')
    t.is(await stack.answer('app', 'SELECT 1', third), DENIED)
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}an entry that leaves takes its access along, and nothing of the others`, async (t) => {
    const { stack, names, app } = await declare('two')
    const [first, second] = names
    const here = await stack.connect('app', first)
    here.on('error', () => undefined)
    const there = await stack.connect('app', second)
    t.is((await stack.destroyOk('two_app_1')).audit.run.outcome, 'no_change')
    t.regex(told(await stack.request('two_app_1'), 'skipped').join(), /two_app belongs to the application app/)
    t.is(await stack.answer('app', 'SELECT 1', first), 'ok')
    stack.applications = without(stack, 'two_app_1')
    await stack.applyOk()
    t.is(await stack.answer('app', 'SELECT 1', first), DENIED)
    await t.throwsAsync(here.query('SELECT 1'))
    t.is((await there.query('SELECT 1')).rowCount, 1)
    await there.end()
    t.deepEqual(await stack.plan(), [])

    // The database leaves too: nobody looks into it any more, and that is told.
    stack.applications = without(stack, 'two_app_2', 'two2')
    t.deepEqual(
      told(await stack.applyOk(), 'warning').filter((message) => message.includes('may still connect')),
      [`${app} may still connect to database ${second ?? ''}, which is no longer declared`],
    )
  })

  test.serial(`${on}the login goes with the entry that has it, out of all databases`, async (t) => {
    const { stack, app } = await declare('three')
    stack.applications = {
      ...stack.applications,
      app: { username: app, access_level: 'none', cleanup_policy: 'delete' },
    }
    await stack.applyOk()
    await stack.request('app')
    stack.applications = without(stack, 'app', 'three_app_1', 'three_app_2')
    await stack.applyOk()
    t.deepEqual(await bed().server.sql('SELECT 1 FROM pg_roles WHERE rolname = $1', [app]), [])
    t.deepEqual(await stack.plan(), [])
  })

  // As in the example. It takes its time, and the versions differ in nothing of it.
  if (version === VERSIONS.at(-1))
    test.serial(`${on}one login with fifty tenant databases`, async (t) => {
      const tenants = Array.from({ length: 50 }, (_, at) => `tenant_${String(at + 1).padStart(2, '0')}`)
      const stack = bed().declare({
        app: { username: 'many_app', access_level: 'none', connection_limit: 100 },
        ...Object.fromEntries(tenants.map((tenant) => [tenant, TENANT])),
        ...Object.fromEntries(tenants.map((tenant) => [`app_${tenant}`, use(tenant, 'editor')])),
      })
      await stack.applyOk()
      t.is(await stack.answer('app', 'SELECT 1', 'tenant_01_dev_db'), 'ok')
      t.is(await stack.answer('app', 'SELECT 1', 'tenant_50_dev_db'), 'ok')
      t.deepEqual(await stack.plan(), [])
      const { audit, records } = await stack.applyOk()
      t.is(audit.run.outcome, 'no_change')
      t.is(records.filter(({ object }) => object === 'password').length, 1)
      t.is(records.filter(({ message }) => message === 'uses the login many_app of app').length, 50)
    })
}
