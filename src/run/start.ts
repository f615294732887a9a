/** From arguments and environment to a parsed declaration and a run's identity. */
import { createHash, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { readCiIds } from '../ci.ts'
import { InvalidInputError } from '../errors.ts'
import type { Problem } from '../model/problem.ts'
import { decodeInput } from '../input/decode.ts'
import type { RunEnvironment, Variables } from '../input/environment.ts'
import { DeclarationError, parseDeclaration, type ParsedInput } from '../input/parse.ts'
import { idsAreGiven, resolveRun, type RunFacts, type RunIds } from '../input/run-identity.ts'
import type { Command, RunIdentity } from '../model/run.ts'
import { TOOL_VERSION } from '../version.ts'

export interface StartOptions {
  readonly command: Command
  /** --input, before RDS_PROVISION_INPUT (design §14). */
  readonly inputFile: string | null
  readonly variables: Variables
  readonly environment: RunEnvironment
  readonly cwd: string
  readonly startedAt: Date
  /** Whether this declaration needs a build id outside of dev (design §14). */
  readonly needsBuildId: (parsed: ParsedInput) => boolean
}

/** An input that cannot be used has a run and an audit too; `parsed` is then what could be read of it. */
export type StartedRun = IdentifiedRun & ({ readonly parsed: ParsedInput; readonly error: null } | UnusableRun)

export interface UnusableRun extends IdentifiedRun {
  readonly parsed: ParsedInput | null
  readonly error: InvalidInputError
}

interface IdentifiedRun {
  readonly identity: RunIdentity
  /** The caller or the CI system gave the run id, so that concurrent processes of one run have the same. */
  readonly isRunIdGiven: boolean
}

const NO_IDS: RunIds = { buildId: null, runId: null }

/** Everything wrong at once: the run's variables, the input, and a missing build id. */
export async function startRun(options: StartOptions): Promise<StartedRun> {
  const { text, parsed, problems } = await readDeclaration(options)
  const facts = await gatherFacts(options, parsed, text)
  const needsBuildId =
    parsed !== null && options.needsBuildId(parsed) && !problems.some(({ field }) => /build_id$/i.test(field))
  const { identity, missing } = identify(facts, needsBuildId)
  const identified = { identity, isRunIdGiven: identity.runId !== facts.uuid }
  const all = [...options.environment.problems, ...problems, ...missing]
  if (all.length === 0 && parsed !== null) return { ...identified, parsed, error: null }
  return { ...identified, parsed, error: new InvalidInputError(all) }
}

interface InputRead {
  readonly text: string
  readonly parsed: ParsedInput | null
  readonly problems: readonly Problem[]
}

async function readDeclaration(options: StartOptions): Promise<InputRead> {
  let text = ''
  try {
    text = decodeInput(await readInput(options))
    return { text, parsed: parseDeclaration(text, options.command === 'destroy' ? 'removal' : 'stack'), problems: [] }
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    return { text, parsed: error instanceof DeclarationError ? error.readable : null, problems: error.problems }
  }
}

async function readInput({ inputFile, environment }: StartOptions): Promise<string> {
  if (inputFile === null) {
    if (environment.input !== null) return environment.input
    throw new InvalidInputError([
      {
        application: null,
        code: 'missing_input',
        field: 'input',
        message: 'is missing.',
        remedy: 'Give --input FILE, or set RDS_PROVISION_INPUT.',
      },
    ])
  }
  try {
    return await readFile(inputFile, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new InvalidInputError(
      [
        {
          application: null,
          code: 'unreadable_input',
          field: '--input',
          message: `cannot be read: ${reason}.`,
          remedy: 'Give the path of a readable file.',
        },
      ],
      { cause: error },
    )
  }
}

async function gatherFacts(
  options: StartOptions,
  parsed: ParsedInput | null,
  text: string,
): Promise<Omit<RunFacts, 'needsBuildId'>> {
  const declared = parsed ?? NO_IDS
  return {
    command: options.command,
    environment: parsed?.declaration.environment ?? null,
    declared,
    variables: options.environment,
    ci: idsAreGiven(declared, options.environment) ? NO_IDS : await readCiIds(options.variables, options.cwd),
    startedAt: options.startedAt,
    uuid: randomUUID(),
    toolVersion: TOOL_VERSION,
    inputSha256: createHash('sha256').update(text).digest('hex'),
  }
}

/** Without a build id that it needs, a run still has an identity, for its audit. */
function identify(
  facts: Omit<RunFacts, 'needsBuildId'>,
  needsBuildId: boolean,
): { readonly identity: RunIdentity; readonly missing: readonly Problem[] } {
  try {
    return { identity: resolveRun({ ...facts, needsBuildId }), missing: [] }
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    return { identity: resolveRun({ ...facts, needsBuildId: false }), missing: error.problems }
  }
}
