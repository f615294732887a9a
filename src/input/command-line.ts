import yargs from 'yargs'
import { InvalidInputError, type Problem } from '../errors.ts'
import { REPORT_FORMATS, REPORT_SECTIONS } from './report-options.ts'
import { show, suggestion } from './text.ts'

/** Values by the spelling of their option, as yargs gives them. */
export type Arguments = Readonly<Record<string, unknown>>

export interface Option {
  readonly type: 'string' | 'boolean'
  readonly requiresArg?: true
  /** What stands for the value in a synopsis, e.g. FILE. */
  readonly placeholder?: string
  /** What the value is one of. */
  readonly words?: readonly string[]
  readonly describe: string
}
type OptionTable = Readonly<Record<string, Option>>

export interface CommandText {
  readonly describe: string
  readonly options: OptionTable
  /** Options of which exactly one must be given. */
  readonly oneOf?: readonly string[]
  /** What to type, and what it does. */
  readonly examples: readonly (readonly [string, string])[]
}

function value(placeholder: string, describe: string, words?: readonly string[]): Option {
  return { type: 'string', requiresArg: true, placeholder, describe, ...(words !== undefined && { words }) }
}

function flag(describe: string): Option {
  return { type: 'boolean', describe }
}

const INPUT: OptionTable = { input: value('FILE', 'File with the declaration: JSON, or base64gzip of it') }
const AUDIT_FILE: OptionTable = {
  'audit-file': value('FILE', 'File to write the audit to; default: in audit_dir, else in .rds-provision/audit'),
}
const PLAN: OptionTable = {
  'detailed-exitcode': flag('Exit 2 where there is something to change, 0 where there is not'),
  json: flag('Print the plan as JSON'),
}
const DESTROY: OptionTable = {
  application: value('NAME', 'Remove this application'),
  'build-id': value('ID', 'Remove everything that this build created'),
  'cluster-name': value('NAME', 'Remove everything that carries this cluster name'),
  'dry-run': flag('Only show what would go'),
}
const REPORT: OptionTable = {
  'governance-dir': value('FOLDER', "Folder with the governance files; default: the declaration's"),
  'audit-dir': value(
    'FOLDER',
    'Folder with audit files; default where there is no governance folder: audit_dir, else .rds-provision/audit',
  ),
  connect: flag('Ask the server too; needs the declaration'),
  verify: flag('Check the files, and with --connect that everything is traceable; exit 1 where it is not'),
  section: value('WORDS', 'What to tell, with commas between; default: all', REPORT_SECTIONS),
  environment: value('NAME', 'Only this environment'),
  application: value('NAME', 'Only this application, and the databases that it uses'),
  database: value('NAME', 'Only this database'),
  'build-id': value('ID', 'Only this build'),
  since: value('TIME', 'From this day, month or time on: 2026-10, 2026-10-31, 2026-10-31T12:00:00Z (UTC)'),
  until: value('TIME', 'Up to the end of this day or month, or this time'),
  'expires-within': value('DAYS', 'Days until valid_until that count as expiring; default: 30'),
  'secrets-older-than': value('DAYS', 'Age in days from which a secret is old; default: 90'),
  format: value('WORD', 'How to print it; csv holds one section; default: text', REPORT_FORMATS),
  output: value('FILE', 'File to write the report to; default: standard output'),
}

/** The commands of design §4, each with its options. */
export const COMMANDS = {
  apply: {
    describe: 'Make roles, databases and privileges match the declaration',
    options: { ...INPUT, ...AUDIT_FILE },
    examples: [
      ['$0 apply --input declaration.json', 'provision by hand what Terraform would'],
      ['ALLOW_DB_PROVISION=true $0 apply --input prod.json --audit-file audit.json', 'the same outside dev, approved'],
    ],
  },
  plan: {
    describe: 'Show what apply would change, with its SQL; changes nothing',
    options: { ...INPUT, ...PLAN },
    examples: [
      ['$0 plan --input declaration.json', 'what would be done, why, and with which SQL'],
      [
        '$0 plan --input declaration.json --detailed-exitcode',
        'exit 0: nothing to do, 2: changes, 4: would be blocked',
      ],
      ['$0 plan --input declaration.json --json', 'the same for a program'],
    ],
  },
  destroy: {
    describe: 'Remove applications by their cleanup policy',
    options: { ...DESTROY, ...INPUT, ...AUDIT_FILE },
    oneOf: ['application', 'build-id', 'cluster-name'],
    examples: [
      ['$0 destroy --input declaration.json --application analytics --dry-run', 'what would go'],
      ['$0 destroy --input declaration.json --build-id 4711', 'tear down what a build created'],
    ],
  },
  report: {
    describe: 'Tell who may do what, what happened, and what is not as declared; changes nothing',
    options: { ...INPUT, ...REPORT },
    examples: [
      [
        '$0 report --governance-dir audit --application analytics --section access-history --since 2026-10 --until 2026-10',
        'who could write to analytics in October?',
      ],
      ['$0 report --governance-dir audit --build-id 4711 --section history', 'what did build 4711 create?'],
      ['$0 report --input declaration.json --connect --section unmanaged', 'is anything on this instance not ours?'],
      ['$0 report --input declaration.json --connect --verify', 'is everything traceable, and no file edited?'],
      ['$0 report --governance-dir audit --format html --output report.html', 'one page for the browser'],
    ],
  },
} as const satisfies Record<string, CommandText>

/** Options mean what they spell: no `--no-…`, no numbers, no dots that make objects, no second spelling in camel case. */
const PARSING = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'short-option-groups': false,
} as const

/**
 * Parses the options of one command. Throws InvalidInputError that names every argument the command does not know.
 */
export function argumentsOf(command: keyof typeof COMMANDS, argv: readonly string[]): Arguments {
  const options: OptionTable = COMMANDS[command].options
  const parser = yargs()
    .options(options)
    .parserConfiguration(PARSING)
    .help(false)
    .version(false)
    .exitProcess(false)
    .detectLocale(false)
  const usage: Problem[] = []
  // With a callback yargs neither prints nor exits. Its message may be followed by the help text.
  const found: Arguments = parser.parseSync([...argv], {}, (error) => {
    if (error instanceof Error) usage.push(usageProblem(command, error.message))
  })
  const { _: positional, $0: _script, ...named } = found
  const words = Array.isArray(positional) ? positional.map(String) : []
  const unknown = Object.keys(named).filter((name) => !Object.hasOwn(options, name))
  const problems = [
    ...usage,
    ...argv.flatMap((argument) => flagProblem(options, argument)),
    ...unknown.map((name) =>
      unknownArgument(
        command,
        `--${name}`,
        Object.keys(options).map((option) => `--${option}`),
      ),
    ),
    ...words.map((word) => unknownArgument(command, word, [])),
  ]
  if (problems.length > 0) throw new InvalidInputError(problems)
  return named
}

/** yargs takes any value but `true` for no: `--dry-run=yes` would run. */
function flagProblem(options: OptionTable, argument: string): Problem[] {
  const [, name = '', given = ''] = /^--([^=]+)=(.*)$/s.exec(argument) ?? []
  if (!Object.hasOwn(options, name) || options[name]?.type !== 'boolean' || given === 'true' || given === 'false')
    return []
  return [
    {
      application: null,
      field: `--${name}`,
      message: `${show(given)} is not accepted.`,
      remedy: 'Give it without a value.',
    },
  ]
}

/** The help text: of the command that stands first, else of the program. */
export function helpText(argv: readonly string[]): string {
  const [first = ''] = argv
  const text =
    first === COMPLETION
      ? `${PROGRAM} ${COMPLETION}\n\n${COMPLETION_TEXT}.\n`
      : outputOf(Object.hasOwn(COMMANDS, first) ? [first, '--help'] : ['--help'])
  return `${text}\n${[...examplesOf(first), ...FOOTER].join('\n')}\n`
}

/** Each on a line of its own, however long, so that it can be copied. */
function examplesOf(command: string): string[] {
  const examples = Object.entries(EXAMPLES).find(([name]) => name === command)?.[1] ?? []
  const lines = examples.flatMap(([line, text]) => [`  # ${text}`, `  ${line.replace('$0', PROGRAM)}`])
  return lines.length === 0 ? [] : ['Examples:', ...lines, '']
}

const FOOTER = [
  'The declaration comes from --input, else from RDS_PROVISION_INPUT.',
  'Exit codes: 0 done, 1 failed, 2 plan found changes, 3 invalid input, 4 blocked, 5 secret or AWS, 6 connection.',
]

/** The script that completes commands and options in bash or zsh; the shell is told by SHELL and ZSH_NAME. */
export function completionScript(): string {
  return outputOf([COMPLETION])
}

/** What the completion script asks for: the words that may stand next, one a line. */
export function completions(argv: readonly string[]): string {
  return outputOf(argv)
}

const PROGRAM = 'rds-provision'
const COMPLETION = 'completion'
const COMPLETION_TEXT = 'Print a script that completes commands and options in bash and zsh'
const EXAMPLES: Readonly<Record<string, CommandText['examples']>> = {
  ...Object.fromEntries(Object.entries(COMMANDS).map(([name, { examples }]) => [name, examples])),
  [COMPLETION]: [
    ['$0 completion >> ~/.bashrc', 'for bash'],
    ['$0 completion >> ~/.zshrc', 'for zsh'],
  ],
}

/** What yargs would print: with a callback it neither prints nor exits. */
function outputOf(argv: readonly string[]): string {
  const program = yargs()
    .scriptName(PROGRAM)
    .usage('$0 <command> [options]')
    .wrap(100)
    .detectLocale(false)
    .exitProcess(false)
    .help()
    .version()
  for (const [name, { describe, options }] of Object.entries(COMMANDS)) {
    program.command(name, describe, (command) =>
      command.usage(`$0 ${name} [options]\n\n${describe}.`).options(withChoices(options)).version(false),
    )
  }
  program.completion(COMPLETION, COMPLETION_TEXT)
  let text = ''
  program.parseSync([...argv], {}, (_error, _found, output) => {
    text = output
  })
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}

/** Only help and completion know them as choices: what a value may be is checked with the others, all at once. */
function withChoices(options: OptionTable): Record<string, Option & { choices?: readonly string[] }> {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [
      name,
      { ...option, ...(option.words !== undefined && { choices: option.words }) },
    ]),
  )
}

/** The one complaint that options without types but text and yes can cause, in our words; any other as yargs says it. */
function usageProblem(command: string, message: string): Problem {
  const option = /^Not enough arguments following: (\S+)$/.exec(message)?.[1]
  if (option === undefined)
    return { application: null, field: command, message: `${message}.`, remedy: `See ${command} --help.` }
  return { application: null, field: `--${option}`, message: 'has no value.', remedy: 'Give it once, with a value.' }
}

function unknownArgument(command: string, argument: string, known: readonly string[]): Problem {
  const hint = known.length === 0 ? '' : suggestion(argument, known).trim()
  return {
    application: null,
    field: command,
    message: `${show(argument)} is not an option.`,
    remedy: hint || `See ${command} --help.`,
  }
}
