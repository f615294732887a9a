/** Who carries out a removal that was asked for (src/README.md: Removal), by what the tags remember. */
import test from 'ava'
import { ANY_VERSION, bedFor, type Outcome, type Stack } from '../../support/provision.ts'
import { difference, dump } from '../../support/catalogs.ts'

const DELETED = { cleanup_policy: 'delete' }
const FIELDS = ['Marker', 'Undeclared', 'Removal'] as const

function told({ records }: Outcome): string[] {
  const actions = ['requested', 'taken back', 'renamed', 'undeclared', 'drop', 'disabled', 'release', 'keep', 'give up']
  return records
    .filter(({ object, action }) => object === 'role' && actions.includes(action))
    .map(({ application, action, status }) => `${application ?? ''} ${action} ${status}`)
    .sort()
}

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  /** Which of the fields a role's tag has; null: there is no such role, or it has no tag. */
  const memory = async (username: string): Promise<string[] | null> => {
    const [row] = await bed().server.sql(
      `SELECT shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname = $1`,
      [username],
    )
    const comment = row?.['comment']
    return typeof comment === 'string' ? FIELDS.filter((field) => comment.includes(`"${field}":{`)) : null
  }
  const oid = async (database: string): Promise<unknown> =>
    (await bed().server.sql('SELECT oid FROM pg_database WHERE datname = $1', [database]))[0]?.['oid']

  const declare = (applications: Stack['applications'], claim: string): Stack =>
    bed().declare(applications, { stack: claim, claim })

  test.serial(
    `${on}asked for first: it is remembered and nothing else changes; the run that knows carries it out`,
    async (t) => {
      const all = {
        first_a: DELETED,
        first_b: DELETED,
        first_ed: { ...DELETED, database_name: 'first_a_dev_db', access_level: 'editor' },
      }
      const stack = declare(all, 'first')
      await stack.applyOk()
      const asked = [await stack.request('first_b'), await stack.request('first_ed')]
      t.deepEqual(asked.map(told), [['first_b requested updated'], ['first_ed requested updated']])
      t.is(await stack.answer('first_b', 'SELECT 1'), 'ok')
      t.deepEqual(await memory('first_b_dev_user'), ['Removal'])
      stack.applications = { first_a: DELETED }
      const before = await oid('first_a_dev_db')
      const outcome = await stack.applyOk()
      t.deepEqual(told(outcome), ['first_b drop removed', 'first_ed drop removed'])
      t.deepEqual([await oid('first_a_dev_db'), await oid('first_b_dev_db')], [before, undefined])
      t.deepEqual(await stack.plan(), [])
      t.deepEqual(told(await stack.applyOk()), [])
    },
  )

  test.serial(`${on}not declared first: that is remembered, and whoever asks carries it out`, async (t) => {
    const stack = declare({ second_a: DELETED, second_b: DELETED }, 'second')
    await stack.applyOk()
    stack.applications = { second_a: DELETED }
    t.deepEqual(told(await stack.applyOk()), ['second_b undeclared updated'])
    t.deepEqual(await memory('second_b_dev_user'), ['Undeclared'])
    t.deepEqual(told(await stack.applyOk()), [])
    stack.applications = { second_b: DELETED }
    t.deepEqual(told(await stack.request('second_b')), ['second_b drop removed', 'second_b requested updated'])
    t.is(await memory('second_b_dev_user'), null)
    t.is(await oid('second_b_dev_db'), undefined)
  })

  test.serial(`${on}declared again, or under another key: taken back, renamed, and nothing is lost`, async (t) => {
    const names = { username: 'third_user', database_name: 'third_db', secret_id: 'requests/third', ...DELETED }
    const stack = declare({ third: names }, 'third')
    await stack.applyOk()
    const before = await oid('third_db')
    await stack.request('third')
    t.deepEqual(told(await stack.applyOk()), ['third taken back updated'])
    await stack.request('third')
    stack.applications = { third2: names }
    t.deepEqual(told(await stack.applyOk()), ['third2 renamed updated', 'third2 taken back updated'])
    stack.applications = { third3: names }
    t.deepEqual(told(await stack.applyOk()), ['third3 renamed updated'])
    stack.applications = { third2: names }
    t.deepEqual(told(await stack.request('third2')), ['third2 keep skipped'])
    t.is(await oid('third_db'), before)
    t.deepEqual(await memory('third_user'), [])
  })

  test.serial(`${on}a marker that no longer stands for the role does nothing, nor one of another state`, async (t) => {
    const stack = declare({ fourth: { ...DELETED, marker: 'm-2' } }, 'fourth')
    await stack.applyOk()
    t.deepEqual(await memory('fourth_dev_user'), ['Marker'])
    const full = await dump(bed().server)
    t.deepEqual(told(await stack.request('fourth', 'm-1')), ['fourth keep skipped'])
    stack.variables = { ...stack.variables, claim: 'another' }
    t.deepEqual(told(await stack.request('fourth', 'm-2')), ['fourth keep skipped'])
    t.deepEqual(difference(full, await dump(bed().server)), [])
    stack.variables = { ...stack.variables, claim: 'fourth' }
    t.deepEqual(told(await stack.request('fourth', 'm-2')), ['fourth requested updated'])
  })

  test.serial(`${on}a database that another entry declares does not go, whatever was asked for`, async (t) => {
    const stack = declare({ fifth: DELETED }, 'fifth')
    await stack.applyOk()
    const before = await oid('fifth_dev_db')
    await stack.request('fifth')
    stack.applications = { portal: { ...DELETED, database_name: 'fifth_dev_db' } }
    const outcome = await stack.apply()
    t.is(outcome.audit.run.exit_code, 4)
    t.deepEqual(
      outcome.problems.map(({ application, code }) => [application, code]),
      [['portal', 'owner_mismatch']],
    )
    t.is(await oid('fifth_dev_db'), before)
    t.deepEqual(await memory('fifth_dev_user'), ['Removal'])
  })

  test.serial(
    `${on}disable closes the login and takes its grants; release takes the tag off, and nothing else`,
    async (t) => {
      const own = { sixth: {} }
      const guest = { database_name: 'sixth_dev_db' }
      const stack = declare(
        {
          ...own,
          sixth_rd: { ...guest, access_level: 'reader' },
          sixth_free: { ...guest, access_level: 'editor', cleanup_policy: 'release' },
        },
        'sixth',
      )
      await stack.applyOk()
      await stack.sql('sixth', 'CREATE TABLE public.things (id int)')
      t.is(await stack.answer('sixth_rd', 'SELECT FROM public.things'), 'ok')
      await stack.request('sixth_rd')
      await stack.request('sixth_free')
      stack.applications = own
      t.deepEqual(told(await stack.applyOk()), ['sixth_free release updated', 'sixth_rd disabled updated'])
      t.is(await stack.answer('sixth_rd', 'SELECT 1', 'sixth_dev_db'), '28000')
      const [grants] = await bed().server.sql(
        `SELECT count(*)::int AS count FROM pg_class c, aclexplode(c.relacl) a, pg_roles r
       WHERE r.oid = a.grantee AND r.rolname = 'sixth_rd_dev_user'`,
        [],
        'sixth_dev_db',
      )
      t.is(grants?.['count'], 0)
      t.is(await memory('sixth_free_dev_user'), null)
      t.is(await stack.answer('sixth_free', 'SELECT FROM public.things', 'sixth_dev_db'), 'ok')
      t.deepEqual(await stack.plan(), [])
      await bed().server.sql('ALTER ROLE sixth_rd_dev_user LOGIN')
      t.deepEqual(told(await stack.applyOk()), [], 'opened by hand, it is closed again')
      t.is(await stack.answer('sixth_rd', 'SELECT 1'), '28000')
    },
  )

  test.serial(
    `${on}what is blocked stays requested and closed, others are done, and the next run tries again`,
    async (t) => {
      const guest = { ...DELETED, database_name: 'seventh_dev_db', access_level: 'editor' }
      const stack = declare({ seventh: {}, seventh_ed: guest, seventh_ok: DELETED }, 'seventh')
      await stack.applyOk()
      await bed().server.sql(
        'CREATE SCHEMA own AUTHORIZATION seventh_ed_dev_user; CREATE TABLE own.t (id int); ALTER TABLE own.t OWNER TO seventh_ed_dev_user',
        [],
        'seventh_dev_db',
      )
      await bed().server.forget('seventh_dev_db')
      await stack.request('seventh_ed')
      await stack.request('seventh_ok')
      stack.applications = { seventh: {} }
      const blocked = await stack.apply()
      t.is(blocked.audit.run.exit_code, 4)
      t.deepEqual(blocked.audit.run.applications, { done: 1, blocked: ['seventh_ed'], failed: [], not_begun: [] })
      t.deepEqual(told(blocked), ['seventh_ok drop removed'])
      t.deepEqual(await memory('seventh_ed_dev_user'), ['Removal'])
      t.is((await stack.preview()).blocked.length, blocked.problems.length)
      await bed().server.sql('DROP SCHEMA own CASCADE', [], 'seventh_dev_db')
      await bed().server.forget('seventh_dev_db')
      t.deepEqual(told(await stack.applyOk()), ['seventh_ed drop removed'])
    },
  )

  test.serial(
    `${on}under RDS_CLEANUP_POLICY=retain nothing that is pending is done, nor anything remembered`,
    async (t) => {
      const stack = declare({ eighth: {}, eighth_b: DELETED, eighth_c: DELETED }, 'eighth')
      await stack.applyOk()
      await stack.request('eighth_b')
      stack.applications = { eighth: {} }
      stack.env = { RDS_CLEANUP_POLICY: 'retain' }
      const full = await dump(bed().server)
      await stack.applyOk()
      t.deepEqual(difference(full, await dump(bed().server)), [])
      stack.env = {}
      t.deepEqual(told(await stack.applyOk()), ['eighth_b drop removed', 'eighth_c undeclared updated'])
    },
  )

  test.serial(
    `${on}the end of a state: nothing while something stands; then what is asked for goes, and the claim of the rest`,
    async (t) => {
      const all = { ninth: {}, ninth_b: DELETED }
      const stack = declare(all, 'ninth')
      await stack.applyOk()
      stack.applications = {}
      const full = await dump(bed().server)
      const standing = await stack.requested()
      t.is(standing.audit.run.exit_code, 4)
      t.deepEqual(
        standing.problems.map(({ application, code }) => [application, code]),
        [['ninth_b', 'standing_application']],
      )
      t.regex(standing.problems[0]?.remedy ?? '', /rds-provision destroy --application ninth_b --claim ninth, then/)
      t.deepEqual(difference(full, await dump(bed().server)), [])
      stack.applications = all
      await stack.request('ninth_b')
      stack.applications = {}
      const ended = await stack.requested()
      t.is(ended.audit.run.exit_code, 0, ended.audit.run.error ?? '')
      t.deepEqual(told(ended), ['ninth give up updated', 'ninth_b drop removed'])
      stack.variables = { ...stack.variables, claim: 'ninth-again' }
      stack.applications = { ninth: {} }
      await stack.applyOk()
    },
  )

  test.serial(
    `${on}outside of dev: a request is refused without its approval, and needs none again when it is carried out`,
    async (t) => {
      const entries = { tenth: {}, tenth_b: DELETED }
      const stack = bed().declare(entries, { stack: 'tenth', claim: 'tenth', environment: 'prod', build_id: 'b1' })
      stack.env = { ALLOW_DB_PROVISION: 'true' }
      await stack.applyOk()
      const refused = await stack.request('tenth_b')
      t.deepEqual([refused.audit.run.exit_code, refused.problems[0]?.code], [4, 'removal_approval'])
      t.deepEqual(await memory('tenth_b_prod_user'), [])
      stack.env = { ALLOW_DB_PROVISION: 'true', ALLOW_DB_DESTROY: 'true' }
      await stack.request('tenth_b')
      stack.env = { ALLOW_DB_PROVISION: 'true' }
      stack.applications = { tenth: {} }
      t.deepEqual(told(await stack.applyOk()), ['tenth_b drop removed'])
    },
  )

  test.serial(`${on}runs at the same time carry it out once, and all end well`, async (t) => {
    const stack = declare({ eleventh: {}, eleventh_a: DELETED, eleventh_b: DELETED }, 'eleventh')
    await stack.applyOk()
    for (const name of ['eleventh_a', 'eleventh_b']) await stack.request(name)
    stack.applications = { eleventh: {} }
    const all = await Promise.all([stack.applyOk(), stack.applyOk(), stack.applyOk()])
    t.deepEqual(all.flatMap(told).sort(), ['eleventh_a drop removed', 'eleventh_b drop removed'])
  })

  test.serial(`${on}a database that a person renamed since it was asked for stays, by name`, async (t) => {
    const stack = declare({ twelfth: {}, twelfth_b: DELETED }, 'twelfth')
    await stack.applyOk()
    await stack.request('twelfth_b')
    const before = await oid('twelfth_b_dev_db')
    await bed().server.sql('ALTER DATABASE twelfth_b_dev_db RENAME TO precious')
    stack.applications = { twelfth: {} }
    const { audit, problems } = await stack.apply()
    t.is(audit.run.exit_code, 4)
    t.deepEqual(
      problems.map(({ application, code }) => [application, code]),
      [['twelfth_b', 'removal_obstacle']],
    )
    t.regex(problems[0]?.message ?? '', /owns database precious/)
    t.is(await oid('precious'), before)
    await bed().server.sql('ALTER DATABASE precious RENAME TO twelfth_b_dev_db')
    t.deepEqual(told(await stack.applyOk()), ['twelfth_b drop removed'])
  })
}
