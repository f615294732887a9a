/** The removal of logins and databases, as plans that run one after the other. Pure. */
import { revokerOf } from '../model/revoker.ts'
import type { PrivilegeTarget } from '../model/access-change.ts'
import type { Cluster } from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'
import type { Departure, RemovalFacts } from '../model/removal.ts'
import type { Job, Plan, Step, Subject } from '../model/step.ts'
import { dropDatabase, holdRights, revokeAll, revokeAllByDefault } from '../sql/removal.ts'
import { grantRole, releaseRole, revokeRole } from '../sql/role.ts'
import { accessStep, type PrivilegeStatement } from './access-change.ts'
import { step } from './context.ts'
import { RDS_IAM } from './membership-revocation.ts'
import { VERSION_16 } from '../model/server-version.ts'
import { chunk, OBJECTS_PER_STATEMENT } from './chunks.ts'
import { transactionsInside } from './parts.ts'
import { groupBy } from '../group-by.ts'

export interface RemovalInput {
  readonly declaration: Declaration
  readonly cluster: Cluster
  readonly departures: readonly Departure[]
  readonly facts: RemovalFacts
  /** When the run began. */
  readonly startedAt: Date
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
    transactions: input.departures
      .filter(losesAccess)
      .flatMap((departure) => transactionsInside(input.cluster.server, revocationSteps(input, departure, database))),
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
  // What an owner that stays may do with its own is nobody's gift.
  const held = facts.holdings.filter(
    (item) =>
      item.database === database &&
      item.grantee === username &&
      item.grantor !== username &&
      !item.isTemporary &&
      item.keyword !== 'DATABASE',
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
        change: { on: targetOf(keyword), schema: null, revoked: ALL_PRIVILEGES },
      })),
    )
  const byDefault = facts.defaults
    .filter((item) => item.database === database && item.grantee === username && item.creator !== username)
    .map((item): PrivilegeStatement => ({
      statement: revokeAllByDefault(item.creator, item.schema, item.keyword, username, actor(item.creator)),
      change: { on: targetOf(item.keyword), schema: item.schema, revoked: ALL_PRIVILEGES },
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
export const ALL_PRIVILEGES = ['ALL']

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
export function runAs(cluster: Cluster, role: string | null): string | null {
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

/** Whether the policy takes the login's access away. */
export function losesAccess({ policy }: Departure): boolean {
  return policy !== 'release'
}
