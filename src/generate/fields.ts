/** Fields of an entry that say what a role or a database is today. Pure. */
import { isIdentifierList, splitList } from '../input/list-setting.ts'
import type { Cluster, DatabaseState, Interior, StoredSetting } from '../model/catalog.ts'
import { isSendable } from '../model/sendable.ts'
import { inOrder, isExpressible } from './names.ts'
import { isToken } from './roles.ts'
import type { Fields, Survey } from './types.ts'

/** Of a login or group. */
export function loginFields(survey: Survey, name: string, now: Date): Fields {
  const role = survey.cluster.roles.get(name)
  if (role === undefined) return { can_login: false }
  const { canLogin, createDb, connectionLimit, validUntil } = role
  const auth = isToken(survey, name) ? 'iam' : 'unmanaged'
  // One that is over stays so without a word; with another way to log in than a password it would close the login.
  const isToCome = auth === 'unmanaged' && canLogin && validUntil !== null && validUntil > now
  return {
    ...(canLogin ? { auth } : { can_login: false }),
    ...(createDb && { can_create_databases: true }),
    ...(connectionLimit >= 0 && { connection_limit: connectionLimit }),
    ...(isToCome && { valid_until: validUntil.toISOString().replace(/\.000Z$/, 'Z') }),
  }
}

/** What the server stores for the login in this database; what no field can say is kept as it is. */
export function settingFields({ cluster }: Survey, role: string, database: string): Fields {
  const stored = cluster.settings.filter((item) => item.role === role && item.database === database)
  const settings = stored.filter(
    ({ name }) => name !== 'role' && cluster.parameters.get(name.toLowerCase())?.context === 'user',
  )
  const values = settings.flatMap((item) => {
    const value = valueOf(item)
    return value === null ? [] : [[item.name.toLowerCase(), value] as const]
  })
  return values.length === 0 ? {} : { settings: Object.fromEntries(values.sort(([a], [b]) => (a < b ? -1 : 1))) }
}

function valueOf({ name, value }: StoredSetting): string | readonly string[] | null {
  if (!isSendable(value) || value !== value.normalize('NFC') || /[\p{Cc}]/u.test(value)) return null
  if (!isIdentifierList(name.toLowerCase())) return value
  const items = splitList(value)
  // An item in quotes would be read as such, and an empty one is the server's own way to write an empty list.
  return items?.every((item) => item !== '' && !item.startsWith('"')) === true ? items : null
}

/** Of the database, in its owner's entry. */
export function databaseFields(
  { cluster }: Pick<Survey, 'cluster'>,
  state: DatabaseState,
  interior: Interior | undefined,
  owner: string,
): Fields {
  const schemas = [...(interior?.schemas.values() ?? [])]
    .filter(({ name, owner: of }) => isExpressible(name) && (name === 'public' || of === owner))
    .map(({ name }) => name)
  const extensions = inOrder([...(interior?.extensions.keys() ?? [])].filter((name) => name !== 'plpgsql'))
  const others = inOrder(schemas.filter((name) => name !== 'public'))
  const isPlain = others.length === 0 && schemas.length === 1
  return {
    ...(interior !== undefined && !isPlain && { schemas: schemas.includes('public') ? ['public', ...others] : others }),
    ...(extensions.length > 0 && { extensions }),
    ...(state.encoding !== cluster.server.defaultEncoding && { encoding: state.encoding }),
    ...localeField(cluster, state),
    ...(state.connectionLimit >= 0 && { database_connection_limit: state.connectionLimit }),
  }
}

/** Where it differs from that of `postgres`, which is the server's own. */
function localeField({ databases }: Cluster, state: DatabaseState): Fields {
  const usual = databases.get('postgres')
  const locale = localeOf(state)
  return locale === null || (usual !== undefined && locale === localeOf(usual)) ? {} : { locale }
}

/** As a declaration names it; null: none does, since it sorts in one way and tells letters in another. */
export function localeOf({ localeProvider, icuLocale, collate, ctype }: DatabaseState): string | null {
  if (localeProvider !== 'libc') return icuLocale === null ? null : `${localeProvider}:${icuLocale}`
  return collate === ctype ? collate : null
}
