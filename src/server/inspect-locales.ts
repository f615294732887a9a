/** Which declared locales the server does not know, found without making anything. */
import type { Declaration } from '../model/declaration.ts'
import { parseLocale, type Locale } from '../model/locale.ts'
import { VERSION_15, VERSION_17 } from '../model/server-version.ts'
import { quoteLiteral } from '../sql/quote.ts'
import { type Session, StatementError } from './session.ts'

/** https://www.postgresql.org/docs/18/locale.html#LOCALE-PROVIDERS */
const BUILTIN = /^(?:C|C\.UTF-?8|PG_UNICODE_FAST)$/

/**
 * Of the databases that are to be made.
 * @param existing names of databases that are there
 * @returns the locales as declared
 * @throws StatementError, ConnectionLost
 */
export async function findUnknownLocales(
  session: Session,
  declaration: Declaration,
  existing: ReadonlySet<string>,
): Promise<Set<string>> {
  const declared = new Set(
    declaration.databases.flatMap(({ name, locale }) => (existing.has(name) ? [] : (locale ?? []))),
  )
  const unknown = new Set<string>()
  for (const text of declared) if (!(await isKnown(session, parseLocale(text)))) unknown.add(text)
  return unknown
}

async function isKnown(session: Session, { provider, name }: Locale): Promise<boolean> {
  if (name === '') return false
  switch (provider) {
    case 'builtin':
      return session.version >= VERSION_17 && BUILTIN.test(name)
    case 'icu':
      return session.version >= VERSION_15 && (await hasIcuLanguage(session, name))
    case 'libc':
      return hasLibraryLocale(session, name)
  }
}

/** ICU takes any name, and sorts by its root where it knows no such language; what it knows is in pg_collation. */
async function hasIcuLanguage(session: Session, name: string): Promise<boolean> {
  const language = name.toLowerCase().split(/[-_@]/, 1)[0] ?? ''
  const condition = ['und', 'root'].includes(language)
    ? 'true'
    : `collname LIKE ${quoteLiteral(`${language.replace(/[%_\\]/g, '')}-%`)}`
  const [rows = []] = await session.query([
    `SELECT 1 AS one FROM pg_collation WHERE collprovider = 'i' AND ${condition} LIMIT 1`,
  ])
  return rows.length > 0
}

/** A setting of this one statement, whose value the C library must know; nothing else is asked of it. */
async function hasLibraryLocale(session: Session, name: string): Promise<boolean> {
  try {
    await session.query([`SELECT set_config('lc_time', ${quoteLiteral(name)}, true) IS NULL AS nothing`])
    return true
  } catch (error) {
    if (error instanceof StatementError && error.code === '22023') return false
    throw error
  }
}
