/** What RDS_CLEANUP_POLICY makes of removals that are pending, and what of them is left where a state ends. */
import test from 'ava'
import { ANY_VERSION, bedFor, type Outcome, type Stack } from '../../support/provision.ts'
import { difference, dump } from '../../support/catalogs.ts'
import { told } from '../../support/removal.ts'

const DELETED = { cleanup_policy: 'delete' }

function ofRoles(outcome: Outcome): string[] {
  return told(outcome).filter((line) => / role (?!check|no_change)/.test(line) && !line.endsWith(' no_change'))
}

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  const oid = async (database: string): Promise<unknown> =>
    (await bed().server.sql('SELECT oid FROM pg_database WHERE datname = $1', [database]))[0]?.['oid'] ?? null

  /** A stack that declares `keeper` by now, and whose other applications were asked to go. */
  const asked = async (keeper: string, gone: Stack['applications']): Promise<Stack> => {
    const stack = bed().declare({ [keeper]: {}, ...gone }, { stack: keeper, claim: keeper })
    await stack.applyOk()
    for (const name of Object.keys(gone)) await stack.request(name)
    stack.applications = { [keeper]: {} }
    return stack
  }

  test.serial(
    `${on}a state that ends under retain takes its requests back, and no other state drops them`,
    async (t) => {
      const stack = await asked('kept_a', { kept_a_gone: DELETED })
      const before = await oid('kept_a_gone_dev_db')
      stack.applications = {}
      stack.env = { RDS_CLEANUP_POLICY: 'retain' }
      const ended = await stack.requested()
      t.is(ended.audit.run.exit_code, 0, ended.audit.run.error ?? '')
      t.deepEqual(ofRoles(ended), [
        'kept_a role give up updated',
        'kept_a_gone role taken back updated',
        'kept_a_gone role give up updated',
      ])
      stack.env = {}
      stack.variables = { ...stack.variables, claim: 'kept-a-other' }
      stack.applications = { kept_a: {} }
      const other = await stack.applyOk()
      t.true(told(other).includes('kept_a_gone role orphan warning'), told(other).join())
      t.is(await oid('kept_a_gone_dev_db'), before)
      t.is(await stack.answer('kept_a_gone', 'SELECT 1'), 'ok')
    },
  )

  test.serial(`${on}under retain nothing that is pending is carried out, by hand either`, async (t) => {
    const stack = await asked('kept_b', { kept_b_gone: DELETED })
    stack.env = { RDS_CLEANUP_POLICY: 'retain' }
    const full = await dump(bed().server)
    const kept = await stack.requested()
    t.is(kept.audit.run.exit_code, 0, kept.audit.run.error ?? '')
    t.deepEqual(told(kept), ['- role retain warning'])
    t.deepEqual(difference(full, await dump(bed().server)), [])
    stack.env = {}
    t.true(told(await stack.requested()).includes('kept_b_gone role drop removed'))
  })

  test.serial(
    `${on}under a policy that deletes nothing, what was asked to be deleted goes by that policy`,
    async (t) => {
      for (const [policy, action] of [
        ['disable', 'disabled'],
        ['release', 'release'],
      ] as const) {
        const [keeper, gone] = [`kept_${policy}`, `kept_${policy}_gone`]
        const stack = await asked(keeper, { [gone]: DELETED })
        const before = await oid(`${gone}_dev_db`)
        stack.env = { RDS_CLEANUP_POLICY: policy }
        t.true(told(await stack.applyOk()).includes(`${gone} role ${action} updated`))
        stack.env = {}
        await stack.applyOk()
        await stack.requested()
        t.is(await oid(`${gone}_dev_db`), before)
      }
    },
  )

  test.serial(
    `${on}what a run by hand did not find declared is still left to the run that Terraform starts`,
    async (t) => {
      const names = { username: 'kept_e_user', database_name: 'kept_e_db', secret_id: 'kept/e', ...DELETED }
      const stack = bed().declare({ kept_e: {}, kept_e_old: names }, { stack: 'kept_e', claim: 'kept_e' })
      const ofTheState = stack.variables
      await stack.applyOk()
      const before = await oid('kept_e_db')
      // An older declaration, or that of another branch, with the claim given beside it.
      stack.variables = { ...ofTheState, claim: null }
      stack.env = { RDS_PROVISION_CLAIM: 'kept_e' }
      stack.applications = { kept_e: {} }
      t.true(told(await stack.applyOk()).includes('kept_e_old role orphan warning'))
      stack.variables = ofTheState
      stack.env = {}
      stack.applications = { kept_e: {}, kept_e_old: names }
      t.deepEqual(told(await stack.request('kept_e_old')), ['kept_e_old role requested updated'])
      stack.applications = { kept_e: {}, kept_e_new: names }
      await stack.applyOk()
      t.is(await oid('kept_e_db'), before)
      t.is(await stack.answer('kept_e_new', 'SELECT 1'), 'ok')
    },
  )

  test.serial(
    `${on}what a snapshot holds of a removal: an apply that declares it opens login and database`,
    async (t) => {
      const stack = await asked('kept_f', { kept_f_back: { cleanup_policy: 'snapshot-and-delete' } })
      await bed().server.sql('ALTER ROLE kept_f_back_dev_user NOLOGIN')
      await bed().server.sql('ALTER DATABASE kept_f_back_dev_db ALLOW_CONNECTIONS false')
      stack.applications = { kept_f: {}, kept_f_back: { cleanup_policy: 'snapshot-and-delete' } }
      const outcome = await stack.applyOk()
      t.true(told(outcome).includes('kept_f_back role taken back updated'))
      t.is(await stack.answer('kept_f_back', 'SELECT 1'), 'ok')
      t.deepEqual(await stack.plan(), [])
    },
  )

  test.serial(`${on}by its former name nothing goes that the input declares under another`, async (t) => {
    const names = { username: 'kept_g_user', database_name: 'kept_g_db', secret_id: 'kept/g', ...DELETED }
    const guest = { username: 'kept_g_rd', secret_id: 'kept/g_rd', database_name: 'kept_g_db', access_level: 'reader' }
    const stack = bed().declare(
      { kept_g: names, kept_g_rd: { ...guest, ...DELETED } },
      { stack: 'kept_g', claim: 'kept_g' },
    )
    await stack.applyOk()
    const declarations = {
      'the login': { portal: names, portal_rd: guest },
      'the database': { portal: { ...names, username: 'kept_g_other' }, portal_rd: guest },
    }
    const full = await dump(bed().server)
    for (const [what, applications] of Object.entries(declarations)) {
      stack.applications = applications
      for (const target of ['kept_g', { by: 'cluster-name', value: 'db-1' }] as const) {
        const { audit, problems } = await stack.destroy(target)
        t.is(audit.run.exit_code, 4, what)
        const found = problems.find(({ application }) => application === 'kept_g')
        t.regex(`${found?.code ?? ''}: ${found?.message ?? ''}`, /^removal_obstacle: .*portal declares/, what)
        t.deepEqual(difference(full, await dump(bed().server)), [])
      }
    }
    stack.applications = { portal: names, portal_rd: guest }
    t.is((await stack.destroy('kept_g_rd')).audit.run.exit_code, 4)
    t.deepEqual(difference(full, await dump(bed().server)), [])
    stack.applications = { kept_g: names, kept_g_rd: guest }
    t.is((await stack.destroy('kept_g_rd')).audit.run.exit_code, 0)
  })

  test.serial(`${on}no policy of the environment makes what was asked for worse`, async (t) => {
    const reader = { database_name: 'kept_c_dev_db', access_level: 'reader', cleanup_policy: 'disable' }
    const stack = await asked('kept_c', { kept_c_gone: reader })
    stack.env = { RDS_CLEANUP_POLICY: 'delete' }
    t.deepEqual(ofRoles(await stack.applyOk()), ['kept_c_gone role disabled updated'])
  })

  test.serial(`${on}a snapshot that the environment asks for is made before what is pending is deleted`, async (t) => {
    bed().aws.putInstance('db-1')
    const stack = await asked('kept_d', { kept_d_gone: DELETED })
    stack.env = { RDS_CLEANUP_POLICY: 'snapshot-and-delete' }
    const outcome = await stack.applyOk()
    t.true(told(outcome).includes('kept_d_gone snapshot create created'), told(outcome).join())
    t.is(await oid('kept_d_gone_dev_db'), null)
  })
}
