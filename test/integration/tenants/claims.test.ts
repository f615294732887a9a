/** Two states with one declaration (src/README.md: One application, one state). */
import test, { type ExecutionContext } from 'ava'
import { parseTag, type Tag } from '../../../src/model/tag.ts'
import { difference, dump } from '../../support/catalogs.ts'
import { ANY_VERSION, type Bed, bedFor, type Entry, type Outcome, type Stack } from '../../support/provision.ts'

const DELETED: Entry = { cleanup_policy: 'delete' }

/** Another state with the same stack, secrets and passwords. */
async function secondOf(bed: Bed, first: Stack, changes: Entry): Promise<Stack> {
  const second = bed.declare(first.applications, { ...first.variables, ...changes })
  for (const name of Object.keys(first.applications)) second.setPassword(name, first.password(name))
  await first.applyOk() // the version of each secret is a new one
  return second
}

async function tagOf({ server }: Bed, role: string): Promise<Tag> {
  const [row] = await server.sql(
    `SELECT shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname = $1`,
    [role],
  )
  return parseTag(String(row?.['comment'])) ?? new Map()
}

/** Application, code and exit code of a run that was blocked. */
function refusals({ audit, problems }: Outcome): unknown[] {
  return [audit.run.exit_code, ...problems.map(({ application, code }) => [application, code])]
}

function told({ records }: Outcome): string[] {
  return records.map(({ application, object, action, status }) => `${application ?? '-'} ${object} ${action} ${status}`)
}

/** Runs it, and looks that no row of the catalogs is another one. */
async function unchanged<T>(t: ExecutionContext, { server }: Bed, run: () => Promise<T>): Promise<T> {
  const before = await dump(server)
  const result = await run()
  t.deepEqual(difference(before, await dump(server)), [])
  return result
}

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `
  const declare = (claim: string, applications: Readonly<Record<string, Entry>>, variables: Entry = {}): Stack =>
    bed().declare(applications, { claim, workspace: 'default', ...variables })

  test.serial(
    `${on}R2: a second state with the same declaration is refused, and its destroy leaves the first one's`,
    async (t) => {
      const reader = { database_name: 'r2_dev_db', access_level: 'reader', ...DELETED }
      const first = declare('r2-1', { r2: DELETED, r2_reader: reader })
      await first.applyOk()
      const second = await secondOf(bed(), first, { claim: 'r2-2', workspace: 'second' })
      const outcome = await unchanged(t, bed(), () => second.apply())
      t.deepEqual(refusals(outcome), [4, ['r2', 'foreign_claim'], ['r2_reader', 'foreign_claim']])
      const { message = '', remedy = '' } = outcome.problems[0] ?? {}
      t.regex(
        message,
        /^the role r2_dev_user belongs to the stack ".+" \(environment dev, application r2\), workspace default, /,
      )
      t.regex(message, /claimed in build build-1 at \d{4}-\d\d-\d\dT[\d:.]+Z\.$/)
      t.regex(
        remedy,
        /right one, work there\. .*terraform import module\.<name>\.terraform_data\.stack r2-1\. Or set ALLOW_DB_TAKEOVER=true/,
      )
      const { blocked, stopped } = await second.preview()
      t.deepEqual([stopped, blocked.map(({ code }) => code)], [true, ['foreign_claim', 'foreign_claim']])

      for (const target of ['r2_reader', 'r2', { by: 'build-id', value: 'build-1' }] as const) {
        const gone = await unchanged(t, bed(), () => second.destroy(target))
        t.is(gone.audit.run.exit_code, 0, gone.audit.run.error ?? '')
        t.true(
          told(gone).every((line) => line.endsWith(' role keep skipped')),
          told(gone).join(),
        )
        t.true(gone.records.length > 0)
      }
      t.is(await first.answer('r2', 'SELECT 1'), 'ok')
      t.is((await first.applyOk()).audit.run.outcome, 'no_change')
      await first.destroyOk('r2_reader')
      await first.destroyOk('r2')
    },
  )

  test.serial(
    `${on}R3: two roots with the default stack, each with a login of the other: the second changes nothing`,
    async (t) => {
      const guest = (level: string): Entry => ({ database_name: 'r3_dev_db', access_level: level })
      const first = declare('r3-1', { r3: { connection_limit: 7 }, r3_reader: guest('reader') }, { stack: null })
      await first.applyOk()
      const second = declare('r3-2', { r3: {}, r3_editor: guest('editor') }, { stack: null })
      t.deepEqual(refusals(await unchanged(t, bed(), () => second.apply())), [4, ['r3', 'foreign_claim']])
      t.is((await first.applyOk()).audit.run.outcome, 'no_change')
    },
  )

  test.serial(`${on}another login on a managed database stops itself alone`, async (t) => {
    const theirs = declare('lo-2', { l1: { username: 'l1_shared' } })
    await theirs.applyOk()
    const mine = declare('lo-1', { l2: {}, l3: {} })
    await mine.applyOk()
    mine.applications = {
      l2: { connection_limit: 3 },
      l3: { connection_limit: 3 },
      l2_reader: { database_name: 'l2_dev_db', access_level: 'reader', username: 'l1_shared' },
    }
    const outcome = await mine.apply()
    t.deepEqual(refusals(outcome), [4, ['l2_reader', 'foreign_claim']])
    t.deepEqual(outcome.audit.run.applications, { done: 2, blocked: ['l2_reader'], failed: [], not_begun: [] })
    t.is((await theirs.applyOk()).audit.run.outcome, 'no_change')
  })

  test.serial(
    `${on}a takeover, with a record; then the former state is refused that alone, and removes nothing of it`,
    async (t) => {
      const first = declare('to-1', { t1: DELETED, t2: DELETED })
      await first.applyOk()
      const second = await secondOf(bed(), first, { claim: 'to-2', workspace: 'second' })
      second.applications = { t1: DELETED }
      second.env = { ALLOW_DB_TAKEOVER: 'true' }
      const { records } = await second.applyOk()
      const [taken, ...others] = records.filter(({ action }) => action === 'take over')
      t.deepEqual([taken?.status, taken?.username, others], ['updated', 't1_dev_user', []])
      t.regex(
        taken?.message ?? '',
        /^role t1_dev_user taken over from the stack ".+" \(environment dev, application t1\), workspace default, claimed in build build-1 at /,
      )
      const tag = await tagOf(bed(), 't1_dev_user')
      t.deepEqual(
        ['Claim', 'Workspace', 'TakenOverFrom', 'BuildId'].map((field) => tag.get(field)),
        ['to-2', 'second', 'to-1', 'build-1'],
      )
      second.env = {}
      t.is((await second.applyOk()).audit.run.outcome, 'no_change')

      first.applications = { t1: DELETED, t2: { ...DELETED, connection_limit: 4 } }
      const outcome = await first.apply()
      t.deepEqual(refusals(outcome), [4, ['t1', 'foreign_claim']])
      t.deepEqual(outcome.audit.run.applications, { done: 1, blocked: ['t1'], failed: [], not_begun: [] })
      const gone = await unchanged(t, bed(), () => first.destroyOk('t1'))
      t.deepEqual(told(gone), ['t1 role keep skipped'])
      await first.destroyOk('t2')
      await second.destroyOk('t1')
    },
  )

  test.serial(
    `${on}accept_tags_from is for other stacks, and takes them over; for our own name it says nothing`,
    async (t) => {
      const first = declare('ac-1', { ac: {} }, { stack: 'ac-1' })
      await first.applyOk()
      const same = await secondOf(bed(), first, { claim: 'ac-2', accept_tags_from: ['ac-1'] })
      t.deepEqual(refusals(await unchanged(t, bed(), () => same.apply())), [4, ['ac', 'foreign_claim']])
      const other = await secondOf(bed(), first, { claim: 'ac-2', stack: 'ac-2' })
      const refused = await unchanged(t, bed(), () => other.apply())
      t.regex(refused.problems[0]?.remedy ?? '', /stack ac-1\. Or list "ac-1" in accept_tags_from/)
      other.variables = { ...other.variables, accept_tags_from: ['ac-1'] }
      t.true(told(await other.applyOk()).includes('ac tag take over updated'))
      t.deepEqual(refusals(await unchanged(t, bed(), () => first.apply())), [4, ['ac', 'foreign_claim']])
    },
  )

  test.serial(
    `${on}an upgrade: what has no claim gets that of whoever comes first, in its tag alone; the next one is refused`,
    async (t) => {
      const before = bed().declare({ up: { cleanup_policy: 'delete' } })
      await before.applyOk()
      const first = await secondOf(bed(), before, { claim: 'up-1', workspace: 'default' })
      t.deepEqual((await first.plan()).map(({ kind }) => kind).sort(), ['tag_database', 'tag_role'])
      const outcome = await first.applyOk()
      t.deepEqual(
        told(outcome).filter((line) => /(?:created|updated|removed)$/.test(line)),
        ['up tag tag updated', 'up tag tag updated'],
      )
      t.regex(outcome.records.map(({ message }) => message).join('\n'), /Claim none -> up-1/)
      t.is((await first.applyOk()).audit.run.outcome, 'no_change')
      const second = await secondOf(bed(), first, { claim: 'up-2', workspace: 'second' })
      t.deepEqual(refusals(await second.apply()), [4, ['up', 'foreign_claim']])
      // A marker from before, which has no claim: it cannot tell whose it is.
      const removal = await unchanged(t, bed(), () => before.destroy('up'))
      t.deepEqual(refusals(removal), [4, ['up', 'missing_claim']])
      before.env = { RDS_PROVISION_CLAIM: 'up-1' }
      await before.destroyOk('up')
    },
  )

  test.serial(
    `${on}an upgrade: a workspace takes what was made under the name that all had; a second one is refused`,
    async (t) => {
      const before = bed().declare({ wo: DELETED, wo_left: DELETED }, { stack: null })
      await before.applyOk()
      before.applications = { wo: DELETED }
      const second = await secondOf(bed(), before, { claim: 'wo-2', workspace: 'second' })
      const outcome = await second.applyOk()
      t.is((await tagOf(bed(), 'wo_dev_user')).get('Stack'), 'db-1/dev/second')
      t.false(
        told(outcome).some((line) => line.startsWith('wo_left')),
        'that may be of the workspace default',
      )
      const first = await secondOf(bed(), second, { claim: 'wo-1', workspace: 'default' })
      const refused = await unchanged(t, bed(), () => first.apply())
      t.deepEqual(refusals(refused), [4, ['wo', 'foreign_claim']])
      t.regex(refused.problems[0]?.message ?? '', /the stack "db-1\/dev\/second".*, workspace second, claimed/)
    },
  )

  test.serial(`${on}the same claim under another stack's name is ours`, async (t) => {
    const stack = declare('sa-1', { sa: DELETED })
    await stack.applyOk()
    stack.variables = { ...stack.variables, stack: 'renamed' }
    t.deepEqual((await stack.plan()).map(({ kind }) => kind).sort(), ['tag_database', 'tag_role'])
    await stack.applyOk()
    await stack.destroyOk('sa')
  })

  test.serial(
    `${on}a run by hand without a claim looks, and changes nothing that has one; with it, it does`,
    async (t) => {
      const stack = declare('ha-1', {
        ha: DELETED,
        ha_reader: { database_name: 'ha_dev_db', access_level: 'reader', ...DELETED },
      })
      await stack.applyOk()
      const hand = await secondOf(bed(), stack, { claim: null, workspace: null })
      const preview = await hand.preview()
      t.deepEqual([preview.blocked, preview.plan.jobs], [[], []])
      t.regex(preview.moving.join(), /^This input has no claim, and something here has ha-1: .* give --claim ha-1,/)
      t.regex(await hand.report('text'), /ha_dev_db/)
      const dry = await hand.previewDestroy('ha')
      t.true(dry.plan.jobs.length > 0)
      t.regex(dry.moving.join(), /ha-1/)

      hand.applications = { ...hand.applications, new: {} }
      const refused = await unchanged(t, bed(), () => hand.apply())
      t.deepEqual(refusals(refused), [4, [null, 'missing_claim']])
      t.regex(
        refused.problems[0]?.message ?? '',
        /^ha_dev_user, ha_reader_dev_user belong to the state with the claim ha-1,/,
      )
      t.regex(
        refused.problems[0]?.remedy ?? '',
        /terraform output -raw claim\), give --claim ha-1, or set RDS_PROVISION_CLAIM/,
      )
      t.deepEqual(refusals(await unchanged(t, bed(), () => hand.destroy('ha'))), [4, ['ha', 'missing_claim']])
      const teardown = await unchanged(t, bed(), () => hand.destroy({ by: 'cluster-name', value: 'db-1' }))
      t.true(refusals(teardown).some((item) => String(item) === 'ha,missing_claim'))

      hand.env = { RDS_PROVISION_CLAIM: 'ha-1' }
      await hand.applyOk()
      const tag = await tagOf(bed(), 'new_dev_user')
      t.deepEqual([tag.get('Claim'), tag.has('Workspace')], ['ha-1', false])
      t.is((await tagOf(bed(), 'ha_dev_user')).get('Workspace'), 'default')
      await hand.destroyOk('ha_reader')
      await hand.destroyOk('ha')
    },
  )

  test.serial(`${on}orphans are told by claim alone, and the command has it`, async (t) => {
    const first = declare('or-1', { or1: DELETED, or2: DELETED })
    await first.applyOk()
    const second = declare('or-2', { or3: {} }, { ...first.variables, claim: 'or-2' })
    t.false(told(await second.applyOk()).some((line) => line.includes(' orphan ')))
    first.applications = { or1: DELETED }
    const orphans = (await first.applyOk()).records.filter(({ action }) => action === 'orphan')
    t.deepEqual([...new Set(orphans.map(({ application }) => application))], ['or2'])
    const command = /rds-provision (destroy --application or2 --claim or-1)$/.exec(orphans[0]?.message ?? '')?.[1] ?? ''
    first.variables = { ...first.variables, claim: null }
    first.applications = {}
    const { code, stderr } = await first.bundle(command.split(' '))
    t.is(code, 0, stderr)
    t.deepEqual(await bed().server.sql(`SELECT datname FROM pg_database WHERE datname = 'or2_dev_db'`), [])
  })
}
