/**
 * What logins hold on objects that the owner of the database does not own is beyond the declaration as well: it is told,
 * kept, and taken away (src/README.md: Beyond the declaration).
 */
import test from 'ava'
import * as v from 'valibot'
import { toHcl } from '../../../src/generate/hcl.ts'
import { planSteps } from '../../../src/model/step.ts'
import { generateOn } from '../../support/generate.ts'
import { bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'
import { followAll } from '../../support/remedies.ts'

const MASTER_SECRET = 'rds!db-master'

const INSTANCE = [
  ...['shop', 'feeder', 'anna', 'bob', 'cleo'].map((name) => `CREATE ROLE ${name} LOGIN PASSWORD 'pw_${name}'`),
  'GRANT shop TO dbmaster',
  'CREATE DATABASE shop OWNER shop',
]
const INSIDE: readonly (readonly [string, string])[] = [
  ['shop', 'CREATE SCHEMA app; CREATE TABLE app.goods (id int); GRANT SELECT ON app.goods TO anna'],
  [
    'shop',
    'GRANT CREATE, USAGE ON SCHEMA public, app TO feeder, dbmaster; GRANT USAGE ON SCHEMA app TO anna, bob, cleo',
  ],
  [
    'feeder',
    `CREATE TABLE app.feed (id int, note text); CREATE SEQUENCE app.feeds; CREATE TABLE public.spare (id int);
     CREATE FUNCTION app.feeding() RETURNS int LANGUAGE sql AS 'SELECT 1';
     REVOKE EXECUTE ON FUNCTION app.feeding() FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.feeding() TO anna, shop;
     GRANT SELECT ON app.feed TO anna, bob; GRANT UPDATE (note) ON app.feed TO cleo; GRANT USAGE ON SEQUENCE app.feeds TO anna;
     GRANT SELECT ON public.spare TO PUBLIC`,
  ],
  ['dbmaster', 'CREATE TABLE app.fixes (id int); GRANT INSERT ON app.fixes TO anna'],
]

const REPORT = v.object({
  sections: v.object({
    undeclared: v.array(
      v.object({ role: v.string(), what: v.string(), on: v.string(), fate: v.string(), remedy: v.string() }),
    ),
  }),
})

/** What is told of objects, as `role | privileges | object | fate`. */
async function told(stack: Stack): Promise<Map<string, string>> {
  const report: unknown = JSON.parse(await stack.report('json'))
  const rows = v.parse(REPORT, report).sections.undeclared.filter(({ on }) => /^(columns|table|seq|func)/.test(on))
  return new Map(rows.map(({ role, what, on, fate, remedy }) => [[role, what, on, fate].join(' | '), remedy]))
}

const HELD = [
  'PUBLIC (everybody) | SELECT | table public.spare',
  'anna | EXECUTE | function app.feeding',
  'anna | INSERT | table app.fixes',
  'anna | SELECT | table app.feed',
  'anna | SELECT | table app.goods',
  'anna | USAGE | sequence app.feeds',
  'bob | SELECT | table app.feed',
  'cleo | UPDATE | columns of table app.feed',
]
const ALL = `SELECT r.rolname AS who, c.relname AS what FROM pg_class c, pg_roles r
  WHERE c.relnamespace IN ('app'::regnamespace, 'public'::regnamespace) AND r.rolname IN ('anna', 'bob', 'cleo')
    AND (has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE') AND c.relkind = 'r'
      OR c.relkind = 'S' AND has_sequence_privilege(r.oid, c.oid, 'USAGE')) ORDER BY 1, 2`

for (const version of VERSIONS) {
  const on = `PostgreSQL ${String(version)}: `
  const bed = bedFor(version)

  test.serial.before(`${on}a database in which others have tables`, async () => {
    const { server } = bed()
    bed().aws.putSecret(MASTER_SECRET, { username: server.master.user, password: server.master.password })
    await server.sql('SET SESSION AUTHORIZATION dbmaster')
    for (const statement of INSTANCE) await server.sql(statement)
    await server.sql('RESET SESSION AUTHORIZATION')
    if (version < 15) await server.sql('ALTER SCHEMA public OWNER TO shop', [], 'shop')
    for (const [who, statements] of INSIDE) {
      await server.sql(`SET SESSION AUTHORIZATION ${who}; ${statements}`, [], 'shop')
      await server.sql('RESET SESSION AUTHORIZATION', [], 'shop')
    }
    await server.forget('shop')
  })

  const declare = (undeclared: string): Stack => {
    const entry = (username: string): Entry => ({ username, auth: 'unmanaged', adopt_existing: true, undeclared })
    const applications = {
      shop: { ...entry('shop'), database_name: 'shop', schemas: ['app'] },
      feeder: { ...entry('feeder'), access_level: 'none' },
      anna: { ...entry('anna'), access_level: 'none' },
    }
    return bed().declare(applications, { master_secret_id: MASTER_SECRET, stack: 'others', secret_prefix: 'others' })
  }

  test.serial(`${on}generate tells what is held, and nothing of what belongs to whoever made it`, async (t) => {
    const notes = toHcl(
      await generateOn(bed(), bed().declare({}, { master_secret_id: MASTER_SECRET, stack: 'others' })),
    )
    for (const text of ['SELECT on table app.feed', 'INSERT on table app.fixes', 'UPDATE on columns of table app.feed'])
      t.true(notes.includes(text), `${text}\n${notes}`)
    t.notRegex(notes, /DELETE/, 'whoever owns a table may do everything with it')
  })

  test.serial(`${on}under keep it is told with what takes it away`, async (t) => {
    await declare('keep').applyOk()
    t.deepEqual([...(await told(declare('keep'))).keys()].sort(), HELD.map((line) => `${line} | kept`).sort())
  })

  test.serial(`${on}under revoke it goes, and who loses it is told before`, async (t) => {
    const before = await bed().server.sql(ALL, [], 'shop')
    t.is(before.length, 9)
    const stack = declare('revoke')
    const { plan } = await stack.preview()
    const loses = planSteps(plan).flatMap((step) => (step.loses ?? []).map(({ who, what }) => `${who}: ${what}`))
    for (const line of [
      'anna: SELECT on app.feed in shop',
      'bob: SELECT on app.feed in shop',
      'cleo: UPDATE on columns of app.feed in shop',
      'anna: USAGE on sequence app.feeds in shop',
      'anna: EXECUTE on function app.feeding() in shop',
    ])
      t.true(loses.includes(line), `${line}\n${loses.join('\n')}`)
    const { records } = await stack.applyOk()
    const warnings = records.filter(({ status }) => status === 'warning').map(({ message }) => message)
    t.true(
      warnings.some((message) => message.startsWith('what anna has on shop from dbmaster (table app.fixes)')),
      warnings.join('\n'),
    )
    t.deepEqual(await bed().server.sql(ALL, [], 'shop'), [{ who: 'anna', what: 'fixes' }])
    const again = await stack.applyOk()
    t.is(again.audit.run.outcome, 'no_change')
  })

  test.serial(`${on}what is left is told with a statement that takes it away`, async (t) => {
    const left = await told(declare('revoke'))
    t.deepEqual([...left.keys()], ['anna | INSERT | table app.fixes | left alone'])
    for (const remedy of left.values()) t.is(await followAll(bed(), remedy), 1, remedy)
    t.deepEqual(await bed().server.sql(ALL, [], 'shop'), [])
  })
}
