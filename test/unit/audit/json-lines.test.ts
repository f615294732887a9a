import test from 'ava'
import fc from 'fast-check'

import { createJsonLinesReporter } from '../../../src/audit/json-lines.ts'
import { readJson } from './read-back.ts'
import { documentOf, problem } from './sample.ts'

function linesOf(document: ReturnType<typeof documentOf>, insideTerraform: boolean): string[] {
  const chunks: string[] = []
  const reporter = createJsonLinesReporter({ write: (text) => chunks.push(text), insideTerraform })
  for (const record of document.records) reporter.record(record)
  reporter.finish(document, [{ application: 'a', code: 'usage', field: 'f', message: 'm', remedy: 'r' }], ['repaired'])
  return chunks
}

test('one complete record a line, then problems and notes, and the run at the end', (t) => {
  const document = documentOf([{}, { status: 'warning' }])
  t.deepEqual(
    linesOf(document, false).map((line): unknown => JSON.parse(line)),
    [
      { type: 'record', ...document.records[0] },
      { type: 'record', ...document.records[1] },
      { type: 'problem', application: 'a', code: 'usage', field: 'f', message: 'm', remedy: 'r' },
      { type: 'note', message: 'repaired' },
      { type: 'run', ...document.run, summary: document.summary },
    ],
  )
})

test('whatever a value holds, it is one line that means the same and commands nothing', (t) => {
  const hostile = fc
    .array(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(
          '##[error]',
          '##vso[x]',
          '\u009b',
          '\u2028',
          '\u202e',
          '\u200b',
          '\u{e0041}',
          '\n',
          '\u001b[2J',
        ),
      ),
    )
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(hostile, (message) => {
      const [line = ''] = linesOf(documentOf([{ message, statements: [message] }]), true)
      t.regex(line, /^\{[^\p{Cc}\p{Cf}\u2028\u2029]*\}\n$/u)
      t.notRegex(line, /##\w*\[/)
      const record = readJson(line)
      t.deepEqual([record['message'], record['statements']], [message, [message]])
    }),
  )
})

test('a line that Terraform would drop leaves its statements to the audit file', (t) => {
  const document = documentOf([{ statements: ['x'.repeat(40_000), 'y'.repeat(40_000)] }])
  const [inside = ''] = linesOf(document, true)
  t.true(Buffer.byteLength(inside) < 64 * 1024)
  t.deepEqual(JSON.parse(inside), { type: 'record', ...document.records[0], statements: [], statements_omitted: 2 })
  t.deepEqual(JSON.parse(linesOf(document, false)[0] ?? ''), { type: 'record', ...document.records[0] })
})

test('and what its statements changed, which may be as long', (t) => {
  const changes = Array.from({ length: 1000 }, (_, index) => ({
    on: 'table' as const,
    schema: `${'s'.repeat(50)}${index}`,
    revoked: ['ALL'],
  }))
  const document = documentOf([{ access: { level: null, changes } }])
  const [record] = document.records
  t.deepEqual(record?.access?.changes, changes)
  const [inside = ''] = linesOf(document, true)
  t.true(Buffer.byteLength(inside) < 64 * 1024)
  t.is(readJson(inside)['access'], undefined)
  t.deepEqual(JSON.parse(linesOf(document, false)[0] ?? ''), { type: 'record', ...record })
})

test('so does the run, its long error', (t) => {
  const document = documentOf([], {}, { outcome: 'failed', exitCode: 5, problems: [problem('e'.repeat(100_000))] })
  t.true(Buffer.byteLength(linesOf(document, true).at(-1) ?? '') < 64 * 1024)
  t.true(Buffer.byteLength(linesOf(document, false).at(-1) ?? '') > 100_000)
})
