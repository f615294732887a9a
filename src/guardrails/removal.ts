/** Guardrails of a removal (src/README.md: Guardrails): before anything is read, and before anything changes. Pure. */
import type { Problem } from '../model/problem.ts'
import type { Cluster } from '../model/catalog.ts'
import { type CleanupPolicy, type Declaration, deletes, type Environment } from '../model/declaration.ts'
import type { Departure, RemovalFacts, SessionCount } from '../model/removal.ts'
import type { Approval, Approvals } from '../model/run.ts'
import { PG_DATABASE_OWNER, revokerOf } from '../model/revoker.ts'
import type { Statement } from '../model/statement.ts'
import { mayAdminister } from '../model/administers.ts'
import { printInside, printStatements } from '../sql/print.ts'
import { revokeAll, revokeAllByDefault } from '../sql/removal.ts'
import { grantAdministration, grantRole } from '../sql/role.ts'
import { administrators, noRight } from './members.ts'
import { capitalized, printLogin } from './printed-login.ts'
import { violation } from './violation.ts'
import { printWayOut } from './ways-out.ts'

/**
 * Outside of dev what deletes takes both approvals, what only changes something that of an apply, and what changes
 * nothing none (src/README.md: Removal).
 * @param policy null: the tags say, and may say that something is deleted
 */
export function removalApproval(
  environment: Environment,
  approvals: Approvals,
  policy: CleanupPolicy | null,
): Approval {
  if (environment === 'dev' || policy === 'retain') return 'not_required'
  return missingApprovals(approvals, policy).length === 0 ? 'approved' : 'missing'
}

function missingApprovals({ allowProvision, allowDestroy }: Approvals, policy: CleanupPolicy | null): string[] {
  const isDeletion = policy === null || deletes(policy)
  return [
    ...(allowProvision ? [] : ['ALLOW_DB_PROVISION=true']),
    ...(allowDestroy || !isDeletion ? [] : ['ALLOW_DB_DESTROY=true']),
  ]
}

/** The violation of a removal that nobody approved; empty where it is approved or needs no approval. */
export function checkRemovalApproval(
  environment: Environment,
  approvals: Approvals,
  { application, policy }: { readonly application: string | null; readonly policy: CleanupPolicy | null },
): Problem[] {
  if (removalApproval(environment, approvals, policy) !== 'missing') return []
  const what = policy === null || deletes(policy) ? 'a removal that deletes' : `a removal (${policy})`
  const message = `the environment is ${environment}, and nobody approved ${what}.`
  const missing = missingApprovals(approvals, policy).join(' and ')
  const remedy = `Set ${missing} in the environment of the run, or RDS_CLEANUP_POLICY=retain to keep everything.`
  return [violation(application === null ? null : { name: application }, 'removal_approval', message, remedy)]
}

/** Everything that stands in the way of the drop, named; a login is closed by then (src/README.md: Removal). */
export function checkRemoval(
  declaration: Declaration,
  cluster: Cluster,
  departures: readonly Departure[],
  facts: RemovalFacts,
): Problem[] {
  return departures.flatMap((departure) => [
    ...checkServer(declaration, cluster, departure),
    ...(departure.policy === 'release' ? [] : checkLeaving(declaration, cluster, departure, facts)),
  ])
}

/** One that is disabled keeps what it owns, and what it gave to others. */
function checkLeaving(
  declaration: Declaration,
  cluster: Cluster,
  departure: Departure,
  facts: RemovalFacts,
): Problem[] {
  const stays = departure.policy === 'disable'
  const { username } = departure
  const counted = stays
    ? { ...facts, obstacles: [], holdings: facts.holdings.filter(({ grantor }) => grantor !== username) }
    : facts
  return [
    ...checkObstacles(cluster, departure, counted),
    ...checkGrants(declaration, cluster, departure, counted),
    ...checkSessions(cluster, departure, counted),
  ]
}

function obstacle({ application }: Departure, message: string, remedy: string): Problem {
  return violation({ name: application }, 'removal_obstacle', message, remedy)
}

/** What is not ours to change: not even the access of such a login ends. */
export function checkServer(declaration: Declaration, cluster: Cluster, departure: Departure): Problem[] {
  const { server, roles } = cluster
  const { username, drops } = departure
  const role = roles.get(username)
  return [
    ...(server.inRecovery
      ? [
          obstacle(
            departure,
            `${declaration.instance.host} is a replica (the server is in recovery).`,
            "Use the writer's own endpoint.",
          ),
        ]
      : []),
    ...(role?.superuser === true
      ? [obstacle(departure, `the role ${username} is a superuser.`, 'Remove it by hand.')]
      : []),
    ...(mayAdminister(cluster, username)
      ? []
      : [
          obstacle(
            departure,
            noRight(server.login, username),
            `${administrators(cluster, username)}: ${printStatements([grantAdministration(username, server.login)])}`,
          ),
        ]),
    ...(drops === declaration.instance.database
      ? [
          obstacle(
            departure,
            `the database ${drops} is the one that the admin connects to.`,
            'Name another one in instance.database.',
          ),
        ]
      : []),
  ]
}

/** What is inside a database that goes is no obstacle: it goes with it. */
function checkObstacles(cluster: Cluster, departure: Departure, { obstacles, unseen }: RemovalFacts): Problem[] {
  const { username, drops } = departure
  const own = obstacles.filter((item) => item.role === username && (item.database === null || item.database !== drops))
  const inTheWay = obstacles.filter((item) => item.role === null && item.database === drops)
  return [
    ...own.map((item) => {
      const where = item.database === null ? '' : ` in database ${item.database}`
      const remedy = item.remedy ?? printWayOut(cluster, item, username)
      return obstacle(departure, `the role ${username} ${item.what}${where}.`, remedy)
    }),
    ...inTheWay.map(({ what }) =>
      obstacle(
        departure,
        `the database ${drops ?? ''} ${what}.`,
        'End that first, as its owner or a member of it, then run again.',
      ),
    ),
    ...[...unseen].flatMap(([database, roles]) =>
      !roles.includes(username)
        ? []
        : obstacle(
            departure,
            `${username} may hold something in database ${database}, which cannot be looked into.`,
            'Let the delegated admin connect to it, then run again.',
          ),
    ),
  ]
}

/**
 * A privilege is taken back by whoever granted it: the database's owner, as a rule (src/README.md: Revoking a
 * privilege).
 */
function checkGrants(
  declaration: Declaration,
  cluster: Cluster,
  departure: Departure,
  { holdings, defaults }: RemovalFacts,
): Problem[] {
  const { username } = departure
  const nameable = holdings.filter(({ isTemporary }) => !isTemporary)
  const held = nameable.filter(
    (item) => item.grantee === username && revokerOf(declaration, cluster, item.grantor, item.database) === null,
  )
  const given = nameable.filter((item) => item.grantor === username && item.grantee !== username)
  const byDefault = defaults.filter(
    (item) => item.grantee === username && revokerOf(declaration, cluster, item.creator, item.database) === null,
  )
  return [
    ...held.map(({ database, keyword, identity, grantor }) =>
      obstacle(
        departure,
        `the role ${username} holds privileges on ${keyword} ${identity} in database ${database}, granted by ${grantor}, which is not managed by this stack.`,
        printRevoke(cluster, { grantor, database }, revokeAll(keyword, [identity], username, null)),
      ),
    ),
    ...given.map(({ database, keyword, identity, grantee }) =>
      obstacle(
        departure,
        `the role ${username} granted ${grantee === '' ? 'PUBLIC' : grantee} privileges on ${keyword} ${identity} in database ${database}.`,
        'Let its owner grant them, then run again.',
      ),
    ),
    ...byDefault.map(({ database, keyword, creator, schema }) =>
      obstacle(
        departure,
        `the role ${username} has default privileges on ${keyword} of ${creator} in database ${database}, which is not managed by this stack.`,
        printRevoke(
          cluster,
          { grantor: creator, database },
          revokeAllByDefault(creator, schema, keyword, username, null),
        ),
      ),
    ),
  ]
}

/** As whoever granted it, where it stands; what pg_database_owner granted, the owner of the database takes back. */
function printRevoke(
  cluster: Cluster,
  { grantor, database }: { readonly grantor: string; readonly database: string },
  statement: Statement,
): string {
  const who = grantor === PG_DATABASE_OWNER ? (cluster.databases.get(database)?.owner ?? grantor) : grantor
  return `${capitalized(printLogin(cluster, who, database))}: ${printInside([statement], who)}`
}

/**
 * Without pg_signal_backend the owner's sessions in its database are all that can be ended (src/README.md: Dropping a
 * database).
 */
function checkSessions(cluster: Cluster, departure: Departure, { sessions, canSignal }: RemovalFacts): Problem[] {
  if (canSignal) return []
  const { username, drops, policy } = departure
  const isEnded = (item: SessionCount): boolean =>
    item.isSuperuser || (item.login === username && item.database === drops && policy !== 'snapshot-and-delete')
  return sessions
    .filter((item) => (item.database === drops || item.login === username) && !isEnded(item))
    .map(({ database, login, count }) =>
      obstacle(
        departure,
        `${login} has ${String(count)} session(s) in database ${database}, which ${cluster.server.login} may not end.`,
        `End them, or as the master: ${printStatements([grantRole('pg_signal_backend', cluster.server.login)])}`,
      ),
    )
}
