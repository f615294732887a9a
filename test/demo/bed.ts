/** The demo's own instance, AWS and Terraform folder, made here and removed again whatever happens. */
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Aws, startAws } from '../support/aws.ts'
import { type Server, startServer } from '../support/postgres.ts'
import {
  ADMIN_SECRET,
  makeStack,
  MASTER_SECRET,
  prepareTerraform,
  type Stack,
  type Variables,
} from '../support/terraform.ts'
import { APPLICATIONS, type ApplicationName, NAMES, secretOf, usernameOf } from './declaration.ts'
import { doing, done, quote } from './screen.ts'

/** Where what a person may want to look at stays until the next demo; git ignores it. */
export const KEPT = fileURLToPath(new URL('../../.rds-provision/demo/', import.meta.url))
const POSTGRES_VERSION = 17
export const ADMIN = 'platform_provisioner'

export interface Bed {
  readonly server: Server
  readonly aws: Aws
  /** The stack of `dev`, which the demo is about. */
  readonly stack: Stack
  /** What the secrets hold now. */
  readonly passwords: Map<ApplicationName, string>
  /** A further stack on the same instance; removed with the others. */
  addStack(environment: string, applications: Variables): Promise<Stack>
}

export type Cleanup = (remove: () => Promise<unknown>) => void

export function newPassword(): string {
  return randomBytes(18).toString('base64url')
}

/** @param cleanup takes each thing's removal as soon as the thing exists */
export async function makeBed(cleanup: Cleanup, signal: AbortSignal): Promise<Bed> {
  doing('looking for Terraform and its null provider')
  const { program } = await prepareTerraform()
  signal.throwIfAborted()
  doing(`starting PostgreSQL ${String(POSTGRES_VERSION)}`)
  const server = await startServer({ version: POSTGRES_VERSION, createAdmin: false })
  cleanup(() => server.stop())
  const aws = await startAws()
  cleanup(() => aws.stop())
  await rm(KEPT, { recursive: true, force: true })
  const addStack = async (environment: string, applications: Variables, variables: Variables = {}): Promise<Stack> => {
    const identifier = `demo-${environment}`
    const own = {
      environment,
      instance: { host: server.host, port: server.port, identifier },
      audit_dir: join(KEPT, 'audit', environment),
    }
    const stack = await makeStack({ server, aws, applications, variables: { ...own, ...variables }, onLine, signal })
    cleanup(() => stack.remove())
    // As CI systems do: the destroy of a resource sees no variables of Terraform.
    stack.env = { ...stack.env, RDS_PROVISION_BUILD_ID: 'build-100' }
    return stack
  }
  const stack = await addStack('dev', APPLICATIONS, {
    master_secret_id: MASTER_SECRET,
    governance_dir: join(KEPT, 'governance'),
  })
  const [row] = await server.sql(`SELECT current_setting('server_version') AS version`)
  done(
    `PostgreSQL ${String(row?.['version'])} on localhost:${String(server.port)}, with TLS, made like RDS: a master user, and no superuser to log in as`,
  )
  done('a stand-in for Secrets Manager and STS, which speaks the real protocol')
  done(`${program.command} ${program.version}, in a folder of its own`)
  return { server, aws, stack, passwords: storeSecrets(server, aws), addStack }
}

/** One secret for each login, as a person or another module would have made them. */
function storeSecrets(server: Server, aws: Aws): Map<ApplicationName, string> {
  aws.putLogin(MASTER_SECRET, server.master.user, server.master.password)
  aws.putLogin(ADMIN_SECRET, ADMIN, newPassword())
  const passwords = new Map(NAMES.map((name): [ApplicationName, string] => [name, newPassword()]))
  for (const [name, password] of passwords) aws.putLogin(secretOf(name), usernameOf(name), password)
  return passwords
}

const OF_THE_SCRIPT = /\(local-exec\): (.*)$/
const WORTH_SHOWING = /^(Apply complete|No changes|Plan:)/

/** Of Terraform's many lines those that the script wrote, and the last. */
function onLine(line: string): void {
  const said = OF_THE_SCRIPT.exec(line)?.[1]
  if (said !== undefined && !said.startsWith('Executing: ')) quote(said)
  else if (WORTH_SHOWING.test(line)) quote(line)
}
