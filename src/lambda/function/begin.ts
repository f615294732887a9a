/** A request as a run of this process: nothing in it that names a file, a profile or a role of the runner is obeyed. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readEnvironment, type RunEnvironment } from '../../input/environment.ts'
import type { ParsedInput } from '../../input/parse.ts'
import type { AwsSettings, Declaration } from '../../model/declaration.ts'
import type { Command, RunIdentity } from '../../model/run.ts'
import { removalNeedsBuildId } from '../../run/destroy/as-asked.ts'
import { startRun } from '../../run/start.ts'
import { type FunctionRequest, VARIABLES } from '../protocol.ts'

export interface BegunRequest {
  readonly request: FunctionRequest
  readonly command: Command
  readonly parsed: ParsedInput
  readonly identity: RunIdentity
  readonly environment: RunEnvironment
  /** Of the function itself: who calls may be at home elsewhere. */
  readonly expectedAccount: string | null
  /** Path of the authorities that came along; null: none did. */
  readonly caFile: string | null
  readonly end: () => Promise<void>
}

/** @throws InvalidInputError where the declaration cannot be used. */
export async function beginRequest(request: FunctionRequest): Promise<BegunRequest> {
  const { command, removal, input, ca_pem: pem } = request
  const known = Object.fromEntries(VARIABLES.map((name) => [name, request.variables[name]]))
  const variables = { ...known, RDS_PROVISION_INPUT: input }
  const environment = readEnvironment(variables)
  const needsBuildId = (parsed: ParsedInput): boolean => {
    if (request.tell !== null || request.report !== null) return false
    return removal === null
      ? command === 'apply' || command === 'prepare-upgrade'
      : removalNeedsBuildId(removal, environment, parsed)
  }
  const started = await startRun({
    command,
    inputFile: null,
    claim: null,
    variables,
    environment,
    cwd: tmpdir(),
    startedAt: new Date(),
    packedPlan: request.approved_plan?.plan ?? null,
    needsBuildId,
  })
  if (started.error !== null) throw started.error
  const { identity, parsed } = started
  const { caFile, end } = await keepAuthorities(pem)
  return {
    request,
    command,
    identity,
    environment,
    parsed: {
      ...parsed,
      declaration: {
        ...ofTheFunction(parsed.declaration, pem === null || pem === SYSTEM ? null : caFile),
        connectTimeoutSeconds: leftOf(parsed.declaration.connectTimeoutSeconds, request.waited_ms),
      },
    },
    expectedAccount: parsed.declaration.aws.expectedAccount,
    caFile,
    end,
  }
}

/** A server is waited for as long as the declaration says, over all turns, in whole seconds. */
function leftOf(declaredSeconds: number, waitedMs: number): number {
  return Math.max(1, Math.ceil(declaredSeconds - waitedMs / 1000))
}

/** PGSSLROOTCERT's word for what Node.js trusts by itself. */
const SYSTEM = 'system'

async function keepAuthorities(pem: string | null): Promise<Pick<BegunRequest, 'caFile' | 'end'>> {
  if (pem === null || pem === SYSTEM) return { caFile: pem, end: () => Promise.resolve() }
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-'))
  const caFile = join(folder, 'ca.pem')
  await writeFile(caFile, pem)
  return { caFile, end: () => rm(folder, { recursive: true, force: true }) }
}

/** Paths, profiles and roles are the runner's; the function has its own role. */
export function ofTheFunction(declaration: Declaration, caFile: string | null): Declaration {
  const { region } = declaration.aws
  const aws: AwsSettings = { region, profile: null, assumeRoleArn: null, externalId: null, expectedAccount: null }
  return { ...declaration, aws, tls: { ...declaration.tls, caFile } }
}
