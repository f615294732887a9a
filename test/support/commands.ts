/** The commands and their options as Markdown, from the sources: a guide's part of the manual. */
import { type CommandText, COMMANDS, type Option } from '../../src/input/commands.ts'

const BEGIN = '<!-- commands: npm run docs -->'
const END = '<!-- end of commands -->'

/** One heading, synopsis and table of options a command. */
function commandReference(): string {
  return Object.entries<CommandText>(COMMANDS)
    .map(([name, command]) => section(name, command))
    .join('\n\n')
}

function section(name: string, command: CommandText): string {
  const { describe, options } = command
  const rows = Object.entries(options).map(
    ([option, details]) => `| \`${spelled(option, details)}\` | ${described(details)} |`,
  )
  return [
    `### ${name}`,
    '',
    `${describe}.`,
    '',
    '```',
    synopsis(name, command),
    '```',
    '',
    '| option | what it does |',
    '| --- | --- |',
    ...rows,
  ].join('\n')
}

/** `rds-provision destroy (--application NAME | --build-id ID) [--dry-run]` */
function synopsis(name: string, { options, oneOf = [] }: CommandText): string {
  const alternatives = Object.entries(options)
    .filter(([option]) => oneOf.includes(option))
    .map(([option, details]) => spelled(option, details))
  const others = Object.entries(options)
    .filter(([option]) => !oneOf.includes(option))
    .map(([option, details]) => `[${spelled(option, details)}]`)
  return [
    'rds-provision',
    name,
    ...(alternatives.length === 0 ? [] : [`(${alternatives.join(' | ')})`]),
    ...others,
  ].join(' ')
}

function spelled(option: string, { placeholder }: Option): string {
  return placeholder === undefined ? `--${option}` : `--${option} ${placeholder}`
}

function described({ describe, words = [] }: Option): string {
  return `${describe.replaceAll('<', '\\<')}.${words.length === 0 ? '' : ` One of ${words.map((word) => `\`${word}\``).join(', ')}.`}`
}

/** A guide with the commands as they are now between its marks. */
export function withCommands(guide: string): string {
  const [before, rest = ''] = guide.split(BEGIN)
  const after = rest.split(END)[1]
  if (before === undefined || after === undefined) throw new Error(`The guide lacks ${BEGIN} or ${END}.`)
  return `${before}${BEGIN}\n\n${commandReference()}\n\n${END}${after}`
}
