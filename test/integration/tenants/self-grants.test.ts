/**
 * Below 16 a login may make anybody its member (src/README.md: Memberships and their grantors): told truly, taken back.
 */
import test from 'ava'
import { type Bed, bedFor, type Outcome, VERSIONS } from '../../support/provision.ts'

const MASTER_SECRET = 'platform/dev/rds/master'
const IAM = { auth: 'iam' }

async function memberships({ server }: Bed): Promise<string[]> {
  const rows = await server.sql(`SELECT pg_get_userbyid(roleid) || ' to ' || pg_get_userbyid(member) AS text
    FROM pg_auth_members WHERE pg_get_userbyid(roleid) ~ '_dev_user$' ORDER BY 1`)
  return rows.map(({ text }) => String(text))
}

function taken({ records }: Outcome): string[] {
  return records
    .filter(({ action, status }) => action === 'revoke' && status === 'removed')
    .map(({ message }) => message)
}

for (const version of VERSIONS.filter((item) => item < 15)) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  /** As the IAM login itself. */
  async function asToken(user: string, sql: string): Promise<void> {
    bed().server.acceptToken(user, 'a-token')
    const client = await bed().server.connect({ user, password: 'a-token', database: 'postgres' })
    await client.query(sql)
    await client.end()
  }

  test.serial(
    `${on}an IAM login that makes another application its member locks it out until the next run, which sets no password`,
    async (t) => {
      const stack = bed().declare({ iam: IAM, gamma: {}, delta: {} }, { stack: 'grants', secret_prefix: 'grants' })
      await stack.applyOk()
      await asToken('iam_dev_user', 'GRANT iam_dev_user TO gamma_dev_user')
      const outcome = await stack.apply()
      t.is(outcome.audit.run.exit_code, 0, outcome.audit.run.error ?? '')
      t.regex(taken(outcome).join(), /^gamma_dev_user is no member of iam_dev_user any more, granted by iam_dev_user: /)
      t.deepEqual(
        outcome.records
          .filter(({ object, status }) => object === 'password' && status === 'updated')
          .map(({ message }) => message),
        [],
      )
      t.deepEqual(await memberships(bed()), [])
      t.is(await stack.answer('gamma', 'SELECT 1'), 'ok')
      t.is((await stack.apply()).audit.run.outcome, 'no_change')
    },
  )

  test.serial(`${on}a login of another stack that makes an application its member is found out as well`, async (t) => {
    const far = bed().declare({ far: IAM }, { stack: 'far' })
    await far.applyOk()
    const stack = bed().declare({ iam: IAM, gamma: {}, delta: {} }, { stack: 'grants', secret_prefix: 'grants' })
    await stack.applyOk()
    await asToken('far_dev_user', 'GRANT far_dev_user TO gamma_dev_user')
    const outcome = await stack.apply()
    t.is(outcome.audit.run.exit_code, 0, outcome.audit.run.error ?? '')
    t.regex(taken(outcome).join(), /^gamma_dev_user is no member of far_dev_user any more, granted by far_dev_user: /)
    t.is(await stack.answer('gamma', 'SELECT 1'), 'ok')
  })

  test.serial(
    `${on}a login that makes the admin its member is told as who did it, and not as a run that was cut off`,
    async (t) => {
      const stack = bed().declare({ beta: {}, gamma: {} }, { stack: 'grants', secret_prefix: 'grants' })
      await stack.applyOk()
      await stack.sql('beta', 'GRANT beta_dev_user TO platform_provisioner; GRANT beta_dev_user TO gamma_dev_user')
      const outcome = await stack.applyOk()
      t.deepEqual(taken(outcome).sort(), [
        'gamma_dev_user is no member of beta_dev_user any more, granted by beta_dev_user',
        'platform_provisioner is no member of beta_dev_user any more, granted by beta_dev_user',
      ])
      t.false(outcome.records.some(({ action }) => action === 'disconnect'))
      t.deepEqual(await memberships(bed()), [])
    },
  )

  test.serial(
    `${on}an IAM login that makes the admin its member locks it out: the master frees it, and leaves its password`,
    async (t) => {
      const { server, aws } = bed()
      aws.putLogin(MASTER_SECRET, server.master.user, server.master.password)
      const stack = bed().declare({ iam: IAM, gamma: {} }, { stack: 'grants', secret_prefix: 'grants' })
      await stack.applyOk()
      await asToken('iam_dev_user', 'GRANT iam_dev_user TO platform_provisioner')
      t.is((await stack.apply()).audit.run.exit_code, 6)
      stack.variables = { ...stack.variables, master_secret_id: MASTER_SECRET }
      const outcome = await stack.apply()
      t.is(outcome.audit.run.exit_code, 0, outcome.audit.run.error ?? '')
      t.regex(
        taken(outcome).join(),
        /^platform_provisioner is no member of iam_dev_user any more, granted by iam_dev_user: .*\(as dbmaster\)$/,
      )
      t.false(outcome.records.some(({ action, message }) => action === 'repair' && message.includes('password')))
      t.deepEqual(await memberships(bed()), [])
      t.is((await stack.apply()).audit.run.outcome, 'no_change')
    },
  )
}

for (const version of VERSIONS.filter((item) => item >= 16)) {
  const bed = bedFor(version)

  test.serial(
    `PostgreSQL ${version}: what another granted is a warning with who can revoke it, and the run ends well`,
    async (t) => {
      const stack = bed().declare({ beta: {}, gamma: {}, delta: {} })
      await stack.applyOk()
      await bed().server.sql('GRANT beta_dev_user TO gamma_dev_user')
      const { audit, records } = await stack.apply()
      t.is(audit.run.exit_code, 0, audit.run.error ?? '')
      const [warning] = records.filter(({ status, application }) => status === 'warning' && application === 'gamma')
      t.regex(
        warning?.message ?? '',
        /gamma_dev_user is a member of beta_dev_user.*as rdsadmin: REVOKE "beta_dev_user" FROM "gamma_dev_user" GRANTED BY "rdsadmin"/,
      )
      t.is(await stack.answer('delta', 'SELECT 1'), 'ok')
    },
  )
}
