/** A run of the function's own: it has a declaration of its own, and nobody who asks gives it one. */
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { InvalidInputError } from '../errors.ts'
import { readEnvironment, type Variables } from '../input/environment.ts'
import type { Declaration } from '../model/declaration.ts'
import type { RunIdentity, RunName } from '../model/run.ts'
import { startRun } from '../run/start.ts'
import { ofTheFunction } from './function/begin.ts'

/** Names the file of what `declaration_json` of the module gives, which modules/lambda-runner puts into a layer. */
export const DECLARATION_VARIABLE = 'RDS_PROVISION_DECLARATION_FILE'

export interface OwnRun {
  readonly declaration: Declaration
  readonly identity: RunIdentity
}

/** @param runId by which the log tells one run from others. @throws InvalidInputError */
export async function beginOwnRun(variables: Variables, command: RunName, runId: string): Promise<OwnRun> {
  const text = await readDeclaration(variables)
  const given = {
    RDS_PROVISION_INPUT: text,
    RDS_PROVISION_RUN_ID: runId,
    RDS_PROVISION_BUILD_ID: `${command}-${runId}`,
  }
  const started = await startRun({
    command,
    inputFile: null,
    claim: null,
    variables: given,
    environment: readEnvironment(given),
    cwd: tmpdir(),
    startedAt: new Date(),
    needsBuildId: () => false,
  })
  if (started.error !== null) throw started.error
  const { parsed, identity } = started
  // The function stands beside the instance; whatever tunnel there is, is the runner's.
  const declaration = { ...ofTheFunction(parsed.declaration, null), connectThrough: null }
  return { declaration, identity }
}

async function readDeclaration(variables: Variables): Promise<string> {
  try {
    return await readFile(variables[DECLARATION_VARIABLE] ?? '', 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new InvalidInputError(
      [
        {
          application: null,
          code: 'unreadable_input',
          field: DECLARATION_VARIABLE,
          message: `of the function cannot be read: ${why}.`,
          remedy: 'Apply modules/lambda-runner with `declaration_json`: it gives the function the file.',
        },
      ],
      { cause: error },
    )
  }
}
