import { closest, distance } from 'fastest-levenshtein'

/**
 * PostgreSQL cuts longer identifiers silently: NAMEDATALEN - 1 (manual, "Identifiers and Key Words"; src/README.md:
 * Names of 63 bytes).
 */
const NAME_BYTES = 63

/** What `isName` asks for, as a remedy. */
export const NAME_RULE = 'Use 1 to 63 bytes of UTF-8, without control characters and without white space at either end.'

/** What `isText` asks for, as a remedy. */
export const TEXT_RULE = 'Use 1 to 255 characters, without control characters and without white space at either end.'

/** What a claim has to be (src/model/claim.ts), as a remedy. */
export const CLAIM_RULE = 'Use the id that `terraform output -raw claim` gives: 1 to 100 letters, digits and . _ -.'

/**
 * Whether the text can be sent to the server and back unchanged: no NUL or other control character, no lone surrogate.
 */
export function isPrintable(text: string): boolean {
  return !/[\p{Cc}\p{Cs}]/u.test(text)
}

/** Whether the text may name a role, database, schema or extension (src/README.md: Names). */
export function isName(text: string): boolean {
  return text !== '' && Buffer.byteLength(text) <= NAME_BYTES && isPrintable(text) && text === text.trim()
}

/** Whether the text may stand in a tag: an id, a stack, a cluster's name. */
export function isText(text: string): boolean {
  return text !== '' && text.length <= 255 && isPrintable(text) && text === text.trim()
}

/**
 * A value of the input as an error message shows it: quoted, cut to 80 characters, nothing in it that could steer a
 * terminal. Objects and lists are only called that: they may be nested without end.
 */
export function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value !== 'string') return String(value)
  const cut = value.length > 80 ? `${value.slice(0, 80)}…` : value
  return JSON.stringify(cut).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escapeCharacter)
}

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}

/** ` Did you mean "x"?` where a known word is near enough to be meant, else the empty string. */
export function suggestion(word: string, known: readonly string[]): string {
  if (known.length === 0) return ''
  const short = word.slice(0, 80)
  const nearest = closest(short, [...known])
  const near = distance(short, nearest) <= Math.max(2, Math.floor(nearest.length / 3))
  return near ? ` Did you mean "${nearest}"?` : ''
}
