import test from 'ava'
import fc from 'fast-check'

import { CSV_COLUMNS, csvHeader, csvRows, lastRowEnd } from '../../../../src/audit/governance/csv.ts'
import { visible } from '../../../../src/audit/one-line.ts'
import { readCsv } from '../read-back.ts'
import { documentOf } from '../sample.ts'

test('header and a row a record, RFC 4180 with CRLF', (t) => {
  t.is(
    csvHeader() + csvRows(documentOf([{ application: null, message: 'says "hi", twice' }])),
    'at,run_id,build_id,environment,cluster_name,actor,application,database,username,object,action,status,message\r\n' +
      '2026-03-01T10:00:00.700Z,run-1,100,dev,shared,,,keycloak_dev_db,keycloak_dev_user,role,create,created,"says ""hi"", twice"\r\n',
  )
  t.is(csvRows(documentOf([])), '')
})

test('no cell begins as a formula', (t) => {
  for (const start of ['=', '+', '-', '@', '\uff1d', '\uff0b', '\uff0d', '\uff20']) {
    const [row] = readCsv(
      csvHeader() + csvRows(documentOf([{ username: `${start}1+1`, message: `${start}cmd|'/c calc'!A1` }])),
    )
    t.is(row?.['username'], `'${start}1+1`)
    t.is(row?.['message'], `'${start}cmd|'/c calc'!A1`)
  }
})

test('no cell moves a terminal, turns text around or commands a CI runner; line breaks are shown too', (t) => {
  const text = csvRows(documentOf([{ username: '\u001b[31m\u009b1m\u007f', message: 'a\r\nb\t\u202ec ##[error]d' }]))
  t.true(text.includes('\\u{1b}[31m\\u{9b}1m\\u{7f},'), text)
  t.true(text.includes('a\\u{d}\\u{a}b\\u{9}\\u{202e}c ##\\[error]d'), text)
})

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('"', ',', '\r', '\n', '\r\n', '=', "'", '+', '-', '@', '\t', ';', '\0', 'ü', '\u{1f600}'))
    .map((parts) => parts.join('')),
)

test('whatever a value holds, it comes back as it is shown; one leading apostrophe is ours', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ database: hostile, username: hostile, message: hostile }), { minLength: 1, maxLength: 4 }),
      (values) => {
        const rows = readCsv(csvHeader() + csvRows(documentOf(values)))
        t.deepEqual(
          rows.map((row) => Object.keys(row)),
          values.map(() => [...CSV_COLUMNS]),
        )
        t.deepEqual(
          rows.map(({ database, username, message }) =>
            [database, username, message].map((cell) => String(cell).replace(/^'/, '')),
          ),
          values.map(({ database, username, message }) => [database, username, message].map(visible)),
        )
        for (const row of rows) for (const cell of Object.values(row)) t.notRegex(String(cell), /^[=+\-@\t\r\n]/)
      },
    ),
  )
})

test('a CSV cut anywhere ends after its last complete row, line breaks in cells or not', (t) => {
  fc.assert(
    fc.property(fc.array(hostile, { minLength: 1, maxLength: 4 }), fc.nat(), (messages, seed) => {
      const rows = [csvHeader(), ...messages.map((message) => csvRows(documentOf([{ message }])))].map((row) =>
        Buffer.from(row),
      )
      const bytes = Buffer.concat(rows)
      const cut = seed % (bytes.length + 1)
      const ends = rows.map((_, index) => rows.slice(0, index + 1).reduce((sum, row) => sum + row.length, 0))
      t.is(lastRowEnd(bytes.subarray(0, cut)), Math.max(0, ...ends.filter((end) => end <= cut)))
    }),
  )
})
