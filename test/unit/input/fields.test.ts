/** What single fields take, what Terraform's conversions make of them, and what a message shows of a value. */
import test from 'ava'
import { checkRunner } from '../../../src/input/runner.ts'
import { parseTags } from '../../../src/input/tags.ts'
import { isText, show, suggestion } from '../../../src/input/text.ts'
import { fieldsOf, LEAST, parse, parseApps, problemsOf } from './sample.ts'

test('a whole number is one, or its digits and nothing else', (t) => {
  for (const value of [5, '5', '05']) t.is(parse({ max_connections: value }).declaration.maxConnections, 5)
  t.is(parseApps({ a: { connection_limit: '-1' } }).declaration.applications[0]?.connectionLimit, -1)
  t.is(parse({ lock_timeout: 2147483 }).declaration.lockTimeoutSeconds, 2147483)
  for (const value of ['5x', 'x5', '', ' 5', '5.0', '1e3', true, 1.5, 2147484, [5], {}])
    t.deepEqual(
      fieldsOf(() => parse({ lock_timeout: value })),
      ['-/lock_timeout'],
      JSON.stringify(value),
    )
})

test('a preparation of an upgrade takes a master, and the master is another login than the admin', (t) => {
  const told = (fields: object): string[] =>
    problemsOf(() => parse(fields)).map(({ code, field, message }) => `${field} ${code}: ${message}`)
  t.deepEqual(told({ prepare_major_upgrade: true }), [
    'master_secret_id missing_value: is missing: prepare_major_upgrade is set, and after the upgrade the master gives the admin its rights.',
  ])
  t.deepEqual(told({ prepare_major_upgrade: true, master_secret_id: 'm' }), [])
  t.deepEqual(
    told({ prepare_major_upgrade: true, master_secret_id: ' ' }).length,
    1,
    'what is wrong is not missing, too',
  )
  t.deepEqual(told({ master_secret_id: LEAST.admin_secret_id }), [
    'master_secret_id invalid_value: is the secret of the delegated admin, which is to be another login than the master.',
  ])
  t.deepEqual(told({ admin_auth: 'iam', admin_username: 'x', admin_secret_id: null, master_secret_id: null }), [])
})

test('a runner is the name or ARN of a function', (t) => {
  const arn = 'arn:aws:lambda:eu-central-1:123456789012:function:f'
  for (const name of ['f', 'f:live', 'f:$LATEST', arn, `${arn}:7`]) {
    t.is(parse({ runner: { function: name } }).runner, name)
    t.deepEqual(checkRunner(name), [])
  }
  for (const none of [undefined, null]) t.is(parse({ runner: none }).runner, null)
  t.deepEqual(checkRunner(null), [])
  for (const name of ['', 'a/b', 'a b', `x${arn}`, `${arn}:7:8`, 'f\n', 'x'.repeat(65)]) {
    t.deepEqual(
      fieldsOf(() => parse({ runner: { function: name } })),
      ['-/runner.function'],
      name,
    )
    t.deepEqual(
      checkRunner(name).map(({ field }) => field),
      ['--runner'],
    )
  }
  t.deepEqual(
    fieldsOf(() => parse({ runner: {} })),
    ['-/runner.function'],
  )
  t.deepEqual(
    fieldsOf(() => parse({ runner: 'f' })),
    ['-/runner'],
  )
})

test('a tag that every run writes is refused, and passed over in the marker of a former release', (t) => {
  const tags = { Team: 'x', ManagedBy: 'me', Old: null }
  t.deepEqual(
    parseTags(tags).problems.map(({ field }) => field),
    ['tags.ManagedBy'],
  )
  const removal = parseTags(tags, 'removal')
  t.deepEqual(removal.problems, [])
  t.deepEqual([...removal.tags], [['Team', 'x']])
})

test('what is no object, and what is missing, says so', (t) => {
  const told = (work: () => unknown): string[] =>
    problemsOf(work).map(
      ({ application, field, code, message }) => `${application ?? '-'}/${field} ${code}: ${message}`,
    )
  t.deepEqual(
    told(() => parse({ tls: 3 })),
    ['-/tls invalid_value: is 3.'],
  )
  t.deepEqual(
    told(() => parseApps({ a: null, b: [], c: { settings: 'x' } })),
    [
      'a/application_databases missing_value: is missing.',
      'b/application_databases invalid_value: is a list.',
      'c/settings invalid_value: is "x".',
    ],
  )
  t.deepEqual(
    told(() => parse({ runner: {} })),
    ['-/runner.function missing_value: is missing.'],
  )
  t.deepEqual(
    told(() => parse({ stack: '' })),
    ['-/stack invalid_value: "" is not accepted.'],
  )
})

test('a text of a tag has up to 255 characters', (t) => {
  t.true(isText('x'.repeat(255)))
  for (const text of ['', 'x'.repeat(256), ' x', 'x ', 'a\nb', '\ud800']) t.false(isText(text), JSON.stringify(text))
})

test('a value is shown cut, escaped, and never from inside a list or an object', (t) => {
  t.is(show('a"b'), '"a\\"b"')
  t.is(show('x'.repeat(80)), `"${'x'.repeat(80)}"`)
  t.is(show('x'.repeat(81)), `"${'x'.repeat(80)}…"`)
  t.is(show('\u202e\u2028'), '"\\u{202e}\\u{2028}"')
  t.deepEqual([['secret'], { password: 'secret' }, null, 7, true].map(show), [
    'a list',
    'an object',
    'null',
    '7',
    'true',
  ])
})

test('a word is suggested where it is near, and none where there is none', (t) => {
  t.is(suggestion('stak', ['stack', 'other']), ' Did you mean "stack"?')
  t.is(suggestion('elsewhere', ['stack']), '')
  t.is(suggestion('x', []), '')
})
