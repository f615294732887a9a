/** A command that a Lambda function does in this process's stead (src/README.md: The function). */
import { readCaFile } from '../ca-file.ts'
import { readAwsEnvironment } from '../input/aws-environment.ts'
import type { Variables } from '../input/environment.ts'
import type { RemovalOptions } from '../input/options.ts'
import type { FunctionClient, Watch } from '../lambda/client/ask.ts'
import type { Generated } from '../generate/types.ts'
import type { ToldLine } from '../lambda/answer.ts'
import type { GenerateThere } from '../lambda/generated.ts'
import type { FunctionRequest, TurnlessRequest } from '../lambda/protocol.ts'
import type { RunResult } from '../audit/result.ts'
import type { Dependencies } from '../run/context.ts'
import type { StartedRun } from '../run/start.ts'
import type { Section } from '../report/report.ts'
import type { LiveOptions } from '../run/report.ts'
import type { CommandProcess } from './process.ts'

type Begun = Extract<StartedRun, { error: null }>

/**
 * The function that a run is for; null: this process does it.
 * @param given `--runner`, which goes before the input's
 */
export function functionOf(given: string | null, { parsed }: Pick<StartedRun, 'parsed'>): string | null {
  return given ?? parsed?.runner ?? null
}

export interface RemoteCommand {
  readonly functionName: string
  readonly begun: Begun
  /** null: it is no removal. */
  readonly removal: RemovalOptions | null
  readonly runGroup: string
}

/** Has the function do it. @returns the audit, whatever the outcome */
export async function runRemotely(
  process: CommandProcess,
  command: RemoteCommand,
  dependencies: Dependencies,
): Promise<RunResult> {
  const { runThere } = await import('../lambda/client/run.ts')
  const { parsed, identity } = command.begun
  return withClient(process, command, async (client, request) =>
    runThere({ client, request, parsed, identity }, dependencies),
  )
}

/**
 * What the function says it would do. @throws ProvisionError
 * @param waitedMs where less than `connect_timeout` is to be waited for the server: so much of it is used up
 */
export async function tellRemotely(
  process: CommandProcess,
  command: RemoteCommand,
  tell: NonNullable<FunctionRequest['tell']>,
  dependencies: Dependencies,
  waitedMs = 0,
): Promise<ToldLine> {
  const { tellThere } = await import('../lambda/client/look.ts')
  return withClient(process, command, async (client, request) =>
    tellThere(client, { ...request, tell }, watchOf(dependencies), waitedMs),
  )
}

/** What the server tells the function. @throws ProvisionError */
export async function lookRemotely(
  process: CommandProcess,
  command: RemoteCommand,
  {
    options,
    known,
    review,
  }: { readonly options: LiveOptions; readonly known: ReadonlySet<string>; readonly review: boolean },
  dependencies: Dependencies,
): Promise<readonly Section[]> {
  const { lookThere } = await import('../lambda/client/look.ts')
  const { criteria, expiresWithinDays, secretsOlderThanDays } = options
  const report = {
    ...criteria,
    known: [...known],
    expires_within_days: expiresWithinDays,
    secrets_older_than_days: secretsOlderThanDays,
    review,
  }
  return withClient(process, command, async (client, request) =>
    lookThere(client, { ...request, report }, watchOf(dependencies)),
  )
}

/** What the server tells the function, as a declaration. @throws ProvisionError */
export async function generateRemotely(
  process: CommandProcess,
  command: RemoteCommand,
  generate: GenerateThere,
  dependencies: Dependencies,
): Promise<Generated> {
  const { generateThere } = await import('../lambda/client/look.ts')
  return withClient(process, command, async (client, request) =>
    generateThere(client, { ...request, generate }, watchOf(dependencies)),
  )
}

function watchOf({ progress, signal }: Dependencies): Omit<Watch, 'line'> {
  return { progress, signal }
}

/** As a run of its own would be made; what the function cannot know of the runner goes along. */
async function withClient<T>(
  process: CommandProcess,
  { functionName, begun, removal, runGroup }: RemoteCommand,
  use: (client: FunctionClient, request: TurnlessRequest) => Promise<T>,
): Promise<T> {
  const [{ createFunctionClient }, { newRequest }] = await Promise.all([
    import('../lambda/client/ask.ts'),
    import('../lambda/client/request.ts'),
  ])
  const { parsed, identity, text } = begun
  const { aws, tls } = parsed.declaration
  const environment = readAwsEnvironment(process.variables)
  const caPem = await authorities(process.variables, tls.caFile)
  const client = await createFunctionClient(functionName, { ...aws, environment })
  try {
    const { variables } = process
    return await use(client, newRequest({ identity, parsed, text, variables, removal, runGroup, caPem }))
  } finally {
    client.close()
  }
}

/** null: those that come with the program. @throws InvalidInputError */
async function authorities(variables: Variables, declared: string | null): Promise<string | null> {
  const byDefault = variables['PGSSLROOTCERT'] ?? ''
  if (declared !== null) return readCaFile({ file: declared, field: 'tls.ca_file' }, (pem) => pem)
  if (byDefault === '' || byDefault === 'system') return byDefault === '' ? null : byDefault
  return readCaFile({ file: byDefault, field: 'PGSSLROOTCERT' }, (pem) => pem)
}
