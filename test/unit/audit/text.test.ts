import test from 'ava'
import fc from 'fast-check'

import type { Problem } from '../../../src/model/problem.ts'
import type { RunEnd } from '../../../src/audit/recorder.ts'
import { createTextReporter } from '../../../src/audit/text.ts'
import { DONE, draftOf, problem, recorder, type DraftChange } from './sample.ts'

function print(
  drafts: readonly DraftChange[],
  end: RunEnd = DONE,
  problems: readonly Problem[] = [],
  options: { colour?: boolean; listUnchanged?: boolean } = {},
  notes: readonly string[] = [],
): string[] {
  const lines: string[] = []
  const reporter = createTextReporter({
    write: (text) => lines.push(text),
    colour: false,
    listUnchanged: false,
    ...options,
  })
  const book = recorder({ sinks: [reporter.record] })
  for (const draft of drafts) book.record(draftOf(draft))
  reporter.finish(book.finish(end), problems, notes)
  return lines
}

const WARNING: DraftChange = {
  object: 'schema',
  action: 'revoke',
  status: 'warning',
  message: 'PUBLIC may create objects in public. Use schemas = ["app"].',
}

test('changes first, unchanged counted, warnings at the end and nowhere else, and how it went', (t) => {
  t.is(
    print([
      {},
      WARNING,
      { object: 'database', status: 'no_change', action: 'check', message: '' },
      { object: 'grant', status: 'updated', action: 'grant', message: 'CONNECT was missing.' },
      { object: 'login', status: 'skipped', action: 'verify', message: 'An IAM login cannot be proven.' },
      {
        application: null,
        database: null,
        username: 'platform_provisioner',
        object: 'admin',
        status: 'skipped',
        action: 'repair',
        message: 'No master secret.',
      },
    ]).join(''),
    `\
+ keycloak: role keycloak_dev_user: create: The role did not exist.
~ keycloak: grant keycloak_dev_user on keycloak_dev_db: grant: CONNECT was missing.
. admin platform_provisioner: repair: No master secret.
warnings: 1
! keycloak: schema keycloak_dev_db: revoke: PUBLIC may create objects in public. Use schemas = ["app"].
done: 1 created, 1 updated, 1 warning, 2 skipped, 1 unchanged in 4.9 s (build 100, run run-1)
`,
  )
})

test('a run with nothing to do is one line', (t) => {
  t.deepEqual(
    print([{ status: 'no_change' }, { status: 'no_change' }], { outcome: 'no_change', exitCode: 0, problems: [] }),
    ['done: nothing changed, 2 unchanged in 2.1 s (build 100, run run-1)\n'],
  )
})

test('what failed is told once, with its remedy; what a failed run did not reach is counted', (t) => {
  const missing: Problem = { ...problem('the secret does not exist.'), field: 'platform/dev/x', remedy: 'Create it.' }
  const unreached: DraftChange = {
    status: 'skipped',
    action: 'check',
    isQuiet: true,
    message: 'not reached: the run failed before',
  }
  t.is(
    print(
      [{ status: 'failed', message: 'the secret does not exist. Create it.' }, unreached, unreached],
      { outcome: 'failed', exitCode: 5, problems: [missing] },
      [missing],
    ).join(''),
    `\
problems: 1
! keycloak: platform/dev/x: the secret does not exist.
  -> Create it.
failed (exit 5): 1 failed, 2 skipped in 2.8 s (build 100, run run-1)
`,
  )
})

test('of a connection that broke each statement that nobody knows of is told, beside the one problem', (t) => {
  const unknown = 'whether it took effect is not known'
  const broke: Problem = { ...problem('the connection broke.'), application: null, code: 'connection_lost' }
  const drafts: readonly DraftChange[] = ['keycloak', 'shop'].map((application) => ({
    application,
    status: 'failed',
    code: 'connection_lost',
    message: `${application}: ${unknown}`,
  }))
  const printed = print(drafts, { outcome: 'failed', exitCode: 1, problems: [broke] }, [broke])
  t.is(printed.filter((line) => line.includes(unknown)).length, 2, printed.join(''))
})

test('what is so in every run is one line, and listed where asked', (t) => {
  const skipped: readonly DraftChange[] = [
    { standing: 'orphan', username: 'a', message: 'role a is retained' },
    { standing: 'orphan', username: 'b', message: 'role b is retained' },
    { standing: 'orphan', object: 'database', database: 'x', message: 'database x is retained' },
    { standing: 'beyond', object: 'grant', message: 'left alone: passer_by' },
    { object: 'snapshot', message: 'not taken: nothing is dropped' },
  ]
  const drafts = skipped.map((draft): DraftChange => ({ ...draft, status: 'skipped' }))
  t.is(
    print(drafts).join(''),
    `\
. keycloak: snapshot keycloak_dev_db: create: not taken: nothing is dropped
. no longer declared: 2 roles, 1 database; not declared and left alone: 1 (the audit names each)
done: nothing changed, 5 skipped in 4.2 s (build 100, run run-1)
`,
  )
  t.is(print(drafts, DONE, [], { listUnchanged: true })[0], '. keycloak: role a is retained\n')
})

test('no_change is listed where asked', (t) => {
  t.is(
    print([{ status: 'no_change', message: '' }], DONE, [], { listUnchanged: true })[0],
    '= keycloak: role keycloak_dev_user: create\n',
  )
})

test('what helps against several problems is told once, behind the last of them', (t) => {
  const problems = ['a', 'b', 'c'].map((name): Problem => ({
    ...problem(`the role ${name} is another state's.`),
    application: name,
    remedy: name === 'c' ? 'Ask them.' : 'Work there.',
  }))
  const printed = print([], { outcome: 'blocked', exitCode: 4, problems }, problems).join('')
  t.deepEqual(
    printed
      .split('\n')
      .filter((line) => line.startsWith('!') || line.startsWith('  ->'))
      .map((line) => line.slice(0, 5)),
    ['! a: ', '! b: ', '  -> ', '! c: ', '  -> '],
  )
  t.is(printed.match(/Work there\./g)?.length, 1)
})

test('a blocked run prints each problem with its remedy, line by line', (t) => {
  const problems: Problem[] = [
    {
      application: 'keycloak',
      code: 'owner_mismatch',
      field: 'owner mismatch',
      message: 'keycloak_dev_db belongs to old_user.',
      remedy: 'Have its owner run:\nALTER DATABASE "keycloak_dev_db" OWNER TO "keycloak_dev_user";',
    },
    {
      application: null,
      code: 'approval',
      field: 'approval',
      message: 'prod needs an approval.',
      remedy: 'Set ALLOW_DB_PROVISION=true.',
    },
  ]
  t.is(
    print([{ status: 'blocked' }], { outcome: 'blocked', exitCode: 4, problems: [problem('x')] }, problems).join(''),
    `\
problems: 2
! keycloak: owner mismatch: keycloak_dev_db belongs to old_user.
  -> Have its owner run:
  -> ALTER DATABASE "keycloak_dev_db" OWNER TO "keycloak_dev_user";
! approval: prod needs an approval.
  -> Set ALLOW_DB_PROVISION=true.
blocked (exit 4): nothing changed, 1 blocked in 1.4 s (build 100, run run-1)
`,
  )
})

test('a failed step is never summed up as "nothing changed"', (t) => {
  const lines = print([{ status: 'failed', message: 'The answer was lost.' }], {
    outcome: 'failed',
    exitCode: 1,
    problems: [problem('x')],
  })
  t.deepEqual(lines, [
    '! keycloak: role keycloak_dev_user: create: The answer was lost.\n',
    'failed (exit 1): 1 failed in 1.4 s (build 100, run run-1)\n',
  ])
})

test('notes stand among the warnings', (t) => {
  t.is(
    print([], DONE, [], {}, ['A torn line was moved.']).join(''),
    `\
warnings: 1
! A torn line was moved.
done: nothing changed in 0.7 s (build 100, run run-1)
`,
  )
})

test('no line is longer than Terraform shows', (t) => {
  for (const line of print([{ status: 'warning', message: '\u{1f600}'.repeat(40_000) }]))
    t.true(Buffer.byteLength(line) < 60 * 1024)
})

test('colours only where asked', (t) => {
  t.is(
    print([{}], DONE, [], { colour: true })[0],
    '\u001b[32m+ keycloak: role keycloak_dev_user: create: The role did not exist.\u001b[39m\n',
  )
})

test('no text from outside adds a line, an escape sequence or a runner command', (t) => {
  const hostile = fc
    .array(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(
          '\n',
          '\r\n',
          '\u001b[31m',
          '\u009b',
          '::error::x',
          '##[error]',
          '##vso[task.x]',
          '\u202e',
          '\u2028',
        ),
      ),
    )
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(hostile, hostile, hostile, (message, username, remedy) => {
      const lines = print([{ message, username, status: 'warning' }], DONE, [
        { application: username, code: 'usage', field: username, message, remedy },
      ])
      for (const line of lines) {
        t.regex(line, /^[!+ dpw][^\p{Cc}\u2028\u2029\u202e]*\n$/u)
        t.notRegex(line, /^\s*::|##\w*\[/)
      }
    }),
  )
})
