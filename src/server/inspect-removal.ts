/** What stands between a login and its removal, in all databases. */
import type { Cluster } from '../model/catalog.ts'
import type { DefaultHolding, Departure, Holding, Obstacle, RemovalFacts, SessionCount } from '../model/removal.ts'
import { identifier } from '../sql/quote.ts'
import { ConnectFailure } from './failure.ts'
import type { Instance } from './instance.ts'
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
import { flag, integer, text, textOrNull, type Row } from './row.ts'
import type { Session } from './session.ts'
import { settled } from './settled.ts'

type Inside = Pick<RemovalFacts, 'holdings' | 'defaults' | 'obstacles'>

/**
 * Reads pg_shdepend of the whole instance, and looks into every database where something depends on a departing role;
 * what goes with a database is not looked at.
 * @throws ConnectFailure where the server cannot be reached.
 */
export async function inspectRemoval(
  server: Instance,
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
  const names = concerned.map((row) => text(row, 'database'))
  const insides = await settled(names.map((database) => seenInside(server, database, roles)))
  const seen = insides.filter((inside) => inside !== null)
  return {
    holdings: [...seen.flatMap((inside) => inside.holdings), ...onDatabases(cluster, roles, dropped)],
    defaults: seen.flatMap((inside) => inside.defaults),
    obstacles: [...shared.map(obstacle), ...ofDatabases.map(obstacle), ...seen.flatMap((inside) => inside.obstacles)],
    unseen: names.filter((_name, index) => insides[index] === null),
    tenants: groupTenants(tenantRows),
    sessions: sessionRows.map(sessionCount),
    canSignal: signal !== undefined && flag(signal, 'can_signal'),
  }
}

/** The databases that go. */
export function droppedDatabases(departures: readonly Departure[]): string[] {
  return departures.flatMap((departure) => (departure.drops === null ? [] : [departure.drops]))
}

/** null: it lets the admin in no more, or nobody (42501, 53300, 55000; design §5 fact 4). */
async function seenInside(server: Instance, database: string, roles: readonly string[]): Promise<Inside | null> {
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
  const [obstacleRows = [], holdingRows = [], defaultRows = []] = await session.query([
    interiorObstacles(roles),
    holdings(roles),
    defaultHoldings(roles),
  ])
  return {
    obstacles: obstacleRows.map(obstacle),
    holdings: holdingRows.map((row) => holding(row, session.database)),
    defaults: defaultRows.map((row) => defaultHolding(row, session.database)),
  }
}

/** Privileges on databases that stay; a database's owner departs with it or is no departing role. */
function onDatabases(cluster: Cluster, roles: readonly string[], dropped: readonly string[]): Holding[] {
  return [...cluster.databases.values()].flatMap((database) => {
    if (dropped.includes(database.name) || roles.includes(database.owner)) return []
    const items = database.acl.filter((item) => roles.includes(item.grantee) || roles.includes(item.grantor))
    const keys = new Map(
      items.map(({ grantor, grantee }) => [JSON.stringify([grantor, grantee]), { grantor, grantee }]),
    )
    return [...keys.values()].map((key) => ({
      database: database.name,
      keyword: 'DATABASE',
      identity: identifier(database.name),
      ...key,
    }))
  })
}

function obstacle(row: Row): Obstacle {
  return { role: textOrNull(row, 'role'), database: textOrNull(row, 'database'), what: text(row, 'what') }
}

function holding(row: Row, database: string): Holding {
  return {
    database,
    keyword: text(row, 'keyword'),
    identity: text(row, 'identity'),
    grantor: text(row, 'grantor'),
    grantee: text(row, 'grantee'),
  }
}

function defaultHolding(row: Row, database: string): DefaultHolding {
  return {
    database,
    grantee: text(row, 'grantee'),
    creator: text(row, 'creator'),
    schema: textOrNull(row, 'schema'),
    keyword: text(row, 'keyword'),
  }
}

function sessionCount(row: Row): SessionCount {
  return {
    database: text(row, 'database'),
    login: text(row, 'login'),
    isSuperuser: flag(row, 'is_superuser'),
    count: integer(row, 'count'),
  }
}

function groupTenants(rows: readonly Row[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const row of rows) {
    const database = text(row, 'database')
    groups.set(database, [...(groups.get(database) ?? []), text(row, 'role')])
  }
  return groups
}
