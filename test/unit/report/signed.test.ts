/** A sheet that came back: read whatever a spreadsheet made of it, and refused where a line is not what it was. */
import test, { type ExecutionContext } from 'ava'
import { toCsv } from '../../../src/audit/governance/csv.ts'
import { InvalidInputError } from '../../../src/errors.ts'
import { sectionCsv } from '../../../src/report/formats/csv.ts'
import { type Line, makeLine, PUBLIC } from '../../../src/report/review/line.ts'
import { sheetSection } from '../../../src/report/review/sheet.ts'
import { parseSigned, type SignedSheet } from '../../../src/report/review/signed.ts'
import { decide, fromSpreadsheet, type SheetRow, sheetRows } from '../../support/review.ts'

const EXPECTED = { environment: 'dev', instance: 'db-1', stack: 'shop/dev', scope: '' }

function lineFor(login: string, over: Partial<Omit<Line, 'id'>> = {}): Line {
  return makeLine(login === PUBLIC ? '' : login, {
    environment: 'dev',
    instance: 'db-1',
    stack: 'shop/dev',
    database: 'shop_dev_db',
    database_owner: 'shop',
    login,
    application: '',
    right: 'reader',
    details: 'CONNECT; public: read rows',
    via: 'direct',
    declared: 'yes',
    logs_in_by: 'password',
    tags: '',
    valid_until: '',
    granted_by: '',
    remedy: '',
    ...over,
  })
}

const LINES = ['ann', 'bob', 'Zoë; "x", y', '=cmd', "'quoted", 'line\nbreak', PUBLIC].map((login) => lineFor(login))

function sheetOf(lines: readonly Line[], scope = ''): string {
  const lookedAt = new Date('2026-10-01T08:00:00.123Z')
  return sectionCsv(sheetSection({ lines, lookedAt, scope, lastChange: () => null }))
}

function signed(text: string): string[] {
  return parseSigned(text, EXPECTED).lines.map(({ id, decision }) => `${id} ${String(decision)}`)
}

const SHEET = sheetOf(LINES)
const DECIDED = LINES.map(({ id }, index) => `${id} ${['keep', 'revoke', 'change', 'null'][index % 4] ?? ''}`)
const WORDS = ['keep', 'Revoke', ' CHANGE ', null]
const rows = decide(SHEET, () => null).map((row, index): SheetRow => {
  const decision = WORDS[index % 4] ?? null
  return decision === null ? row : { ...row, decision, reviewer: '=Müller' }
})

function refused(t: ExecutionContext, text: string, over: Partial<typeof EXPECTED> = {}): string[] {
  const error = t.throws(() => parseSigned(text, { ...EXPECTED, ...over }), { instanceOf: InvalidInputError })
  return error.problems.map(({ message, remedy }) => `${message} ${remedy}`)
}

/** The sheet with one row changed. */
function withRow(index: number, over: SheetRow): string {
  return fromSpreadsheet(rows.map((row, at) => (at === index ? { ...row, ...over } : row)))
}

for (const [name, delimiter] of [
  ['commas', ','],
  ['semicolons', ';'],
  ['tabs', '\t'],
] as const)
  test(`with ${name}, a byte order mark, CRLF and empty lines at the end`, (t) => {
    t.deepEqual(signed(fromSpreadsheet(rows, delimiter)), DECIDED)
  })

test('rows in another order, columns in another order and more of them, without some that nobody needs', (t) => {
  const moved = [...rows].reverse().map((row): SheetRow => {
    const { line: _line, via: _via, tags: _tags, comment: _comment, ...rest } = row
    return { ticket: 'SEC-1', ...Object.fromEntries(Object.entries(rest).reverse()) }
  })
  t.deepEqual(signed(fromSpreadsheet(moved)), [...DECIDED].reverse())
})

test('LF, no mark, titles in capitals, a line that names the separator', (t) => {
  const text = fromSpreadsheet(rows)
    .replace(/^\ufeff/, '')
    .replaceAll('\r\n', '\n')
  const [header = '', ...rest] = text.split('\n')
  t.deepEqual(signed(['sep=;', header.toUpperCase().replaceAll('_', ' '), ...rest].join('\n')), DECIDED)
})

test('an apostrophe in front is the escape of a formula, there or taken out', (t) => {
  const bare = rows.map((row) => ({ ...row, login: row['login']?.replace(/^'(?==)/, '') ?? '' }))
  t.deepEqual(signed(fromSpreadsheet(bare)), DECIDED)
  t.true(sheetRows(SHEET).some(({ login }) => login === "'=cmd"))
  const { lines } = parseSigned(fromSpreadsheet(rows), EXPECTED)
  t.true(lines.some(({ cells }) => cells.login === '=cmd'))
  t.true(toCsv([[lines[0]?.cells.reviewer ?? '']]).startsWith("'="), 'what a reviewer wrote is no formula either')
})

test('a name begins no formula where the spreadsheet separates cells by semicolons, and its line comes back', (t) => {
  const names = ['a;=cmd|calc', 'a; "=cmd', "a;'=cmd", 'a;\n@cmd', 'a;-1;+1', 'a;b']
  const lookedAt = new Date('2026-10-01T08:00:00Z')
  const lines = names.map((name) => lineFor(name, { details: `SELECT on ${name}` }))
  const text = sectionCsv(sheetSection({ lines, lookedAt, scope: '', lastChange: () => null }))
  for (const cell of text.split(/[;\r\n]/)) t.notRegex(cell, /^["\s]*[=+\-@]/)
  const { lines: back } = parseSigned(fromSpreadsheet(decide(text, () => 'keep')), EXPECTED)
  t.deepEqual(
    back.map(({ id }) => id),
    lines.map(({ id }) => id),
  )
})

test('a sheet as it was written is not decided, and says when it was made', (t) => {
  const sheet: SignedSheet = parseSigned(SHEET, EXPECTED)
  t.true(sheet.lines.every(({ decision }) => decision === null))
  t.is(sheet.lookedAt, '2026-10-01T08:00:00Z')
  t.is(sheet.missing, 0)
  t.is(parseSigned(fromSpreadsheet(rows.slice(2)), EXPECTED).missing, 2)
})

test('what is no decision is named with its line, all at once', (t) => {
  const text = fromSpreadsheet(rows.map((row, at) => (at < 2 ? { ...row, decision: `maybe${String(at)}` } : row)))
  t.deepEqual(refused(t, text), [
    'line 2: "maybe0" is no decision. Use one of keep, revoke, change, or leave it empty.',
    'line 3: "maybe1" is no decision. Use one of keep, revoke, change, or leave it empty.',
  ])
})

test('another environment, instance or stack is refused by name', (t) => {
  t.deepEqual(refused(t, SHEET, { environment: 'prod', instance: 'db-2' }), [
    'is a sheet of environment "dev" and not "prod", instance "db-1" and not "db-2" (line 2). Give the declaration that it was made of.',
  ])
  t.regex(refused(t, SHEET, { stack: 'other' })[0] ?? '', /stack "shop\/dev" and not "other"/)
  t.deepEqual(refused(t, sheetOf(LINES, 'application shop')), [
    'is a sheet of "application shop" and not of everything. Give the same --environment, --application and --database as for the sheet.',
  ])
})

test('a column that was sorted alone, an edited name, a lost or foreign id, a row twice, two looks in one', (t) => {
  const shifted = rows.map((row, at) => ({ ...row, id: rows[(at + 1) % rows.length]?.['id'] ?? '' }))
  t.true(refused(t, fromSpreadsheet(shifted)).every((line) => /its id is not that of .*sorted by some/.test(line)))
  t.regex(refused(t, withRow(1, { login: 'eve' }))[0] ?? '', /^line 3: its id is not that of "eve": "reader" on/)
  t.regex(refused(t, withRow(1, { id: '' }))[0] ?? '', /^line 3: "" is no id of a line\./)
  t.regex(refused(t, withRow(1, { id: '4711' }))[0] ?? '', /^line 3: "4711" is no id of a line\./)
  t.deepEqual(refused(t, fromSpreadsheet([...rows.slice(0, 2), ...rows.slice(1, 2)])), [
    'line 4: it is the same right as in line 3. Keep one of the two.',
  ])
  t.regex(refused(t, withRow(3, { looked_at: '2026-07-01T08:00:00Z' }))[0] ?? '', /^is of several looks: line 5/)
})

test('what is no sheet', (t) => {
  t.regex(refused(t, '')[0] ?? '', /^has no line\./)
  t.regex(refused(t, 'a;b\r\n1;2\r\n')[0] ?? '', /^has no column environment, .* in its first line\./)
  t.regex(refused(t, SHEET.replace('comment', 'decision'))[0] ?? '', /^has two columns decision\./)
  t.regex(refused(t, SHEET.replace('1 of 7', '"1 of 7'))[0] ?? '', /^is no CSV: /)
})
