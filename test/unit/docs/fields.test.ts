/** The table of an entry's fields is what the script and the module accept. */
import test from 'ava'
import { parseEntry } from '../../../src/input/application.ts'
import { codesIn, guide, readDocument, tableUnder } from '../../support/documents.ts'

const rows = tableUnder(readDocument(guide('fields')), 'Fields of an entry')
  .slice(1)
  .map((cells) => cells.map((cell) => cell.replaceAll('`', '')))
const DEFAULTS = { environment: 'dev', secretPrefix: 'platform', cleanupPolicy: 'retain' } as const
/** The kinds of checks.tf in the words of the table. */
const TYPES = { text: 'string', bool: 'bool', number: 'number', texts: 'list', mapping: 'map' }

/** What the module adds to each entry, and nobody writes. */
const MARKER = 'marker'

/** `field = value` in HCL as a member of a JSON object. */
function entryOf(example: string): Record<string, unknown> {
  const parsed: unknown = JSON.parse(`{ ${example.replaceAll(/(\w+) = /g, '"$1": ')} }`)
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
}

test('every field that the script knows stands there, and no other', (t) => {
  const { problems } = parseEntry('app', { zzzz: true }, DEFAULTS)
  const [, known = ''] = /Known fields: (.*)\.$/.exec(problems[0]?.remedy ?? '') ?? []
  t.deepEqual(
    rows.map(([field]) => field).sort(),
    known
      .split(', ')
      .filter((field) => field !== MARKER)
      .sort(),
  )
})

test('the module knows the same fields, and their types', (t) => {
  const [, block = ''] = /^ {2}fields = \{\n([^}]*)\}/m.exec(readDocument('terraform-module/checks.tf')) ?? []
  const kinds = [...block.matchAll(/(\w+) += "(\w+)"/g)].map(([, field = '', kind = '']) => [
    field,
    Object.entries(TYPES).find(([name]) => name === kind)?.[1],
  ])
  t.true(kinds.length > 10)
  t.deepEqual(rows.map(([field, type]) => [field, type]).sort(), kinds.sort())
})

test('the defaults are those of an empty entry', (t) => {
  const names = { '<app>': 'app', '<environment>': 'dev', '<secret_prefix>': 'platform' }
  for (const [field = '', type = '', stated = ''] of rows) {
    const value = Object.entries(names).reduce((text, [name, word]) => text.replaceAll(name, word), stated)
    const given = entryOf(`${field} = ${type === 'string' && value !== 'null' ? JSON.stringify(value) : value}`)
    t.deepEqual(parseEntry('app', given, DEFAULTS).problems, [], field)
    t.deepEqual(settled(given), settled({}), `${field}: ${stated}`)
  }
})

/** An entry as it is used: an owner without a list of schemas has `public`, a database without a limit none. */
function settled(given: Record<string, unknown>): unknown {
  const { entry } = parseEntry('app', given, DEFAULTS)
  return {
    ...entry,
    schemas: entry?.schemas ?? ['public'],
    databaseConnectionLimit: entry?.databaseConnectionLimit ?? -1,
    recreateMissing: entry?.recreateMissing ?? false,
    ownLogin: null,
  }
}

test('every example is accepted, says something of its field and differs from the default', (t) => {
  for (const cells of tableUnder(readDocument(guide('fields')), 'Fields of an entry').slice(1)) {
    const [field = '', , , what = '', changed = '', takenOut = '', example = ''] = cells
    const given = entryOf(codesIn(example).join())
    t.deepEqual(Object.keys(given), codesIn(field), field)
    t.deepEqual(parseEntry('app', given, DEFAULTS).problems, [], example)
    t.notDeepEqual(settled(given), settled({}), example)
    for (const cell of [what, changed, takenOut]) t.true(cell.length > 3, field)
  }
})
