import type { Variables } from './input/environment.ts'
import type { RunIds } from './input/run-identity.ts'
import { isText } from './input/text.ts'

/**
 * What names a run on platforms that run Terraform themselves; several variables are joined, and count together only.
 * env-ci knows none of them. Atlantis gives its variables to `run` and `env` steps alone: a workflow hands them on.
 * https://developer.hashicorp.com/terraform/cloud-docs/run/run-environment
 * https://docs.scalr.io/docs/run-environment
 * https://docs.spacelift.io/concepts/configuration/environment
 * https://docs.envzero.com/docs/custom-flows
 * https://www.runatlantis.io/docs/custom-workflows.html
 */
const PLATFORMS: readonly (readonly string[])[] = [
  ['TFC_RUN_ID'],
  ['SCALR_RUN_ID'],
  ['TF_VAR_spacelift_run_id'],
  ['ENV0_DEPLOYMENT_LOG_ID'],
  ['PULL_NUM', 'HEAD_COMMIT'],
]

function platformRun(env: Variables): string | null {
  for (const names of PLATFORMS) {
    const values = names.map((name) => env[name] ?? '')
    if (!values.includes('')) return idOf(values.join('-'))
  }
  return null
}

/**
 * The id of a run on a platform that runs Terraform itself. Else asks env-ci for the build number and the job id of the
 * CI system that `env` tells of; nulls outside of one.
 * Call it only where an id is missing (`idsAreGiven`): for want of a CI system, and for some systems' commit, env-ci
 * starts `git` in `cwd`. Never fails: an unreadable event file of the CI system only means that it names no ids.
 */
export async function readCiIds(env: Variables, cwd: string): Promise<RunIds> {
  const run = platformRun(env)
  if (run !== null) return { buildId: run, runId: run }
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
