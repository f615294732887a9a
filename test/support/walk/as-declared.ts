/** A server that is as declared: what is declared is there, and nothing else that a fresh server would not have. */
import type { AclItem } from '../../../src/model/catalog.ts'
import type { Database, Declaration } from '../../../src/model/declaration.ts'
import { OWN, projection } from './compare.ts'
import type { Walk } from './generate.ts'
import { ADMIN } from '../server-model/names.ts'
import { applyTo, type Ran } from './runs.ts'
import { ModelServer } from '../server-model/server.ts'
import type { ModelSchema, State } from '../server-model/state.ts'
import { byHand } from '../server-model/by-hand.ts'

/** What is declared is there, whatever a fresh server would have got by the same planner; what is kept is told. */
export function missingOf(state: State, b: Declaration, { document: { records } }: Ran): string[] {
  const own = b.applications.filter(({ loginOf }) => loginOf === null)
  const joined = own.flatMap(({ username, memberOf, actsAs }) =>
    [...memberOf, ...(actsAs === null ? [] : [actsAs])].map((role) => ({ username, role })),
  )
  const isThere = ({ username, role }: { username: string; role: string }): boolean =>
    state.memberships.some((item) => item.role === role && item.member === username)
  const reported = new Set(own.filter(({ undeclared }) => undeclared !== 'keep').map(({ username }) => username))
  const isMeant = (role: string, member: string): boolean =>
    joined.some((item) => item.username === member && item.role === role)
  const kept = state.memberships.filter(
    ({ role, member, grantor }) =>
      grantor !== ADMIN && reported.has(member) && reported.has(role) && !isMeant(role, member),
  )
  const isTold = ({ role, member }: { role: string; member: string }): boolean =>
    records.some(({ status, message }) => status === 'warning' && message.includes(`${member} is a member of ${role}`))
  return [
    ...joined.filter((item) => !isThere(item)).map(({ username, role }) => `${username} is no member of ${role}`),
    ...b.databases.flatMap((database) => missingIn(state, database)),
    ...kept
      .filter((item) => !isTold(item))
      .map(({ role, member }) => `${member} stays a member of ${role}, and nobody is told`),
  ]
}

/** What the words of the README promise of a database: its schemas, its extensions, and what guests may do there. */
function missingIn(state: State, { name, owner, guests, schemas, extensions }: Database): string[] {
  const found = state.databases.get(name)
  if (found === undefined) return [`no database ${name}`]
  const has = (acl: readonly AclItem[], username: string, privilege: string): boolean =>
    acl.some((item) => item.grantee === username && item.privilege === privilege)
  // One that nobody may look into has the inside that it had.
  const isOpen = found.allowConnections && found.connectionLimit !== 0
  const readers = guests.filter(
    ({ accessLevel, privileges }) => accessLevel !== 'none' && Object.keys(privileges).length === 0,
  )
  const byDefault = (username: string): boolean =>
    found.defaults.some(
      ({ creator, objectClass, acl }) =>
        creator === owner.username && objectClass === 'table' && has(acl, username, 'SELECT'),
    )
  const inside = readers.flatMap(({ username, schemas: listed }) => [
    ...listed
      .filter((schema) => schema !== '*' && isOwners(found.schemas.get(schema), owner.username))
      .filter((schema) => !has(found.schemas.get(schema)?.acl ?? [], username, 'USAGE'))
      .map((schema) => `${username} may not use ${schema} of ${name}`),
    ...(byDefault(username) ? [] : [`${username} will not read what ${owner.username} creates in ${name}`]),
  ])
  return [
    ...readers
      .filter(({ username }) => !has(found.acl, username, 'CONNECT'))
      .map(({ username }) => `${username} may not enter ${name}`),
    ...(isOpen ? inside : []),
    ...(isOpen ? schemas.filter((schema) => schema !== '*' && !found.schemas.has(schema)) : []).map(
      (schema) => `no schema ${schema} in ${name}`,
    ),
    ...(isOpen ? extensions.filter((item) => !found.extensions.has(item)) : []).map(
      (item) => `no extension ${item} in ${name}`,
    ),
  ]
}

const isOwners = (schema: ModelSchema | undefined, owner: string): boolean =>
  schema?.owner === owner || schema?.owner === 'pg_database_owner'

/** What the declaration says is as on a server where nothing else ever was. */
export async function againstFresh(server: ModelServer, b: Declaration, walk: Walk): Promise<string[]> {
  const fresh = new ModelServer((walk.upgrade?.to ?? walk.version) * 10_000)
  for (const item of walk.mess.filter(({ sql }) => !sql.includes('_dev_user'))) byHand(fresh, item)
  await applyTo(fresh, b)
  const foreign = new Set<string>()
  const [is, should] = [projection(server.state, b, foreign), projection(fresh.state, b)]
  const has = new Set(is)
  const wanted = new Set(should)
  return [
    // To PUBLIC nothing is given: what hands took from it stays away.
    ...should.filter((item) => !has.has(item) && !item.endsWith(' to ')).map((item) => `missing: ${item}`),
    ...is.filter((item) => !wanted.has(item) && !item.startsWith(OWN)).map((item) => `too much: ${item}`),
  ].filter((item) => ![...foreign].some((schema) => item.includes(` ${schema} `)))
}
