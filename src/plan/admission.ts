/** Letting the admin into databases that a removal has to look into, and closing them again. Pure. */
import { type Cluster, type DatabaseState, isInvalid, type ServerFacts } from '../model/catalog.ts'
import { deletes } from '../model/declaration.ts'
import type { Departure } from '../model/removal.ts'
import { removalsIn } from '../model/removal-memory.ts'
import { revokerOf } from '../model/revoker.ts'
import type { Statement } from '../model/statement.ts'
import { parseTag } from '../model/tag.ts'
import type { Plan } from '../model/step.ts'
import { allowConnections, alterDatabaseLimit, grantOnDatabase } from '../sql/database.ts'
import { step } from './context.ts'
import { holdMemberships } from './memberships-held.ts'
import { heldBy } from './privileges.ts'
import { departureSubject, planOf, type RemovalInput } from './removal.ts'

/** A database of this stack that cannot be looked into: for whom it has to be, and whom the admin acts as there. */
interface Door {
  readonly departure: Departure
  readonly actor: string
  readonly database: DatabaseState
}

/** Those of other stacks are not ours to open. */
function doorsOf({ declaration, cluster, departures, facts }: RemovalInput): readonly Door[] {
  return [...facts.unseen].flatMap(([name, roles]): Door[] => {
    const database = cluster.databases.get(name)
    const departure = departures.find(({ username }) => roles.includes(username))
    if (database === undefined || departure === undefined) return []
    const actor = revokerOf(declaration, cluster, database.owner, name)
    return actor === null ? [] : [{ departure, actor, database }]
  })
}

/**
 * Lets the admin look into databases that hold something of a departing login: a run that was cut off may have left one
 * closed, and an owner may have locked the admin out (src/README.md: The admin locked out).
 */
export function planAdmission(input: RemovalInput): Plan {
  const { server } = input.cluster
  const transactions = doorsOf(input).flatMap(({ departure, actor, database }) => {
    const { name, acl } = database
    const statements = [
      ...(database.allowConnections ? [] : [allowConnections(name, true, actor)]),
      ...(database.connectionLimit === 0 ? [alterDatabaseLimit(name, -1, actor)] : []),
      ...(heldBy(acl, server.login).includes('CONNECT')
        ? []
        : [grantOnDatabase(name, ['CONNECT'], server.login, actor)]),
    ]
    const subject = departureSubject(departure, 'database', name)
    const message = `${name} lets the admin in again, to look for what ${departure.username} holds there`
    const open = step(subject, 'reopen_database', 'reopen', 'updated', message, statements)
    return statements.length === 0 ? [] : [holdMemberships(server, [open])]
  })
  return planOf([{ stage: 'databases', connectTo: null, transactions, standApart: true }])
}

/** One that a removal opened for its look, as it was before, and that stays. */
export type Opened = Door

/**
 * What the admission opens to everybody who may connect, and what does not go. One that is to be dropped with its owner
 * stays open: a removal that was cut off may have closed it, and one that closed it for a snapshot must see that
 * somebody may have written.
 */
export function openedBy(input: RemovalInput): readonly Opened[] {
  const { cluster, departures } = input
  return doorsOf(input).filter(({ database }) => {
    const { name, owner } = database
    const isShut = !database.allowConnections || database.connectionLimit === 0
    return isShut && !departures.some(({ drops }) => drops === name) && !mayBeDropped(cluster, owner)
  })
}

/** Whether a removal of the role was asked for that deletes what it owns. */
function mayBeDropped({ roles }: Cluster, username: string): boolean {
  const tag = parseTag(roles.get(username)?.comment ?? null)
  return tag !== null && removalsIn(tag).some(({ policy, ownsNone }) => deletes(policy) && ownsNone !== true)
}

/** What closes it again, as far as nobody did since. @param now as it is by then */
export function closingAgain({ actor, database }: Opened, now = asOpened(database)): readonly Statement[] {
  const { name, allowConnections: wasOpen, connectionLimit } = database
  return [
    ...(now.allowConnections && !wasOpen ? [allowConnections(name, false, actor)] : []),
    ...(now.connectionLimit === -1 && connectionLimit === 0 ? [alterDatabaseLimit(name, 0, actor)] : []),
  ]
}

function asOpened(database: DatabaseState): DatabaseState {
  const { connectionLimit } = database
  return { ...database, allowConnections: true, connectionLimit: connectionLimit === 0 ? -1 : connectionLimit }
}

/**
 * Closes again what was opened for the look; what is another's by now, or gone, is left alone.
 * @param databases as they are by then; absent: as they were opened
 */
export function planClosingAgain(
  opened: readonly Opened[],
  server: ServerFacts,
  databases?: Cluster['databases'],
): Plan {
  const transactions = opened.flatMap((item) => {
    const { departure, database: before } = item
    const now = databases === undefined ? asOpened(before) : databases.get(before.name)
    if (now?.owner !== before.owner || isInvalid(now)) return []
    const statements = closingAgain(item, now)
    const subject = departureSubject(departure, 'database', before.name)
    const message = `${before.name} is closed again, as it was`
    const again = step(subject, 'close_database', 'close', 'updated', message, statements)
    return statements.length === 0 ? [] : [holdMemberships(server, [again])]
  })
  return planOf([{ stage: 'databases', connectTo: null, transactions, standApart: true }])
}
