/** By what the removals of one run find each other. */
import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import type { StartedRun } from '../run/start.ts'
import type { CommandProcess } from './process.ts'

/**
 * The removals that Terraform starts side by side have the CI run, or else the parent process, in common
 * (src/README.md: Removal).
 */
export function runGroupOf(process: CommandProcess, { identity, isRunIdGiven, parsed }: StartedRun): string {
  const common = isRunIdGiven ? identity.runId : `${hostname()}:${String(process.parentPid)}`
  const { host = '', port = 0 } = parsed?.declaration.instance ?? {}
  return createHash('sha256')
    .update(JSON.stringify([common, host, port]))
    .digest('hex')
    .slice(0, 12)
}
