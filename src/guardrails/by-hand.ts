/** What was renamed, dropped or exchanged by hand is not made anew in silence. Pure. */
import type { Actual, Cluster, DatabaseState } from '../model/catalog.ts'
import type { Application, Database, Declaration } from '../model/declaration.ts'
import { fewNames } from '../model/few-names.ts'
import { mayAdminister } from '../model/administers.ts'
import { isClosedByDeclaration } from '../model/expiry.ts'
import type { Problem } from '../model/problem.ts'
import { removalOf } from '../model/removal-memory.ts'
import { hasOwned, parseTag } from '../model/tag.ts'
import { alterDatabaseName, alterRoleName } from '../sql/owner.ts'
import { printStatements } from '../sql/print.ts'
import { printName } from '../sql/quote.ts'
import { printAsMembers } from './hand-over.ts'
import { administrators } from './members.ts'
import { acceptedTag, renamedRole, type Strays, tagOfOwner } from './strays.ts'
import { violation } from './violation.ts'

/** Why a database is not there, or is another owner's, as far as tags tell. Empty: they do not. */
export function checkByHand(declaration: Declaration, cluster: Cluster, strays: Strays, database: Database): Problem[] {
  const role = renamedRole(strays, cluster, database)
  if (role !== null) return roleProblems(cluster, strays, database, role.name)
  const found = strays.databases.get(database.owner.username) ?? []
  const [first, ...others] = found
  if (first !== undefined && others.length === 0) return [renamedProblem(declaration, cluster, strays, database, first)]
  if (first !== undefined) return [severalProblem(database, found)]
  return cluster.databases.has(database.name) ? [] : checkMissing(declaration, cluster, database)
}

/** Where a role that is none of ours has the name, it is for a person to say whose the database is to be. */
function roleProblems(cluster: Cluster, strays: Strays, { name, owner }: Database, found: string): Problem[] {
  const remedy = renameBack(cluster, strays, found, owner.username)
  if (remedy === null) return []
  const owns = cluster.databases.get(name)?.owner === found ? `, owns ${name}` : ''
  const is = cluster.roles.has(owner.username) ? 'is the role of another application by now, and' : 'is not there, and'
  const message = `the role ${owner.username} ${is} ${found} carries its tag${owns}: it ${BY_HAND}`
  return [violation(owner, 'renamed_role', message, `${remedy} Or declare username = "${found}".`)]
}

const BY_HAND = 'was renamed by hand, or is declared by another name now.'

/** A login that has the name of another one's role would get what that one owns: a database, or a guest's schemas. */
export function checkOthersRole(
  declaration: Declaration,
  { cluster, interiors }: Pick<Actual, 'cluster' | 'interiors'>,
  strays: Strays,
  { name, username }: Application,
): Problem[] {
  const isTheirs = (other: Application): boolean =>
    other.name !== name && other.username !== username && strays.usernames.get(username) === other.username
  const owned = declaration.databases.flatMap((database) => {
    const { owner, schemaOwners } = database
    const schemas = interiors.get(database.name)?.schemas
    return [
      ...(cluster.databases.get(database.name)?.owner === username ? [{ owner, what: database.name }] : []),
      ...[...schemaOwners]
        .filter(([schema]) => schemas?.get(schema)?.owner === username)
        .map(([schema, guest]) => ({ owner: guest, what: `schema ${schema} of ${database.name}` })),
    ]
  })
  const found = owned.find(({ owner }) => isTheirs(owner))
  if (found === undefined) return []
  const { owner, what } = found
  const message = `the role ${username} is that of ${owner.name}, which owns ${what}: it ${BY_HAND}`
  const remedy = renameBack(cluster, strays, username, owner.username)
  return [
    violation(
      { name },
      'renamed_role',
      message,
      remedy ?? `Give it its name back, ${owner.username}, which another role has.`,
    ),
  ]
}

/**
 * Our passwords are SCRAM verifiers, which a new name leaves alone; an MD5 hash has the name in it.
 * @returns the statements that give a role its name back, and others theirs; null: one that is none of ours has it
 */
function renameBack(cluster: Cluster, { usernames }: Strays, found: string, username: string): string | null {
  const { server, roles } = cluster
  const moves = movesTo(roles, usernames, found, username)
  if (moves === null) return null
  const mayRename = moves.every(({ from }) => mayAdminister(cluster, from))
  const who = mayRename ? `As ${printName(server.login)}` : administrators(cluster, found)
  const md5 =
    server.passwordEncryption === 'md5'
      ? ' A password that was set by hand is an MD5 hash here, and lost with the name: the next run sets that of the secret.'
      : ''
  const statements = renames(roles, moves).map(({ from, to }) => alterRoleName(from, to))
  return `${who}: ${printStatements(statements)}${md5}`
}

function renamedProblem(
  declaration: Declaration,
  cluster: Cluster,
  strays: Strays,
  { name, owner }: Database,
  found: DatabaseState,
): Problem {
  const occupant = cluster.databases.get(name)
  const place = occupant === undefined ? 'is not there' : `is ${occupant.owner}'s`
  const message = `the database ${name} ${place}, and ${found.name}, which ${owner.username} owns, carries its tag: renamed by hand.`
  const moves = movesTo(cluster.databases, strays.homes, found.name, name)
  if (moves === null) {
    const remedy = `${KEPT}: give ${name} another name, then ${found.name} its own.`
    return violation(owner, 'renamed_database', message, remedy)
  }
  const owners = [...new Set(moves.map(({ from }) => cluster.databases.get(from)?.owner ?? owner.username))]
  const names = fewNames(moves.map(({ from }) => from))
  const statements = renames(cluster.databases, moves).map(({ from, to }) => alterDatabaseName(from, to))
  const work = { roles: owners, database: declaration.instance.database, statements }
  return violation(
    owner,
    'renamed_database',
    message,
    `${KEPT}. While nobody is connected to ${names}, ${printAsMembers(cluster, work)}`,
  )
}

/** Of every such remedy. */
const KEPT = 'Nothing is made in its place'

interface Move {
  readonly from: string
  readonly to: string
}

/** Databases or roles, by name. */
type Named = ReadonlyMap<string, unknown>

/**
 * What has to be renamed so that something gets its name back.
 * @param homes what has another's name to its own
 * @returns null: something that has no other name is in the way
 */
function movesTo(there: Named, homes: ReadonlyMap<string, string>, found: string, name: string): Move[] | null {
  const moves: Move[] = [{ from: found, to: name }]
  for (let at = name; there.has(at) && at !== found;) {
    const home = homes.get(at)
    if (home === undefined) return null
    moves.unshift({ from: at, to: home })
    at = home
  }
  return moves
}

/** Names that go in a circle need one beside. */
function renames(there: Named, moves: readonly Move[]): readonly Move[] {
  const [first] = moves
  const last = moves.at(-1)
  if (last === undefined || first?.to !== last.from) return moves
  const beside = freeName(there)
  return [{ from: last.from, to: beside }, ...moves.slice(0, -1), { from: beside, to: last.to }]
}

function freeName(there: Named): string {
  let name = 'renamed'
  for (let number = 1; there.has(name); number += 1) name = `renamed_${String(number)}`
  return name
}

function severalProblem({ name, owner }: Database, found: readonly DatabaseState[]): Problem {
  const names = fewNames(found.map((state) => state.name))
  return violation(
    owner,
    'renamed_database',
    `the database ${name} is not there or another's, and several that ${owner.username} owns carry its tag: ${names}.`,
    `${KEPT}: give the right one its name back, or take the comment off all but that one.`,
  )
}

const REASON = 'it was dropped by hand, or renamed without its tag'

/** `recreate_missing` says that a new one may take its place. */
function checkMissing(declaration: Declaration, cluster: Cluster, database: Database): Problem[] {
  const { name, owner, recreateMissing } = database
  const tag = tagOfOwner(declaration, cluster, owner)
  // A removal closes the login first: one that was cut off after its drop is no loss.
  const isLeaving = isClosedByDeclaration(owner)
    ? tag !== null && removalOf(tag, owner.name) !== null
    : cluster.roles.get(owner.username)?.canLogin === false
  if (tag === null || !hasOwned(tag, name) || recreateMissing || isLeaving) return []
  const since = tag.get('BuildId') ?? 'unknown'
  const isOf = (state: DatabaseState): boolean =>
    state.owner === owner.username
      ? parseTag(state.comment) === null
      : acceptedTag(declaration, state.comment)?.get('Application') === owner.name
  const near = [...cluster.databases.values()].filter(isOf)
  const look =
    near.length === 0 ? '' : ` Look at ${fewNames(near.map((state) => `${state.name} (${state.owner})`))} first.`
  return [
    violation(
      owner,
      'missing_database',
      `the database ${name} is not there, and had existed since build ${since}: ${REASON}.${look}`,
      `Restore it, or give it its name back. Or set recreate_missing = true in this entry: then a new, empty one is made.`,
    ),
  ]
}
