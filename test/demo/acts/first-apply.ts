/** From a fresh instance to five logins on three databases, in one apply. */
import * as v from 'valibot'
import { changesIn } from '../../support/postgres/log.ts'
import { MASTER_SECRET } from '../../support/terraform.ts'
import { ADMIN, type Bed } from '../bed.ts'
import { declarationLines, MAKER, NAMES, SHARED, usernameOf } from '../declaration.ts'
import { claim, doing, heading, quote, say, table } from '../screen.ts'

const Databases = v.record(
  v.string(),
  v.object({ database: v.string(), username: v.string(), access_level: v.string() }),
)

/** What the server's catalogs say of logins ($1) and the databases beside them ($2). */
const ON_ITS_DATABASE = `SELECT login, pg_get_userbyid(d.datdba) = login AS owns, has_database_privilege(login, d.oid, 'CONNECT') AS connects, r.rolcreatedb AS createdb
  FROM unnest($1::text[], $2::text[]) AS t(login, database) JOIN pg_database d ON d.datname = database JOIN pg_roles r ON r.rolname = login`

export async function showFirstApply(bed: Bed): Promise<void> {
  const { server, stack, aws } = bed
  heading('terraform apply: five logins on three databases, from a fresh instance')
  for (const line of declarationLines()) quote(line)
  say('')
  doing('terraform init and apply')
  const mark = await server.mark()
  await stack.applyOk()
  const audit = await stack.lastAudit()
  claim('the audit says what happened: changed', audit.run.outcome, 'changed')
  const changes = await changesByLogin(bed, mark)
  const { user: master } = server.master
  claim(
    `changes were made by two logins: ${master}, the master, and ${ADMIN}, the delegated admin`,
    [...changes.keys()].sort(),
    [master, ADMIN],
  )
  claim(
    `${master} did nothing but make ${ADMIN}`,
    changes.get(master)?.every((statement) => statement.includes(ADMIN)),
  )
  claim(
    `all else was done by ${ADMIN}, which is no superuser`,
    [audit.run.database_login, await attributesOf(bed, ADMIN)],
    [ADMIN, 'rolcreaterole, rolcreatedb'],
  )
  claim("the master's secret was read once", aws.readsOf(MASTER_SECRET).length, 1)
  await showMade(bed)
}

/** The changing statements of everybody since the mark, passwords redacted, by login. */
async function changesByLogin({ server }: Bed, mark: number): Promise<Map<string, string[]>> {
  const entries = await server.logSince(mark)
  const logins = new Set(entries.map(({ user }) => user).filter((user) => user !== ''))
  const changes = [...logins].map((user): [string, string[]] => [
    user,
    changesIn(entries.filter((entry) => entry.user === user)),
  ])
  return new Map(changes.filter(([, statements]) => statements.length > 0))
}

/** What of the attributes beyond LOGIN a role has. */
async function attributesOf({ server }: Bed, role: string): Promise<string> {
  const [row = {}] = await server.sql(
    'SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = $1',
    [role],
  )
  return Object.entries(row)
    .filter(([, value]) => value === true)
    .map(([name]) => name)
    .join(', ')
}

async function showMade(bed: Bed): Promise<void> {
  const made = v.parse(Databases, (await bed.stack.outputs())['databases'])
  const facts = new Map(
    (
      await bed.server.sql(ON_ITS_DATABASE, [
        NAMES.map((name) => made[name]?.username ?? ''),
        NAMES.map((name) => made[name]?.database ?? ''),
      ])
    ).map((row) => [row['login'], row]),
  )
  const rows = NAMES.map((name) => {
    const { database = '', username = '', access_level: level = '' } = made[name] ?? {}
    const { owns = false, connects = false, createdb = false } = facts.get(username) ?? {}
    return {
      name,
      level,
      owns,
      createdb,
      cells: [name, username, database, level, yes(owns), yes(connects), yes(createdb)],
    }
  })
  table(
    ['application', 'login', 'database', 'access', 'owns it', 'may connect', 'may create databases'],
    rows.map(({ cells }) => cells),
  )
  claim(
    'each owner owns its database, nobody else any',
    rows.map(({ owns }) => owns),
    rows.map(({ level }) => level === 'owner'),
  )
  claim(
    'only the one that asked for it may create databases',
    rows.filter(({ createdb }) => createdb === true).map(({ name }) => name),
    [MAKER],
  )
  const inside = await bed.server.sql(
    `SELECT (SELECT count(*)::int FROM pg_extension WHERE extname = 'pgcrypto') AS extensions,
    (SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = 'mart') AS owner`,
    [],
    `${SHARED}_dev_db`,
  )
  claim(`${SHARED}_dev_db has the extension pgcrypto and the schema mart`, inside, [
    { extensions: 1, owner: usernameOf(SHARED) },
  ])
}

function yes(value: unknown): string {
  return value === true ? 'yes' : '-'
}
