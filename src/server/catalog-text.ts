/**
 * Text of catalogs, which may hold bytes that are valid in no encoding, and be of any length: it travels as bytes, in
 * ASCII, and becomes text here (src/README.md: Bytes in catalogs). Pure.
 */

/**
 * SQL for the bytes of a name or a text, in ASCII: `\` is `\\`, what is not ASCII `\351`. It raises nothing over an
 * encoding that the client's is not converted from, and sorts and groups like any text.
 * https://www.postgresql.org/docs/current/functions-binarystring.html#ENCODE-FORMAT-ESCAPE
 */
export function catalogText(expression: string): string {
  return `encode(textsend(${expression}), 'escape')`
}

import { isUtf8 } from 'node:buffer'

/** Stands for text that was not read, in SQL: a byte that is no text, so that it equals nothing that is declared. */
export const NOT_READ = String.raw`'\377'`

/** As `catalogText` of text of at most so many bytes, else `NOT_READ`; the server looks at the length alone then. */
export function boundedText(expression: string, bytes: number): string {
  return `CASE WHEN octet_length(${expression}) <= ${String(bytes)} THEN ${catalogText(expression)} ELSE ${NOT_READ} END`
}

/** As `catalogText`, of the first bytes. */
export function beginningOfText(expression: string, bytes: number): string {
  return `encode(substring(textsend(${expression}) FROM 1 FOR ${String(bytes)}), 'escape')`
}

const ESCAPE = /\\(\\|[0-7]{3})/g

/**
 * The text of which the server sent the bytes. Where they are no UTF-8, each byte that is not ASCII becomes half of a
 * surrogate pair (0xE9 is U+DCE9): no declared name holds one, and different bytes stay different.
 */
export function decodeText(escaped: string): string {
  return textOf(bytesIn(escaped))
}

/**
 * A JSON text of which the server sent the bytes (it makes JSON of any); strings in it become text each for itself.
 * @throws SyntaxError where it is no JSON.
 */
export function decodeJson(escaped: string): unknown {
  return withText(JSON.parse(bytesIn(escaped)))
}

function withText(value: unknown): unknown {
  if (typeof value === 'string') return textOf(value)
  return Array.isArray(value) ? value.map(withText) : value
}

/** Each byte as the character of its number. */
function bytesIn(escaped: string): string {
  if (!escaped.includes('\\')) return escaped
  return escaped.replace(ESCAPE, (_match, code: string) => (code === '\\' ? code : byteOf(code)))
}

function textOf(bytes: string): string {
  if (!/[\x80-\xff]/.test(bytes)) return bytes
  const text = Buffer.from(bytes, 'latin1')
  return isUtf8(text) ? text.toString('utf8') : bytes.replace(/[\x80-\xff]/g, marked)
}

/**
 * As the server sent rows of catalog text, with every byte marked that is not ASCII: where bytes are of an encoding
 * that was not converted, they might be UTF-8 by chance.
 */
export function markBytes(value: unknown): unknown {
  if (typeof value === 'string')
    return value.replace(ESCAPE, (match, code: string) => (/^[23]/.test(code) ? marked(byteOf(code)) : match))
  return Array.isArray(value) ? value.map(markBytes) : value
}

function byteOf(octal: string): string {
  return String.fromCharCode(Number.parseInt(octal, 8))
}

function marked(byte: string): string {
  return String.fromCharCode(0xdc00 + byte.charCodeAt(0))
}
