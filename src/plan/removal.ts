/** The removal of logins and databases, as plans that run one after the other. Pure. */
import { revokerOf } from '../guardrails/revoker.ts'
import type { Cluster, DatabaseState } from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'
import type { Departure, RemovalFacts } from '../model/removal.ts'
import type { Statement } from '../model/statement.ts'
import type { AtomicTransaction, Job, Plan, Step, Subject } from '../model/step.ts'
import { allowConnections, alterDatabaseLimit, alterDatabaseTemplate, grantOnDatabase } from '../sql/database.ts'
import { dropDatabase, dropRole, holdRights, revokeAll, revokeAllByDefault } from '../sql/removal.ts'
import { alterRole, grantRole, holdRole, releaseRole, revokeRole } from '../sql/role.ts'
import { step } from './context.ts'
import { isLeftover, LEFTOVER, RDS_IAM } from './memberships.ts'
import { held } from './privileges.ts'

export interface RemovalInput {
  readonly declaration: Declaration
  readonly cluster: Cluster
  readonly departures: readonly Departure[]
  readonly facts: RemovalFacts
}

/** A plan of jobs alone: what was found needs nothing here. */
function planOf(jobs: readonly Job[]): Plan {
  return { findings: [], jobs: jobs.filter((job) => job.transactions.length > 0) }
}

function about(departure: Departure, object: Subject['object'], database = departure.database): Subject {
  return { application: departure.application, database, username: departure.username, object }
}

/** No new sessions: neither in the databases that go nor of the logins that go. What is closed already stays so. */
export function planClosing({ cluster, departures }: RemovalInput): Plan {
  const transactions = departures.flatMap((departure) => {
    const { username, drops } = departure
    const database = drops === null ? undefined : cluster.databases.get(drops)
    const steps = [
      ...(cluster.roles.get(username)?.canLogin === true
        ? [
            step(about(departure, 'login'), 'close', 'updated', `${username} may no longer log in`, [
              alterRole(username, { login: false }),
            ]),
          ]
        : []),
      ...(database === undefined || database.connectionLimit === INVALID
        ? []
        : closing(about(departure, 'database', drops), database)),
    ]
    return asMembers(cluster, steps)
  })
  return planOf([{ stage: 'roles', connectTo: null, transactions }])
}

/** A template cannot be dropped, and its owner may have made it one. */
function closing(subject: Subject, { name, owner, allowConnections: isOpen, isTemplate }: DatabaseState): Step[] {
  const statements = [
    ...(isTemplate ? [alterDatabaseTemplate(name, false, owner)] : []),
    ...(isOpen ? [allowConnections(name, false, owner)] : []),
  ]
  return statements.length === 0
    ? []
    : [step(subject, 'close', 'updated', `${name} accepts no new connections`, statements)]
}

/** pg_database.datconnlimit of a database whose DROP was interrupted: it can only be dropped. */
export const INVALID = -2

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
            step(about(departure, 'grant'), LEFTOVER, 'removed', `${cluster.server.login} leaves ${username} again`, [
              releaseRole(cluster.server.version, username, cluster.server.login),
            ]),
          ]
        : []),
      ...(database?.allowConnections === false && database.owner === username && database.connectionLimit !== INVALID
        ? [
            step(
              about(departure, 'database', drops),
              'reopen',
              'updated',
              `${database.name} accepts connections again`,
              [allowConnections(database.name, true, username)],
            ),
          ]
        : []),
      ...(role?.canLogin === false
        ? [
            step(about(departure, 'login'), 'reopen', 'updated', `${username} may log in again`, [
              alterRole(username, { login: true }),
            ]),
          ]
        : []),
    ]
    return asMembers(cluster, steps)
  })
  return planOf([{ stage: 'roles', connectTo: null, transactions }])
}

/**
 * Lets the admin look into databases that hold something of a departing login: a run that was cut off may have left one
 * closed, and an owner may have locked the admin out (design §5 fact 4). Those of other stacks are left as they are.
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
      ...(held(state.acl, cluster.server.login).includes('CONNECT')
        ? []
        : [grantOnDatabase(name, ['CONNECT'], cluster.server.login, owner)]),
    ]
    return statements.length === 0
      ? []
      : asMembers(cluster, [
          step(
            about(departure, 'database', name),
            'reopen',
            'updated',
            `${name} lets the admin in again, to look for what ${departure.username} holds there`,
            statements,
          ),
        ])
  })
  return planOf([{ stage: 'databases', connectTo: null, transactions }])
}

/** What the departing logins hold inside databases that stay, taken back by whoever granted it (design §5 fact 11). */
export function planRevocation(input: RemovalInput): Plan {
  const { holdings, defaults } = input.facts
  const databases = [...new Set([...holdings, ...defaults].map((item) => item.database))].sort()
  const jobs = databases.map((database): Job => {
    const steps = input.departures.flatMap((departure) => revocation(input, departure, database))
    return { stage: 'interiors', connectTo: database, transactions: asMembers(input.cluster, steps) }
  })
  return planOf(jobs)
}

function revocation({ declaration, cluster, facts }: RemovalInput, departure: Departure, database: string): Step[] {
  const { username } = departure
  const actor = (grantor: string): string | null => runAs(cluster, revokerOf(declaration, cluster, grantor, database))
  const grants = facts.holdings
    .filter((item) => item.database === database && item.grantee === username && item.keyword !== 'DATABASE')
    .map((item) => revokeAll(item.keyword, item.identity, username, actor(item.grantor)))
  const byDefault = facts.defaults
    .filter((item) => item.database === database && item.grantee === username)
    .map((item) => revokeAllByDefault(item.creator, item.schema, item.keyword, username, actor(item.creator)))
  return [
    step(about(departure, 'grant', database), 'revoke', 'removed', `what ${username} holds in ${database}`, grants),
    step(
      about(departure, 'default_privileges', database),
      'revoke',
      'removed',
      `what ${username} would get on new objects in ${database}`,
      byDefault,
    ),
  ].filter((item) => item.statements.length > 0)
}

/** The admin acts as itself without SET ROLE. */
function runAs(cluster: Cluster, role: string | null): string | null {
  return role === cluster.server.login ? null : role
}

/** Each by itself, with the owner's rights held around it (design §5 fact 10). */
export function planDrops({ cluster, departures, facts }: RemovalInput): Plan {
  const { version, login } = cluster.server
  const jobs = departures.flatMap((departure): Job[] => {
    const { username, drops } = departure
    if (drops === null) return []
    const others = facts.tenants.get(drops) ?? []
    const along = others.length === 0 ? '' : `, with what ${others.join(', ')} own in it`
    // Below 16 a committed membership in a member of rds_iam would end the admin's password login (design §5 fact 13).
    const leaves =
      version < 160000 && cluster.memberships.some((item) => item.role === RDS_IAM && item.member === username)
    const before = [...(leaves ? [revokeRole(RDS_IAM, username)] : []), holdRights(version, username, login)]
    const undo = [releaseRole(version, username, login), ...(leaves ? [grantRole(RDS_IAM, username)] : [])]
    const drop = step(about(departure, 'database', drops), 'drop', 'removed', `database ${drops}${along}`, [
      dropDatabase(drops),
    ])
    return [{ stage: 'databases', connectTo: null, transactions: [{ kind: 'bare', before, step: drop, undo }] }]
  })
  return planOf(jobs)
}

/** Last of all: the login's privileges on databases that stay, and the login itself. Settings and memberships go with it. */
export function planRoleDrops({ declaration, cluster, departures, facts }: RemovalInput): Plan {
  const transactions = departures.flatMap((departure) => {
    const { username } = departure
    const grants = facts.holdings
      .filter((item) => item.keyword === 'DATABASE' && item.grantee === username)
      .map((item) =>
        step(
          about(departure, 'grant', item.database),
          'revoke',
          'removed',
          `what ${username} may do on database ${item.database}`,
          [
            revokeAll(
              item.keyword,
              item.identity,
              username,
              runAs(cluster, revokerOf(declaration, cluster, item.grantor, item.database)),
            ),
          ],
        ),
      )
    const members = cluster.memberships
      .filter((item) => item.role === username && item.member !== cluster.server.login)
      .map((item) => item.member)
    const note = members.length === 0 ? '' : `; its members stay: ${members.join(', ')}`
    return asMembers(cluster, [
      ...grants,
      step(about(departure, 'role'), 'drop', 'removed', `role ${username}${note}`, [dropRole(username)]),
    ])
  })
  return planOf([{ stage: 'roles', connectTo: null, transactions }])
}

/** One transaction of the steps, in which the admin is a member of every role that they act as; none without steps. */
function asMembers({ server: { version, login } }: Cluster, steps: readonly Step[]): AtomicTransaction[] {
  if (steps.length === 0) return []
  const roles = [...new Set(steps.flatMap((item) => item.statements.flatMap((statement) => statement.runAs ?? [])))]
  const asOwner = steps.map((item) => item.statements.some((statement) => statement.runAs !== null))
  const first = asOwner.indexOf(true)
  const last = asOwner.lastIndexOf(true)
  const hold: Statement[] = roles.map((role) => holdRole(version, role, login))
  const release: Statement[] = roles.map((role) => releaseRole(version, role, login))
  const whole = steps.map((item, index) => ({
    ...item,
    statements: [...(index === first ? hold : []), ...item.statements, ...(index === last ? release : [])],
  }))
  return [{ kind: 'atomic', steps: whole }]
}
