import type { AccessMatrix, DatabaseAccess, LoginAccess, OrphanLogin, OutsideGrant } from '../../model/access.ts'
import { markdownName, markdownTable, markdownText } from '../markdown.ts'
import type { Beginning, Beginnings } from './starts.ts'

const UNSEEN =
  'rds-provision could not look inside: what may be done in its schemas, and what was granted there, is not known.'
const LOGIN_HEADER = [
  'Login',
  'Application',
  'Level',
  'Logs in by',
  'As a role',
  'On the database',
  'In its schemas',
  'Since',
  'By build',
  'Valid until',
]
const ORPHAN_HEADER = ['Login', 'Application', 'State', 'May log in', 'Databases it reaches', 'Since', 'By build']
const OUTSIDE_HEADER = ['Role', 'Privilege', 'On']
const NOTHING = '–'
const NOT_KNOWN = 'not known'

/**
 * The access matrix of one stack on one instance as Markdown, from its heading to its last table. Everything is sorted
 * by code point and nothing in it depends on when it is written, so that its diff is the change in access.
 */
export function renderAccess(matrix: AccessMatrix, starts: Beginnings): string {
  const databases = sortedBy(matrix.databases, ({ database }) => database)
  return [
    `## Stack ${markdownName(matrix.stack)} on instance ${markdownName(matrix.instance)}`,
    `Cluster: ${markdownName(matrix.clusterName)}. Databases: ${databases.length}.`,
    ...databases.flatMap((database) => renderDatabase(matrix.instance, database, starts)),
    ...(matrix.orphans.length === 0
      ? []
      : ['### Logins no longer declared', markdownTable(ORPHAN_HEADER, orphanRows(matrix.orphans))]),
  ].join('\n\n')
}

function renderDatabase(
  instance: string,
  { database, owner, logins, outsideGrants, isSeen }: DatabaseAccess,
  starts: Beginnings,
): readonly string[] {
  const sorted = sortedBy(logins, ({ username }) => username)
  const rows = sorted.map((login) =>
    loginRow(login, isSeen, starts.access(instance, database, login.username) ?? created(login, starts)),
  )
  return [
    `### Database ${markdownName(database)}`,
    `Owner: ${markdownName(owner)}.${isSeen ? '' : ` ${UNSEEN}`}`,
    ...(rows.length === 0 ? [] : [markdownTable(LOGIN_HEADER, rows)]),
    ...(outsideGrants.length === 0
      ? []
      : ['Granted outside of rds-provision:', markdownTable(OUTSIDE_HEADER, outsideRows(outsideGrants))]),
  ]
}

/** Where the audit does not tell since when a login has its access, the making of the login is what is known. */
function created({ build }: LoginAccess, starts: Beginnings): Beginning | null {
  const day = build === null ? null : starts.firstDay(build)
  return build === null ? null : { day: day ?? NOTHING, build }
}

function loginRow(login: LoginAccess, isSeen: boolean, start: Beginning | null): readonly string[] {
  const onDatabase = [
    login.connect ? 'CONNECT' : '',
    login.temporary ? 'TEMP' : '',
    login.create ? 'CREATE' : '',
  ].filter((word) => word !== '')
  const inSchemas = sortedBy(login.schemas, ({ schema }) => schema).map(
    ({ schema, may }) => `${markdownName(schema)}: ${markdownText(may)}`,
  )
  return [
    markdownName(login.username),
    login.application === null ? NOTHING : markdownName(login.application),
    login.accessLevel ?? NOT_KNOWN,
    login.canLogin ? login.auth : NOTHING,
    markdownText(describeRole(login)) || NOTHING,
    onDatabase.join(', ') || NOTHING,
    inSchemas.join('<br>') || (isSeen ? NOTHING : NOT_KNOWN),
    start?.day ?? NOTHING,
    start === null ? NOTHING : markdownName(start.build),
    login.validUntil === null ? NOTHING : login.validUntil.toISOString(),
  ]
}

/** What a login is and may do beyond databases, in words: `CREATEDB, 20 connections, member of pg_monitor`. */
export function describeRole({ canLogin, createDb, connectionLimit, memberOf }: LoginAccess): string {
  return [
    ...(canLogin ? [] : ['NOLOGIN']),
    ...(createDb ? ['CREATEDB'] : []),
    ...(connectionLimit === null ? [] : [`${String(connectionLimit)} connections`]),
    ...memberOf.map((role) => `member of ${role}`),
  ].join(', ')
}

function orphanRows(orphans: readonly OrphanLogin[]): readonly (readonly string[])[] {
  return sortedBy(orphans, ({ username }) => username).map(
    ({ username, application, state, canLogin, databases, since, build }) => [
      markdownName(username),
      markdownName(application),
      state,
      canLogin ? 'yes' : 'no',
      databases.map(markdownName).join(', ') || NOTHING,
      since?.slice(0, 'YYYY-MM-DD'.length) ?? NOTHING,
      build === null ? NOTHING : markdownName(build),
    ],
  )
}

function outsideRows(grants: readonly OutsideGrant[]): readonly (readonly string[])[] {
  const rows = grants.map(({ role, privilege, on }) => [
    role === '' ? 'PUBLIC (everybody)' : markdownName(role),
    markdownText(privilege),
    markdownText(on),
  ])
  return sortedBy(rows, (row) => row.join('\n'))
}

/** By code point, never by locale: the order must not depend on the machine. */
function sortedBy<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  return items.toSorted((a, b) => compare(key(a), key(b)))
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
