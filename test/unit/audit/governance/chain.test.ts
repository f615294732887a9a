import test from 'ava'
import fc from 'fast-check'

import type { AuditDocument } from '../../../../src/model/audit.ts'
import { csvHeader, csvRows } from '../../../../src/audit/governance/csv.ts'
import { GENESIS, hashLink } from '../../../../src/audit/governance/hash.ts'
import { hashOf, readRunLine, runLines, type LastRun } from '../../../../src/audit/governance/jsonl.ts'
import { verifyChain, verifyCsv } from '../../../../src/audit/governance/verify.ts'
import { readJson } from '../read-back.ts'
import { documentOf } from '../sample.ts'

/** What both files hold after these runs. */
function files(documents: readonly AuditDocument[]): { jsonl: string; csv: string } {
  let jsonl = ''
  let csv = ''
  let last: LastRun | null = null
  for (const document of documents) {
    const start = Buffer.byteLength(csv)
    const rows: string = (start === 0 ? csvHeader() : '') + csvRows(document)
    csv += rows
    const hash: string = hashLink(last?.csv?.hash ?? GENESIS, rows)
    jsonl += runLines(document, last?.hash ?? GENESIS, { start, end: Buffer.byteLength(csv), hash }, [])
    last = readRunLine(jsonl.trimEnd().split('\n').at(-1) ?? '')
  }
  return { jsonl, csv }
}

const RUNS = [
  documentOf([{}, { message: 'a "quoted"\nline, ü' }], { runId: 'one' }),
  documentOf([{ status: 'no_change' }], { runId: 'two' }),
  documentOf([{}, {}], { runId: 'three' }),
]
const { jsonl, csv } = files(RUNS)
const LINES = jsonl.trimEnd().split('\n')
const faultsOf = (lines: readonly string[]): readonly number[] =>
  verifyChain(lines.map((line) => `${line}\n`).join('')).map(({ line }) => line)

test('what was written verifies, and nothing verifies too', (t) => {
  t.deepEqual(verifyChain(jsonl), [])
  t.deepEqual(verifyCsv(Buffer.from(csv), jsonl), [])
  t.deepEqual(verifyChain(''), [])
  t.deepEqual(verifyCsv(Buffer.from(''), ''), [])
})

test('a line holds its record or run, complete, and each run names the one before', (t) => {
  const parsed = LINES.map(readJson)
  t.deepEqual(
    parsed.map(({ type }) => type),
    ['record', 'record', 'run', 'record', 'run', 'record', 'record', 'run'],
  )
  const { type, hash, ...record } = parsed[0] ?? {}
  t.deepEqual(record, JSON.parse(JSON.stringify(RUNS[0]?.records[0])))
  t.is(parsed[2]?.['previous_hash'], GENESIS)
  t.is(parsed[4]?.['previous_hash'], parsed[2]?.['hash'])
  t.is(parsed[7]?.['previous_hash'], parsed[4]?.['hash'])
  t.deepEqual(parsed[7]?.['summary'], RUNS[2]?.summary)
})

test('an edited line is named', (t) => {
  for (const [index, line] of LINES.entries()) {
    t.deepEqual(faultsOf(LINES.with(index, line.replace('"dev"', '"prod"'))), [index + 1])
  }
})

test('a line edited with its own hash made anew is betrayed by the next', (t) => {
  const forged = LINES[3]?.replace('no_change', 'created').replace(/,"hash":"\w+"\}$/, '}') ?? ''
  const hash = hashLink(hashOf(LINES[2] ?? ''), forged)
  t.deepEqual(faultsOf(LINES.with(3, `${forged.slice(0, -1)},"hash":"${hash}"}`)), [5])
})

test('a torn last line and a run without its end are named', (t) => {
  t.deepEqual(
    verifyChain(jsonl.slice(0, -1)).map(({ line }) => line),
    [LINES.length],
  )
  t.regex(verifyChain(jsonl.slice(0, -30)).at(-1)?.message ?? '', /torn/)
  t.deepEqual(faultsOf(LINES.slice(0, -1)), [LINES.length - 1])
})

test('every single-line edit is found, at the line or the one after it', (t) => {
  const index = fc.nat({ max: LINES.length - 1 })
  const cut = fc.nat()
  const edits = fc.oneof(
    fc.record({
      kind: fc.constant('replace'),
      index,
      text: fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', '')),
      cut,
    }),
    fc.record({ kind: fc.constant('character'), index, text: fc.string({ minLength: 1, maxLength: 3 }), cut }),
    fc.record({ kind: fc.constant('remove'), index, text: fc.constant(''), cut }),
    fc.record({ kind: fc.constant('insert'), index, text: fc.constantFrom(...LINES, '', '{}', 'x'), cut }),
    fc.record({ kind: fc.constant('swap'), index: fc.nat({ max: LINES.length - 2 }), text: fc.constant(''), cut }),
  )
  fc.assert(
    fc.property(edits, ({ kind, index: at, text, cut: offset }) => {
      const edited = edit(kind, at, text, offset)
      fc.pre(edited.join('\n') !== LINES.join('\n'))
      const [first] = faultsOf(edited)
      t.true(
        first === at + 1 || first === at + 2 || (kind === 'remove' && at === LINES.length - 1 && first === at),
        `${kind} at ${at}: ${first}`,
      )
    }),
    { numRuns: 500 },
  )
})

function edit(kind: string, at: number, text: string, offset: number): readonly string[] {
  const line = LINES[at] ?? ''
  if (kind === 'replace') return LINES.with(at, text)
  if (kind === 'remove') return LINES.toSpliced(at, 1)
  if (kind === 'insert') return LINES.toSpliced(at, 0, text)
  if (kind === 'swap') return LINES.with(at, LINES[at + 1] ?? '').with(at + 1, line)
  const position = offset % line.length
  return LINES.with(at, line.slice(0, position) + text.replaceAll('\n', ' ') + line.slice(position + text.length))
}

test('every changed, added or removed byte of the CSV is found', (t) => {
  const bytes = Buffer.from(csv)
  fc.assert(
    fc.property(
      fc.nat({ max: bytes.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      fc.constantFrom('change', 'remove', 'insert', 'cut'),
      (at, by, kind) => {
        const changed = Buffer.from(bytes)
        changed[at] = (Number(bytes[at]) + by) % 256
        const edited =
          kind === 'change'
            ? changed
            : Buffer.concat([
                bytes.subarray(0, at),
                Buffer.from(kind === 'insert' ? [by] : []),
                kind === 'cut' ? Buffer.from('') : bytes.subarray(kind === 'remove' ? at + 1 : at),
              ])
        t.not(verifyCsv(edited, jsonl).length, 0)
      },
    ),
    { numRuns: 500 },
  )
})

test('an edited CSV row is named with the run that it belongs to', (t) => {
  const [fault, ...others] = verifyCsv(Buffer.from(csv.replace('no_change', 'NO_change')), jsonl)
  t.deepEqual(others, [])
  t.is(fault?.line, 4)
  t.regex(fault?.message ?? '', /run two/)
})

test('an edit that moves the rows after it is named alone', (t) => {
  for (const [from, to] of [
    ['no_change', 'updated by hand'],
    ['no_change', 'x'],
  ] as const) {
    const faults = verifyCsv(Buffer.from(csv.replace(from, to)), jsonl)
    t.deepEqual(
      faults.map(({ line }) => line),
      [4],
    )
    t.regex(faults[0]?.message ?? '', /^The rows of run two/)
  }
  const rows = csv.split('\r\n')
  t.deepEqual(verifyCsv(Buffer.from(rows.toSpliced(4, 0, 'a,row').join('\r\n')), jsonl), [
    { line: 5, message: 'Rows were added or removed before those of run three.' },
  ])
})

test('what was taken away is told by the line of its run, or of the run after it', (t) => {
  const messages = (lines: readonly string[]): string[] =>
    verifyChain(lines.map((line) => `${line}\n`).join('')).map(({ line, message }) => `${line}: ${message}`)
  const withoutRecord = messages(LINES.toSpliced(5, 1))
  t.is(withoutRecord.length, 2)
  t.regex(withoutRecord[1] ?? '', /^7: The run has 2 records, and 1 stand before its line/)
  const withoutRun = messages(LINES.toSpliced(3, 2))
  t.is(withoutRun.length, 2)
  t.regex(withoutRun[1] ?? '', /^6: The run names another run as the one before it/)
  t.regex(
    messages([...LINES.slice(0, 3), ...LINES.slice(5), ...LINES.slice(3, 5)]).join('\n'),
    /The run names another run/,
  )
})

test('a run taken out of the JSONL with all its lines shows in the CSV', (t) => {
  const shorter = `${LINES.slice(0, 5).join('\n')}\n`
  t.deepEqual(verifyChain(shorter), [])
  t.regex(verifyCsv(Buffer.from(csv), shorter)[0]?.message ?? '', /belong to no run/)
})
