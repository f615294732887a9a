import yargs from 'yargs'
import { InvalidInputError } from '../errors.ts'
import type { Problem } from '../model/problem.ts'
import { show, suggestion } from './text.ts'
import { COMMANDS, type CommandText, type Option, type OptionTable } from './commands.ts'

/** Values by the spelling of their option, as yargs gives them. */
export type Arguments = Readonly<Record<string, unknown>>

/**
 * Options mean what they spell: no `--no-…`, no numbers, no dots that make objects, no second spelling in camel case.
 */
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
      code: 'usage',
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

/**
 * The one complaint that options without types but text and yes can cause, in our words; any other as yargs says it.
 */
function usageProblem(command: string, message: string): Problem {
  const option = /^Not enough arguments following: (\S+)$/.exec(message)?.[1]
  if (option === undefined)
    return {
      application: null,
      code: 'usage',
      field: command,
      message: `${message}.`,
      remedy: `See ${command} --help.`,
    }
  return {
    application: null,
    code: 'usage',
    field: `--${option}`,
    message: 'has no value.',
    remedy: 'Give it once, with a value.',
  }
}

function unknownArgument(command: string, argument: string, known: readonly string[]): Problem {
  const hint = known.length === 0 ? '' : suggestion(argument, known).trim()
  return {
    application: null,
    code: 'usage',
    field: command,
    message: `${show(argument)} is not an option.`,
    remedy: hint || `See ${command} --help.`,
  }
}
