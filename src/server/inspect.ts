/** The actual state: the instance's catalogs, every login tried, every declared database seen from inside. */
import { isInvalid, type Actual, type Cluster, type Interior, type LoginState, type Unseen } from '../model/catalog.ts'
import type { Credential } from '../model/credential.ts'
import type { Application, Database, Declaration } from '../model/declaration.ts'
import { provenSecret } from '../model/proven-secret.ts'
import { parseTag } from '../model/tag.ts'
import { isWithheld } from '../model/withheld.ts'
import { ConnectFailure } from './failure.ts'
import type { SchemaOwners } from './database-queries.ts'
import { inspectCluster } from './inspect-cluster.ts'
import { inspectDatabase, type DatabaseQuestion } from './inspect-database.ts'
import type { Connections } from './connections.ts'
import { hasNoSlot } from './patience.ts'
import { settleAll } from './settled.ts'
import { checkLogin, type Versions } from './login.ts'
import { StatementError } from './session.ts'
import { groupBy } from '../group-by.ts'

export interface Inspection {
  readonly actual: Actual
  /** The versions that were tried last, by application. */
  readonly credentials: ReadonlyMap<string, Credential>
}

/** What to look at anew; the rest is taken from the inspection before. */
export interface InspectionScope {
  readonly before: Inspection
  readonly applications: ReadonlySet<string>
  readonly databases: ReadonlySet<string>
}

/**
 * @param credentials the current version of each application's secret; IAM logins have none.
 * @param scope null: everything.
 * @param options.onTried called after each login that was asked for.
 * @param options.everybody what all roles hold is asked for, also where the plan does not need it.
 * @throws ConnectFailure
 */
export async function inspect(
  server: Connections,
  versions: Versions,
  declaration: Declaration,
  credentials: ReadonlyMap<string, Credential>,
  scope: InspectionScope | null,
  { onTried, everybody }: { readonly onTried: () => void; readonly everybody: boolean },
): Promise<Inspection> {
  const seen = await inspectCluster(server.admin, declaration)
  const cluster = server.see?.(seen) ?? seen
  server.allow(cluster.server.freeConnections)
  const logins = new Map<string, LoginState>(scope?.before.actual.logins)
  const interiors = new Map<string, Interior>(scope?.before.actual.interiors)
  const unseen = new Map<string, Unseen>(scope?.before.actual.unseen)
  const tried = new Map<string, Credential>([...credentials, ...(scope?.before.credentials ?? [])])
  const applications = declaration.applications.filter(({ name }) => scope === null || scope.applications.has(name))
  const databases = declaration.databases.filter(
    (item) => mayLookInside(declaration, cluster, item) && isInScope(scope, item),
  )
  for (const { name } of databases) for (const known of [interiors, unseen]) known.delete(name)
  const byOwner = new Map(databases.map((database) => [database.owner.name, database]))
  const usernames = new Set(declaration.applications.map(({ username }) => username))
  const lookInto = (database: Database): DatabaseQuestion => ({
    grantees: granteesOf(cluster, usernames, database),
    everybody: everybody || database.owner.undeclared !== 'report',
    others: everybody || hasOtherMode(declaration),
    owners: ownersIn(database),
    wantsAccess: declaration.governanceDir !== null,
  })
  // What a run has set it looks at again, in a scope, and proves.
  const onlyChanged = declaration.verifyLogins === 'changed' && scope === null

  const tryOut = async (application: Application): Promise<void> => {
    const credential = tried.get(application.name)
    const isLeftOut = onlyChanged && isProvenBefore(cluster, application, credential)
    logins.set(application.name, { kind: isLeftOut ? 'proven_before' : 'not_tried' })
    if (credential === undefined || isLeftOut || !mayTryLogin(cluster, application)) return
    const database = byOwner.get(application.name)
    const look = database === undefined ? null : lookInto(database)
    // Where it may not connect is no matter: the server tells that after it has looked at the password.
    const place = application.database ?? declaration.instance.database
    const question = { application, place, isExpired: isExpired(cluster, application) }
    const result = await checkLogin(server, versions, question, credential, look)
    tried.set(application.name, result.credential)
    if (result.interior !== null && database !== undefined) interiors.set(database.name, result.interior)
    logins.set(application.name, result.state)
  }
  const tryTurn = async (turn: readonly Application[]): Promise<void> => {
    for (const application of turn) await tryOut(application).then(onTried)
  }
  await settleAll(turnsOf(cluster, applications).map(tryTurn))
  await settleAll(
    databases
      .filter((database) => !interiors.has(database.name))
      .map(async (database) => {
        const seen = await inspectAsAdmin(server, database, lookInto(database))
        if ('reason' in seen) unseen.set(database.name, seen)
        else interiors.set(database.name, seen)
      }),
  )
  return { actual: { cluster, interiors, unseen, logins }, credentials: tried }
}

/** An entry may keep or lose what its login has in any database. */
function hasOtherMode({ applications }: Declaration): boolean {
  return applications.some(({ undeclared }) => undeclared !== 'report')
}

function ownersIn({ schemaOwners, guests }: Database): SchemaOwners {
  return {
    declared: new Map([...schemaOwners].map(([schema, { username }]) => [schema, username])),
    guests: guests.map(({ username }) => username),
  }
}

/** In a database that limits its connections one login comes after the other, so that ours do not refuse each other. */
function turnsOf(cluster: Cluster, applications: readonly Application[]): Application[][] {
  const turns = groupBy(applications, ({ name, database }) => {
    const isLimited = (cluster.databases.get(database ?? '')?.connectionLimit ?? -1) >= 0
    return isLimited ? `database ${database ?? ''}` : `application ${name}`
  })
  return [...turns.values()]
}

/** A password is only tried on a role that is ours, or that the declaration says to take over. */
function mayTryLogin(cluster: Cluster, application: Application): boolean {
  const role = cluster.roles.get(application.username)
  return role !== undefined && (application.adoptExisting || parseTag(role.comment) !== null)
}

/** What a login before proved, of this version of this secret and of this role. One that is over is refused by now. */
function isProvenBefore(cluster: Cluster, application: Application, credential: Credential | undefined): boolean {
  const role = cluster.roles.get(application.username)
  if (role === undefined || credential === undefined || isExpired(cluster, application)) return false
  const proof = provenSecret(application.secretId, credential.versionId, role)
  return parseTag(role.comment)?.get('ProvenSecret') === proof
}

function mayLookInside(declaration: Declaration, cluster: Cluster, database: Database): boolean {
  const state = cluster.databases.get(database.name)
  if (state === undefined || isInvalid(state)) return false
  return state.owner === database.owner.username || isWithheld(declaration, cluster, database)
}

function isInScope(scope: InspectionScope | null, { name, owner }: Database): boolean {
  return scope === null || scope.databases.has(name) || scope.applications.has(owner.name)
}

function isExpired(cluster: Cluster, application: Application): boolean {
  const until = cluster.roles.get(application.username)?.validUntil ?? null
  return until !== null && until.getTime() <= Date.now()
}

/** The plan compares guests, and declared logins of other databases that hold something on this one or inside it. */
function granteesOf(cluster: Cluster, declared: ReadonlySet<string>, database: Database): string[] {
  const holders = new Set([
    ...(cluster.databases.get(database.name)?.acl ?? []).map((item) => item.grantee),
    ...(cluster.holders.get(database.name) ?? []),
  ])
  const strangers = [...holders].filter((role) => declared.has(role) && role !== database.owner.username)
  return [...new Set([...database.guests.map((application) => application.username), ...strangers.sort()])]
}

/**
 * Over the admin's own connection; the server's reason where the database is full (53300), went away (3D000), or the
 * owner locked the admin out (src/README.md: The admin locked out): no CONNECT (42501), a connection limit of 0
 * (53300), or no connections allowed (55000). What breaks in one database is no reason not to do the others.
 */
async function inspectAsAdmin(
  server: Connections,
  database: Database,
  look: DatabaseQuestion,
): Promise<Interior | Unseen> {
  try {
    return await server.withSession(await server.adminLogin(database.name), (session) => inspectDatabase(session, look))
  } catch (error) {
    const isOfDatabase =
      error instanceof StatementError ||
      (error instanceof ConnectFailure &&
        error.kind === 'after_authentication' &&
        ['3D000', '42501', '53300', '55000'].includes(error.code))
    if (isOfDatabase) return { reason: error.message, isFull: error instanceof ConnectFailure && hasNoSlot(error) }
    throw error
  }
}
