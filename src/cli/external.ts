import { Readable } from 'node:stream'
import * as v from 'valibot'
import { EXIT, type ExitCode, InvalidInputError } from '../errors.ts'
import type { RunEnvironment } from '../input/environment.ts'
import { print } from './output.ts'
import type { CommandProcess } from './process.ts'
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
  const connectTimeoutSeconds = Math.min(declaration.connectTimeoutSeconds, MAX_CONNECT_SECONDS)
  const dependencies = await createLookDependencies(process, environment)
  return previewExternal(await previewApply({ ...declaration, connectTimeoutSeconds }, begun.identity, dependencies))
}

function unreadable(): InvalidInputError {
  const message = 'standard input is no query of the data source external with a declaration.'
  const remedy = 'Use it through the module modules/drift; by hand, give plan --input.'
  return new InvalidInputError([{ application: null, code: 'unreadable_input', field: '--external', message, remedy }])
}
