/** Closing what a removal is about, and opening it again. Pure. */
import { isInvalid, type Cluster, type DatabaseState, type Membership } from '../model/catalog.ts'
import type { Departure } from '../model/removal.ts'
import type { Plan, Subject, Step } from '../model/step.ts'
import { helperOf } from '../model/upgrade-helper.ts'
import { alterDatabaseTemplate, allowConnections } from '../sql/database.ts'
import { alterRole, releaseRole } from '../sql/role.ts'
import { step } from './context.ts'
import { holdMemberships } from './memberships-held.ts'
import { membershipFinding, membershipStep, RDS_IAM, revocationOf } from './membership-revocation.ts'
import { isLeftover, LEFTOVER } from './memberships.ts'
import { departureSubject, losesAccess, planOf, type RemovalInput } from './removal.ts'

/**
 * Access ends first: the logins that go may not log in, and nobody else may act as them. What is closed already stays
 * so.
 */
export function planAccessEnd({ cluster, departures }: Pick<RemovalInput, 'cluster' | 'departures'>): Plan {
  const leaving = departures.filter(losesAccess)
  const transactions = leaving.flatMap((departure) => {
    const { username } = departure
    const close = step(
      departureSubject(departure, 'login'),
      'close_login',
      'close',
      'updated',
      `${username} may no longer log in`,
      [alterRole(username, { login: false })],
    )
    const steps = [
      ...(cluster.roles.get(username)?.canLogin === true ? [close] : []),
      ...givenTo(cluster, departure).flatMap((item) => {
        const revoke = revocationOf(cluster, item)
        return revoke === null ? [] : [membershipStep(departureSubject(departure, 'grant'), item, revoke)]
      }),
      ...membersOf(cluster, username).flatMap((item) => {
        const revoke = revocationOf(cluster, item)
        return revoke === null ? [] : [membershipStep(departureSubject(departure, 'grant'), item, revoke)]
      }),
    ]
    return steps.length === 0 ? [] : [holdMemberships(cluster.server, steps)]
  })
  const findings = leaving.flatMap((departure) =>
    membersOf(cluster, departure.username)
      .filter((item) => revocationOf(cluster, item) === null)
      .map((item) => membershipFinding(cluster, departureSubject(departure, 'grant'), item)),
  )
  return { ...planOf([{ stage: 'roles', connectTo: null, transactions }]), findings }
}

/**
 * Memberships of others in a role: the admin's own come and go with what it does, and what the helper of a major
 * upgrade granted it hangs on the helper's.
 */
function membersOf(cluster: Cluster, role: string): readonly Membership[] {
  const { login } = cluster.server
  return cluster.memberships.filter(
    ({ role: of, member }) => of === role && member !== login && member !== helperOf(login),
  )
}

/** What a login that stays was given: those of one that is dropped go with it, and one by IAM stays one. */
function givenTo({ memberships, server }: Cluster, { username, policy }: Departure): readonly Membership[] {
  if (policy !== 'disable') return []
  return memberships.filter(
    ({ role, member, grantor }) => member === username && grantor === server.login && role !== RDS_IAM,
  )
}

/** No new sessions in the databases that go. */
export function planClosing({ cluster, departures }: RemovalInput): Plan {
  const transactions = departures.flatMap((departure) => {
    const { drops } = departure
    const database = drops === null ? undefined : cluster.databases.get(drops)
    const steps =
      database === undefined || isInvalid(database)
        ? []
        : closingSteps(departureSubject(departure, 'database', drops), database)
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
 * @param logins also lets the logins in again: they are to stay after all.
 */
export function planReopening(
  { cluster, departures }: Pick<RemovalInput, 'cluster' | 'departures'>,
  logins: boolean,
): Plan {
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
      ...(logins && role?.canLogin === false
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
