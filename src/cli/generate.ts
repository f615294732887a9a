import { EXIT, type ExitCode } from '../errors.ts'
import { toHcl } from '../generate/hcl.ts'
import { givenUp } from '../generate/intent.ts'
import { toJson, toRemoved, toStatements } from '../generate/print.ts'
import type { Generated } from '../generate/types.ts'
import type { RunEnvironment } from '../input/environment.ts'
import type { GenerateOptions } from '../input/generate-options.ts'
import { parseTerraformState, type StateResource } from '../input/terraform-state.ts'
import { runGroupOf } from './group.ts'
import { print } from './output.ts'
import type { CommandProcess } from './process.ts'
import { functionOf, generateRemotely } from './remote.ts'
import { beginRun, createLookDependencies } from './run.ts'
import { writeText } from './write-text.ts'

/** `rds-provision generate`. @throws ProvisionError where no declaration could be made. */
export async function runGenerate(
  process: CommandProcess,
  options: GenerateOptions,
  environment: RunEnvironment,
): Promise<ExitCode> {
  // It looks, and needs what a plan needs.
  const begun = await beginRun(process, environment, {
    command: 'plan',
    input: options.input,
    needsBuildId: () => false,
  })
  if (begun.error !== null) throw begun.error
  const { parsed, identity, text } = begun
  const resources = options.terraformState === null ? [] : await readState(process, options.terraformState)
  const { database } = options
  const dependencies = await createLookDependencies(process, environment)
  const functionName = functionOf(options.runner, begun)
  const asked = { declaration: parsed.declaration, identity, text, database, resources }
  const { generateAsAsked } = await import('../run/generate.ts')
  const generated =
    functionName === null
      ? await generateAsAsked(asked, dependencies)
      : await generateRemotely(
          process,
          { functionName, begun, removal: null, runGroup: runGroupOf(process, begun) },
          { database, resources: [...resources] },
          dependencies,
        )
  await writeAll(process, options, generated, resources)
  return EXIT.done
}

async function readState(process: CommandProcess, path: string): Promise<readonly StateResource[]> {
  const { MOST_PLAN_BYTES, readText } = await import('../run/read-input.ts')
  return parseTerraformState(
    await readText(path, '--terraform-state', MOST_PLAN_BYTES, { standardInput: process.input }),
  )
}

async function writeAll(
  process: CommandProcess,
  { format, output, statements, terraformState, removed }: GenerateOptions,
  generated: Generated,
  resources: readonly StateResource[],
): Promise<void> {
  const addresses = terraformState === null ? null : givenUp(resources)
  const blocks = addresses === null || removed !== null ? '' : asComments(toRemoved(addresses))
  const text = format === 'json' ? toJson(generated, addresses) : `${toHcl(generated)}${blocks}`
  if (statements !== null) await writeText(statements, '--statements', toStatements(generated))
  if (removed !== null && addresses !== null) await writeText(removed, '--removed', toRemoved(addresses))
  if (output === null) await print(process, text)
  else await writeText(output, '--output', text)
}

/** A `.tfvars` file holds no blocks. */
function asComments(blocks: string): string {
  const lines = ['In a .tf file of the other configuration:', ...blocks.trimEnd().split('\n')]
  return `\n${lines.map((line) => (line === '' ? '#' : `# ${line}`)).join('\n')}\n`
}
