/** What logins of the stack may do on its databases: a line for each of both. */
import type { DatabaseAccess, LoginAccess } from '../../model/access.ts'
import type { Application } from '../../model/declaration.ts'
import { type ReviewContext, lineOf, type Right } from './context.ts'
import { type Line, NOT_SEEN, makeLine } from './line.ts'
import { entryRemedy, orphanRemedies } from './remedy.ts'
import { rolesAbove } from './roles.ts'

/** A line for each login and database that it reaches by more than PUBLIC, and for each database that nobody saw. */
export function levelLines(context: ReviewContext): Line[] {
  const orphans = orphanRemedies(context.declaration, context.matrix)
  return context.matrix.databases.flatMap((database) => [
    ...(database.isSeen ? [] : [unseenLine(context, database)]),
    ...database.logins.flatMap((login) => {
      const right = levelOf(context, database, login, orphans)
      return right === null ? [] : [lineOf(context, right)]
    }),
  ])
}

/** Whoever reads the sheet is told that something may be missing. */
function unseenLine(context: ReviewContext, database: DatabaseAccess): Line {
  const right = { right: NOT_SEEN, details: 'who may do what inside is not known', via: '', declared: '' }
  const { id: _, ...facts } = lineOf(context, { ...right, role: '', database, granted_by: '', remedy: '' })
  return makeLine('', { ...facts, login: '-' })
}

/** null: it has there what everybody has, which is a line of its own. */
function levelOf(
  context: ReviewContext,
  database: DatabaseAccess,
  login: LoginAccess,
  orphans: ReadonlyMap<string, string>,
): Right | null {
  const { declaration } = context
  const { username } = login
  const entry = declaration.applications.find(
    (item) => item.username === username && item.database === database.database,
  )
  const via = wayOf(context, database, username, entry)
  const isOwner = login.accessLevel === 'owner'
  if (entry === undefined && via === 'PUBLIC') return null
  const right =
    entry === undefined && !isOwner && login.schemas.length === 0 ? 'CONNECT' : (login.accessLevel ?? 'CONNECT')
  const orphan = orphans.get(username)
  const isAsDeclared = entry?.accessLevel === right || isDeclaredMember(context, username, database.owner)
  return {
    role: username,
    database,
    right,
    details: detailsOf(database, login),
    via,
    declared: orphan !== undefined ? 'no longer' : isAsDeclared ? 'yes' : 'no',
    granted_by: '',
    remedy: entry !== undefined ? entryRemedy(entry) : (orphan ?? otherRemedy(via)),
  }
}

function otherRemedy(via: string): string {
  if (via === 'owner') return 'make another role the owner of the database'
  return `what it has there it has by ${via === 'membership' ? 'its memberships' : 'its grants'}, which are lines of their own`
}

function isDeclaredMember({ declaration }: ReviewContext, username: string, owner: string): boolean {
  return declaration.applications.some((item) => item.username === username && item.memberOf.includes(owner))
}

/** By what a login comes to a database. */
function wayOf(
  { cluster, beyond }: ReviewContext,
  { database, owner, logins }: DatabaseAccess,
  username: string,
  entry: Application | undefined,
): string {
  const above = rolesAbove(cluster, username)
  const holds = (role: string): boolean =>
    cluster.databases.get(database)?.acl.some(({ grantee }) => grantee === role) === true ||
    beyond.some((item) => item.database === database && item.role === role && item.place !== null)
  if (owner === username) return 'owner'
  if (above.has(owner)) return 'membership'
  if (entry !== undefined || holds(username)) return 'direct'
  const isPassedOn = (role: string): boolean =>
    holds(role) || READS_ALL.has(role) || logins.some((login) => login.username === role && login.schemas.length > 0)
  if ([...above].some(isPassedOn)) return 'membership'
  return 'PUBLIC'
}

const READS_ALL: ReadonlySet<string> = new Set(['pg_read_all_data', 'pg_write_all_data'])

function detailsOf({ isSeen }: DatabaseAccess, { connect, temporary, create, schemas }: LoginAccess): string {
  const onDatabase = [connect ? 'CONNECT' : '', temporary ? 'TEMP' : '', create ? 'CREATE' : '']
  const inSchemas = schemas.map(({ schema, may }) => `${schema}: ${may}`)
  return [onDatabase.filter((word) => word !== '').join(', '), ...(isSeen ? inSchemas : ['in its schemas: not known'])]
    .filter((part) => part !== '')
    .join('; ')
}
