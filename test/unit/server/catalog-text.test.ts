/** Bytes of catalogs, from SQL to text; and that no query of the server's room reads them in another way. */
import test from 'ava'
import { isSendable, showBytes } from '../../../src/model/sendable.ts'
import { formatTag, parseTag } from '../../../src/model/tag.ts'
import { decodeJson, decodeText, markBytes } from '../../../src/server/catalog-text.ts'
import { readSources } from '../../support/sources.ts'

/** As the server's encode(…, 'escape') writes these bytes. */
function escape(bytes: Uint8Array): string {
  return [...bytes]
    .map((byte) => {
      if (byte === 0x5c) return '\\\\'
      return byte === 0 || byte > 0x7f ? `\\${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte)
    })
    .join('')
}

test('text comes back as it was, backslashes and all', (t) => {
  for (const text of [
    '',
    'plain',
    'schéma',
    '表',
    '👩 привет',
    '\\',
    '\\351',
    '\\\\351 é',
    '\ufeffx',
    '\ufffd',
    '"\n\t',
  ])
    t.is(decodeText(escape(Buffer.from(text))), text)
})

test('bytes that are no UTF-8 stay different, equal no name and no text, and cannot be sent', (t) => {
  const inputs = [
    [0xe9],
    [0xff],
    [0x78, 0xe9],
    [0xc3],
    [0xc3, 0xa9, 0xe9],
    [0xed, 0xa0, 0x80],
    [0xc0, 0x80],
    [0xf5, 0x80, 0x80, 0x80],
  ]
  const texts = inputs.map((bytes) => decodeText(escape(Uint8Array.from(bytes))))
  t.is(new Set(texts).size, inputs.length)
  for (const text of texts) t.false(isSendable(text))
  t.deepEqual(texts.slice(0, 3).map(showBytes), ['\\xE9', '\\xFF', 'x\\xE9'])
  t.true(['é', '👩', '\ufffd'].every(isSendable))
  t.is(showBytes('é 👩 \\xE9'), 'é 👩 \\xE9')
})

test('bytes of an encoding that was not converted are all marked, also where they would be UTF-8 by chance', (t) => {
  const row = [escape(Buffer.from('Ã©', 'latin1')), 7, null, [escape(Buffer.from('\\351', 'latin1')), true]]
  const [first, number, nothing, list] = markBytes(row) as [string, number, null, [string, boolean]]
  t.is(showBytes(decodeText(first)), '\\xC3\\xA9')
  t.deepEqual([number, nothing], [7, null])
  t.is(decodeText(list[0]), '\\351')
})

test('of a JSON text each string is read for itself', (t) => {
  const json = Buffer.concat([Buffer.from('[["é \\"\\\\", "x'), Buffer.from([0xe9]), Buffer.from('", "SELECT"]]')])
  t.deepEqual(decodeJson(escape(json)), [['é "\\', 'x\udce9', 'SELECT']])
})

test('a tag is ASCII, and reads as it was declared', (t) => {
  const tag = new Map([
    ['ManagedBy', 'platform'],
    ['Ünïcödé', '👩 "привет" \u007f\u2028'],
  ])
  const text = formatTag(tag)
  t.regex(text, /^[ -~]+$/)
  t.deepEqual(parseTag(text), tag)
  t.deepEqual(parseTag(JSON.stringify(Object.fromEntries(tag))), tag)
})

/** What a query selects as it stands in a catalog. */
const BARE =
  /^\s+(?:SELECT )?(?:\w+\.)?(?:(?:rol|dat|nsp|rel|pro|att|ext|slot_|sub)name|usename|application_name|query|description|gid|dat(?:collate|ctype|locale)|pg_(?:get|describe|identify)_\w+\([^()]*\))(?:::\w+)?(?: AS \w+)?,?$/

test('no query reads catalog text but by catalogText', (t) => {
  t.true(
    ['    rolname AS name,', '  SELECT d.datname', '      pg_get_userbyid(d.datdba) AS owner'].every((line) =>
      BARE.test(line),
    ),
  )
  const found = readSources()
    .filter(({ path }) => path.startsWith('server/') && path !== 'server/row.ts') // makes one text of a whole list
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .filter(
          (line) => /(?<!NULL)::text\b(?!\[)/.test(line) || BARE.test(line) || /\bs?h?obj_description\(/.test(line),
        )
        .map((line) => `${path}: ${line.trim()}`),
    )
  t.deepEqual(found, [])
})
