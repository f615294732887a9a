import { createHash } from 'node:crypto'

/** What the first line of a file follows. */
export const GENESIS = '0'.repeat(64)

/**
 * SHA-256, hex, of `<previous>\n<content>`: the link of the chains in the governance files. `previous` is the hash
 * before it, 64 hex digits, so that no content can be read as a part of it.
 */
export function hashLink(previous: string, content: string | Uint8Array): string {
  return createHash('sha256').update(`${previous}\n`).update(content).digest('hex')
}
