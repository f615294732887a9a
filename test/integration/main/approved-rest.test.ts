/** A run that ended half-way, and what its approval is worth then (src/README.md: What was approved). */
import test, { type ExecutionContext } from 'ava'
import { applyUntil, approve, planOf, messagesOf, readerOf } from '../../support/approved.ts'
import { difference, dump } from '../../support/catalogs.ts'
import { startGate } from '../../support/gate.ts'
import { MASTER_SECRET, putMaster } from '../../support/major-upgrade.ts'
import { letMasterExtend } from '../../support/master-extensions.ts'
import { ANY_VERSION, bedFor, type Entry, type Outcome, type Stack } from '../../support/provision.ts'

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  const declare = (applications: Stack['applications'], name: string, variables: Entry = {}): Stack =>
    bed().declare(applications, { environment: 'staging', stack: name, claim: name, ...variables })

  const refuses = async (t: ExecutionContext, stack: Stack): Promise<Outcome> => {
    const before = await dump(bed().server)
    const outcome = await stack.apply()
    t.is(outcome.audit.run.exit_code, 4, outcome.audit.run.error ?? '')
    t.deepEqual(difference(before, await dump(bed().server)), [])
    return outcome
  }

  /** First a run that is interrupted once the database is there. */
  const halfWay = async (t: ExecutionContext, stack: Stack): Promise<string> => {
    const { digest, file } = await planOf(stack)
    approve(stack, { digest }, file)
    const { audit } = await applyUntil(stack, ({ object, status }) => object === 'database' && status === 'created')
    t.is(audit.run.exit_code, 1)
    return file
  }

  test.serial(`${on}the same approval goes on with the plan's file, and tells what is there already`, async (t) => {
    const stack = declare({ shop: {}, ro: readerOf('shop') }, 'rest')
    const { digest } = await planOf(stack)
    await halfWay(t, stack)
    const { audit, records } = await stack.apply()
    t.is(audit.run.exit_code, 0, audit.run.error ?? '')
    t.is(audit.run.approved_plan, digest)
    const told = records.filter(({ action }) => action === 'go on')
    t.regex(told[0]?.message ?? '', /was begun by a run before, and this one goes on with it: \d+ of its \d+ effects/)
    t.true(
      told.some(
        ({ message }) =>
          message === 'there already: role ro_staging_user (reader) (ro_staging_user in shop_staging_db)',
      ),
      JSON.stringify(told),
    )
    t.true(told.every(({ status }) => status === 'warning'))
    t.deepEqual(await stack.plan(), [])
    const again = await stack.apply()
    t.deepEqual([again.audit.run.exit_code, again.audit.run.outcome], [0, 'no_change'], 'its answer may have been lost')
    t.deepEqual(
      again.records.filter(({ action }) => action === 'go on').map(({ message }) => message),
      [`plan:${digest} was carried out before, and nothing of it is left to do`],
    )
    // It is done: what somebody takes away since is for somebody to approve.
    await stack.sql('shop', 'ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM ro_staging_user')
    t.regex(
      messagesOf(await refuses(t, stack))[0] ?? '',
      /A run before has carried it out; it approves nothing more\.$/,
    )
  })

  test.serial(`${on}what was undone as a whole is the same plan again, and its digest approves it`, async (t) => {
    const stack = declare({ faq: {} }, 'undone')
    stack.env = { ALLOW_DB_PROVISION: 'true' }
    await stack.applyOk()
    stack.applications = { faq: { connection_limit: 9 } }
    const plan = await planOf(stack)
    approve(stack, plan, plan.file)
    t.is((await stack.apply()).audit.run.outcome, 'changed')
    t.is((await stack.apply()).audit.run.outcome, 'no_change')
    await bed().server.sql('ALTER ROLE faq_staging_user CONNECTION LIMIT -1')
    const { audit } = await stack.apply()
    t.deepEqual([audit.run.exit_code, audit.run.outcome], [0, 'changed'])
  })

  test.serial(`${on}the digest alone is refused, and the error says what to do, which works`, async (t) => {
    const stack = declare({ blog: {}, blog_ro: readerOf('blog') }, 'alone')
    const file = await halfWay(t, stack)
    const full = stack.env['ALLOW_DB_PROVISION'] ?? ''
    stack.env = { ALLOW_DB_PROVISION: full }
    const refused = await refuses(t, stack)
    t.regex(messagesOf(refused)[0] ?? '', /a run before has begun plan:[0-9a-f]{64}; .* only the plan's file proves\.$/)
    const remedy = refused.problems[0]?.remedy ?? ''
    t.regex(remedy, /^Name the file that plan --out wrote in RDS_PROVISION_PLAN_FILE, and the run goes on/)
    // One way, in part; then the other, to the end.
    stack.env = { ALLOW_DB_PROVISION: full, RDS_PROVISION_PLAN_FILE: file }
    const { audit } = await applyUntil(stack, ({ status }) => status === 'created')
    t.is(audit.run.exit_code, 1)
    stack.env = { ALLOW_DB_PROVISION: full }
    const rest = /ALLOW_DB_PROVISION=(plan:[0-9a-f]{64})$/.exec(
      (await refuses(t, stack)).problems[0]?.remedy ?? '',
    )?.[1]
    stack.env = { ALLOW_DB_PROVISION: rest ?? '' }
    t.is((await stack.apply()).audit.run.exit_code, 0)
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}a change by hand in between is refused, and shown`, async (t) => {
    const { server } = bed()
    const stack = declare({ wiki: {}, wiki_ro: readerOf('wiki') }, 'by_hand')
    await halfWay(t, stack)
    await server.sql('ALTER ROLE wiki_ro_staging_user CREATEDB')
    const refused = messagesOf(await refuses(t, stack))
    t.regex(refused[0] ?? '', /a run before has begun plan:[0-9a-f]{64}, and this run would do more than is left of it/)
    t.deepEqual(refused.slice(1), [
      'wiki_ro + role wiki_ro_staging_user: loses CREATEDB (wiki_ro_staging_user in wiki_staging_db)',
    ])
    await server.sql('ALTER ROLE wiki_ro_staging_user NOCREATEDB')
    t.is((await stack.apply()).audit.run.exit_code, 0)
  })

  test.serial(`${on}of what is left out by now nothing is called there already`, async (t) => {
    const { server } = bed()
    const stack = declare({ lms: {}, lms_ro: readerOf('lms'), cdn: {} }, 'left_out')
    await halfWay(t, stack)
    await server.sql('ALTER ROLE lms_ro_staging_user SUPERUSER')
    const { audit, records } = await stack.apply()
    t.deepEqual(audit.run.applications?.blocked, ['lms_ro'], audit.run.error ?? '')
    const told = records.filter(({ action }) => action === 'go on')
    t.true(told.some(({ application }) => application === 'lms'))
    t.deepEqual(
      told.filter(({ application }) => application === 'lms_ro').map(({ message }) => message),
      [],
    )
    t.regex(told[0]?.message ?? '', new RegExp(`goes on with it: ${String(told.length - 1)} of its `))
    await server.sql('ALTER ROLE lms_ro_staging_user NOSUPERUSER')
    t.is((await stack.apply()).audit.run.exit_code, 0)
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}a run that failed for one application is gone on with too`, async (t) => {
    const { server } = bed()
    const stack = declare({ ems: {}, ems_a: readerOf('ems') }, 'failed')
    stack.env = { ALLOW_DB_PROVISION: 'true' }
    await stack.applyOk()
    await stack.sql('ems', 'CREATE TABLE public.held (id int)')
    stack.applications = { ems: { connection_limit: 9 }, ems_a: readerOf('ems'), ems_b: readerOf('ems') }
    const plan = await planOf(stack)
    approve(stack, plan, plan.file)
    await server.sql('BEGIN; GRANT SELECT ON public.held TO PUBLIC', [], 'ems_staging_db')
    const { audit } = await stack.apply()
    await server.sql('ROLLBACK', [], 'ems_staging_db')
    t.is(audit.run.exit_code, 1)
    const rest = await stack.apply()
    t.is(rest.audit.run.exit_code, 0, rest.audit.run.error ?? '')
    t.is(await stack.answer('ems_b', 'SELECT * FROM public.held'), 'ok')
  })

  test.serial(`${on}less than was approved is no rest of it where nothing tells that a run has begun`, async (t) => {
    const stack = declare({ crm: {} }, 'not_begun')
    stack.env = { ALLOW_DB_PROVISION: 'true' }
    await stack.applyOk()
    stack.applications = { crm: { connection_limit: 9, can_create_databases: true } }
    const both = await planOf(stack)
    approve(stack, both, both.file)
    stack.applications = { crm: { connection_limit: 9, can_create_databases: true }, crm_ro: readerOf('crm') }
    const more = await planOf(stack)
    stack.applications = { crm: { connection_limit: 9, can_create_databases: true } }
    approve(stack, more, more.file)
    t.true(messagesOf(await refuses(t, stack)).some((line) => line.startsWith('crm_ro - role crm_ro_staging_user')))
  })

  test.serial(`${on}nor where something else is declared by now than when it was begun`, async (t) => {
    const stack = declare({ pim: {}, pim_a: readerOf('pim'), pim_b: readerOf('pim') }, 'other_declared')
    await halfWay(t, stack)
    const all = stack.applications
    const { pim = {}, pim_a: reader = {} } = all
    stack.applications = { pim, pim_a: reader }
    t.regex(
      messagesOf(await refuses(t, stack))[0] ?? '',
      /A run before has begun it, when something else was declared\.$/,
    )
    stack.applications = all
    t.is((await stack.apply()).audit.run.exit_code, 0)
  })

  test.serial(`${on}a plan without a word on roles is remembered all the same`, async (t) => {
    const stack = declare({ dms: {}, dms_ro: readerOf('dms') }, 'inside')
    stack.env = { ALLOW_DB_PROVISION: 'true' }
    await stack.applyOk()
    await stack.sql('dms', 'CREATE TABLE public.one (id int); CREATE SCHEMA app; CREATE TABLE app.two (id int)')
    stack.applications = { dms: { schemas: ['public', 'app'] }, dms_ro: readerOf('dms') }
    const file = (await planOf(stack)).file
    const { digest } = await planOf(stack)
    approve(stack, { digest }, file)
    const { audit } = await applyUntil(stack, ({ message }) =>
      message.includes('remembers that the approved plan is begun'),
    )
    t.is(audit.run.exit_code, 1)
    // What was to be done by somebody else: less is left, and all of it was approved.
    await stack.sql('dms', 'GRANT USAGE ON SCHEMA app TO dms_ro_staging_user')
    const { audit: rest, records } = await stack.apply()
    t.is(rest.run.exit_code, 0, rest.run.error ?? '')
    t.true(records.some(({ message }) => message.startsWith('there already: grant USAGE on schema app')))
  })

  test.serial(`${on}what an owner makes while its database is made is granted by rule: no other effect`, async (t) => {
    const { server } = bed()
    const stack = declare({ erp: {}, erp_ro: readerOf('erp') }, 'between')
    const plan = await planOf(stack)
    approve(stack, plan, plan.file)
    let isMade = false
    const gate = await startGate(server.port, async () => {
      if (isMade || (await stack.answer('erp', 'SELECT 1').catch(() => '')) !== 'ok') return
      isMade = true
      await stack.sql('erp', 'CREATE TABLE public.early (id int); CREATE SEQUENCE public.numbers')
    })
    stack.variables = { ...stack.variables, instance: { host: 'localhost', port: gate.port, identifier: 'db-1' } }
    const { audit, records } = await stack.apply()
    await gate.close()
    t.true(isMade)
    t.is(audit.run.exit_code, 0, audit.run.error ?? '')
    t.true(records.some(({ statements }) => statements.some((sql) => sql.includes('"early"'))))
    t.is(await stack.answer('erp_ro', 'SELECT * FROM public.early'), 'ok')
  })

  test.serial(`${on}a first table between plan and apply changes no digest`, async (t) => {
    const stack = declare({ cms: {} }, 'first_table')
    stack.env = { ALLOW_DB_PROVISION: 'true' }
    await stack.applyOk()
    stack.applications = { cms: {}, cms_ro: readerOf('cms') }
    const plan = await planOf(stack)
    await stack.sql('cms', 'CREATE TABLE public.first (id int)')
    t.is((await planOf(stack)).digest, plan.digest)
    approve(stack, plan, null)
    t.is((await stack.apply()).audit.run.exit_code, 0)
    t.is(await stack.answer('cms_ro', 'SELECT * FROM public.first'), 'ok')
  })

  test.serial(`${on}extensions of a new database, the master's among them, trip no later round`, async (t) => {
    await letMasterExtend(bed())
    putMaster(bed())
    const stack = declare(
      {
        stat: { extensions: ['pg_stat_statements', 'pgcrypto'], schemas: ['app', 'public'] },
        stat_ro: readerOf('stat'),
      },
      'extended',
      { master_secret_id: MASTER_SECRET },
    )
    const plan = await planOf(stack)
    approve(stack, plan, plan.file)
    const cut = await applyUntil(stack, ({ object, status }) => object === 'extension' && status === 'created')
    t.is(cut.audit.run.exit_code, 1)
    const { audit } = await stack.apply()
    t.is(audit.run.exit_code, 0, audit.run.error ?? '')
    t.deepEqual(await stack.plan(), [])
  })
}
