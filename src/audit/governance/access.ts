import type { AccessMatrix, DatabaseAccess, LoginAccess, OutsideGrant } from '../../model/access.ts'
import { markdownName, markdownTable, markdownText } from '../markdown.ts'

const LOGIN_HEADER = ['Login', 'Application', 'Level', 'Logs in by', 'On the database', 'In its schemas', 'Since', 'Build', 'Valid until']
const OUTSIDE_HEADER = ['Role', 'Privilege', 'On']
const NOTHING = '–'

/** Build id to the day (`2026-03-01`) of its first run. */
export type BuildDays = ReadonlyMap<string, string>

/**
 * The access matrix of one stack on one instance as Markdown, from its heading to its last table. Everything is sorted
 * by code point and nothing in it depends on when it is written, so that its diff is the change in access.
 */
export function renderAccess(matrix: AccessMatrix, days: BuildDays): string {
  const databases = sortedBy(matrix.databases, ({ database }) => database)
  return [
    `## Stack ${markdownName(matrix.stack)} on instance ${markdownName(matrix.instance)}`,
    `Cluster: ${markdownName(matrix.clusterName)}. Databases: ${databases.length}.`,
    ...databases.flatMap((database) => renderDatabase(database, days)),
  ].join('\n\n')
}

function renderDatabase({ database, owner, logins, outsideGrants }: DatabaseAccess, days: BuildDays): readonly string[] {
  const sorted = sortedBy(logins, ({ username }) => username)
  return [
    `### Database ${markdownName(database)}`,
    `Owner: ${markdownName(owner)}.`,
    ...(sorted.length === 0 ? [] : [markdownTable(LOGIN_HEADER, sorted.map((login) => loginRow(login, days)))]),
    ...(outsideGrants.length === 0 ? [] : ['Granted outside of rds-provision:', markdownTable(OUTSIDE_HEADER, outsideRows(outsideGrants))]),
  ]
}

function loginRow(login: LoginAccess, days: BuildDays): readonly string[] {
  const onDatabase = [login.connect ? 'CONNECT' : '', login.temporary ? 'TEMP' : '', login.create ? 'CREATE' : ''].filter((word) => word !== '')
  const inSchemas = sortedBy(login.schemas, ({ schema }) => schema).map(({ schema, may }) => `${markdownName(schema)}: ${markdownText(may)}`)
  return [
    markdownName(login.username),
    login.application === null ? NOTHING : markdownName(login.application),
    login.accessLevel,
    login.auth,
    onDatabase.join(', ') || NOTHING,
    inSchemas.join('<br>') || NOTHING,
    (login.build === null ? undefined : days.get(login.build)) ?? NOTHING,
    login.build === null ? NOTHING : markdownName(login.build),
    login.validUntil === null ? NOTHING : login.validUntil.toISOString(),
  ]
}

function outsideRows(grants: readonly OutsideGrant[]): readonly (readonly string[])[] {
  const rows = grants.map(({ role, privilege, on }) => [role === '' ? 'PUBLIC (everybody)' : markdownName(role), markdownText(privilege), markdownText(on)])
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
