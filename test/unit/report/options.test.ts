import test, { type ExecutionContext } from 'ava'
import { InvalidInputError } from '../../../src/errors.ts'
import { parseOptions } from '../../../src/input/options.ts'
import type { ReportOptions } from '../../../src/input/report-options.ts'

function report(...args: readonly string[]): ReportOptions {
  const options = parseOptions(['report', ...args])
  if (options.command !== 'report') throw new TypeError(options.command)
  return options
}

function refused(t: ExecutionContext, ...args: readonly string[]): string {
  const error = t.throws(() => report(...args), { instanceOf: InvalidInputError })
  return error.message
}

test('defaults', (t) => {
  t.like(report(), {
    format: 'text',
    output: null,
    connect: false,
    verify: false,
    sections: [],
    expiresWithinDays: 30,
    secretsOlderThanDays: 90,
  })
})

test('a month, a day and a time', (t) => {
  const time = (...args: readonly string[]): (string | undefined)[] => [
    report(...args).criteria.since?.toISOString(),
    report(...args).criteria.until?.toISOString(),
  ]
  t.deepEqual(time('--since', '2026-12', '--until', '2026-12'), [
    '2026-12-01T00:00:00.000Z',
    '2027-01-01T00:00:00.000Z',
  ])
  t.deepEqual(time('--since', '2026-02-28', '--until', '2026-02-28'), [
    '2026-02-28T00:00:00.000Z',
    '2026-03-01T00:00:00.000Z',
  ])
  t.deepEqual(time('--since', '2026-02-28T12:00:00+02:00'), ['2026-02-28T10:00:00.000Z', undefined])
})

test('what is no time, no number, no section and no format is named, all at once', (t) => {
  const message = refused(
    t,
    '--since',
    '2026-13',
    '--until',
    'yesterday',
    '--expires-within',
    '-1',
    '--section',
    'runs,drft',
    '--format',
    'htm',
  )
  t.deepEqual(
    message.split('\n').map((line) => line.split(': ')[0]),
    ['--since', '--until', '--section', '--expires-within', '--format'],
  )
  t.true(message.includes('Did you mean "drift"?'))
  t.true(message.includes('Did you mean "html"?'))
})

test('csv holds one section; the files alone cannot tell what the server can', (t) => {
  t.regex(refused(t, '--format', 'csv'), /^--format: csv holds one table\./)
  t.regex(refused(t, '--section', 'drift,runs'), /^--section: only the server can tell drift\. Give --connect/)
  t.deepEqual(report('--section', 'drift', '--connect', '--format', 'csv').sections, ['drift'])
})

test('help of a command has its examples, and completion names commands and options', (t) => {
  const help = parseOptions(['report', '--help'])
  t.true(help.command === 'help' && help.text.includes('is anything on this instance not ours?'))
  const script = parseOptions(['completion'])
  t.true(script.command === 'help' && script.text.includes('--get-yargs-completions'))
  const words = parseOptions(['--get-yargs-completions', 'rds-provision', 'report', '--'])
  t.true(words.command === 'help' && words.text.split('\n').includes('--secrets-older-than'))
  const formats = parseOptions(['--get-yargs-completions', 'rds-provision', 'report', '--format', ''])
  t.true(formats.command === 'help' && formats.text.split('\n').includes('markdown'))
})

test('a review is of the server as a whole: what it needs, and what would leave something out', (t) => {
  t.like(report('--review', '--connect', '--format', 'csv'), { review: true, signed: null, format: 'csv' })
  t.like(report('--review', '--connect', '--signed', 'a.csv'), { review: true, signed: 'a.csv' })
  t.regex(refused(t, '--signed', 'a.csv'), /^--signed: goes with --review only\./)
  t.regex(refused(t, '--review'), /^--review: is of what the server has; .* Give --connect, and the declaration\./)
  t.deepEqual(
    refused(t, '--review', '--connect', '--verify', '--section', 'runs', '--since', '2026-10', '--build-id', '1')
      .split('\n')
      .map((line) => line.split(': ')[0]),
    ['--section', '--build-id', '--since', '--verify'],
  )
  for (const age of ['--expires-within', '--secrets-older-than'])
    t.regex(refused(t, '--review', '--connect', age, '7'), new RegExp(`^${age}: does not go with --review\\.`))
})
