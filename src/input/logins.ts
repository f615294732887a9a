/** Entries that use the login of another one, `login_of` (src/README.md: The declaration). Pure. */
import type { Problem } from '../model/problem.ts'
import { groupBy } from '../group-by.ts'
import type { ApplicationEntry } from './application.ts'
import { describesLogin } from './login-fields.ts'
import { show, suggestion } from './text.ts'

/**
 * Gives each entry the login of the entry that it names. Where that cannot be told, it is not comparable.
 * @param keys of all entries, those included that could not be read at all
 */
export function followLogins(
  entries: readonly ApplicationEntry[],
  keys: readonly string[],
): { readonly entries: readonly ApplicationEntry[]; readonly problems: readonly Problem[] } {
  const byName = new Map(entries.map((entry) => [entry.application.name, entry]))
  const known = new Set(keys)
  const problems: Problem[] = []
  const followed = entries.map((entry): ApplicationEntry => {
    const { loginOf } = entry.application
    if (loginOf === null) return entry
    const named = byName.get(loginOf)
    const wrong = known.has(loginOf) ? wrongEntry(entry, named) : unknownEntry(entry, loginOf, keys)
    if (wrong !== null) problems.push(wrong)
    if (wrong !== null || named === undefined) return { ...entry, comparable: false }
    // What could not be read has its default by now, of which nothing follows.
    problems.push(...otherLogin(entry, named), ...(entry.comparable ? levelProblems(entry, loginOf) : []))
    return { ...withLogin(entry, named), comparable: entry.comparable && named.comparable && !isOwner(entry) }
  })
  return { entries: followed, problems: [...problems, ...twiceInOne(followed)] }
}

function isOwner({ application }: ApplicationEntry): boolean {
  return application.accessLevel === 'owner'
}

function withLogin(entry: ApplicationEntry, { application: login }: ApplicationEntry): ApplicationEntry {
  const { username, secretId, auth, canLogin, canCreateDatabases, connectionLimit, validUntil } = login
  const its = { username, secretId, auth, canLogin, canCreateDatabases, connectionLimit, validUntil }
  // What of the login is kept is asked of the entry that has it.
  return { ...entry, application: { ...entry.application, ...its, cleanupPolicy: 'disable', kept: new Set() } }
}

function unknownEntry({ application: { name } }: ApplicationEntry, loginOf: string, keys: readonly string[]): Problem {
  const others = keys.filter((key) => key !== name)
  const near = others.length === 0 ? '' : suggestion(loginOf, others)
  const remedy = 'Use the key of the entry whose login it is.'
  return { ...about(name), code: 'invalid_value', message: `no entry has the key ${show(loginOf)}.${near}`, remedy }
}

/** One step tells whose login it is, as of databases. */
function wrongEntry({ application: { name } }: ApplicationEntry, named: ApplicationEntry | undefined): Problem | null {
  const next = named?.application.loginOf ?? null
  if (named === undefined || next === null) return null
  const other = named.application.name
  const its = other === name ? 'its own entry' : `"${other}", which has login_of itself (${show(next)})`
  const remedy = 'Use the key of an entry that has a login of its own.'
  return { ...about(name), code: 'invalid_value', message: `names ${its}.`, remedy }
}

/** The module passes on what it resolved itself. */
function otherLogin(
  { application: { name }, ownLogin }: ApplicationEntry,
  { application: login }: ApplicationEntry,
): Problem[] {
  const fields = [
    ['username', ownLogin.username, login.username],
    ['secret_id', ownLogin.secretId, login.secretId],
    ['cleanup_policy', ownLogin.cleanupPolicy, 'disable'],
  ] as const
  return fields
    .filter(([, given, its]) => given !== null && given !== its)
    .map(([field]) => describesLogin(name, field, login.name))
}

function levelProblems({ application, databaseOf }: ApplicationEntry, loginOf: string): Problem[] {
  const { name, accessLevel, database } = application
  if (accessLevel === 'owner')
    return [
      {
        application: name,
        code: 'misplaced_field',
        field: 'access_level',
        message: `an owner has a login of its own, and login_of names that of ${show(loginOf)}.`,
        remedy: 'Use "editor", "reader" or "none"; an owner that nobody logs in as has can_login = false.',
      },
    ]
  if (database !== null || databaseOf !== null) return []
  const message = 'is for a database, and this entry names none (access_level = "none").'
  return [{ ...about(name), code: 'misplaced_field', message, remedy: 'Set database_name or database_of.' }]
}

function twiceInOne(entries: readonly ApplicationEntry[]): Problem[] {
  const comparable = entries.filter(({ comparable, application }) => comparable && application.database !== null)
  const alike = groupBy(comparable, ({ application: { database, username } }) => JSON.stringify([database, username]))
  return [...alike.values()].flatMap((members): Problem[] => {
    const sharing = members.find(({ application }) => application.loginOf !== null)
    if (members.length < 2 || sharing === undefined) return []
    const { name, username, database } = sharing.application
    const names = members.map(({ application }) => application.name).join(', ')
    const message = `${show(username)} has several entries in the database ${show(database)}: ${names}.`
    return [{ ...about(name), code: 'shared_login', message, remedy: 'Keep one of them.' }]
  })
}

function about(application: string): { readonly application: string; readonly field: 'login_of' } {
  return { application, field: 'login_of' }
}
