/** One RDS-like instance for the tests of a file, on which stacks are declared. */
import { randomBytes } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { type Aws, startAws } from '../../support/aws.ts'
import { type Server, startServer } from '../../support/postgres.ts'
import { VERSIONS } from '../../support/provision.ts'
import { ADMIN_SECRET, makeStack, type Stack, type Value, type Variables } from '../../support/terraform.ts'
import { chooseWay } from '../../support/terraform/way.ts'

export interface Instance {
  readonly server: Server
  readonly aws: Aws
  /** A stack with a secret for each of its logins; removed with the test. */
  declare(t: ExecutionContext, applications: Readonly<Record<string, Variables>>, variables?: Variables): Promise<Stack>
}

/** Starts it before the tests and stops it after them. */
export function instance(version = VERSIONS.at(-1) ?? 16): () => Instance {
  let running: Instance | null = null
  test.serial.before(`start PostgreSQL ${String(version)}`, async () => {
    const [server, aws] = await Promise.all([startServer({ version }), startAws()])
    aws.putLogin(ADMIN_SECRET, server.admin.user, server.admin.password)
    running = {
      server,
      aws,
      declare: async (t, applications, variables = {}) => declareStack(t, { server, aws }, applications, variables),
    }
  })
  test.after.always(`stop PostgreSQL ${String(version)}`, async () => {
    if (running !== null) await Promise.all([running.server.stop(), running.aws.stop()])
  })
  return () => {
    if (running === null) throw new Error('the instance did not start')
    return running
  }
}

async function declareStack(
  t: ExecutionContext,
  { server, aws }: Pick<Instance, 'server' | 'aws'>,
  applications: Readonly<Record<string, Variables>>,
  variables: Variables,
): Promise<Stack> {
  const environment = text(variables['environment'], 'dev')
  for (const [name, entry] of Object.entries(applications)) {
    const secret = text(entry['secret_id'], `platform/${environment}/${name}/postgres`)
    aws.putLogin(
      secret,
      text(entry['username'], `${name}_${environment}_user`),
      `Pw_${randomBytes(12).toString('hex')}`,
    )
  }
  const stack = await makeStack({ server, aws, applications, variables })
  chooseWay(stack, { server, aws })
  t.teardown(() => stack.remove())
  return stack
}

function text(value: Value | undefined, fallback: string): string {
  return typeof value === 'string' ? value : fallback
}
