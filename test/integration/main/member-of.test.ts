/** `member_of`: memberships in roles of other entries, and in predefined ones (src/README.md: Declared memberships). */
import test from 'ava'
import { blocked } from '../../support/provision/outcome.ts'
import { bedFor, type Stack, VERSIONS } from '../../support/provision.ts'

const DENIED = '42501'

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  /** An owner, and a login of another database beside it. */
  const declare = (name: string, fields: object, others: object = {}): Stack =>
    bed().declare({
      own: { username: `${name}_owner`, database_name: `${name}_db`, schemas: ['app'] },
      deploy: { username: `${name}_deploy`, database_name: `${name}_db`, access_level: 'reader', ...fields },
      ...others,
    })
  const redeclare = (stack: Stack, changes: object): void => {
    stack.applications = { ...stack.applications, deploy: { ...stack.applications['deploy'], ...changes } }
  }
  const memberships = async (member: string): Promise<unknown[]> => {
    const rows = await bed().server.sql(
      `SELECT r.rolname AS role FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid WHERE m.member = $1::regrole ORDER BY 1`,
      [member],
    )
    return rows.map(({ role }) => role)
  }

  test.serial(
    `${on}a member of an owner is an owner, and plan and matrix say so; taken out, it is none, and its sessions end`,
    async (t) => {
      const stack = declare('owner', { member_of: ['own'] })
      const steps = await stack.plan()
      t.true(steps.some(({ message }) => message.includes('is an owner of owner_db, drops included')))
      await stack.applyOk()
      t.deepEqual(await memberships('owner_deploy'), ['owner_owner'])
      t.is(await stack.answer('deploy', 'CREATE TABLE app.made (x int)'), 'ok')
      t.is(await stack.answer('deploy', 'SET ROLE owner_owner; CREATE TABLE app.theirs (x int)'), 'ok')
      t.deepEqual(await stack.plan(), [])
      const { records } = await stack.applyOk()
      t.false(records.some(({ message }) => message.includes('outside of this declaration')))
      const report = await stack.report('text')
      t.regex(report, /owner_deploy +deploy +owner /)
      t.false(report.includes('membership'))
      const client = await stack.connect('deploy')
      client.on('error', () => {})
      await client.query('SET ROLE owner_owner')
      await stack.sql('own', 'DROP TABLE app.theirs')
      redeclare(stack, { member_of: [] })
      await stack.applyOk()
      t.deepEqual(await memberships('owner_deploy'), [])
      await t.throwsAsync(client.query('CREATE TABLE app.kept (x int)'))
      t.is(await stack.answer('deploy', 'CREATE TABLE app.no (x int)'), DENIED)
      t.deepEqual(await stack.plan(), [])
    },
  )

  test.serial(`${on}taken away by hand it comes back; what others granted is left alone`, async (t) => {
    const stack = declare('hand', { member_of: ['own'] })
    await stack.applyOk()
    const by = version >= 16 ? ' GRANTED BY platform_provisioner' : ''
    await bed().server.sql(
      `REVOKE hand_owner FROM hand_deploy${by}; CREATE ROLE hand_group; GRANT hand_group TO hand_deploy`,
    )
    await stack.applyOk()
    t.deepEqual(await memberships('hand_deploy'), ['hand_group', 'hand_owner'])
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}a right to give a declared membership on, which others gave, is told or taken back`, async (t) => {
    const stack = declare('giver', { member_of: ['own'] })
    await stack.applyOk()
    const warnings = async (): Promise<string[]> =>
      (await stack.applyOk()).records.flatMap(({ application, status, message }) =>
        application === 'deploy' && status === 'warning' ? [message] : [],
      )
    const mayGive = async (): Promise<number> => {
      const query = `SELECT FROM pg_auth_members WHERE member = 'giver_deploy'::regrole AND admin_option`
      return (await bed().server.sql(query)).length
    }
    t.deepEqual(await warnings(), [])
    await bed().server.sql('GRANT giver_owner TO giver_deploy WITH ADMIN OPTION')
    const [told] = await warnings()
    t.regex(told ?? '', /giver_deploy may make others members of giver_owner/)
    t.is(await mayGive(), 1)
    redeclare(stack, { undeclared: 'revoke' })
    t.is((await warnings()).length, version >= 16 ? 1 : 0)
    t.is(await mayGive(), version >= 16 ? 1 : 0)
    const [, remedy = ''] = /: as \S+: (REVOKE ADMIN OPTION FOR [^;]*;)/.exec(told ?? '') ?? []
    await bed().server.sql(remedy)
    t.is(await mayGive(), 0)
    t.deepEqual(await warnings(), [])
    t.is(await stack.answer('deploy', 'SET ROLE giver_owner'), 'ok')
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}who may give a login's role to itself is told as its member`, async (t) => {
    const stack = declare('given', {})
    await stack.applyOk()
    const terms = version >= 16 ? 'ADMIN TRUE, INHERIT FALSE, SET FALSE' : 'ADMIN OPTION'
    await bed().server.sql(`CREATE ROLE given_hand; GRANT given_deploy TO given_hand WITH ${terms}`)
    const { records } = await stack.applyOk()
    t.true(records.some(({ message }) => /members of given_deploy,.* left alone: given_hand$/.test(message)))
  })

  test.serial(
    `${on}turned memberships are revoked first, and members of who loses one lose their sessions too`,
    async (t) => {
      const guest = { database_name: 'turned_db', access_level: 'reader' }
      const stack = declare(
        'turned',
        { member_of: ['group'] },
        { group: { ...guest, username: 'turned_group', member_of: ['own'] } },
      )
      await stack.applyOk()
      const client = await stack.connect('deploy')
      client.on('error', () => {})
      await client.query('SET ROLE turned_owner')
      stack.applications = {
        ...stack.applications,
        deploy: { ...guest, username: 'turned_deploy' },
        group: { ...guest, username: 'turned_group', member_of: ['deploy'] },
      }
      await stack.applyOk()
      t.deepEqual([await memberships('turned_deploy'), await memberships('turned_group')], [[], ['turned_deploy']])
      await t.throwsAsync(client.query('SELECT 1'))
      t.deepEqual(await stack.plan(), [])
    },
  )

  test.serial(
    `${on}a predefined role is granted where the admin may, else its statement is printed, and works`,
    async (t) => {
      const stack = declare('watch', { member_of: ['pg_monitor'] })
      if (version >= 16) {
        const remedy = blocked(t, await stack.apply(), 'missing right')
        t.regex(remedy, /GRANT "?pg_monitor"? TO "?platform_provisioner"? WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;/)
        t.deepEqual(await memberships('watch_deploy').catch(() => 'none'), 'none')
        const { master } = bed().server
        stack.variables = { ...stack.variables, master_secret_id: 'rds/master' }
        bed().aws.putLogin('rds/master', master.user, master.password)
      }
      await stack.applyOk()
      t.deepEqual(await memberships('watch_deploy'), ['pg_monitor'])
      t.is(await stack.answer('deploy', 'SELECT * FROM pg_ls_waldir()'), 'ok')
      t.deepEqual(await stack.plan(), [])
      redeclare(stack, { member_of: [] })
      await stack.applyOk()
      t.deepEqual(await memberships('watch_deploy'), [])
    },
  )

  test.serial(`${on}what neither admin nor master may grant is told in the server's words`, async (t) => {
    const stack = declare('bi', { member_of: ['pg_read_all_data', 'pg_checkpoint'].slice(0, version < 15 ? 1 : 2) })
    const { master } = bed().server
    stack.variables = { ...stack.variables, master_secret_id: 'rds/master' }
    bed().aws.putLogin('rds/master', master.user, master.password)
    if (version < 16) {
      await stack.applyOk()
      t.is(await stack.answer('deploy', 'SELECT * FROM pg_catalog.pg_class'), 'ok')
      return
    }
    const outcome = await stack.apply()
    t.regex(outcome.problems.map(({ message }) => message).join(), /may not grant pg_read_all_data.*the server refused/)
    t.is(outcome.audit.run.exit_code, 4)
    await bed().server.sql('GRANT pg_read_all_data TO platform_provisioner WITH ADMIN TRUE, INHERIT FALSE, SET FALSE')
    await stack.applyOk()
    t.deepEqual(await memberships('bi_deploy'), ['pg_checkpoint', 'pg_read_all_data'])
  })

  test.serial(
    `${on}a role that the server does not have blocks, and a login that is disabled keeps no membership`,
    async (t) => {
      const stack = declare('gone', { member_of: ['own'] })
      await stack.applyOk()
      await stack.destroyOk('deploy')
      t.deepEqual(await memberships('gone_deploy'), [])
      if (version >= 15) return
      const other = declare('old', { member_of: ['pg_checkpoint'] })
      t.is(blocked(t, await other.apply(), 'server version'), 'Take it out of member_of.')
    },
  )

  test.serial(`${on}what a login that acts as an owner creates is the owner's, until it acts as itself`, async (t) => {
    const stack = declare('acts', { acts_as: 'own', settings: { search_path: ['app'] } })
    await stack.applyOk()
    t.deepEqual(await memberships('acts_deploy'), ['acts_owner'])
    t.deepEqual(await stack.sql('deploy', 'SELECT current_user::text, session_user::text'), [
      ['acts_owner', 'acts_deploy'],
    ])
    await stack.sql('deploy', 'CREATE TABLE made (x int)')
    t.is(await stack.answer('own', 'DROP TABLE app.made'), 'ok')
    t.deepEqual(await stack.plan(), [])
    await bed().server.sql('ALTER ROLE acts_deploy IN DATABASE acts_db RESET role')
    await stack.applyOk()
    t.deepEqual(await stack.sql('deploy', 'SELECT current_user::text'), [['acts_owner']])
    const client = await stack.connect('deploy')
    client.on('error', () => {})
    redeclare(stack, { acts_as: null })
    await stack.applyOk()
    await t.throwsAsync(client.query('SELECT 1'))
    t.deepEqual(await stack.sql('deploy', 'SELECT current_user::text'), [['acts_deploy']])
    t.deepEqual(await memberships('acts_deploy'), [])
    t.is(await stack.answer('deploy', 'CREATE TABLE app.no (x int)'), DENIED)
    t.deepEqual(await stack.plan(), [])
    redeclare(stack, { acts_as: 'own', cleanup_policy: 'delete' })
    await stack.applyOk()
    await stack.destroyOk('deploy')
    t.deepEqual(await bed().server.sql(`SELECT FROM pg_roles WHERE rolname = 'acts_deploy'`), [])
  })
}
