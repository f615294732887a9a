/** Whom a problem stops: the run, or one application (src/README.md: Whose trouble it is). Pure. */
import { groupBy } from '../group-by.ts'
import type { Cluster } from '../model/catalog.ts'
import type { Application, Database, Declaration } from '../model/declaration.ts'
import type { Problem, ProblemCode } from '../model/problem.ts'
import { isOfStack, wasOurs } from '../model/claim.ts'
import { parseTag, type Tag } from '../model/tag.ts'
import { findStrays, renamedRole, type Strays } from './strays.ts'

export interface Concerns {
  /** What stops the run before its next change. */
  readonly run: readonly Problem[]
  /** By application, what stops that one. */
  readonly applications: ReadonlyMap<string, readonly Problem[]>
}

/** The declaration itself is wrong, whatever the server holds. */
const OF_THE_DECLARATION: ReadonlySet<ProblemCode> = new Set([
  'approval',
  'approved_plan',
  'endpoint',
  'reserved_name',
  'naming',
])

/**
 * What is wrong with something that is managed already, or with another login on a managed database, stops that
 * application. A new claim that cannot be made stops the run: probably the declaration is wrong, or aims at the wrong
 * instance.
 */
export function sortByConcern(declaration: Declaration, cluster: Cluster, problems: readonly Problem[]): Concerns {
  const databases = new Map(declaration.databases.map((database) => [database.name, database]))
  const applications = new Map(declaration.applications.map((application) => [application.name, application]))
  const strays = findStrays(declaration, cluster)
  const stopsOne = ({ application: name, code }: Problem): boolean => {
    const application = name === null ? undefined : applications.get(name)
    if (application === undefined || OF_THE_DECLARATION.has(code)) return false
    if (application.database === null) return hasManagedRole(declaration, cluster, application)
    const database = databases.get(application.database)
    return database !== undefined && isManaged(declaration, cluster, strays, database)
  }
  return {
    run: problems.filter((problem) => !stopsOne(problem)),
    applications: groupBy(problems.filter(stopsOne), ({ application }) => application ?? ''),
  }
}

/** Of a login without a database its role alone tells. */
function hasManagedRole(declaration: Declaration, { roles }: Cluster, application: Application): boolean {
  const tag = tagOfStack(declaration, roles.get(application.username)?.comment)
  return tag !== null && isOwn(declaration, application, tag)
}

/**
 * The owner's role is of this stack and made for this database, also under another name; or, where somebody overwrote
 * its comment or dropped it, the database's tag says so. Neither the database's present owner nor its comment decides
 * where the role is there: who owns a database can change both, and must not be able to stop the others.
 */
function isManaged(declaration: Declaration, cluster: Cluster, strays: Strays, database: Database): boolean {
  const { name, owner } = database
  const state = cluster.databases.get(name)
  const renamed = renamedRole(strays, cluster, database)
  const role = tagOfStack(declaration, (renamed ?? cluster.roles.get(owner.username))?.comment)
  if (role !== null) return isOwn(declaration, owner, role) && (role.get('OwnedDatabase') ?? name) === name
  const mayTell = state?.owner === owner.username || !cluster.roles.has(owner.username)
  return mayTell && isTagOf(declaration, owner, state?.comment)
}

/** The key of an entry may change; a role that belongs to another one that is still declared is claimed anew. */
function isOwn({ applications }: Declaration, { name }: Application, tag: Tag): boolean {
  const claimant = tag.get('Application')
  return claimant === name || !applications.some((application) => application.name === claimant)
}

function isTagOf(declaration: Declaration, { name }: Application, comment: string | null | undefined): boolean {
  return tagOfStack(declaration, comment)?.get('Application') === name
}

/** null: none of this stack's. What another state took over from us was managed, and stops itself alone. */
function tagOfStack(declaration: Declaration, comment: string | null | undefined): Tag | null {
  const tag = parseTag(comment ?? null)
  return isOfStack(declaration, tag) || (tag !== null && wasOurs(declaration, tag)) ? tag : null
}
