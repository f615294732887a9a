import test from 'ava'
import { hashOf, runLines } from '../../../src/audit/governance/jsonl.ts'
import { countStatuses } from '../../../src/audit/recorder.ts'
import { readDocument } from '../../../src/report/sources/document.ts'
import { readJsonl } from '../../../src/report/sources/jsonl.ts'
import { auditRecord, auditRun } from './sample.ts'

const records = [auditRecord(), auditRecord({ object: 'database', message: 'database shop_dev_db' })]
const document = { schema_version: 1 as const, run: auditRun(), records, summary: countStatuses(records) }
const TEXT = runLines(document, '0'.repeat(64), { start: 0, end: 0, hash: 'x' }, [])

test('a file as it was written: its runs, and nothing wrong', (t) => {
  const { entries, faults } = readJsonl('a.jsonl', TEXT)
  t.deepEqual(entries, [{ run: document.run, records }])
  t.deepEqual(faults, [])
})

test('an edited line is named and still counts', (t) => {
  const { entries, faults } = readJsonl('a.jsonl', TEXT.replace('database shop_dev_db', 'database other_db'))
  t.deepEqual(faults, [
    {
      file: 'a.jsonl',
      line: 2,
      message: 'The line does not match its hash: it was edited, or a line before it was removed, inserted or moved.',
    },
  ])
  t.is(entries[0]?.records[1]?.message, 'database other_db')
})

test('a torn end is named; the records before it are told without their run', (t) => {
  const { entries, faults } = readJsonl('a.jsonl', TEXT.slice(0, TEXT.indexOf('{"type":"run"') + 40))
  t.deepEqual(
    entries.map(({ run, records: kept }) => [run, kept.length]),
    [[null, 2]],
  )
  t.deepEqual(
    faults.map(({ line, message }) => [line, message.slice(0, 21)]),
    [[3, 'The last line is torn']],
  )
})

test('a line that is no record of ours is named by its field', (t) => {
  const { entries, faults } = readJsonl('a.jsonl', TEXT.replace('"status":"created"', '"status":"dreamt"'))
  t.deepEqual(
    entries.map(({ records: kept }) => kept.length),
    [1],
  )
  t.true(faults.some(({ line, message }) => line === 1 && message.startsWith('The record cannot be read: status: ')))
})

test('an audit file of a run', (t) => {
  t.deepEqual(readDocument('a.json', JSON.stringify(document)), {
    entries: [{ run: document.run, records }],
    faults: [],
  })
})

test('files of a release before there were codes are read, and one with codes that are not known here', (t) => {
  const { error_codes: _, ...run } = document.run
  const old = { ...document, run }
  t.deepEqual(readDocument('a.json', JSON.stringify(old)), {
    entries: [{ run: { ...run, error_codes: [] }, records }],
    faults: [],
  })
  const chained = TEXT.replaceAll('"error_codes":[],', '')
  t.not(chained, TEXT)
  t.deepEqual(readJsonl('a.jsonl', chained).entries, [{ run: document.run, records }])
  const newer = {
    ...document,
    run: { ...run, error_codes: ['of_tomorrow'] },
    records: [auditRecord({ status: 'failed', code: 'of_tomorrow' })],
  }
  t.deepEqual(readDocument('a.json', JSON.stringify(newer)), {
    entries: [{ run: newer.run, records: newer.records }],
    faults: [],
  })
})

test('a torn audit file is named with its last line', (t) => {
  const text = JSON.stringify(document, null, 2)
  const torn = text.slice(0, text.indexOf('"records"') + 12)
  const { entries, faults } = readDocument('a.json', torn)
  t.deepEqual(entries, [])
  t.deepEqual(
    faults.map(({ file, line }) => [file, line]),
    [['a.json', torn.split('\n').length]],
  )
})

test('a file that is JSON and no audit is named', (t) => {
  t.regex(readDocument('a.json', '{"schema_version":1}').faults[0]?.message ?? '', /^The file is no audit: run: /)
})

/** The lines of runs that ended at these times, one after the other. */
function chainOfTimes(times: readonly string[]): string {
  let previous = '0'.repeat(64)
  return times
    .map((time, index) => {
      const run = auditRun({ run_id: `run-${String(index)}`, started_at: time, finished_at: time })
      const lines = runLines({ ...document, run }, previous, { start: 0, end: 0, hash: 'x' }, [])
      previous = hashOf(lines.trimEnd().split('\n').at(-1) ?? '')
      return lines
    })
    .join('')
}

test('a time that goes backwards is named at its run; runs that end beside each other are not', (t) => {
  const times = ['2026-10-05T12:00:00.000Z', '2027-10-05T12:00:00.000Z', '2026-10-05T12:05:00.000Z']
  const { entries, faults } = readJsonl('a.jsonl', chainOfTimes(times))
  t.deepEqual(
    faults.map(({ line }) => line),
    [9],
  )
  t.regex(faults[0]?.message ?? '', /^The run ended at 2026-10-05T12:05:00.000Z .* 2027-10-05T12:00:00.000Z: time goes/)
  t.deepEqual(
    entries.map(({ run }) => run?.run_id),
    ['run-0', 'run-1', 'run-2'],
  )
  t.deepEqual(readJsonl('a.jsonl', chainOfTimes([times[2] ?? '', times[0] ?? ''])).faults, [])
})
