import { Readable } from 'node:stream'
import * as v from 'valibot'
import { EXIT, type ExitCode, InvalidInputError } from '../errors.ts'
import type { RunEnvironment } from '../input/environment.ts'
import type { Preview } from '../preview/preview.ts'
import type { Dependencies } from '../run/context.ts'
import { runGroupOf } from './group.ts'
import { print } from './output.ts'
import type { CommandProcess } from './process.ts'
import { functionOf, type RemoteCommand, tellRemotely } from './remote.ts'
import { beginRun, createLookDependencies } from './run.ts'

/** The data source's query, https://registry.terraform.io/providers/hashicorp/external/latest/docs/data-sources/external */
const Query = v.pipe(v.string(), v.parseJson(), v.object({ declaration: v.string() }))

/** Whoever plans does not wait for a server that is away as long as who applies. */
const MAX_CONNECT_SECONDS = 15

/**
 * `rds-provision plan --external`: what differs, or why nobody could look, as the data source `external` takes it.
 * @returns 0 in any case: a server that is away is a warning at plan, and never a change or an error
 */
export async function runExternal(process: CommandProcess, environment: RunEnvironment): Promise<ExitCode> {
  const { externalError } = await import('../preview/external.ts')
  try {
    await print(process, await look(process, environment))
  } catch (error) {
    const { toProvisionError } = await import('../run/end/provision-error.ts')
    await print(process, externalError(toProvisionError(error)))
  }
  return EXIT.done
}

/** @throws ProvisionError */
async function look(process: CommandProcess, environment: RunEnvironment): Promise<string> {
  const [{ readAll }, { previewApply }, { previewExternal }] = await Promise.all([
    import('../run/read-input.ts'),
    import('../run/plan.ts'),
    import('../preview/external.ts'),
  ])
  const query = v.safeParse(Query, await readAll(process.input(), '--external'))
  if (!query.success) throw unreadable()
  const inside = { ...process, input: () => Readable.from([query.output.declaration]) }
  const begun = await beginRun(inside, environment, { command: 'plan', input: '-', needsBuildId: () => false })
  if (begun.error !== null) throw begun.error
  const { declaration } = begun.parsed
  const dependencies = await createLookDependencies(process, environment)
  const functionName = functionOf(null, begun)
  if (functionName !== null) return previewExternal(await lookThere(process, { functionName, begun }, dependencies))
  const connectTimeoutSeconds = Math.min(declaration.connectTimeoutSeconds, MAX_CONNECT_SECONDS)
  return previewExternal(await previewApply({ ...declaration, connectTimeoutSeconds }, begun.identity, dependencies))
}

/** The same, as the function sees it. @throws ProvisionError */
async function lookThere(
  process: CommandProcess,
  { functionName, begun }: Pick<RemoteCommand, 'functionName' | 'begun'>,
  dependencies: Dependencies,
): Promise<Pick<Preview, 'effects' | 'blocked'>> {
  const { parsePlan } = await import('../input/plan-file.ts')
  const command = { functionName, begun, removal: null, runGroup: runGroupOf(process, begun) }
  const how = { json: true, document: false, colour: false, list_unchanged: false }
  const usedSeconds = Math.max(0, begun.parsed.declaration.connectTimeoutSeconds - MAX_CONNECT_SECONDS)
  const { text, blocked } = await tellRemotely(process, command, how, dependencies, usedSeconds * 1000)
  const plan = parsePlan(text)
  if (plan === null) throw new TypeError('the function has told no plan')
  return { effects: plan.effects, blocked }
}

function unreadable(): InvalidInputError {
  const message = 'standard input is no query of the data source external with a declaration.'
  const remedy = 'Use it through the module modules/drift; by hand, give plan --input.'
  return new InvalidInputError([{ application: null, code: 'unreadable_input', field: '--external', message, remedy }])
}
