/** An approval of one plan: what was approved is what runs (src/README.md: What was approved). */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import * as v from 'valibot'
import { InvalidInputError } from '../../../src/errors.ts'
import { difference, dump } from '../../support/catalogs.ts'
import { previewJson } from '../../../src/preview/json.ts'
import { messagesOf, readerOf } from '../../support/approved.ts'
import { ANY_VERSION, bedFor, type Outcome, type Stack } from '../../support/provision.ts'

const PLAN = v.looseObject({ effects: v.array(v.looseObject({})) })

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  const declare = (applications: Stack['applications'], name: string): Stack =>
    bed().declare(applications, { environment: 'staging', stack: name, claim: name, build_id: '1' })

  /** The digest of what an apply would do now. */
  const planned = async (stack: Stack): Promise<string> => (await stack.preview()).digest ?? ''

  /** An apply with the approval of this plan; `file` names that of the plan. */
  const approved = (stack: Stack, digest: string, file = ''): Promise<Outcome> => {
    stack.env = { ALLOW_DB_PROVISION: `plan:${digest}`, ...(file !== '' && { RDS_PROVISION_PLAN_FILE: file }) }
    return stack.apply()
  }

  const refuses = async (t: ExecutionContext, stack: Stack, digest: string, file = ''): Promise<Outcome> => {
    const before = await dump(bed().server)
    const outcome = await approved(stack, digest, file)
    t.is(outcome.audit.run.exit_code, 4)
    t.deepEqual(difference(before, await dump(bed().server)), [])
    return outcome
  }

  test.serial(`${on}the approved plan runs, whatever build, run and day it is, and no other`, async (t) => {
    const stack = declare({ shop: {}, ro: readerOf('shop') }, 'approved')
    const digest = await planned(stack)
    t.regex(digest, /^[0-9a-f]{64}$/)
    stack.variables = { ...stack.variables, build_id: '2' }
    t.is(await planned(stack), digest)
    const { audit } = await approved(stack, digest)
    t.deepEqual([audit.run.exit_code, audit.run.approval], [0, 'approved'])
    const refused = messagesOf(await refuses(t, stack, '0'.repeat(64)))
    t.deepEqual(refused, [` this run would change nothing: plan:${'0'.repeat(64)} does not approve that.`])
    const empty = await planned(stack)
    t.is((await approved(stack, empty)).audit.run.outcome, 'no_change')
  })

  test.serial(`${on}what changed since is refused, and told line by line`, async (t) => {
    const stack = declare({ blog: {}, blog_ro: readerOf('blog') }, 'changed')
    stack.env = { ALLOW_DB_PROVISION: 'true' }
    await stack.applyOk()
    stack.applications = { blog: {}, blog_ro: { ...readerOf('blog'), connection_limit: 20 } }
    const preview = await stack.preview()
    const digest = preview.digest ?? ''
    const file = join(await mkdtemp(join(tmpdir(), 'rds-provision-plan-')), 'plan.json')
    await writeFile(file, previewJson(preview))
    t.true((await readFile(file, 'utf8')).includes(digest))
    await stack.sql('blog', 'CREATE TABLE public.things (id int)')
    t.is(await planned(stack), digest, 'a table more is no other effect')

    await stack.sql('blog', 'REVOKE SELECT ON public.things FROM blog_ro_staging_user')
    const told = messagesOf(await refuses(t, stack, digest, file))
    t.is(told.length, 2, told.join('\n'))
    t.regex(told[0] ?? '', /^ this run would not do what the approved plan says/)
    t.regex(
      told[1] ?? '',
      /^blog_ro \+ grant SELECT on tables of public, as reader \(blog_ro_staging_user in blog_staging_db\)$/,
    )
    await stack.sql('blog', 'GRANT SELECT ON public.things TO blog_ro_staging_user')

    stack.applications = { blog: {}, blog_ro: readerOf('blog') }
    t.deepEqual(messagesOf(await refuses(t, stack, digest, file)).slice(1), [
      'blog_ro - role blog_ro_staging_user: connection limit -1 -> 20 (blog_ro_staging_user in blog_staging_db)',
    ])
    stack.applications = { blog: {}, blog_ro: { ...readerOf('blog'), connection_limit: 20 } }
    t.is((await approved(stack, digest, file)).audit.run.exit_code, 0)
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(
    `${on}an edited plan file is refused before anything is read, whatever was added or taken out`,
    async (t) => {
      const stack = declare({ cms: {} }, 'forged')
      const preview = await stack.preview()
      const file = join(await mkdtemp(join(tmpdir(), 'rds-provision-plan-')), 'plan.json')
      const plan = v.parse(PLAN, JSON.parse(previewJson(preview)))
      const more = { ...plan.effects[0], effect: 'role cms_staging_user gets CREATEDB' }
      for (const effects of [[...plan.effects, more], plan.effects.slice(1)]) {
        await writeFile(file, JSON.stringify({ ...plan, effects }))
        stack.env = { ALLOW_DB_PROVISION: `plan:${preview.digest ?? ''}`, RDS_PROVISION_PLAN_FILE: file }
        const error = await t.throwsAsync(stack.apply(), { instanceOf: InvalidInputError })
        t.regex(error.message, /RDS_PROVISION_PLAN_FILE: does not hold the effects of plan:/)
      }
      await writeFile(file, previewJson(preview))
      t.is((await approved(stack, preview.digest ?? '', file)).audit.run.exit_code, 0)
    },
  )

  test.serial(`${on}what somebody loses is approved by name`, async (t) => {
    const stack = declare({ crm: {}, crm_ed: { ...readerOf('crm'), access_level: 'editor' } }, 'loses')
    stack.env = { ALLOW_DB_PROVISION: 'true' }
    await stack.applyOk()
    await stack.sql('crm', 'CREATE TABLE public.one (id int)')
    stack.applications = { crm: {}, crm_ed: readerOf('crm') }
    const digest = await planned(stack)
    await stack.sql('crm', 'CREATE TABLE public.two (id int)')
    t.not(await planned(stack), digest)
    t.true(messagesOf(await refuses(t, stack, digest)).some((line) => line.includes('"two"')))
  })

  test.serial(`${on}a rotation between plan and apply needs no other approval`, async (t) => {
    const stack = declare({ wiki: {} }, 'rotated')
    stack.env = { ALLOW_DB_PROVISION: 'true' }
    await stack.applyOk()
    stack.applications = { wiki: { connection_limit: 9 } }
    const digest = await planned(stack)
    stack.setPassword('wiki', 'another one')
    t.is((await approved(stack, digest)).audit.run.exit_code, 0)
    t.is(await stack.answer('wiki', 'SELECT 1'), 'ok')
  })
}
