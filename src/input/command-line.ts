import yargs from 'yargs'
import { InvalidInputError } from '../errors.ts'
import { REPORT_FORMATS, REPORT_SECTIONS } from './report-options.ts'
import { show, suggestion } from './text.ts'

/** Values by the spelling of their option, as yargs gives them. */
export type Arguments = Readonly<Record<string, unknown>>

interface Option {
  readonly type: 'string' | 'boolean'
  readonly requiresArg?: true
  readonly describe: string
}
type OptionTable = Readonly<Record<string, Option>>

interface CommandText {
  readonly describe: string
  readonly options: OptionTable
  /** What to type, and what it does. */
  readonly examples: readonly (readonly [string, string])[]
}

function value(describe: string): Option {
  return { type: 'string', requiresArg: true, describe }
}

function flag(describe: string): Option {
  return { type: 'boolean', describe }
}

const INPUT: OptionTable = { input: value('File with the declaration: JSON, or base64gzip of it') }
const AUDIT_FILE: OptionTable = { 'audit-file': value('File to write the audit to') }
const PLAN: OptionTable = {
  'detailed-exitcode': flag('Exit 2 where there is something to change'),
  json: flag('Print the plan as JSON'),
}
const DESTROY: OptionTable = {
  application: value('Remove this application'),
  'build-id': value('Remove everything that this build created'),
  'cluster-name': value('Remove everything that carries this cluster name'),
  'dry-run': flag('Only show what would go'),
}
const REPORT: OptionTable = {
  'governance-dir': value('Folder with the governance files; default: the declaration\'s'),
  'audit-dir': value('Folder with audit files; default: .rds-provision/audit where there is no governance folder'),
  connect: flag('Ask the server too; needs the declaration'),
  verify: flag('Check the files, and with --connect that everything is traceable; exit 1 where it is not'),
  section: value(`What to tell, with commas between: ${REPORT_SECTIONS.join(', ')}`),
  environment: value('Only this environment'),
  application: value('Only this application'),
  database: value('Only this database'),
  'build-id': value('Only this build'),
  since: value('From this day, month or time on: 2026-10, 2026-10-31, 2026-10-31T12:00:00Z (UTC)'),
  until: value('Up to the end of this day or month, or this time'),
  'expires-within': value('Days until valid_until that count as expiring (30)'),
  'secrets-older-than': value('Age in days from which a secret is old (90)'),
  format: value(`${REPORT_FORMATS.join(', ')} (text)`),
  output: value('File to write the report to'),
}

/** The commands of design §4, each with its options. */
export const COMMANDS = {
  apply: {
    describe: 'Make roles, databases and privileges match the declaration',
    options: { ...INPUT, ...AUDIT_FILE },
    examples: [['$0 apply --input declaration.json', 'provision by hand what Terraform would']],
  },
  plan: {
    describe: 'Show what apply would change, with its SQL; changes nothing',
    options: { ...INPUT, ...PLAN },
    examples: [
      ['$0 plan --input declaration.json', 'what would be done, why, and with which SQL'],
      ['$0 plan --input declaration.json --detailed-exitcode', 'exit 0: nothing to do, 2: changes, 4: would be blocked'],
    ],
  },
  destroy: {
    describe: 'Remove applications by their cleanup policy',
    options: { ...INPUT, ...AUDIT_FILE, ...DESTROY },
    examples: [
      ['$0 destroy --application analytics --dry-run', 'what would go'],
      ['$0 destroy --build-id 4711', 'tear down what a build created'],
    ],
  },
  report: {
    describe: 'Tell who may do what, what happened, and what is not as declared; changes nothing',
    options: { ...INPUT, ...REPORT },
    examples: [
      ['$0 report --governance-dir audit --application analytics --section access-history --since 2026-10 --until 2026-10', 'who could write to analytics in October?'],
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
  const parser = yargs().options(options).parserConfiguration(PARSING).help(false).version(false).exitProcess(false).detectLocale(false)
  const usage: string[] = []
  // With a callback yargs neither prints nor exits. Its message may be followed by the help text.
  const found: Arguments = parser.parseSync([...argv], {}, (error) => {
    if (error instanceof Error) usage.push(error.message)
  })
  const { _: positional, $0: _script, ...named } = found
  const words = Array.isArray(positional) ? positional.map(String) : []
  const unknown = Object.keys(named).filter((name) => !Object.hasOwn(options, name))
  const problems = [
    ...usage.map((message) => ({ application: null, field: command, message: `${message}.`, remedy: `See ${command} --help.` })),
    ...unknown.map((name) => unknownArgument(command, `--${name}`, Object.keys(options).map((option) => `--${option}`))),
    ...words.map((word) => unknownArgument(command, word, [])),
  ]
  if (problems.length > 0) throw new InvalidInputError(problems)
  return named
}

/** The help text: of the command that stands first, else of the program. */
export function helpText(argv: readonly string[]): string {
  const [first = ''] = argv
  return outputOf(Object.hasOwn(COMMANDS, first) ? [first, '--help'] : ['--help'])
}

/** The script that completes commands and options in bash or zsh; the shell is told by SHELL and ZSH_NAME. */
export function completionScript(): string {
  return outputOf([COMPLETION])
}

/** What the completion script asks for: the words that may stand next, one a line. */
export function completions(argv: readonly string[]): string {
  return outputOf(argv)
}

const COMPLETION = 'completion'

/** What yargs would print: with a callback it neither prints nor exits. */
function outputOf(argv: readonly string[]): string {
  const program = yargs().scriptName('rds-provision').usage('$0 <command> [options]').wrap(100).detectLocale(false).exitProcess(false).help().version()
  program.epilogue('The declaration comes from --input, else from RDS_PROVISION_INPUT.')
  for (const [name, { describe, options, examples }] of Object.entries(COMMANDS)) {
    program.command(name, describe, (command) => command.usage(`$0 ${name} [options]\n\n${describe}.`).options(options).example(examples.map(([line, text]) => [line, text])).version(false))
  }
  program.completion(COMPLETION, 'Print a script that completes commands and options in bash and zsh')
  let text = ''
  program.parseSync([...argv], {}, (_error, _found, output) => {
    text = output
  })
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}

function unknownArgument(command: string, argument: string, known: readonly string[]): { application: null; field: string; message: string; remedy: string } {
  const hint = known.length === 0 ? '' : suggestion(argument, known).trim()
  return { application: null, field: command, message: `${show(argument)} is not an option.`, remedy: hint || `See ${command} --help.` }
}
