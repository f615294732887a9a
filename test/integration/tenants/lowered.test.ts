/** What a login loses by an apply, its sessions lose with it (src/README.md: What a session keeps). */
import test from 'ava'
import type pg from 'pg'
import { holdSessions } from '../../support/held-sessions.ts'
import { bedFor, type Entry, type Outcome, VERSIONS } from '../../support/provision.ts'

const { keep, open: session } = holdSessions()

/** Logins whose sessions the run says it ended. */
function ended({ records }: Outcome): (string | null)[] {
  return records
    .filter(({ action, status }) => action === 'disconnect' && status === 'updated')
    .map(({ username }) => username)
}

async function lives(client: pg.Client): Promise<boolean> {
  return client.query('SELECT 1').then(
    () => true,
    () => false,
  )
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `
  const guest = (level: string): Entry => ({ database_name: 'shop_dev_db', access_level: level })

  test.serial(
    `${on}a level that is lowered ends that login's sessions and nobody else's; one that is raised ends none`,
    async (t) => {
      const stack = bed().declare(
        { shop: {}, ed: guest('editor'), rd: guest('reader'), gamma: {} },
        { stack: 'levels' },
      )
      await stack.applyOk()
      await stack.sql('shop', 'CREATE TABLE t (id int)')
      const clients: pg.Client[] = []
      for (const name of ['shop', 'ed', 'rd', 'gamma']) clients.push(await session(stack, name))
      stack.applications = { ...stack.applications, ed: guest('reader'), rd: guest('editor') }
      const outcome = await stack.applyOk()
      t.deepEqual(ended(outcome), ['ed_dev_user'])
      t.deepEqual(await Promise.all(clients.map(lives)), [true, false, true, true])
      t.is((await stack.apply()).audit.run.outcome, 'no_change')
    },
  )

  test.serial(
    `${on}what an owner gives to a login of another database unasked ends no session of it elsewhere`,
    async (t) => {
      const stack = bed().declare({ giver: {}, given: {} }, { stack: 'unasked' })
      await stack.applyOk()
      await stack.sql('giver', 'GRANT CONNECT ON DATABASE giver_dev_db TO given_dev_user')
      const there = await session(stack, 'given', 'giver_dev_db')
      const own = await session(stack, 'given')
      t.deepEqual(ended(await stack.applyOk()), ['given_dev_user'])
      t.deepEqual(await Promise.all([there, own].map(lives)), [false, true])
    },
  )

  if (version < 16)
    test.serial(`${on}a login that leaves rds_iam has no session left`, async (t) => {
      const stack = bed().declare({ token: { auth: 'iam' }, shop: {} }, { stack: 'levels' })
      await stack.applyOk()
      bed().server.acceptToken('token_dev_user', 'a-token')
      const client = await bed().server.connect({
        user: 'token_dev_user',
        password: 'a-token',
        database: 'token_dev_db',
      })
      keep(client)
      const other = await session(stack, 'shop')
      stack.applications = { token: {}, shop: {} }
      t.deepEqual(ended(await stack.applyOk()), ['token_dev_user'])
      t.deepEqual([await lives(client), await lives(other)], [false, true])
    })
}
