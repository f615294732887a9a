/** What stands between a login and its removal, in all databases. */
import type { Cluster } from '../model/catalog.ts'
import type { DefaultHolding, Departure, Holding, Obstacle, RemovalFacts, SessionCount } from '../model/removal.ts'
import { isSendable, showBytes } from '../model/sendable.ts'
import { quoteIdentifier } from '../sql/quote.ts'
import { ConnectFailure } from './failure.ts'
import type { Connections } from './connections.ts'
import {
  CAN_SIGNAL,
  concernedDatabases,
  databaseObstacles,
  defaultHoldings,
  holdings,
  interiorObstacles,
  sessions,
  sharedObstacles,
  tenants,
} from './removal-queries.ts'
import { passedOver, passedOverQueries } from './removal-ways.ts'
import { readFlag, readInteger, readText, readTextOrNull, type Row } from './row.ts'
import type { Session } from './session.ts'
import { settleAll } from './settled.ts'
import { groupBy } from '../group-by.ts'

type Inside = Pick<RemovalFacts, 'holdings' | 'defaults' | 'obstacles'>

/**
 * Reads pg_shdepend of the whole instance, and looks into every database where something depends on a departing role;
 * what goes with a database is not looked at.
 * @throws ConnectFailure where the server cannot be reached.
 */
export async function inspectRemoval(
  server: Connections,
  cluster: Cluster,
  departures: readonly Departure[],
): Promise<RemovalFacts> {
  const roles = departures.map((departure) => departure.username)
  const dropped = droppedDatabases(departures)
  const queries = [
    sharedObstacles(roles, dropped),
    databaseObstacles(dropped),
    concernedDatabases(roles, dropped),
    tenants(roles, dropped),
    sessions(roles, dropped),
    CAN_SIGNAL,
  ]
  const [shared = [], ofDatabases = [], concerned = [], tenantRows = [], sessionRows = [], [signal] = []] =
    await server.admin.query(queries)
  const concernedBy = groupRoles(concerned)
  const names = [...concernedBy.keys()].filter(isSendable)
  const insides = await settleAll(names.map((database) => seenInside(server, database, roles)))
  const seen = insides.filter((inside) => inside !== null)
  const held = [...seen.flatMap((inside) => inside.holdings), ...onDatabases(cluster, roles, dropped)]
  const defaults = seen.flatMap((inside) => inside.defaults)
  return {
    holdings: held.filter(({ identity }) => isSendable(identity)),
    defaults: defaults.filter(({ schema }) => isSendable(schema ?? '')),
    obstacles: [
      ...shared.map(obstacle),
      ...ofDatabases.map(obstacle),
      ...seen.flatMap((inside) => inside.obstacles),
      ...[...concernedBy].filter(([name]) => !isSendable(name)).flatMap(([name, own]) => unnamedDatabase(name, own)),
      ...held.flatMap((item) => unnamedHolding(item, roles)),
      ...defaults.flatMap(unnamedDefault),
    ],
    unseen: new Map([...concernedBy].filter(([name]) => insides[names.indexOf(name)] === null)),
    tenants: groupRoles(tenantRows),
    sessions: sessionRows.map(sessionCount),
    canSignal: signal !== undefined && readFlag(signal, 'can_signal'),
  }
}

/** The databases that go. */
export function droppedDatabases(departures: readonly Departure[]): string[] {
  return departures.flatMap((departure) => (departure.drops === null ? [] : [departure.drops]))
}

/** null: it lets the admin in no more, or nobody (42501, 53300, 55000; src/README.md: The admin locked out). */
async function seenInside(server: Connections, database: string, roles: readonly string[]): Promise<Inside | null> {
  try {
    return await server.withSession(await server.adminLogin(database), (session) => inspectInside(session, roles))
  } catch (error) {
    if (
      error instanceof ConnectFailure &&
      error.kind === 'after_authentication' &&
      ['42501', '53300', '55000'].includes(error.code)
    )
      return null
    throw error
  }
}

async function inspectInside(session: Session, roles: readonly string[]): Promise<Inside> {
  const [obstacleRows = [], holdingRows = [], defaultRows = [], ...passedOverRows] = await session.query([
    interiorObstacles(roles),
    holdings(roles),
    defaultHoldings(roles),
    ...passedOverQueries(roles),
  ])
  // What is dropped while the server looks has no name any more.
  const isThere = (row: Row): boolean => row['what'] !== null && row['identity'] !== null
  return {
    obstacles: [
      ...obstacleRows
        .filter(isThere)
        .map((row) => ({ ...obstacle(row), isReassigned: readFlag(row, 'is_reassigned') })),
      ...passedOver(passedOverRows, RENAME),
    ],
    holdings: holdingRows.filter(isThere).map((row) => holding(row, session.database)),
    defaults: defaultRows.map((row) => defaultHolding(row, session.database)),
  }
}

/**
 * Privileges on databases that stay. An owner that departs may leave its database behind (`disable`): what it has there
 * and gave to those who stay is its own.
 */
function onDatabases(cluster: Cluster, roles: readonly string[], dropped: readonly string[]): Holding[] {
  return [...cluster.databases.values()].flatMap((database) => {
    if (dropped.includes(database.name)) return []
    const isOwners = roles.includes(database.owner)
    const items = database.acl.filter(
      ({ grantee, grantor }) =>
        grantee !== database.owner && (roles.includes(grantee) || (roles.includes(grantor) && !isOwners)),
    )
    const keys = new Map(
      items.map(({ grantor, grantee }) => [JSON.stringify([grantor, grantee]), { grantor, grantee }]),
    )
    return [...keys.values()].map((key) => ({
      database: database.name,
      keyword: 'DATABASE',
      identity: quoteIdentifier(database.name),
      isTemporary: false,
      ...key,
    }))
  })
}

const RENAME = 'Let its owner rename it, over a connection in the encoding that it was named in; then run again.'

/** No statement can name these, and no connection (src/README.md: Bytes in catalogs). */
function unnamedDatabase(name: string, roles: readonly string[]): Obstacle[] {
  const what = `may hold something in the database ${showBytes(name)}, whose name is no text in UTF-8`
  return roles.map((role) => ({ role, database: null, what, remedy: RENAME }))
}

function unnamedHolding(
  { database, keyword, identity, grantor, grantee, isTemporary }: Holding,
  roles: readonly string[],
): Obstacle[] {
  if (isSendable(identity) || isTemporary) return []
  const what = `has or gave privileges on ${keyword} ${showBytes(identity)}, whose name is no text in UTF-8,`
  return [...new Set([grantor, grantee])]
    .filter((role) => roles.includes(role))
    .map((role) => ({ role, database: isSendable(database) ? database : null, what, remedy: RENAME }))
}

function unnamedDefault({ database, grantee, schema }: DefaultHolding): Obstacle[] {
  if (schema === null || isSendable(schema)) return []
  const what = `has default privileges in schema ${showBytes(schema)}, whose name is no text in UTF-8,`
  return [{ role: grantee, database, what, remedy: RENAME }]
}

function obstacle(row: Row): Obstacle {
  return {
    role: readTextOrNull(row, 'role'),
    database: readTextOrNull(row, 'database'),
    what: showBytes(readText(row, 'what')),
  }
}

function holding(row: Row, database: string): Holding {
  return {
    database,
    keyword: readText(row, 'keyword'),
    identity: readText(row, 'identity'),
    grantor: readText(row, 'grantor'),
    grantee: readText(row, 'grantee'),
    isTemporary: readFlag(row, 'is_temporary'),
  }
}

function defaultHolding(row: Row, database: string): DefaultHolding {
  return {
    database,
    grantee: readText(row, 'grantee'),
    creator: readText(row, 'creator'),
    schema: readTextOrNull(row, 'schema'),
    keyword: readText(row, 'keyword'),
  }
}

function sessionCount(row: Row): SessionCount {
  return {
    database: readText(row, 'database'),
    login: readText(row, 'login'),
    isSuperuser: readFlag(row, 'is_superuser'),
    count: readInteger(row, 'count'),
  }
}

/** Database to roles. */
function groupRoles(rows: readonly Row[]): Map<string, string[]> {
  const groups = groupBy(rows, (row) => readText(row, 'database'))
  return new Map([...groups].map(([database, group]) => [database, group.map((row) => readText(row, 'role'))]))
}
