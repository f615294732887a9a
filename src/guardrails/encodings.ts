/**
 * Names that read otherwise in a database's encoding. Roles and their settings stand in catalogs that all databases
 * share, as bytes in no encoding of their own: in a database of LATIN1 the UTF-8 name "é" is "Ã©", and "Ã©" names the
 * role "é".
 * https://www.postgresql.org/docs/current/multibyte.html
 */
import type { Problem } from '../model/problem.ts'
import type { Cluster, Interior } from '../model/catalog.ts'
import type { Application, Database, Declaration } from '../model/declaration.ts'
import { isSendable, showBytes } from '../model/sendable.ts'
import { violation } from './violation.ts'

/** SQL_ASCII is no encoding: bytes are taken and given as they are. */
function keepsBytes(encoding: string): boolean {
  return encoding === 'UTF8' || encoding === 'SQL_ASCII'
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}

/** The database that the admin is connected to: everything that all databases share is written and read there. */
export function checkSharedNames(declaration: Declaration, { server }: Cluster): Problem[] {
  if (keepsBytes(server.encoding)) return []
  const shared = declaration.applications.flatMap((application) => [
    ...(application.database === null ? [] : [application.database]),
    ...sharedBy(application),
  ])
  return [...new Set(shared)]
    .filter((text) => !isAscii(text))
    .map((text) => {
      const message = `${declaration.instance.database} has the encoding ${server.encoding}, in which "${text}" reads otherwise than in other databases.`
      return violation(null, 'encoding', message, 'Set instance.database to a database in UTF8, or use ASCII only.')
    })
}

/** The logins of one database, which are named inside it. */
export function checkNamesInside(database: Database, { server, databases, encodings }: Cluster): Problem[] {
  const declared = database.encoding === null ? server.defaultEncoding : encodings.get(database.encoding)
  const encoding = databases.get(database.name)?.encoding ?? declared
  if (encoding === undefined || keepsBytes(encoding)) return []
  const remedy = 'Use ASCII only for the username and in settings, or a database in UTF8.'
  return [database.owner, ...database.guests].flatMap((application) =>
    [...new Set(sharedBy(application))]
      .filter((text) => !isAscii(text))
      .map((text) =>
        violation(
          application,
          'encoding',
          `${database.name} has the encoding ${encoding}, in which "${text}" reads otherwise.`,
          remedy,
        ),
      ),
  )
}

/**
 * A character that only the database's encoding has makes all its names be read as bytes: then a declared name in other
 * letters than ASCII is not told from the rest (src/README.md: Bytes in catalogs).
 */
export function checkUnread(database: Database, interior: Interior, { databases }: Cluster): Problem[] {
  if (keepsBytes(databases.get(database.name)?.encoding ?? '')) return []
  const unread = [...interior.schemas.keys()].filter((name) => !isSendable(name))
  const missing = database.schemas.filter((name) => !isAscii(name) && !interior.schemas.has(name))
  if (missing.length === 0 || unread.length === 0) return []
  const others = unread.map(showBytes).join(', ')
  return [
    violation(
      database.owner,
      'encoding',
      `a name inside ${database.name} has a character that UTF-8 has not: the schema ${missing.join(', ')} is not told from ${others}.`,
      'Let its owner rename what is named so (schemas, tables, functions, types), over a connection in the encoding of the database.',
    ),
  ]
}

function sharedBy({ username, settings }: Application): string[] {
  return [username, ...[...settings.values()].flat()]
}
