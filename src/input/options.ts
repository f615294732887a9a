import { InvalidInputError } from '../errors.ts'
import type { DestroyTarget } from '../model/removal.ts'
import { argumentsOf, completions, completionScript, helpText } from './command-line.ts'
import type { Arguments } from './command-line.ts'
import { COMMANDS } from './commands.ts'
import { type GenerateOptions, generateOptions } from './generate-options.ts'
import { type ReportOptions, reportOptions } from './report-options.ts'
import { checkRunner } from './runner.ts'
import { show, suggestion } from './text.ts'

/**
 * What the command line asks for. `input` and `auditFile` are null where the environment decides (src/README.md:
 * Environment of a run).
 */
export type Options =
  | {
      readonly command: 'apply' | 'prepare-upgrade'
      readonly input: string | null
      readonly runner: string | null
      readonly claim: string | null
      readonly auditFile: string | null
    }
  | {
      readonly command: 'plan'
      readonly input: string | null
      readonly runner: string | null
      /** null: not given. */
      readonly terraformPlan: { readonly path: string; readonly output: string | null } | null
      readonly claim: string | null
      /** File to write the plan to as JSON; null: none. */
      readonly out: string | null
      readonly detailedExitcode: boolean
      readonly json: boolean
      /** As a program of Terraform's data source `external`. */
      readonly external: boolean
    }
  | {
      readonly command: 'destroy'
      readonly input: string | null
      readonly runner: string | null
      readonly claim: string | null
      readonly auditFile: string | null
      readonly removal: RemovalOptions
      readonly dryRun: boolean
    }
  | (ReportOptions & { readonly runner: string | null })
  | GenerateOptions
  | { readonly command: 'help'; readonly text: string }
  | { readonly command: 'version' }

/**
 * What `destroy` does: removes what is named; asks for the removal of an application whose marker is gone; or carries
 * out what was asked for.
 */
export type RemovalOptions =
  | { readonly kind: 'target'; readonly target: DestroyTarget }
  | { readonly kind: 'request'; readonly application: string; readonly marker: string | null }
  | { readonly kind: 'requested' }

/**
 * Parses the command line (without node and script). Prints nothing and never exits: help comes back as text, and a
 * usage error is an InvalidInputError that names the nearest option.
 */
export function parseOptions(argv: readonly string[]): Options {
  if (argv[0] === '--get-yargs-completions') return { command: 'help', text: completions(argv) }
  if (argv.includes('--help') || argv.includes('-h')) return { command: 'help', text: helpText(argv) }
  const [command = '', ...rest] = argv
  if (command === 'help') return { command: 'help', text: helpText(rest) }
  if (command === '--version' && rest.length === 0) return { command: 'version' }
  switch (command) {
    case 'apply':
    case 'prepare-upgrade':
      return applyOptions(command, argumentsOf(command, rest))
    case 'plan':
      return planOptions(argumentsOf(command, rest))
    case 'destroy':
      return destroyOptions(argumentsOf(command, rest))
    case 'completion':
      return { command: 'help', text: completionScript() }
    case 'generate': {
      const found = argumentsOf(command, rest)
      return { ...generateOptions((option) => textOf(found, option)), runner: runnerOf(found) }
    }
    case 'report': {
      const found = argumentsOf(command, rest)
      return {
        ...reportOptions(
          (option) => textOf(found, option),
          (option) => found[option] === true,
        ),
        runner: runnerOf(found),
      }
    }
    default:
      throw unknownCommand(command)
  }
}

function applyOptions(command: 'apply' | 'prepare-upgrade', found: Arguments): Options {
  return {
    command,
    input: textOf(found, 'input'),
    runner: runnerOf(found),
    claim: textOf(found, 'claim'),
    auditFile: textOf(found, 'audit-file'),
  }
}

function planOptions(found: Arguments): Options {
  const external = found['external'] === true
  if (external && textOf(found, 'input') !== null) throw apart('--input')
  if (external && textOf(found, 'terraform-plan') !== null) throw apart('--terraform-plan')
  return {
    command: 'plan',
    input: textOf(found, 'input'),
    runner: runnerOf(found),
    terraformPlan: terraformPlanOf(found),
    claim: textOf(found, 'claim'),
    out: textOf(found, 'out'),
    detailedExitcode: found['detailed-exitcode'] === true,
    json: found['json'] === true,
    external,
  }
}

function apart(option: string): InvalidInputError {
  const message = 'does not go with --external, whose query holds the declaration.'
  const problem = { application: null, code: 'usage', field: option, message } as const
  return new InvalidInputError([{ ...problem, remedy: 'Give one of the two.' }])
}

function terraformPlanOf(found: Arguments): Extract<Options, { command: 'plan' }>['terraformPlan'] {
  const [path, output] = [textOf(found, 'terraform-plan'), textOf(found, 'terraform-output')]
  if (path === null && output !== null) throw misplaced('--terraform-output', '--terraform-plan')
  if (path === null) return null
  if (textOf(found, 'input') === null) return { path, output }
  const message = 'is given beside --terraform-plan, which holds the declaration too.'
  const problem = { application: null, code: 'usage', field: '--input', message } as const
  throw new InvalidInputError([{ ...problem, remedy: 'Give one of the two.' }])
}

function destroyOptions(found: Arguments): Options {
  return {
    command: 'destroy',
    input: textOf(found, 'input'),
    runner: runnerOf(found),
    claim: textOf(found, 'claim'),
    auditFile: textOf(found, 'audit-file'),
    removal: removalOptions(found),
    dryRun: found['dry-run'] === true,
  }
}

function removalOptions(found: Arguments): RemovalOptions {
  const kinds = ['application', 'build-id', 'cluster-name'] as const
  const targets = kinds.flatMap((by) => {
    const value = textOf(found, by)
    return value === null ? [] : [{ by, value }]
  })
  const [target] = targets
  const [isRequested, isRequest] = ['requested', 'request'].map((name) => found[name] === true)
  const given = [...targets.map(({ by }) => `--${by}`), ...(isRequested === true ? ['--requested'] : [])]
  if (given.length !== 1) throw destroyTargets(given)
  if (isRequest === true && target?.by !== 'application') throw misplaced('--request', '--application')
  if (textOf(found, 'marker') !== null && isRequest !== true) throw misplaced('--marker', '--request')
  if (target === undefined) return { kind: 'requested' }
  return isRequest === true
    ? { kind: 'request', application: target.value, marker: textOf(found, 'marker') }
    : { kind: 'target', target }
}

function misplaced(option: string, needed: string): InvalidInputError {
  const problem = { application: null, code: 'usage', field: option, message: `goes with ${needed} only.` } as const
  return new InvalidInputError([{ ...problem, remedy: `Give ${needed} too, or leave ${option} out.` }])
}

/** The value of a text option; null where it is not given. Repeated options come as a list. */
function textOf(found: Arguments, option: string): string | null {
  const value = found[option]
  if (value === undefined) return null
  if (typeof value === 'string' && value !== '') return value
  const message = Array.isArray(value) ? 'is given more than once.' : 'has no value.'
  throw new InvalidInputError([
    { application: null, code: 'usage', field: `--${option}`, message, remedy: 'Give it once, with a value.' },
  ])
}

function runnerOf(found: Arguments): string | null {
  const runner = textOf(found, 'runner')
  const problems = checkRunner(runner)
  if (problems.length > 0) throw new InvalidInputError(problems)
  return runner
}

function destroyTargets(given: readonly string[]): InvalidInputError {
  const message =
    given.length === 0 ? 'names nothing to remove.' : `names several things to remove: ${given.join(', ')}.`
  return new InvalidInputError([
    {
      application: null,
      code: 'usage',
      field: 'destroy',
      message,
      remedy: 'Give one of --application, --build-id, --cluster-name, --requested.',
    },
  ])
}

function unknownCommand(command: string): InvalidInputError {
  const known = Object.keys(COMMANDS)
  const message = command === '' ? 'is missing.' : `${show(command)} is not a command.`
  const remedy = `Use one of ${known.join(', ')}.${command === '' ? '' : suggestion(command, known)}`
  return new InvalidInputError([{ application: null, code: 'usage', field: 'command', message, remedy }])
}
