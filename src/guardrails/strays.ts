/** What was renamed by hand is found by its tag (src/README.md: What people rename and drop). Pure. */
import { groupBy } from '../group-by.ts'
import type { Cluster, DatabaseState, RoleState } from '../model/catalog.ts'
import { isOfStack } from '../model/claim.ts'
import type { Application, Database, Declaration } from '../model/declaration.ts'
import { ownLogins } from '../model/logins.ts'
import { isSendable } from '../model/sendable.ts'
import { hasOwned, parseTag, type Tag } from '../model/tag.ts'

/** Looked up for every application, so made once. */
export interface Strays {
  /** Username of a declared owner to the databases of other names that it owns and that carry its application's tag. */
  readonly databases: ReadonlyMap<string, readonly DatabaseState[]>
  /** A database to the declared one whose tag it carries, where no other carries that. */
  readonly homes: ReadonlyMap<string, string>
  /** A role that carries the tag of a declared application, to the username that is declared for that one. */
  readonly usernames: ReadonlyMap<string, string>
  /** Application to the roles with its tag that nobody declares. */
  readonly roles: ReadonlyMap<string, readonly RoleState[]>
}

export function findStrays(declaration: Declaration, cluster: Cluster): Strays {
  const byOwner = groupBy([...cluster.databases.values()], ({ owner }) => owner)
  const entries = declaration.databases.map((database) => ({
    database,
    states: straysOf(declaration, cluster, database, byOwner.get(database.owner.username) ?? []),
  }))
  const usernames = new Set(declaration.applications.map(({ username }) => username))
  const claimed = [...cluster.roles.values()].filter(({ name }) => !usernames.has(name))
  const roles = groupBy(claimed, ({ comment }) => acceptedTag(declaration, comment)?.get('Application') ?? '')
  roles.delete('')
  return {
    databases: new Map(entries.map(({ database, states }) => [database.owner.username, states])),
    homes: new Map(
      entries.flatMap(({ database, states: [only, ...others] }): [string, string][] =>
        only === undefined || others.length > 0 ? [] : [[only.name, database.name]],
      ),
    ),
    usernames: usernamesOf(declaration, cluster),
    roles,
  }
}

/** Where several carry the tag it is the one that owns the application's database, or nobody knows. */
function usernamesOf(declaration: Declaration, { roles, databases }: Cluster): ReadonlyMap<string, string> {
  const tagged = groupBy([...roles.values()].filter(isSendableRole), ({ comment }) => {
    const tag = acceptedTag(declaration, comment)
    return tag?.get('Application') ?? ''
  })
  const owned = new Map(declaration.databases.map(({ name, owner }) => [owner.name, databases.get(name)?.owner]))
  return new Map(
    ownLogins(declaration).flatMap(({ name, username }): [string, string][] => {
      const found = tagged.get(name) ?? []
      const [only, ...others] = found
      const role = found.find((item) => item.name === owned.get(name)) ?? (others.length === 0 ? only : undefined)
      return role === undefined || role.name === username ? [] : [[role.name, username]]
    }),
  )
}

function isSendableRole({ name }: RoleState): boolean {
  return isSendable(name)
}

function straysOf(
  declaration: Declaration,
  cluster: Cluster,
  { name, owner }: Database,
  owned: readonly DatabaseState[],
): DatabaseState[] {
  const tag = tagOfOwner(declaration, cluster, owner)
  if (tag === null || !hasOwned(tag, name) || cluster.databases.get(name)?.owner === owner.username) return []
  const applications = new Set([owner.name, tag.get('Application')])
  return owned.filter(
    (state) =>
      isSendable(state.name) && applications.has(acceptedTag(declaration, state.comment)?.get('Application') ?? ''),
  )
}

/** What the tag of an owner's role tells of its database; null: nothing, since the role is not there, or another's. */
export function tagOfOwner(declaration: Declaration, { roles }: Cluster, { name, username }: Application): Tag | null {
  const tag = acceptedTag(declaration, roles.get(username)?.comment)
  const claimant = tag?.get('Application')
  const isOthers = claimant !== name && declaration.applications.some((application) => application.name === claimant)
  return isOthers ? null : tag
}

/** The tag of this stack, or of one whose tags it may take over; null: none. */
export function acceptedTag(declaration: Declaration, comment: string | null | undefined): Tag | null {
  const tag = parseTag(comment ?? null)
  return isOfStack(declaration, tag) || declaration.acceptTagsFrom.has(tag?.get('Stack') ?? '') ? tag : null
}

/**
 * The role of an owner that is there under another name: it owns the database, or did where no other role has its name;
 * null: there is none.
 */
export function renamedRole(
  { roles: claimed, usernames }: Strays,
  { roles, databases }: Cluster,
  { name, owner }: Database,
): RoleState | null {
  const state = databases.get(name)
  if (roles.has(owner.username)) {
    const role = roles.get(state?.owner ?? '')
    return role !== undefined && role.name !== owner.username && usernames.get(role.name) === owner.username
      ? role
      : null
  }
  const isIt = (role: RoleState): boolean => {
    if (state !== undefined) return state.owner === role.name
    const tag = parseTag(role.comment)
    return tag !== null && hasOwned(tag, name) && (tag.has('OwnedDatabase') || ownsTagged(databases, role, owner))
  }
  return (claimed.get(owner.name) ?? []).find((role) => isSendable(role.name) && isIt(role)) ?? null
}

function ownsTagged(databases: Cluster['databases'], role: RoleState, { name }: Application): boolean {
  return [...databases.values()].some(
    ({ owner, comment }) => owner === role.name && parseTag(comment)?.get('Application') === name,
  )
}
