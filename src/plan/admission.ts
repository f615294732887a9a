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

/**
 * Lets the admin look into databases that hold something of a departing login: a run that was cut off may have left one
 * closed, and an owner may have locked the admin out (src/README.md: The admin locked out). Those of other stacks are
 * left as they are.
 */
export function planAdmission({ declaration, cluster, departures, facts }: RemovalInput): Plan {
  const transactions = [...facts.unseen].flatMap(([name, roles]) => {
    const state = cluster.databases.get(name)
    const departure = departures.find(({ username }) => roles.includes(username))
    if (state === undefined || departure === undefined) return []
    const owner = revokerOf(declaration, cluster, state.owner, name)
    if (owner === null) return []
    const statements = [
      ...(state.allowConnections ? [] : [allowConnections(name, true, owner)]),
      ...(state.connectionLimit === 0 ? [alterDatabaseLimit(name, -1, owner)] : []),
      ...(heldBy(state.acl, cluster.server.login).includes('CONNECT')
        ? []
        : [grantOnDatabase(name, ['CONNECT'], cluster.server.login, owner)]),
    ]
    return statements.length === 0
      ? []
      : [
          holdMemberships(cluster.server, [
            step(
              departureSubject(departure, 'database', name),
              'reopen_database',
              'reopen',
              'updated',
              `${name} lets the admin in again, to look for what ${departure.username} holds there`,
              statements,
            ),
          ]),
        ]
  })
  return planOf([{ stage: 'databases', connectTo: null, transactions, standApart: true }])
}

/** A database that a removal opened for its look, and that stays. */
export interface Opened {
  readonly departure: Departure
  /** Whom the admin acted as. */
  readonly actor: string
  /** As it was before. */
  readonly database: DatabaseState
}

/**
 * What the admission opens to everybody who may connect, and what does not go. One that is to be dropped with its owner
 * stays open: a removal that was cut off may have closed it, and one that closed it for a snapshot must see that
 * somebody may have written.
 */
export function openedBy({ declaration, cluster, departures, facts }: RemovalInput): readonly Opened[] {
  return [...facts.unseen].flatMap(([name, roles]): Opened[] => {
    const database = cluster.databases.get(name)
    const departure = departures.find(({ username }) => roles.includes(username))
    if (database === undefined || departure === undefined || departures.some(({ drops }) => drops === name)) return []
    if (mayBeDropped(cluster, database.owner)) return []
    const actor = revokerOf(declaration, cluster, database.owner, name)
    const isShut = !database.allowConnections || database.connectionLimit === 0
    return actor === null || !isShut ? [] : [{ departure, actor, database }]
  })
}

/** Whether a removal of the role was asked for that deletes. */
function mayBeDropped({ roles }: Cluster, username: string): boolean {
  const tag = parseTag(roles.get(username)?.comment ?? null)
  return tag !== null && removalsIn(tag).some(({ policy }) => deletes(policy))
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
