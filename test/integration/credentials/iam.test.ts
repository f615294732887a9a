/** IAM logins (src/README.md: IAM and PAM; Passwords): no password, rds_iam, and nobody locked out by them. */
import test, { type ExecutionContext } from 'ava'
import { difference, dump } from '../../support/catalogs.ts'
import { startTokenFront, type TokenFront } from '../../support/postgres.ts'
import { type Bed, bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'

const MASTER_SECRET = 'rds!db-master'

/** A token of the SDK's own making, for this server and this user. */
function isToken(bed: Bed, user: string, token: string): boolean {
  const url = new URL(`https://${token}`)
  return (
    url.host === `localhost:${String(bed.server.port)}` &&
    url.searchParams.get('Action') === 'connect' &&
    url.searchParams.get('DBUser') === user &&
    url.searchParams.has('X-Amz-Signature')
  )
}

/** The variables of a stack whose admin logs in by token. */
function byToken(front: TokenFront, more: Entry = {}): Entry {
  return {
    admin_auth: 'iam',
    admin_secret_id: null,
    admin_username: 'platform_provisioner',
    connect_through: { host: '127.0.0.1', port: front.port },
    ...more,
  }
}

async function memberships(bed: Bed, member: string): Promise<unknown[]> {
  const rows = await bed.server.sql(
    'SELECT pg_get_userbyid(roleid)::text AS role FROM pg_auth_members WHERE member = to_regrole($1) ORDER BY 1',
    [member],
  )
  return rows.map(({ role }) => role)
}

async function hasPassword(bed: Bed, role: string): Promise<unknown> {
  const [row] = await bed.server.sql('SELECT rolpassword IS NOT NULL AS has FROM pg_authid WHERE rolname = $1', [role])
  return row?.['has']
}

const APP = { username: 'app', database_name: 'app', recreate_missing: true }

/** The application as an IAM login, checked from inside the server. */
async function logsInByToken(bed: Bed, user: string): Promise<boolean> {
  bed.server.acceptToken(user, `token of ${user}`)
  return bed.server.canLogin(user, `token of ${user}`, user)
}

/** From password to IAM and back, each way proven and stable. */
async function switches(t: ExecutionContext, bed: Bed, stack: Stack): Promise<void> {
  stack.applications = { app: { ...APP, username: 'turn', database_name: 'turn' } }
  await stack.applyOk()
  t.true(await bed.server.canLogin('turn', stack.password('app'), 'turn'))
  for (const auth of ['iam', 'password', 'iam']) {
    stack.applications = { app: { username: 'turn', database_name: 'turn', auth } }
    const { records } = await stack.applyOk()
    t.is(await hasPassword(bed, 'turn'), auth === 'password')
    t.is((await memberships(bed, 'turn')).includes('rds_iam'), auth === 'iam')
    t.is(
      records.some(({ object, status }) => object === 'password' && status === 'removed'),
      auth === 'iam',
    )
    if (auth === 'iam') t.true(await logsInByToken(bed, 'turn'))
    else t.true(await bed.server.canLogin('turn', stack.password('app'), 'turn'))
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change', auth)
  }
}

for (const version of VERSIONS) {
  const on = `PostgreSQL ${version}: `
  const fresh = bedFor(version, { createAdmin: false })
  let front: TokenFront

  test.serial.before(`${on}a door that takes tokens`, async () => {
    front = await startTokenFront(fresh().server, (user, token) => isToken(fresh(), user, token))
    const { user, password } = fresh().server.master
    fresh().aws.putSecret(MASTER_SECRET, { username: user, password })
  })
  test.after.always(`${on}close the door`, async () => front.close())

  test.serial(
    `${on}an admin that logs in by token is made without a password by the master, then works by token alone`,
    async (t) => {
      const stack = fresh().declare({ first: {} }, byToken(front, { master_secret_id: MASTER_SECRET }))
      const { audit, records } = await stack.applyOk()
      t.is(audit.run.database_login, 'platform_provisioner')
      t.is(await hasPassword(fresh(), 'platform_provisioner'), false)
      t.true((await memberships(fresh(), 'platform_provisioner')).includes('rds_iam'))
      t.true(
        records.some(
          ({ object, action, statements }) =>
            object === 'admin' && action === 'create' && !statements.join().includes('PASSWORD'),
        ),
      )
      const reads = fresh().aws.readsOf(MASTER_SECRET).length
      t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
      t.is(fresh().aws.readsOf(MASTER_SECRET).length, reads)
      t.false(JSON.stringify(audit).includes('X-Amz-Signature'))
    },
  )

  test.serial(`${on}an admin by token: IAM applications of every level, made, found again, recreated`, async (t) => {
    const stack = fresh().declare(
      {
        app: { ...APP, auth: 'iam' },
        reader: { username: 'reader', database_name: 'app', access_level: 'reader', auth: 'iam' },
        plain: { username: 'plain', database_name: 'plain' },
      },
      byToken(front),
    )
    const { records } = await stack.applyOk()
    for (const name of ['app', 'reader']) t.is(await hasPassword(fresh(), name), false)
    t.true(
      records.some(
        ({ object, action, status, username }) =>
          object === 'login' && action === 'iam' && status === 'skipped' && username === 'app',
      ) ||
        records.some(({ object, action, username }) => object === 'login' && action === 'grant' && username === 'app'),
    )
    t.true(await logsInByToken(fresh(), 'app'))
    const again = await stack.applyOk()
    t.is(again.audit.run.outcome, 'no_change')
    t.deepEqual(
      again.records
        .filter(({ object }) => object === 'login')
        .map(({ username, status }) => `${String(username)} ${status}`)
        .sort(),
      ['app skipped', 'reader skipped'],
    )
    t.deepEqual(
      again.records.filter(({ object, username }) => object === 'password' && username !== 'plain'),
      [],
    )
    await fresh().server.sql('DROP DATABASE app WITH (FORCE)')
    t.is((await stack.applyOk()).audit.run.outcome, 'changed')
    t.true(await logsInByToken(fresh(), 'app'))
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
  })

  test.serial(`${on}an admin by token: password to IAM and back`, async (t) => {
    await switches(t, fresh(), fresh().declare({}, byToken(front)))
  })

  test.serial(`${on}a token that the server does not take: exit 6 with a remedy, and nothing changed`, async (t) => {
    const stack = fresh().declare({ nope: {} }, byToken(front, { admin_username: 'app' }))
    const wrong = await startTokenFront(fresh().server, () => false)
    stack.variables = { ...stack.variables, connect_through: { host: '127.0.0.1', port: wrong.port } }
    const before = await dump(fresh().server)
    const { audit, problems } = await stack.apply()
    await wrong.close()
    t.is(audit.run.exit_code, 6)
    t.regex(problems[0]?.remedy ?? '', /IAM/)
    t.deepEqual(difference(before, await dump(fresh().server)), [])
  })

  const plain = bedFor(version)

  if (version >= 16) {
    test.serial(
      `${on}an IAM application with an admin that logs in by password is blocked before the first change`,
      async (t) => {
        const before = await dump(plain().server)
        const { audit, problems } = await plain()
          .declare({ app: { ...APP, auth: 'iam' }, other: {} })
          .apply()
        t.is(audit.run.exit_code, 4)
        t.like(problems[0], { application: 'app', field: 'IAM' })
        t.deepEqual(difference(before, await dump(plain().server)), [])
        t.true(await plain().server.canLogin(plain().server.admin.user, plain().server.admin.password))
      },
    )

    test.serial(
      `${on}an admin by token that may not grant rds_iam: the grant is named, and the master gives it`,
      async (t) => {
        const { server, aws } = plain()
        aws.putSecret(MASTER_SECRET, { username: server.master.user, password: server.master.password })
        await server.sql(
          `CREATE ROLE tokens LOGIN CREATEDB CREATEROLE; SET ROLE dbmaster; GRANT rds_iam TO tokens; RESET ROLE`,
        )
        const door = await startTokenFront(server, (user, token) => isToken(plain(), user, token))
        const stack = plain().declare(
          { app: { username: 'granted', database_name: 'granted', auth: 'iam' } },
          byToken(door, { admin_username: 'tokens' }),
        )
        const refused = await stack.apply()
        t.is(refused.audit.run.exit_code, 4)
        t.regex(refused.problems[0]?.remedy ?? '', /GRANT "rds_iam" TO "tokens" WITH ADMIN TRUE/)
        stack.variables = { ...stack.variables, master_secret_id: MASTER_SECRET }
        await stack.applyOk()
        t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
        await door.close()
      },
    )
  } else {
    test.serial(
      `${on}an admin with a password makes IAM applications and is never in rds_iam through them`,
      async (t) => {
        const { server } = plain()
        const stack = plain().declare({ app: { ...APP, auth: 'iam' } })
        const mark = await server.mark()
        await stack.applyOk()
        const changes = await server.changesSince(mark)
        const database = changes.findIndex((statement) => statement.startsWith('CREATE DATABASE'))
        const membership = changes.findIndex((statement) => statement.startsWith('GRANT "rds_iam"'))
        t.true(database >= 0 && membership > database, 'the database first')
        t.true(await logsInByToken(plain(), 'app'))
        t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
        t.deepEqual(
          (await memberships(plain(), server.admin.user)).filter((role) => role === 'app' || role === 'rds_iam'),
          [],
        )
        await server.sql('DROP DATABASE app WITH (FORCE)')
        await stack.applyOk()
        t.true(await logsInByToken(plain(), 'app'))
        t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
        t.true(await server.canLogin(server.admin.user, server.admin.password))
      },
    )

    test.serial(`${on}an admin with a password: password to IAM and back`, async (t) => {
      await switches(t, plain(), plain().declare({}))
    })
  }
}
