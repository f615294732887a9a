/** Names as statements can hold them, and as people read them. */

/**
 * Whether the server can be sent this text. Bytes of its catalogs that are no text are read as halves of surrogate
 * pairs (src/README.md: Bytes in catalogs): UTF-8 has no form for those, and what would be sent instead is another
 * name.
 */
export function isSendable(text: string): boolean {
  return !/\p{Cs}/u.test(text)
}

/** A name for people: a byte that is no text as `\xE9`. */
export function showBytes(name: string): string {
  return name.replace(/[\udc80-\udcff]/gu, (half) => `\\x${(half.charCodeAt(0) - 0xdc00).toString(16).toUpperCase()}`)
}
