/** What an answer to a query is, and how its values stand in it. */
import type { AclItem } from '../../../src/model/catalog.ts'
import type { Row } from '../../../src/server/row.ts'
import type { State } from './state.ts'

/** Who asks, and where. */
export interface Asker {
  readonly login: string
  readonly database: string
}

/** How a query is known, and its rows. */
export interface Answer {
  /** The whole text, or a part that no other query has. */
  readonly to: string | RegExp
  readonly rows: (state: State, asker: Asker, text: string) => Row[]
}

/** As `catalogText` has it: bytes in ASCII. */
export function encoded(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) =>
      byte === 0x5c ? '\\\\' : byte < 0x80 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`,
    )
    .join('')
}

/** As `aclJson` has it. */
export function encodedAcl(acl: readonly AclItem[]): string | null {
  if (acl.length === 0) return null
  return encoded(JSON.stringify(acl.map(({ grantor, grantee, privilege }) => [grantor, grantee, privilege])))
}

/** The names in `expression IN ('a', 'b')`; none where the query says so. */
export function namesIn(text: string, expression: string): string[] {
  const words = `${expression} IN (`
  const start = text.indexOf(words)
  if (start < 0) return []
  const list = text.slice(start + words.length, text.indexOf(')', start + words.length))
  return [...list.matchAll(/'((?:[^']|'')*)'/g)].map(([, name = '']) => name.replaceAll("''", "'"))
}
