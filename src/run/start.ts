/** From arguments and environment to a parsed declaration and a run's identity. */
import { createHash, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { readCiIds } from '../ci.ts'
import { InvalidInputError } from '../errors.ts'
import { decodeInput } from '../input/decode.ts'
import type { RunEnvironment, Variables } from '../input/environment.ts'
import { parseDeclaration, type ParsedInput } from '../input/parse.ts'
import { idsAreGiven, resolveRun, type RunIds } from '../input/run-identity.ts'
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

/** `parsed` or `error`: an input that cannot be used has a run and an audit too. */
export type Start = Identified &
  ({ readonly parsed: ParsedInput; readonly error: null } | { readonly parsed: null; readonly error: InvalidInputError })

interface Identified {
  readonly run: RunIdentity
  /** The caller or the CI system gave the run id, so that concurrent processes of one run have the same. */
  readonly isRunIdGiven: boolean
}

const NO_IDS: RunIds = { buildId: null, runId: null }

export async function start(options: StartOptions): Promise<Start> {
  let text = ''
  try {
    text = decodeInput(await readInput(options))
    const parsed = parseDeclaration(text, options.command === 'destroy' ? 'removal' : 'provision')
    const needsBuildId = options.needsBuildId(parsed)
    const identified = await identify({ ...options, needsBuildId }, parsed, parsed.declaration.environment, text)
    return { ...identified, parsed, error: null }
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    return { ...(await identify({ ...options, needsBuildId: false }, NO_IDS, 'dev', text)), parsed: null, error }
  }
}

async function readInput({ inputFile, environment }: StartOptions): Promise<string> {
  if (inputFile === null) {
    if (environment.input !== null) return environment.input
    throw new InvalidInputError([{ application: null, field: 'input', message: 'is missing.', remedy: 'Give --input FILE, or set RDS_PROVISION_INPUT.' }])
  }
  try {
    return await readFile(inputFile, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new InvalidInputError([{ application: null, field: '--input', message: `cannot be read: ${reason}.`, remedy: 'Give the path of a readable file.' }], { cause: error })
  }
}

async function identify(options: IdentifyOptions, declared: RunIds, environment: RunIdentityEnvironment, text: string): Promise<Identified> {
  const ci = idsAreGiven(declared, options.environment) ? NO_IDS : await readCiIds(options.variables, options.cwd)
  const uuid = randomUUID()
  const run = resolveRun({
    command: options.command,
    environment,
    declared,
    variables: options.environment,
    ci,
    startedAt: options.startedAt,
    uuid,
    toolVersion: TOOL_VERSION,
    inputSha256: createHash('sha256').update(text).digest('hex'),
    needsBuildId: options.needsBuildId,
  })
  return { run, isRunIdGiven: run.runId !== uuid }
}

type IdentifyOptions = Omit<StartOptions, 'needsBuildId'> & { readonly needsBuildId: boolean }
type RunIdentityEnvironment = ParsedInput['declaration']['environment']
