/** What `LOSES` and `GAINS` say, beside what a probe finds: each line of it against each of them. */
import type { Consequence } from '../../../src/model/consequence.ts'

/** `login in database: what`, or `login: member of role`. */
function parse(line: string): { login: string; database: string; what: string } {
  const member = /^(.*?): (member of .*)$/.exec(line)
  const inside = /^(.*?) in (.*?): (.*)$/.exec(line)
  const [, login = '', database = '', what = ''] = inside ?? [null, member?.[1], '', member?.[2]]
  return { login, database, what }
}

/** Verbs of the probe by privilege. */
const VERBS: Readonly<Record<string, RegExp>> = {
  SELECT: /^read (?:\S+ of )?/,
  INSERT: /^insert into /,
  UPDATE: /^update /,
  DELETE: /^delete from /,
  TRUNCATE: /^truncate /,
  EXECUTE: /^call /,
}

const unquoted = (name: string): string => name.replaceAll('"', '')

/** Whether the entry is a reason for the line. */
function explains({ who, what }: Consequence, line: string): boolean {
  const found = parse(line)
  if (who !== found.login) return false
  if (what === 'logging in') return true
  const membership = /^membership in (.*), and so/.exec(what)
  if (membership !== null) return found.what === `member of ${membership[1] ?? ''}`
  const connections = /^connections to (.*), which accepted none$/.exec(what)
  if (connections !== null) return found.database === connections[1]
  const onDatabase = /^(.*) on database (.*)$/.exec(what)
  if (onDatabase !== null) return found.database === onDatabase[2] && isOfDatabase(onDatabase[1] ?? '', found.what)
  const later = /^(.*) on tables that (.*) will create(?: in schema (.*))? of (.*)$/.exec(what)
  if (later !== null)
    return (
      found.database === later[4] &&
      found.what.includes(`later ${later[2] ?? ''}`) &&
      (later[1] ?? '').split(', ').some((privilege) => VERBS[privilege]?.test(found.what) === true)
    )
  // The server shows `10s` as 10000.
  const setting = /^(\S+) = .* in (.*)$/.exec(what)
  if (setting !== null && !what.includes(' on '))
    return found.database === setting[2] && found.what.startsWith(`${setting[1] ?? ''} = `)
  const inside = /^(.*?) on (?:columns of )?(?:(schema|sequence|function)s? )?(.*) in (.*?)$/.exec(what)
  if (inside === null) return false
  const [, privileges = '', kind, names = '', database] = inside
  if (found.database !== database) return false
  const list = privileges.split(', ')
  if (kind === 'schema') return isOfSchema(list, names.split(', '), unquoted(found.what))
  const objects = names.replaceAll('()', '').split(', ')
  return list.some((privilege) => {
    const verb = VERBS[privilege]
    return verb?.test(found.what) === true && objects.includes(unquoted(found.what.replace(verb, '')))
  })
}

function isOfDatabase(privileges: string, what: string): boolean {
  const list = privileges.split(', ')
  if (list.includes('CONNECT')) return true
  if (list.includes('TEMPORARY') && what === 'create temporarily') return true
  return list.includes('CREATE') && what === 'create a schema'
}

function isOfSchema(privileges: readonly string[], schemas: readonly string[], what: string): boolean {
  return schemas.some((schema) => {
    if (privileges.includes('CREATE') && what === `create in ${schema}`) return true
    return privileges.includes('USAGE') && what.includes(`${schema}.`)
  })
}

/** Whether one of the entries is a reason for what a probe found changed. */
export function isTold(line: string, items: readonly Consequence[]): boolean {
  return items.some((item) => explains(item, line))
}

/** Whether a probe found what an entry says. */
export function isFound(item: Consequence, lines: readonly string[]): boolean {
  return lines.some((line) => explains(item, line))
}

/** Whether a probe tries it: it makes no databases, opens one connection at a time and knows no sequences. */
export function tried({ what, who }: Consequence): boolean {
  // The master does not take part, and nobody logs in with a password that has ended.
  if (['dbmaster', 'contractor'].includes(who)) return false
  return !/CREATEDB|at once|a password valid|on sequences? |on functions that|on sequences that/.test(what)
}
