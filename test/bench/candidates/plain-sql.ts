/**
 * The same result by hand-written SQL, as fast as a person would make it: roles, databases, what PUBLIC may do, and in each
 * database the owner's grants and default privileges. It looks at nothing before and proves nothing after. `again` is the
 * floor of a run that finds nothing to do: a program that logs in as everybody, and does nothing else.
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import pg from 'pg'
import { Secret } from '../../../src/model/secret.ts'
import { scramVerifier } from '../../../src/secrets/verifier.ts'
import type { Bed, Login } from '../bed.ts'
import type { Runner } from '../measure.ts'

const LOGINS = fileURLToPath(new URL('logins.mjs', import.meta.url))

const { escapeIdentifier: id, escapeLiteral: text } = pg

/** @param connections how many databases are worked on at the same time */
export async function plainSqlRunner(bed: Bed, connections: number): Promise<Runner> {
  const ca = await readFile(bed.server.caFile, 'utf8')
  const verifiers = new Map(
    await Promise.all(
      bed.logins.map(async ({ username, password }): Promise<[string, string]> => [
        username,
        (await scramVerifier(new Secret(password))).reveal(),
      ]),
    ),
  )
  const connect = async (database: string): Promise<pg.Client> => {
    const client = new pg.Client({
      host: 'localhost',
      port: bed.proxy.port,
      ...bed.server.admin,
      database,
      ssl: { ca },
    })
    await client.connect()
    return client
  }
  const cold = async (): Promise<null> => {
    const queue = [...bed.logins]
    const worker = async (): Promise<void> => {
      const admin = await connect('postgres')
      for (let login = queue.shift(); login !== undefined; login = queue.shift()) {
        await makeDatabase(admin, bed, login, verifiers.get(login.username) ?? '')
        const inside = await connect(login.database)
        await inside.query(interior(bed, login))
        await inside.end()
      }
      await admin.end()
    }
    await Promise.all(Array.from({ length: connections }, worker))
    return null
  }
  const again = async (): Promise<null> => {
    const { port } = bed.proxy
    const input = JSON.stringify({ port, caFile: bed.server.caFile, connections, logins: bed.logins })
    await execa(process.execPath, [LOGINS], { input })
    return null
  }
  return { works: { cold, again }, remove: () => Promise.resolve() }
}

/** From 16 on a membership has to say that it allows SET ROLE. */
function hold(bed: Bed, role: string): string {
  return `GRANT ${id(role)} TO ${id(bed.server.admin.user)}${bed.server.version >= 16 ? ' WITH INHERIT FALSE, SET TRUE' : ''}`
}

function release(bed: Bed, role: string): string {
  const admin = id(bed.server.admin.user)
  return `REVOKE ${id(role)} FROM ${admin}${bed.server.version >= 16 ? ` GRANTED BY ${admin}` : ''}`
}

async function makeDatabase(
  admin: pg.Client,
  bed: Bed,
  { application, username, database }: Login,
  verifier: string,
): Promise<void> {
  const comment = text(JSON.stringify({ ManagedBy: 'hand', Application: application }))
  await admin.query(
    `BEGIN; CREATE ROLE ${id(username)} LOGIN PASSWORD ${text(verifier)}; COMMENT ON ROLE ${id(username)} IS ${comment}; ${hold(bed, username)}; COMMIT`,
  )
  await admin.query(`CREATE DATABASE ${id(database)} OWNER ${id(username)} TEMPLATE template0`)
  await admin.query(
    `BEGIN; SET LOCAL ROLE ${id(username)}; REVOKE ALL ON DATABASE ${id(database)} FROM PUBLIC; GRANT CONNECT ON DATABASE ${id(database)} TO ${id(bed.server.admin.user)};
    COMMENT ON DATABASE ${id(database)} IS ${comment}; COMMIT`,
  )
}

/** What the provider's schema grant and default privileges come to. */
function interior(bed: Bed, { username }: Login): string {
  const role = id(username)
  return `BEGIN; SET LOCAL ROLE ${role}; REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE, CREATE ON SCHEMA public TO ${role};
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO ${role}; ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO ${role};
    RESET ROLE; ${release(bed, username)}; COMMIT`
}
