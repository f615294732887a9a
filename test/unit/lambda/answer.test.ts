/** Lines of the answer: what is written is read again, and nothing else is. */
import test from 'ava'
import { isLast, packLines, parseLine, unpackLines, writeLine, type Line } from '../../../src/lambda/answer.ts'
import { parseEnvelope, parseRequest } from '../../../src/lambda/protocol.ts'
import type { ReportRow, Section } from '../../../src/report/report.ts'
import { documentOf } from '../audit/sample.ts'

const { run, records } = documentOf([{}])
const [record] = records

/** With all that a section may have: a field that the lines do not know would be lost in silence. */
const ROW: Required<ReportRow> = {
  cells: ['x', 1, null],
  environment: 'dev',
  application: null,
  build: '7',
  mark: 'failed',
  details: ['SELECT 1'],
}
const SECTION: Required<Section> = {
  id: 'access',
  title: 't',
  about: 'a',
  attention: null,
  columns: [{ key: 'k', title: 'K' }],
  rows: [ROW, { cells: [] }],
}

const LINES: readonly Line[] = [
  ...(record === undefined ? [] : [{ type: 'record', record, quiet: false } as const]),
  { type: 'progress', message: 'waiting' },
  { type: 'alive' },
  {
    type: 'ended',
    tool_version: '1.2.3',
    run: {
      ...run,
      executed_as: { arn: 'arn:aws:sts::123456789012:assumed-role/function/x', account: '123456789012' },
      applications: { done: 1, blocked: [], failed: ['shop'], not_begun: [] },
    },
    problems: [{ application: null, code: 'defect', field: 'a', message: 'b', remedy: 'c' }],
    matrix: {
      environment: 'dev',
      stack: 's',
      clusterName: 'c',
      instance: 'i',
      databases: [
        {
          database: 'd',
          owner: 'o',
          logins: [
            {
              username: 'u',
              application: null,
              accessLevel: 'owner',
              auth: 'iam',
              canLogin: true,
              createDb: false,
              connectionLimit: null,
              memberOf: ['rds_iam'],
              connect: true,
              temporary: false,
              create: true,
              schemas: [{ schema: 'public', may: 'read' }],
              build: null,
              validUntil: new Date('2030-01-01T00:00:00.000Z'),
            },
          ],
          outsideGrants: [{ role: '', privilege: 'CONNECT', on: 'database' }],
          isSeen: true,
        },
      ],
      orphans: [
        {
          username: 'u',
          application: 'a',
          state: 'removal pending',
          cleanupPolicy: null,
          canLogin: false,
          databases: ['d'],
          since: null,
          build: '7',
        },
      ],
    },
    records: 3,
    again: { why: 'snapshot', resume: { closed_at: new Date('2026-11-27T10:00:00.123Z'), databases: ['d'] } },
    begun: { plan: 'H4sI' },
  },
  {
    type: 'refused',
    protocol: 1,
    tool_version: '1.2.3',
    exit_code: 4,
    problems: [{ application: 'a', code: 'not_permitted', field: 'runner', message: 'b', remedy: 'c' }],
  },
  { type: 'told', text: 'a\nb', document: null, summary: 's', blocked: [], changes: 2 },
  {
    type: 'sections',
    sections: [SECTION],
  },
]

test('each line is one line, and is read as it was written', (t) => {
  for (const line of LINES) {
    const text = writeLine(line)
    t.is(text.indexOf('\n'), text.length - 1)
    t.deepEqual(parseLine(text), line)
  }
  t.deepEqual(
    LINES.filter(isLast).map(({ type }) => type),
    ['ended', 'refused', 'told', 'sections'],
  )
})

test('all lines at once are the same lines', (t) => {
  const text = LINES.map(writeLine).join('')
  const packed = packLines(text)
  t.true(packed.length < text.length)
  t.is(unpackLines(packed), text)
  t.is(unpackLines('{"type":"alive"}'), '{"type":"alive"}')
})

test('a line that is cut, or of something else, is none', (t) => {
  const [first] = LINES
  const whole = first === undefined ? '' : writeLine(first)
  for (const text of ['', 'x', '{}', '[]', whole.slice(0, -5), '{"type":"record","record":{},"quiet":false}'])
    t.is(parseLine(text), null, text)
})

test("a newer release's code is told in its words", (t) => {
  const problems = [{ application: null, code: 'not_known_here', field: 'f', message: 'm', remedy: 'r' }]
  const line = parseLine(JSON.stringify({ ...LINES.at(4), problems }))
  t.like(line, { problems: [{ code: 'defect', message: 'm' }] })
})

test('what is no request is named, and not thrown', (t) => {
  t.is(parseEnvelope({}), null)
  t.is(parseEnvelope(null), null)
  t.regex(JSON.stringify(parseRequest('x')), /^"request: /)
  t.regex(JSON.stringify(parseRequest('{}')), /^"id: /)
})
