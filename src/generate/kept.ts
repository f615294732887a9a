/** What is there and no entry says: it stays as it is, and is told (src/README.md: Beyond the declaration). Pure. */
import { groupBy } from '../group-by.ts'
import type { Actual } from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'
import { ownLogins } from '../model/logins.ts'
import { PREDEFINED_ROLES } from '../model/predefined-roles.ts'
import { showBytes } from '../model/sendable.ts'
import { findBeyond } from '../plan/beyond.ts'
import { lookUps } from '../plan/context.ts'
import { inOrder } from './names.ts'
import { localeOf } from './fields.ts'
import type { Entry, Note, Survey } from './types.ts'

/** Told once, of the login. */
const EVERYWHERE = 'its sessions in all databases'
/** So many things are told in a note; the report tells all of them. */
const TOLD = 8

export function keptNotes(survey: Survey, declaration: Declaration, actual: Actual, entries: readonly Entry[]): Note[] {
  const keys = new Set(entries.map(({ key }) => key))
  const look = lookUps({ declaration, actual })
  const keyOf = new Map(ownLogins(declaration).map(({ username, name }) => [username, name]))
  return [
    ...look.declaration.databases
      .filter(({ owner }) => keys.has(owner.name))
      .flatMap((database): Note[] => {
        const rows = findBeyond(look, database).filter(({ on }) => on !== EVERYWHERE)
        const byRole = groupBy(rows, ({ role }) => role)
        return [...byRole].map(([role, list]) => ({
          application: role === '' ? database.owner.name : (keyOf.get(role) ?? null),
          database: database.name,
          role: role === '' ? 'PUBLIC' : role,
          kind: 'not_expressed',
          text: `kept ${role === '' ? 'for PUBLIC ' : ''}in ${database.name}: ${listed(list.map(({ what, on }) => `${what} on ${on}`))}`,
          statements: [],
        }))
      }),
    ...entries
      .filter(({ fields }) => !('login_of' in fields))
      .flatMap((entry) => [...loginNotes(survey, entry, keyOf), ...settingNotes(survey, entry, entries)]),
    ...entries.flatMap((entry) => databaseNotes({ ...survey, interiors: actual.interiors }, entry)),
  ]
}

function listed(items: readonly string[]): string {
  const distinct = [...new Set(items)].map(showBytes)
  const more = distinct.length > TOLD ? `; and ${String(distinct.length - TOLD)} more` : ''
  return `${distinct.slice(0, TOLD).join('; ')}${more}`
}

/** Of a login, wherever it is. */
function loginNotes({ cluster }: Survey, { key, role, fields }: Entry, keyOf: ReadonlyMap<string, string>): Note[] {
  const note = (text: string): Note => ({
    application: key,
    database: null,
    role,
    kind: 'not_expressed',
    text,
    statements: [],
  })
  const declared = fields['member_of']
  const isDeclared = (name: string): boolean =>
    Array.isArray(declared) &&
    declared.includes(PREDEFINED_ROLES.find((item) => item === name) ?? keyOf.get(name) ?? '')
  const memberships = cluster.memberships
    .filter((item) => item.member === role && !isDeclared(item.role))
    .filter((item) => !(item.role === 'rds_iam' && fields['auth'] === 'iam'))
    .map((item) => item.role)
  const settings = cluster.settings
    .filter((item) => item.role === role && item.database === null)
    .map(({ name, value }) => `${name} = ${value}`)
  const until = cluster.roles.get(role)?.validUntil ?? null
  return [
    ...(memberships.length === 0 ? [] : [note(`kept: a member of ${listed(inOrder(memberships))}`)]),
    ...(settings.length === 0 ? [] : [note(`kept in all databases: ${listed(settings)}`)]),
    ...(until === null || 'valid_until' in fields
      ? []
      : [note(`kept: its password is valid to ${until.toISOString()}`)]),
  ]
}

/** In databases where the login has no entry. */
function settingNotes({ cluster }: Survey, { key, role }: Entry, entries: readonly Entry[]): Note[] {
  const told = new Set(entries.flatMap((item) => (item.role === role ? (item.database ?? []) : [])))
  const others = cluster.settings.filter(
    (item) => item.role === role && item.database !== null && !told.has(item.database),
  )
  return [...groupBy(others, ({ database }) => database ?? '')].map(([database, list]) => ({
    application: key,
    database,
    role,
    kind: 'not_expressed',
    text: `kept in ${database}: ${listed(list.map(({ name, value }) => `${name} = ${value} on its sessions`))}`,
    statements: [],
  }))
}

function databaseNotes({ cluster, unseen, interiors }: Survey, { key, role, database, fields }: Entry): Note[] {
  const state = cluster.databases.get(database ?? '')
  if (state?.owner !== role) return []
  const note = (text: string): Note => ({
    application: key,
    database: state.name,
    role: null,
    kind: 'not_expressed',
    text,
    statements: [],
  })
  const reason = unseen.get(state.name)?.reason
  const foreign = [...(interiors.get(state.name)?.schemas.values() ?? [])].flatMap(
    ({ name, foreign: of, foreignObjects }) => {
      if (of === undefined) return []
      const more = foreignObjects - of.names.length
      return [`in schema ${name}: ${of.names.join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`]
    },
  )
  return [
    ...(reason === undefined ? [] : [note(`nobody could look inside: ${reason}`)]),
    ...(foreign.length === 0 ? [] : [note(`kept, objects of others ${listed(foreign)}`)]),
    ...(localeOf(state) === null && !('locale' in fields)
      ? [note(`its locale is ${state.collate} for sorting and ${state.ctype} for letters`)]
      : []),
  ]
}
