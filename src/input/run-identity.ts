import { InvalidInputError } from '../errors.ts'
import type { Environment } from '../model/declaration.ts'
import type { ApprovedPlan } from '../model/effect.ts'
import type { Approval, RunName, RunIdentity } from '../model/run.ts'
import type { RunEnvironment } from './environment.ts'

/** Ids as one source gives them; null: it has none. */
export interface RunIds {
  readonly buildId: string | null
  readonly runId: string | null
}

/** Everything that a run's identity is made of; clock, randomness and CI system are read outside. */
export interface RunFacts {
  readonly command: RunName
  /** null: it could not be read. */
  readonly environment: Environment | null
  /** The variables `build_id` and `run_id`. */
  readonly declared: RunIds
  readonly variables: Pick<
    RunEnvironment,
    'allowProvision' | 'refusedApproval' | 'allowDestroy' | 'allowTakeover' | 'cleanupPolicy' | 'buildId' | 'runId'
  >
  /** null: any plan may be carried out that is approved at all. */
  readonly approvedPlan: ApprovedPlan | null
  readonly ci: RunIds
  readonly startedAt: Date
  /** Run id where nobody gives one. */
  readonly uuid: string
  readonly toolVersion: string
  readonly inputSha256: string
  /** False for a removal under `retain`, which changes nothing (src/README.md: Build and run ids). */
  readonly needsBuildId: boolean
}

/**
 * Says who runs, under which build and with which approval (src/README.md: Build and run ids).
 * Throws InvalidInputError where no build id is known outside of `dev`; of an
 * input that could not be read nothing is asked.
 */
export function resolveRun(facts: RunFacts): RunIdentity {
  const { declared, variables, ci } = facts
  const runId = declared.runId ?? variables.runId ?? ci.runId ?? facts.uuid
  const buildId = declared.buildId ?? variables.buildId ?? ci.buildId
  if (buildId === null && facts.environment !== null && facts.environment !== 'dev' && facts.needsBuildId)
    throw missingBuildId(facts.environment, facts.command)
  return {
    runId,
    buildId: buildId ?? `local-${runId}`,
    command: facts.command,
    approval: approvalOf(facts.environment, variables.allowProvision),
    approvedPlan: facts.approvedPlan,
    refusedApproval: variables.refusedApproval,
    cleanupPolicy: variables.cleanupPolicy,
    mayDelete: facts.environment === 'dev' || (variables.allowProvision && variables.allowDestroy),
    takesOver: variables.allowTakeover,
    startedAt: facts.startedAt,
    toolVersion: facts.toolVersion,
    inputSha256: facts.inputSha256,
  }
}

/** Whether both ids are given, so that the CI system need not be asked. */
export function idsAreGiven(declared: RunIds, variables: RunIds): boolean {
  return (declared.buildId ?? variables.buildId) !== null && (declared.runId ?? variables.runId) !== null
}

/**
 * Approval of a run: `dev` needs none, elsewhere, and where nobody knows, the environment of the run gives it
 * (src/README.md: Guardrails).
 */
function approvalOf(environment: Environment | null, allowed: boolean): Approval {
  if (environment === 'dev') return 'not_required'
  return allowed ? 'approved' : 'missing'
}

function missingBuildId(environment: Environment, command: RunName): InvalidInputError {
  return new InvalidInputError([
    {
      application: null,
      code: 'missing_build_id',
      field: 'build_id',
      message: `is missing, and the environment is ${environment}.`,
      // A destroy provisioner cannot refer to variables (src/README.md: Build and run ids).
      remedy:
        command === 'destroy'
          ? 'Set RDS_PROVISION_BUILD_ID in the environment of the run: a removal does not see the variable build_id.'
          : 'Set the variable build_id, or RDS_PROVISION_BUILD_ID in the environment of the run.',
    },
  ])
}
