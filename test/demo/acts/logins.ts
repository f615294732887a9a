/** The privileges, tried by logging in as each of them, with the passwords of the secrets. */
import pg from 'pg'
import type { Bed } from '../bed.ts'
import {
  type ApplicationName,
  databaseOf,
  EDITOR,
  MAKER,
  NAMES,
  OWNER,
  READER,
  SHARED,
  usernameOf,
} from '../declaration.ts'
import { claim, doing, heading, table } from '../screen.ts'

const DATABASE = databaseOf(SHARED)
/** SQLSTATE insufficient_privilege. */
const REFUSED = '42501'

const DEEDS = {
  connect: 'SELECT 1',
  'create a table': 'CREATE TABLE mart.mine (id int); DROP TABLE mart.mine',
  'write rows': `INSERT INTO mart.orders (item) VALUES ('tea')`,
  'read rows': 'SELECT * FROM mart.orders',
} as const

export async function showLogins(bed: Bed): Promise<void> {
  heading(`What each login may do in ${DATABASE}: tried, not looked up`)
  doing('logging in')
  const isMade = await attempt(bed, SHARED, 'CREATE TABLE mart.orders (id serial PRIMARY KEY, item text)')
  claim(`${usernameOf(SHARED)} logs in with the password of its secret and creates the table mart.orders`, isMade)
  const found = new Map<ApplicationName, boolean[]>()
  for (const name of NAMES) {
    const tried: boolean[] = []
    for (const sql of Object.values(DEEDS)) tried.push(await attempt(bed, name, sql))
    found.set(name, tried)
  }
  table(
    ['login', ...Object.keys(DEEDS)],
    NAMES.map((name) => [usernameOf(name), ...(found.get(name) ?? []).map((may) => (may ? '✔' : 'refused'))]),
  )
  claim('the owner may do all of it', found.get(SHARED), [true, true, true, true])
  claim('the editor reads and writes rows of a table that came after it, and creates nothing', found.get(EDITOR), [
    true,
    false,
    true,
    true,
  ])
  claim('the reader reads them and writes nothing', found.get(READER), [true, false, false, true])
  claim(
    "other applications' logins do not even connect",
    [found.get(OWNER), found.get(MAKER)],
    [
      [false, false, false, false],
      [false, false, false, false],
    ],
  )
}

/** Whether the server lets the login do it; @throws for any other answer than yes and "permission denied" */
async function attempt({ server, passwords }: Bed, name: ApplicationName, sql: string): Promise<boolean> {
  let client: pg.Client | null = null
  try {
    client = await server.connect({ user: usernameOf(name), password: passwords.get(name) ?? '', database: DATABASE })
    await client.query(sql)
    return true
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === REFUSED) return false
    throw error
  } finally {
    await client?.end()
  }
}
