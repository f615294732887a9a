/** Logins whose password is nobody's business, roles that nobody logs in as, and valid_until without a password. */
import test, { type ExecutionContext } from 'ava'
import { bedFor, type Outcome, type Stack, VERSIONS } from '../../support/provision.ts'

const PAST = '2020-01-31T00:00:00Z'
const SECRET = 'there/is/none'

async function done(t: ExecutionContext, stack: Stack): Promise<void> {
  t.deepEqual(await stack.plan(), [])
  t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
}

function messages({ records }: Outcome, action: string): string[] {
  return records.filter((record) => record.action === action).map(({ message }) => message)
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  const mayLogIn = async (role: string): Promise<unknown> => {
    const [row] = await bed().server.sql('SELECT rolcanlogin AS may FROM pg_roles WHERE rolname = $1', [role])
    return row?.['may']
  }
  const sessionsOf = async (role: string): Promise<number> =>
    (await bed().server.sql('SELECT 1 FROM pg_stat_activity WHERE usename = $1', [role])).length
  const createLogin = async (role: string, password: string): Promise<void> => {
    await bed().server.sql(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`)
    if (version >= 16)
      await bed().server.sql(`GRANT ${role} TO platform_provisioner WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`)
  }

  test.serial(
    `${on}a login is taken over whose password nobody knows, and keeps it until it has a secret`,
    async (t) => {
      await createLogin('legacy', 'only the old team knows')
      const old = { username: 'legacy', database_name: 'shop_dev_db', access_level: 'reader', adopt_existing: true }
      const stack = bed().declare({ shop: {}, old: { ...old, auth: 'unmanaged', secret_id: SECRET } })
      const first = await stack.applyOk()
      t.deepEqual(messages(first, 'unmanaged'), ['the password of legacy is unmanaged: it was neither set nor proven'])
      t.deepEqual(bed().aws.readsOf(SECRET), [])
      t.true(await bed().server.canLogin('legacy', 'only the old team knows', 'shop_dev_db'))
      await done(t, stack)
      await bed().server.sql(`ALTER ROLE legacy PASSWORD 'set by hand'`)
      await done(t, stack)
      t.true(await bed().server.canLogin('legacy', 'set by hand', 'shop_dev_db'))
      t.regex(await stack.report('text'), /legacy +old +reader +unmanaged/)
      stack.applications = { ...stack.applications, old }
      stack.setPassword('old', 'of the secret')
      await stack.applyOk()
      t.true(await bed().server.canLogin('legacy', 'of the secret', 'shop_dev_db'))
      await done(t, stack)
      stack.applications = { ...stack.applications, old: { ...old, auth: 'unmanaged', secret_id: SECRET } }
      await stack.applyOk()
      t.true(await bed().server.canLogin('legacy', 'of the secret', 'shop_dev_db'))
      await done(t, stack)
    },
  )

  test.serial(
    `${on}a role that nobody logs in as: made so, closed again, opened, and never asked for a secret`,
    async (t) => {
      const owner = { can_login: false, secret_id: SECRET }
      const stack = bed().declare({
        vault: owner,
        vault_app: { database_name: 'vault_dev_db', access_level: 'editor' },
      })
      t.regex(messages(await stack.applyOk(), 'create').join(), /vault_dev_user \(owner, nobody logs in as it\)/)
      t.is(await mayLogIn('vault_dev_user'), false)
      t.deepEqual(bed().aws.readsOf(SECRET), [])
      await done(t, stack)
      await bed().server.sql(`ALTER ROLE vault_dev_user LOGIN PASSWORD 'by hand'`)
      const client = await bed().server.connect({
        user: 'vault_dev_user',
        password: 'by hand',
        database: 'vault_dev_db',
      })
      client.on('error', () => undefined)
      await stack.applyOk()
      t.is(await mayLogIn('vault_dev_user'), false)
      t.is(await sessionsOf('vault_dev_user'), 0)
      await done(t, stack)
      stack.applications = { ...stack.applications, vault: {} }
      await stack.applyOk()
      t.is(await mayLogIn('vault_dev_user'), true)
      t.deepEqual(await stack.sql('vault', 'SELECT 1'), [[1]])
      await done(t, stack)
      stack.applications = { ...stack.applications, vault: owner }
      await stack.applyOk()
      t.is(await mayLogIn('vault_dev_user'), false)
      await done(t, stack)
      // NOLOGIN is no sign of a removal here.
      await bed().server.forget('vault_dev_db')
      await bed().server.sql('DROP DATABASE vault_dev_db WITH (FORCE)')
      const { problems } = await stack.apply()
      t.deepEqual(
        problems.map(({ code }) => code),
        ['missing_database'],
      )
    },
  )

  test.serial(
    `${on}valid_until of an unmanaged login closes it once it is over, and opens it where it moves`,
    async (t) => {
      await createLogin('visitor', 'pw')
      const entry = {
        username: 'visitor',
        database_name: 'museum_dev_db',
        access_level: 'reader',
        adopt_existing: true,
      }
      const until = (moment: string): Readonly<Record<string, unknown>> => ({
        ...entry,
        auth: 'unmanaged',
        valid_until: moment,
      })
      const stack = bed().declare({ museum: {}, visitor: until('2999-01-31T00:00:00Z') })
      await stack.applyOk()
      const client = await bed().server.connect({ user: 'visitor', password: 'pw', database: 'museum_dev_db' })
      client.on('error', () => undefined)
      stack.applications = { museum: {}, visitor: until(PAST) }
      t.regex(
        messages(await stack.applyOk(), 'alter').join(),
        /visitor: may not log in any more, .*since valid_until is over/,
      )
      t.is(await mayLogIn('visitor'), false)
      t.is(await sessionsOf('visitor'), 0)
      t.deepEqual(messages(await stack.applyOk(), 'unmanaged'), ['visitor may not log in: valid_until is over'])
      await done(t, stack)
      await bed().server.sql('ALTER ROLE visitor LOGIN')
      t.regex(await stack.report('text'), /visitor .*over, and still open: the next apply closes the login/)
      await stack.applyOk()
      t.is(await mayLogIn('visitor'), false)
      stack.applications = { museum: {}, visitor: { ...until(PAST), can_login: true } }
      await stack.applyOk()
      t.is(await mayLogIn('visitor'), false)
      stack.applications = { museum: {}, visitor: until('2999-01-31T00:00:00Z') }
      await stack.applyOk()
      t.is(await mayLogIn('visitor'), true)
      await done(t, stack)
    },
  )
}
