import type { Variables } from './input/environment.ts'
import type { RunIds } from './input/run-identity.ts'
import { isText } from './input/text.ts'

/**
 * Asks env-ci for the build number and the job id of the CI system that `env` tells of; nulls outside of one.
 * Call it only where an id is missing (`idsAreGiven`): for want of a CI system, and for some systems' commit, env-ci
 * starts `git` in `cwd`. Never fails: an unreadable event file of the CI system only means that it names no ids.
 */
export async function readCiIds(env: Variables, cwd: string): Promise<RunIds> {
  const { default: envCi } = await import('env-ci')
  try {
    const { build, job } = envCi({ env, cwd })
    return { buildId: idOf(build), runId: idOf(job) ?? idOf(build) }
  } catch {
    return { buildId: null, runId: null }
  }
}

function idOf(value: unknown): string | null {
  const id = typeof value === 'number' ? String(value) : value
  return typeof id === 'string' && isText(id) ? id : null
}
