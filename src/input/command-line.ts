import yargs from 'yargs'
import { InvalidInputError } from '../errors.ts'
import { show, suggestion } from './text.ts'

/** Values by the spelling of their option, as yargs gives them. */
export type Arguments = Readonly<Record<string, unknown>>

interface Option {
  readonly type: 'string' | 'boolean'
  readonly requiresArg?: true
  readonly describe: string
}
type OptionTable = Readonly<Record<string, Option>>

const INPUT: OptionTable = { input: { type: 'string', requiresArg: true, describe: 'File with the declaration: JSON, or base64gzip of it' } }
const AUDIT_FILE: OptionTable = { 'audit-file': { type: 'string', requiresArg: true, describe: 'File to write the audit to' } }
const PLAN: OptionTable = {
  'detailed-exitcode': { type: 'boolean', describe: 'Exit 2 where there is something to change' },
  json: { type: 'boolean', describe: 'Print the plan as JSON' },
}
const DESTROY: OptionTable = {
  application: { type: 'string', requiresArg: true, describe: 'Remove this application' },
  'build-id': { type: 'string', requiresArg: true, describe: 'Remove everything that this build created' },
  'cluster-name': { type: 'string', requiresArg: true, describe: 'Remove everything that carries this cluster name' },
  'dry-run': { type: 'boolean', describe: 'Only show what would go' },
}

/** The commands of design §4, each with its options. */
export const COMMANDS = {
  apply: { describe: 'Make roles, databases and privileges match the declaration', options: { ...INPUT, ...AUDIT_FILE } },
  plan: { describe: 'Show what apply would change, with its SQL', options: { ...INPUT, ...PLAN } },
  destroy: { describe: 'Remove applications by their cleanup policy', options: { ...INPUT, ...AUDIT_FILE, ...DESTROY } },
} as const satisfies Record<string, { readonly describe: string; readonly options: OptionTable }>

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
  const program = yargs().scriptName('rds-provision').usage('$0 <command>').wrap(100).detectLocale(false).exitProcess(false).help().version()
  program.epilogue('The declaration comes from --input, else from RDS_PROVISION_INPUT.')
  for (const [name, { describe, options }] of Object.entries(COMMANDS)) {
    program.command(name, describe, (command) => command.options(options).version(false))
  }
  const [first = ''] = argv
  let text = ''
  program.parseSync(Object.hasOwn(COMMANDS, first) ? [first, '--help'] : ['--help'], {}, (_error, _found, output) => {
    text = output
  })
  return text
}

function unknownArgument(command: string, argument: string, known: readonly string[]): { application: null; field: string; message: string; remedy: string } {
  const hint = known.length === 0 ? '' : suggestion(argument, known).trim()
  return { application: null, field: command, message: `${show(argument)} is not an option.`, remedy: hint || `See ${command} --help.` }
}
