import test from 'ava'

import { parseOptions } from '../../../src/input/options.ts'
import { problemsOf } from './sample.ts'
import { COMMANDS } from '../../../src/input/commands.ts'

const ACCEPTED: readonly (readonly [string, object])[] = [
  ['apply', { command: 'apply', input: null, runner: null, claim: null, auditFile: null }],
  ['apply --claim c1', { command: 'apply', input: null, runner: null, claim: 'c1', auditFile: null }],
  [
    'apply --input in.json --audit-file=a.json',
    { command: 'apply', input: 'in.json', runner: null, claim: null, auditFile: 'a.json' },
  ],
  [
    'plan',
    {
      command: 'plan',
      input: null,
      runner: null,
      terraformPlan: null,
      claim: null,
      out: null,
      detailedExitcode: false,
      json: false,
      external: false,
    },
  ],
  ['apply --input -', { command: 'apply', input: '-', runner: null, claim: null, auditFile: null }],
  [
    'plan --terraform-plan - --terraform-output all.orders',
    {
      command: 'plan',
      input: null,
      runner: null,
      terraformPlan: { path: '-', output: 'all.orders' },
      claim: null,
      out: null,
      detailedExitcode: false,
      json: false,
      external: false,
    },
  ],
  [
    'plan --input 007 --detailed-exitcode --json',
    {
      command: 'plan',
      input: '007',
      runner: null,
      terraformPlan: null,
      claim: null,
      out: null,
      detailedExitcode: true,
      json: true,
      external: false,
    },
  ],
  [
    'generate',
    {
      command: 'generate',
      runner: null,
      input: null,
      format: 'hcl',
      output: null,
      statements: null,
      database: null,
      terraformState: null,
      removed: null,
    },
  ],
  [
    'generate --input i --runner f --format json --output o --statements s --database d --terraform-state - --removed r',
    {
      command: 'generate',
      runner: 'f',
      input: 'i',
      format: 'json',
      output: 'o',
      statements: 's',
      database: 'd',
      terraformState: '-',
      removed: 'r',
    },
  ],
  [
    'destroy --application a',
    {
      command: 'destroy',
      input: null,
      runner: null,
      claim: null,
      auditFile: null,
      removal: { kind: 'target', target: { by: 'application', value: 'a' } },
      dryRun: false,
    },
  ],
  [
    'destroy --build-id 0042 --dry-run',
    {
      command: 'destroy',
      input: null,
      runner: null,
      claim: null,
      auditFile: null,
      removal: { kind: 'target', target: { by: 'build-id', value: '0042' } },
      dryRun: true,
    },
  ],
  [
    'destroy --build-id 1 --dry-run=true',
    {
      command: 'destroy',
      input: null,
      runner: null,
      claim: null,
      auditFile: null,
      removal: { kind: 'target', target: { by: 'build-id', value: '1' } },
      dryRun: true,
    },
  ],
  [
    'destroy --cluster-name c --audit-file x',
    {
      command: 'destroy',
      input: null,
      runner: null,
      claim: null,
      auditFile: 'x',
      removal: { kind: 'target', target: { by: 'cluster-name', value: 'c' } },
      dryRun: false,
    },
  ],
  [
    'destroy --request --application a --marker m1 --claim s1',
    {
      command: 'destroy',
      input: null,
      runner: null,
      claim: 's1',
      auditFile: null,
      removal: { kind: 'request', application: 'a', marker: 'm1' },
      dryRun: false,
    },
  ],
  [
    'destroy --requested --dry-run',
    {
      command: 'destroy',
      input: null,
      runner: null,
      claim: null,
      auditFile: null,
      removal: { kind: 'requested' },
      dryRun: true,
    },
  ],
  [
    'plan --runner rds-provision',
    {
      command: 'plan',
      input: null,
      runner: 'rds-provision',
      terraformPlan: null,
      claim: null,
      out: null,
      detailedExitcode: false,
      json: false,
      external: false,
    },
  ],
  ['--version', { command: 'version' }],
]
for (const [line, expected] of ACCEPTED) {
  test(`accepted: ${line}`, (t) => {
    t.deepEqual<unknown, unknown>(parseOptions(line.split(' ')), expected)
  })
}

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['apply --runner a/b', /--runner: "a\/b" is not accepted/],
  ['', /apply, plan, destroy/],
  ['aply', /"apply"/],
  ['plan --detailed-exitcod', /"--detailed-exitcode"/],
  ['apply --inptu x', /"--input"/],
  ['apply --dry-run', /--help/],
  ['apply extra', /"extra"/],
  ['apply --input', /^--input: has no value\. Give it once, with a value\.$/],
  ['apply --input=', /--input.*no value/],
  ['apply --input a --input b', /--input.*more than once/],
  ['plan --input a --terraform-plan b', /^--input: is given beside --terraform-plan/],
  ['plan --terraform-output a', /^--terraform-output: goes with --terraform-plan only\./],
  ['plan --external --input a', /^--input: does not go with --external/],
  ['plan --external --terraform-plan a', /^--terraform-plan: does not go with --external/],
  ['--version x', /"--version"/],
  ['destroy', /--application, --build-id, --cluster-name/],
  ['destroy --application a --build-id b', /--application, --build-id/],
  ['destroy --requested --application a', /--application, --requested/],
  ['destroy --request --build-id b', /^--request: goes with --application only\./],
  ['destroy --requested --marker m', /^--marker: goes with --request only\./],
  ['destroy --application a --marker m', /^--marker: goes with --request only\./],
  ['apply --no-input', /"--no-input"/],
  ['destroy --application a --dry-run=yes', /^--dry-run: "yes" is not accepted\. Give it without a value\.$/],
  ['destroy --application a --dry-run=', /^--dry-run: "" is not accepted/],
  ['plan --json=1 --detailed-exitcode=on', /--json: "1"[\s\S]*--detailed-exitcode: "on"/],
  ['apply -x', /not an option/],
  ['apply --__proto__ x', /not an option/],
]
for (const [line, message] of REFUSED) {
  test(`refused: ${line}`, (t) => {
    const problems = problemsOf(() => parseOptions(line === '' ? [] : line.split(' ')))
    t.regex(problems.map((problem) => `${problem.field}: ${problem.message} ${problem.remedy}`).join('\n'), message)
  })
}

test('every wrong argument is named', (t) => {
  t.is(problemsOf(() => parseOptions(['plan', 'c', '--a', '--b'])).length, 3)
})

test('help is text, of the program and of each command', (t) => {
  const help = (...argv: string[]): string => {
    const options = parseOptions(argv)
    return options.command === 'help' ? options.text : ''
  }
  t.regex(help('--help'), /apply[\s\S]*plan[\s\S]*destroy/)
  t.regex(help('destroy', '--help'), /--build-id[\s\S]*--dry-run/)
  t.regex(help('plan', '--help'), /--detailed-exitcode/)
  t.notRegex(help('plan', '--help'), /--dry-run/)
  t.is(help('help', 'plan'), help('plan', '--help'))
  t.is(help('help'), help('--help'))
})

test('help of every command has examples that it accepts, each on a line of its own', (t) => {
  for (const command of [...Object.keys(COMMANDS), 'completion']) {
    const options = parseOptions([command, '--help'])
    const lines = options.command === 'help' ? options.text.split('\n') : []
    const examples = lines
      .slice(lines.indexOf('Examples:') + 1)
      .filter((line) => line.startsWith('  ') && !line.startsWith('  #'))
    t.true(examples.length > 0, command)
    for (const line of examples)
      t.notThrows(() => parseOptions((/rds-provision (.*?)(?: >> .*)?$/.exec(line)?.[1] ?? '').split(' ')), line)
    t.true(lines.at(-2)?.startsWith('Exit codes: 0 done,'))
  }
})
