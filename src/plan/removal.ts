/** The removal of logins and databases, as plans that run one after the other. Pure. */
import { revokerOf } from '../model/revoker.ts'
import type { PrivilegeTarget } from '../model/access-change.ts'
import type { Cluster } from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'
import type { Departure, RemovalFacts } from '../model/removal.ts'
import type { Job, Plan, Step, Subject } from '../model/step.ts'
import { helperOf } from '../model/upgrade-helper.ts'
import { dropDatabase, dropRole, holdRights, revokeAll, revokeAllByDefault } from '../sql/removal.ts'
import { grantRole, releaseRole, revokeRole } from '../sql/role.ts'
import { accessStep, type PrivilegeStatement } from './access-change.ts'
import { step } from './context.ts'
import { RDS_IAM } from './membership-revocation.ts'
import { holdMemberships } from './memberships-held.ts'
import { VERSION_16 } from '../model/server-version.ts'
import { chunk, OBJECTS_PER_STATEMENT } from './chunks.ts'
import { transactionsInside } from './parts.ts'
import { groupBy } from '../group-by.ts'

export interface RemovalInput {
  readonly declaration: Declaration
  readonly cluster: Cluster
  readonly departures: readonly Departure[]
  readonly facts: RemovalFacts
}

/** A plan of jobs alone: what was found needs nothing here. */
export function planOf(jobs: readonly Job[]): Plan {
  return { findings: [], jobs: jobs.filter((job) => job.transactions.length > 0) }
}

export function departureSubject(
  departure: Departure,
  object: Subject['object'],
  database = departure.database,
): Subject {
  return { application: departure.application, database, username: departure.username, object }
}

/**
 * What the departing logins hold inside databases that stay, taken back by whoever granted it (src/README.md: Revoking
 * a privilege). What is in the way of one is in the way of no other.
 */
export function planRevocation(input: RemovalInput): Plan {
  const { holdings, defaults } = input.facts
  const databases = [...new Set([...holdings, ...defaults].map((item) => item.database))].sort()
  const jobs = databases.map((database): Job => ({
    stage: 'interiors',
    connectTo: database,
    transactions: input.departures.flatMap((departure) =>
      transactionsInside(input.cluster.server, revocationSteps(input, departure, database)),
    ),
    standApart: true,
  }))
  return planOf(jobs)
}

function revocationSteps(
  { declaration, cluster, facts }: RemovalInput,
  departure: Departure,
  database: string,
): Step[] {
  const { username } = departure
  const actor = (grantor: string): string | null => runAs(cluster, revokerOf(declaration, cluster, grantor, database))
  const held = facts.holdings.filter(
    (item) => item.database === database && item.grantee === username && item.keyword !== 'DATABASE',
  )
  const alike = [...groupBy(held, ({ keyword, grantor }) => `${keyword} ${grantor}`).values()]
  const grants = alike
    .flatMap((items) => chunk(items, OBJECTS_PER_STATEMENT))
    .flatMap((items): PrivilegeStatement[] =>
      items.slice(0, 1).map(({ keyword, grantor }) => ({
        statement: revokeAll(
          keyword,
          items.map(({ identity }) => identity),
          username,
          actor(grantor),
        ),
        change: { on: targetOf(keyword), schema: null, revoked: ALL },
      })),
    )
  const byDefault = facts.defaults
    .filter((item) => item.database === database && item.grantee === username)
    .map((item): PrivilegeStatement => ({
      statement: revokeAllByDefault(item.creator, item.schema, item.keyword, username, actor(item.creator)),
      change: { on: targetOf(item.keyword), schema: item.schema, revoked: ALL },
    }))
  return [
    accessStep(
      departureSubject(departure, 'grant', database),
      'revoke_privileges',
      'revoke',
      'removed',
      `what ${username} holds in ${database}`,
      null,
      grants,
    ),
    accessStep(
      departureSubject(departure, 'default_privileges', database),
      'revoke_default_privileges',
      'revoke',
      'removed',
      `what ${username} would get on new objects in ${database}`,
      null,
      byDefault,
    ),
  ].filter((item) => item.statements.length > 0)
}

/** Which privileges they are is not looked at: all go. */
const ALL = ['ALL']

/** By the word that GRANT or ALTER DEFAULT PRIVILEGES has for it. */
const TARGETS: Readonly<Record<string, PrivilegeTarget>> = {
  TABLE: 'table',
  TABLES: 'table',
  SEQUENCE: 'sequence',
  SEQUENCES: 'sequence',
  ROUTINE: 'function',
  ROUTINES: 'function',
  SCHEMA: 'schema',
  SCHEMAS: 'schema',
  DATABASE: 'database',
}

function targetOf(keyword: string): PrivilegeTarget {
  return TARGETS[keyword] ?? 'other'
}

/** The admin acts as itself without SET ROLE. */
function runAs(cluster: Cluster, role: string | null): string | null {
  return role === cluster.server.login ? null : role
}

/** Each by itself, with the owner's rights held around it (src/README.md: Dropping a database). */
export function planDrops({ cluster, departures, facts }: RemovalInput): Plan {
  const { version, login } = cluster.server
  const jobs = departures.flatMap((departure): Job[] => {
    const { username, drops } = departure
    if (drops === null) return []
    const others = facts.tenants.get(drops) ?? []
    const along = others.length === 0 ? '' : `, with what ${others.join(', ')} own in it`
    // Below 16 a committed membership in a member of rds_iam would end the admin's password login (src/README.md: IAM
    // and PAM).
    const leaves =
      version < VERSION_16 && cluster.memberships.some((item) => item.role === RDS_IAM && item.member === username)
    const before = [...(leaves ? [revokeRole(RDS_IAM, username)] : []), holdRights(version, username, login)]
    const undo = [releaseRole(version, username, login), ...(leaves ? [grantRole(RDS_IAM, username)] : [])]
    const drop = step(
      departureSubject(departure, 'database', drops),
      'drop_database',
      'drop',
      'removed',
      `database ${drops}${along}`,
      [dropDatabase(drops)],
    )
    return [{ stage: 'databases', connectTo: null, transactions: [{ kind: 'bare', before, step: drop, undo }] }]
  })
  return planOf(jobs)
}

/**
 * Last of all: the login's privileges on databases that stay, and the login itself. Settings and memberships go with
 * it.
 */
export function planRoleDrops({ declaration, cluster, departures, facts }: RemovalInput): Plan {
  const { login } = cluster.server
  const transactions = departures.flatMap((departure) => {
    const { username } = departure
    const grants = facts.holdings
      .filter((item) => item.keyword === 'DATABASE' && item.grantee === username)
      .map((item) =>
        accessStep(
          departureSubject(departure, 'grant', item.database),
          'revoke_privileges',
          'revoke',
          'removed',
          `what ${username} may do on database ${item.database}`,
          null,
          [
            {
              statement: revokeAll(
                item.keyword,
                [item.identity],
                username,
                runAs(cluster, revokerOf(declaration, cluster, item.grantor, item.database)),
              ),
              change: { on: 'database', schema: null, revoked: ALL },
            },
          ],
        ),
      )
    const members = cluster.memberships
      .filter(({ role, member }) => role === username && member !== login && member !== helperOf(login))
      .map((item) => item.member)
    const note = members.length === 0 ? '' : `; its members stay: ${members.join(', ')}`
    return [
      holdMemberships(cluster.server, [
        ...grants,
        step(departureSubject(departure, 'role'), 'drop_role', 'drop', 'removed', `role ${username}${note}`, [
          dropRole(username),
        ]),
      ]),
    ]
  })
  return planOf([{ stage: 'roles', connectTo: null, transactions }])
}
