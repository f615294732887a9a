/** What stands in the catalogs, as lines: of a real server and of the model of one, by the same queries. */
import type { AclItem, Cluster, Interior } from '../../../src/model/catalog.ts'
import { parseTag } from '../../../src/model/tag.ts'
import { inspectCluster } from '../../../src/server/inspect-cluster.ts'
import { inspectDatabase } from '../../../src/server/inspect-database.ts'
import type { Row } from '../../../src/server/row.ts'
import type { Session } from '../../../src/server/session.ts'
import type { Bed } from '../provision.ts'
import { answerOf } from '../server-model/answers.ts'
import { declare } from './declare.ts'
import { ADMIN } from '../server-model/names.ts'
import type { ModelServer } from '../server-model/server.ts'

const OURS = /_dev_(?:user|db)$|^stranger_|^renamed_/

/** Of either server, over whatever asks it. */
async function linesOfSessions(
  version: number,
  admin: string,
  ask: (text: string, database: string) => Promise<Row[]>,
  forget: (database: string) => Promise<void>,
): Promise<string[]> {
  const session = (database: string): Session => {
    const query = async (texts: readonly string[]): Promise<Row[][]> => {
      const results: Row[][] = []
      for (const text of texts) results.push(await ask(text, database))
      return results
    }
    return { version, database, query } as unknown as Session
  }
  const cluster = await inspectCluster(session('postgres'), declare({}))
  const interiors: Interior[] = []
  for (const { name, allowConnections } of cluster.databases.values()) {
    if (!OURS.test(name) || !allowConnections) continue
    const owners = { declared: new Map(), guests: [] }
    const question = { grantees: namesOf(cluster), everybody: true, others: false, owners, wantsAccess: false }
    interiors.push(await inspectDatabase(session(name), question))
    await forget(name)
  }
  return linesOf(cluster, interiors, admin)
}

export async function linesOfServer({ server }: Bed): Promise<string[]> {
  const version = Number((await server.sql('SHOW server_version_num'))[0]?.['server_version_num'])
  const ask = (text: string, database: string): Promise<Row[]> => server.sql(text, [], database)
  return linesOfSessions(version, server.admin.user, ask, (name) => server.forget(name))
}

export async function linesOfModel({ state }: ModelServer): Promise<string[]> {
  const ask = (text: string, database: string): Promise<Row[]> =>
    Promise.resolve(answerOf(state, text, { login: ADMIN, database }))
  return linesOfSessions(state.version, ADMIN, ask, () => Promise.resolve())
}

const namesOf = ({ roles }: Pick<Cluster, 'roles'>): string[] => [...roles.keys()].filter((name) => OURS.test(name))

/** What both have in common: builds, ids of stacks and the locale apart. */
function linesOf(cluster: Cluster, interiors: readonly Interior[], admin: string): string[] {
  const named = (role: string): string => (role === admin ? 'the admin' : role)
  const told = (comment: string | null): string | null => {
    const tag = parseTag(comment)
    const fields = ['Stack', 'Application', 'OwnedDatabase', 'PendingDatabase', 'CleanupPolicy', 'Auth', 'Comment']
    return tag === null ? comment : fields.map((field) => tag.get(field) ?? '').join()
  }
  const items = (acl: readonly AclItem[]): string[] =>
    acl.map(({ grantor, grantee, privilege }) => `${named(grantor)}>${named(grantee)}:${privilege}`).sort()
  const lines: unknown[] = []
  for (const role of cluster.roles.values())
    // The model gives no oids.
    if (OURS.test(role.name)) lines.push(['role', { ...role, oid: null, comment: told(role.comment) }])
  for (const { role, member, grantor, admin: isAdmin, inherit, set } of cluster.memberships)
    if (OURS.test(role) || OURS.test(member))
      lines.push(['member', named(role), named(member), named(grantor), isAdmin, inherit, set])
  for (const { name, owner, connectionLimit, allowConnections, isTemplate, comment, acl } of cluster.databases.values())
    if (OURS.test(name))
      lines.push(['database', name, owner, connectionLimit, allowConnections, isTemplate, told(comment), items(acl)])
  for (const [database, holders] of cluster.holders)
    if (OURS.test(database)) lines.push(['holders', database, [...holders].map(named).sort()])
  for (const { database, schemas, objects, defaultAcl, extensions } of interiors) {
    lines.push(['extensions', database, [...extensions.values()].map(({ name, owner }) => `${name} ${owner}`).sort()])
    for (const schema of schemas.values()) lines.push(['schema', database, { ...schema, acl: items(schema.acl) }])
    for (const object of objects) lines.push(['object', database, { ...object, acl: items(object.acl) }])
    for (const item of defaultAcl) lines.push(['default', database, item])
  }
  return lines.map((line) => JSON.stringify(line, sorted)).sort()
}

/** Members in the order of their names. */
function sorted(_key: string, value: unknown): unknown {
  const isPlain = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isPlain ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value
}
