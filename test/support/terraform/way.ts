/**
 * The two ways in which a stack's runs are done: on the runner, or, with RDS_PROVISION_TEST_RUNNER=function, by a Lambda
 * function beside the server, where the runner has no way to the server, to secrets or to RDS (src/README.md: The function).
 */
import type { Aws } from '../aws.ts'
import { putFunction, walledEnv } from '../lambda.ts'
import type { Server } from '../postgres.ts'
import type { Stack } from './stack.ts'

export const IS_BY_FUNCTION = process.env['RDS_PROVISION_TEST_RUNNER'] === 'function'

/** As modules/lambda-runner makes it where nothing else is said. */
const DEFAULT_TIMEOUT_MS = 900_000

/** Has the stack's runs done in the way that the tests are run in. It may speak to its server by any port. */
export function chooseWay(stack: Stack, bed: { readonly server: Server; readonly aws: Aws }): void {
  if (!IS_BY_FUNCTION) return
  const permits = [
    {
      environments: ['dev', 'test', 'staging', 'prod'],
      stacks: ['*'],
      instances: [`${bed.server.host}:*`],
      callers: ['arn:aws:sts::123456789012:assumed-role/deployer/*'],
    },
  ]
  const { arn } = putFunction(bed, { permits, timeoutMs: DEFAULT_TIMEOUT_MS })
  stack.variables = { ...stack.variables, runner: { function: arn } }
  stack.env = { ...stack.env, ...walledEnv(bed) }
}
