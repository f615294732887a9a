/** Closing what a removal is about, opening it again, and letting the admin in. Pure. */

import { isInvalid, type DatabaseState } from '../model/catalog.ts'
import { revokerOf } from '../model/revoker.ts'
import type { Plan, Subject, Step } from '../model/step.ts'
import { alterDatabaseTemplate, allowConnections, alterDatabaseLimit, grantOnDatabase } from '../sql/database.ts'
import { alterRole, releaseRole } from '../sql/role.ts'
import { step } from './context.ts'
import { holdMemberships } from './memberships-held.ts'
import { isLeftover, LEFTOVER } from './memberships.ts'
import { heldBy } from './privileges.ts'
import { planOf, departureSubject, type RemovalInput } from './removal.ts'

/** No new sessions: neither in the databases that go nor of the logins that go. What is closed already stays so. */
export function planClosing({ cluster, departures }: RemovalInput): Plan {
  const transactions = departures.flatMap((departure) => {
    const { username, drops } = departure
    const database = drops === null ? undefined : cluster.databases.get(drops)
    const steps = [
      ...(cluster.roles.get(username)?.canLogin === true
        ? [
            step(
              departureSubject(departure, 'login'),
              'close_login',
              'close',
              'updated',
              `${username} may no longer log in`,
              [alterRole(username, { login: false })],
            ),
          ]
        : []),
      ...(database === undefined || isInvalid(database)
        ? []
        : closingSteps(departureSubject(departure, 'database', drops), database)),
    ]
    return steps.length === 0 ? [] : [holdMemberships(cluster.server, steps)]
  })
  return planOf([{ stage: 'roles', connectTo: null, transactions }])
}

/** A template cannot be dropped, and its owner may have made it one. */
function closingSteps(subject: Subject, { name, owner, allowConnections: isOpen, isTemplate }: DatabaseState): Step[] {
  const statements = [
    ...(isTemplate ? [alterDatabaseTemplate(name, false, owner)] : []),
    ...(isOpen ? [allowConnections(name, false, owner)] : []),
  ]
  return statements.length === 0
    ? []
    : [step(subject, 'close_database', 'close', 'updated', `${name} accepts no new connections`, statements)]
}

/**
 * The opposite of the closing, for whatever of it is still there; also of one that a run before left behind. What was
 * held for a drop goes back, too, where the database has gone and its role has not.
 */
export function planReopening({ cluster, departures }: Pick<RemovalInput, 'cluster' | 'departures'>): Plan {
  const transactions = departures.flatMap((departure) => {
    const { username, drops } = departure
    const role = cluster.roles.get(username)
    const database = drops === null ? undefined : cluster.databases.get(drops)
    const isHeld = cluster.memberships.some(
      (item) => item.role === username && isLeftover(item, cluster.server.login, cluster.server.version),
    )
    const steps = [
      ...(isHeld
        ? [
            step(
              departureSubject(departure, 'grant'),
              'leftover_membership',
              LEFTOVER,
              'removed',
              `${cluster.server.login} leaves ${username} again`,
              [releaseRole(cluster.server.version, username, cluster.server.login)],
            ),
          ]
        : []),
      ...(database?.allowConnections === false && database.owner === username && !isInvalid(database)
        ? [
            step(
              departureSubject(departure, 'database', drops),
              'reopen_database',
              'reopen',
              'updated',
              `${database.name} accepts connections again`,
              [allowConnections(database.name, true, username)],
            ),
          ]
        : []),
      ...(role?.canLogin === false
        ? [
            step(
              departureSubject(departure, 'login'),
              'reopen_login',
              'reopen',
              'updated',
              `${username} may log in again`,
              [alterRole(username, { login: true })],
            ),
          ]
        : []),
    ]
    return steps.length === 0 ? [] : [holdMemberships(cluster.server, steps)]
  })
  return planOf([{ stage: 'roles', connectTo: null, transactions }])
}

/**
 * Lets the admin look into databases that hold something of a departing login: a run that was cut off may have left one
 * closed, and an owner may have locked the admin out (src/README.md: The admin locked out). Those of other stacks are
 * left as they are.
 */
export function planAdmission({ declaration, cluster, departures, facts }: RemovalInput): Plan {
  const [departure] = departures
  const transactions = facts.unseen.flatMap((name) => {
    const state = cluster.databases.get(name)
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
  return planOf([{ stage: 'databases', connectTo: null, transactions }])
}
