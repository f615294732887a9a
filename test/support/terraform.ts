/** Terraform for tests and the demo: the real program, the real null provider, stacks that call the module. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Aws, REGION } from './aws.ts'
import type { Server } from './postgres.ts'
import { findProgram, type Program } from './terraform/program.ts'
import { prepareProvider } from './terraform/provider.ts'
import { Stack, type StackSettings, type Variables } from './terraform/stack.ts'

export { parseAudit } from './terraform/audit-file.ts'
export { Result } from './terraform/result.ts'
export { type Environment, KILLED, Stack, type Value, type Variables } from './terraform/stack.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
export const MODULE = join(ROOT, 'terraform-module')
/** Where a stack's delegated admin and master have their secrets. */
export const ADMIN_SECRET = 'platform/dev/rds/provisioner'
export const MASTER_SECRET = 'platform/dev/rds/master'

export interface Terraform {
  readonly program: Program
  /** What lets the program find the null provider: TF_CLI_CONFIG_FILE. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * Finds terraform or tofu and makes the null provider available to it without network; the first time takes a minute.
 * @throws Error that names what is missing
 */
export async function prepareTerraform(): Promise<Terraform> {
  const program = await findProgram()
  const configuration = await prepareProvider(
    program,
    join(ROOT, '.cache', program.command.replaceAll(/[^\w.-]/g, '_')),
  )
  return { program, env: { TF_CLI_CONFIG_FILE: configuration } }
}

export interface StackOptions extends Pick<StackSettings, 'onLine' | 'signal' | 'outputs'> {
  readonly server: Pick<Server, 'host' | 'port' | 'caFile'>
  readonly aws: Pick<Aws, 'env'>
  /** `application_databases`. */
  readonly applications: Variables
  /** The module's other variables; they replace the stack's own (environment dev, the server, its CA, build-100, …). */
  readonly variables?: Variables
}

let instances = 0

/** A stack on a test server: every one speaks of an instance identifier of its own. Secrets are the caller's business. */
export async function makeStack({ server, aws, applications, variables = {}, ...watch }: StackOptions): Promise<Stack> {
  const { program, env } = await prepareTerraform()
  instances += 1
  const identifier = `instance-${String(process.pid)}-${String(instances)}`
  const own: Variables = {
    environment: 'dev',
    instance: { host: server.host, port: server.port, identifier, resource_id: 'db-TEST' },
    admin_secret_id: ADMIN_SECRET,
    aws_region: REGION,
    build_id: 'build-100',
    tls: { mode: 'verify-full', ca_file: server.caFile },
  }
  return Stack.create({
    applications,
    variables: { ...own, ...variables },
    env: { ...env, ...aws.env },
    command: program.command,
    module: MODULE,
    ...watch,
  })
}
