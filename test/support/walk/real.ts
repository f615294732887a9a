/** The same walk on a real server through the real apply; after each part the model's catalogs must equal its own. */
import { inspectCluster } from '../../../src/server/inspect-cluster.ts'
import { inspectDatabase } from '../../../src/server/inspect-database.ts'
import type { Row } from '../../../src/server/row.ts'
import type { Session } from '../../../src/server/session.ts'
import type { AclItem, Cluster, Interior } from '../../../src/model/catalog.ts'
import { parseTag } from '../../../src/model/tag.ts'
import type { Bed } from '../provision.ts'
import { applyTo } from './apply.ts'
import { declare, type Entries, type Operation, OTHER, type Walk } from './generate.ts'
import { interiorOf, look } from './look.ts'
import { ADMIN, ModelServer } from './server.ts'
import { byHand } from './walk.ts'

const OURS = /_dev_(?:user|db)$|^stranger_|^renamed_/

/** @returns where model and server differ, and what the real apply said where only one of both was stopped */
export async function walkOnBoth(bed: Bed, walk: Walk): Promise<string[]> {
  const model = new ModelServer(walk.version * 10000)
  const wrong: string[] = []
  const stacks = new Map<string, ReturnType<Bed['declare']>>()
  const compare = async (when: string): Promise<void> => {
    const [is, should] = [await linesOfServer(bed), linesOfModel(model)]
    wrong.push(
      ...should.filter((line) => !is.includes(line)).map((line) => `${when}: only the model: ${line}`),
      ...is.filter((line) => !should.includes(line)).map((line) => `${when}: only the server: ${line}`),
    )
  }
  const apply = async (stack: string, entries: Entries, when: string): Promise<void> => {
    const declared = stacks.get(stack) ?? bed.declare(entries, { stack, cluster_name: 'c' })
    stacks.set(stack, declared)
    declared.applications = entries
    const { problems, audit } = await declared.apply()
    const told = problems.map(({ application, code }) => `${String(application)} ${code}`)
    const { stopped, blocked, refused } = await applyTo(model, declare(entries, stack))
    const modelled = [...stopped, ...blocked].map(({ application, code }) => `${String(application)} ${code}`)
    const isSame =
      told
        .filter((item) => !item.includes(' sql_'))
        .sort()
        .join() === modelled.sort().join()
    if (!isSame && refused.length === 0)
      wrong.push(`${when}: the server: ${told.join()} (${audit.run.error ?? ''}); the model: ${modelled.join()}`)
    await compare(when)
  }
  const hands = async (operations: readonly Operation[], when: string): Promise<void> => {
    for (const item of operations) {
      const [real, modelled] = [await realHand(bed, item), byHand(model, item)]
      if ((real === null) !== (modelled === null))
        wrong.push(`${when}: ${item.sql}: the server: ${String(real)}; the model: ${String(modelled)}`)
    }
    await compare(when)
  }
  await hands(walk.mess, 'mess')
  await apply('other', OTHER, 'the other stack')
  await apply('walk', walk.a, 'A')
  await hands(walk.damage, 'damage')
  await apply('walk', walk.b, 'B')
  return wrong
}

async function realHand({ server }: Bed, { as, database, sql }: Operation): Promise<string | null> {
  const where = database ?? 'postgres'
  try {
    const set = as === null ? '' : `SET LOCAL ROLE "${as}"; `
    const isAlone = /^(?:CREATE|DROP) DATABASE|RENAME TO|IS_TEMPLATE/.test(sql)
    await server.sql(isAlone ? sql : `BEGIN; ${set}${sql}; COMMIT`, [], where)
    return null
  } catch (error) {
    if (!isAnswered(error)) throw error
    await server.sql('ROLLBACK', [], where).catch(() => [])
    return error.message
  } finally {
    if (where !== 'postgres') await server.forget(where)
  }
}

function isAnswered(error: unknown): error is Error {
  return error instanceof Error && 'code' in error
}

/** Takes away what a walk left, so that the next one finds the server as it was. */
export async function cleanUp({ server }: Bed): Promise<void> {
  const databases = await server.sql(`SELECT datname FROM pg_database WHERE datname ~ '_dev_db$|^stranger_|^renamed_'`)
  for (const { datname } of databases) {
    await server.forget(String(datname))
    await server.sql(`ALTER DATABASE "${String(datname)}" IS_TEMPLATE false`)
    await server.sql(`DROP DATABASE "${String(datname)}" WITH (FORCE)`)
  }
  const roles = await server.sql(`SELECT rolname FROM pg_roles WHERE rolname ~ '_dev_user$|^stranger_|^renamed_'`)
  for (const { rolname } of roles) await server.sql(`DROP OWNED BY "${String(rolname)}" CASCADE`)
  for (const { rolname } of roles) await server.sql(`DROP ROLE "${String(rolname)}"`)
}

async function linesOfServer({ server }: Bed): Promise<string[]> {
  const version = Number((await server.sql('SHOW server_version_num'))[0]?.['server_version_num'])
  const session = (database: string): Session => {
    const query = async (texts: readonly string[]): Promise<Row[][]> => {
      const results: Row[][] = []
      for (const text of texts) results.push(await server.sql(text, [], database))
      return results
    }
    return { version, database, query } as unknown as Session
  }
  const cluster = await inspectCluster(session('postgres'), declare({}))
  const interiors: Interior[] = []
  for (const { name, allowConnections } of cluster.databases.values()) {
    if (!OURS.test(name) || !allowConnections) continue
    const question = {
      grantees: namesOf(cluster),
      everybody: true,
      others: false,
      owners: { declared: new Map(), guests: [] },
      wantsAccess: false,
    }
    interiors.push(await inspectDatabase(session(name), question))
    await server.forget(name)
  }
  return linesOf(cluster, interiors, server.admin.user)
}

function linesOfModel(model: ModelServer): string[] {
  const { cluster } = look(model, declare({}))
  const open = [...model.state.databases.values()].filter(({ allowConnections }) => allowConnections)
  const interiors = open.map((item) => interiorOf(model.state, item, namesOf(cluster), true))
  return linesOf(cluster, interiors, ADMIN)
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
    if (OURS.test(role.name)) lines.push(['role', { ...role, comment: told(role.comment) }])
  for (const { role, member, grantor, admin: isAdmin, inherit, set } of cluster.memberships)
    if (OURS.test(role) || OURS.test(member))
      lines.push(['member', named(role), named(member), named(grantor), isAdmin, inherit, set])
  for (const { name, owner, connectionLimit, allowConnections, isTemplate, comment, acl } of cluster.databases.values())
    if (OURS.test(name))
      lines.push(['database', name, owner, connectionLimit, allowConnections, isTemplate, told(comment), items(acl)])
  for (const [database, holders] of cluster.holders)
    if (OURS.test(database)) lines.push(['holders', database, [...holders].map(named).sort()])
  for (const { database, schemas, objects, defaultAcl } of interiors) {
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
