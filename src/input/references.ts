import type { Problem } from '../model/problem.ts'
import type { ApplicationEntry } from './application.ts'
import { show, suggestion } from './text.ts'

/**
 * Entries that name another one (`database_of`) get what they take from it. Where that cannot be told, the entry is not
 * comparable, so that nothing follows from the default that it has instead.
 * @param keys of all entries, those included that could not be read at all
 */
export function followReferences(
  entries: readonly ApplicationEntry[],
  keys: readonly string[],
): { readonly entries: readonly ApplicationEntry[]; readonly problems: readonly Problem[] } {
  const byName = new Map(entries.map((entry) => [entry.application.name, entry]))
  const known = new Set(keys)
  const problems: Problem[] = []
  const followed = entries.map((entry) => {
    if (entry.databaseOf === null) return entry
    const named = byName.get(entry.databaseOf)
    const problem = known.has(entry.databaseOf) ? wrongEntry(entry, named) : unknownProblem(entry, keys)
    if (problem !== null) problems.push(problem)
    if (problem !== null || named === undefined) return { ...entry, comparable: false }
    const { database } = named.application
    return {
      ...entry,
      application: { ...entry.application, database },
      comparable: entry.comparable && named.comparable,
    }
  })
  return { entries: followed, problems }
}

function unknownProblem({ application: { name }, databaseOf }: ApplicationEntry, keys: readonly string[]): Problem {
  const others = keys.filter((key) => key !== name)
  const near = others.length === 0 ? '' : suggestion(databaseOf ?? '', others)
  return {
    application: name,
    code: 'invalid_value',
    field: 'database_of',
    message: `no entry has the key ${show(databaseOf)}.${near}`,
    remedy: 'Use the key of the entry whose database it is.',
  }
}

/** One step tells whose database it is, so that a person sees it at once, and no entry can come back to itself. */
function wrongEntry({ application: { name } }: ApplicationEntry, named: ApplicationEntry | undefined): Problem | null {
  if (named === undefined || (named.databaseOf === null && named.application.database !== null)) return null
  const other = named.application.name
  const why = named.databaseOf === null ? 'has no database' : `has database_of itself (${show(named.databaseOf)})`
  const its = other === name ? 'its own entry' : `"${other}", which ${why}`
  return {
    application: name,
    code: 'invalid_value',
    field: 'database_of',
    message: `names ${its}.`,
    remedy: 'Use the key of an entry that says its database by itself.',
  }
}
