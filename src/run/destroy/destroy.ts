/** `destroy` by hand: asks for the removal and carries it out in one run. */
import { governanceOf, type RunResult } from '../../audit/result.ts'
import { BlockedError } from '../../errors.ts'
import type { Problem } from '../../model/problem.ts'
import { checkReservedNames } from '../../guardrails/names.ts'
import { checkRemovalApproval, removalApproval } from '../../guardrails/removal.ts'
import type { Credential } from '../../model/credential.ts'
import type { CleanupPolicy, Declaration } from '../../model/declaration.ts'
import type { DestroyTarget } from '../../model/removal.ts'
import type { Approvals, RunIdentity } from '../../model/run.ts'
import type { Finding } from '../../model/step.ts'
import { finding } from '../../plan/context.ts'
import { recordRun, type Stages } from '../end/record-run.ts'
import { recordFindings } from '../outcome.ts'
import type { RunContext } from '../context.ts'
import type { DestroyDependencies } from './dependencies.ts'
import { limitConnectTimeout, onlyApplication, readActorAndAdmin, withoutApplications } from '../removal/scope.ts'
import { removeWithSigns } from '../removal/remove.ts'

export interface DestroyRequest {
  readonly declaration: Declaration
  readonly target: DestroyTarget
  /** RDS_CLEANUP_POLICY; null: each object's own policy stands. */
  readonly policy: CleanupPolicy | null
  readonly approvals: Approvals
}

/** The policy of the request as far as it is known before the server is asked; null: the tags say. */
export function knownPolicy({
  declaration,
  target,
  policy,
}: Pick<DestroyRequest, 'declaration' | 'target' | 'policy'>): CleanupPolicy | null {
  const declared =
    target.by === 'application' ? declaration.applications.find((item) => item.name === target.value) : undefined
  return policy ?? declared?.cleanupPolicy ?? null
}

/**
 * Removes an application, or all that carries a tag, by the cleanup policies.
 * @returns the audit, whatever the outcome; `document.run.exit_code` is the exit code (src/README.md: Exit codes).
 * @throws only what is a defect of this program.
 */
export async function destroy(
  request: DestroyRequest,
  identity: RunIdentity,
  dependencies: DestroyDependencies,
): Promise<RunResult> {
  return recordRemoval(request, identity, dependencies, async (context, admin) => {
    await removeWithSigns(
      { context, order: request, requests: { marker: null }, admin, group: dependencies.runGroup },
      mayNeedSnapshot(request) ? 'beside others' : 'alone',
    )
  })
}

/** Whether the policy may be one that takes a snapshot. */
export function mayNeedSnapshot(request: Pick<DestroyRequest, 'declaration' | 'target' | 'policy'>): boolean {
  const known = knownPolicy(request)
  return known === null || known === 'snapshot-and-delete'
}

/**
 * What every removal of what is named has: an approval, records, the admin's secret, and nothing at all under `retain`.
 * @throws only what is a defect of this program.
 */
export async function recordRemoval(
  request: DestroyRequest,
  identity: RunIdentity,
  dependencies: DestroyDependencies,
  remove: (context: RunContext, admin: Credential | null) => Promise<void>,
): Promise<RunResult> {
  const { declaration, approvals, target } = request
  const known = knownPolicy(request)
  const approval = removalApproval(declaration.environment, approvals, known)
  const options = {
    declaration: limitConnectTimeout(declaration),
    identity: { ...identity, approval },
    dependencies,
    concerned:
      target.by === 'application' ? onlyApplication(declaration, target.value) : withoutApplications(declaration),
    recordsOf: () => [],
  }
  const { document, problems } = await recordRun<null>(options, async (recorder): Promise<Stages<null>> => {
    const context = { ...options, secrets: dependencies.secrets(declaration.aws), recorder }
    if (known === 'retain') recordFindings(recorder, [retainFinding(request)], new Set())
    else {
      assertAllowed(request)
      await remove(context, await readActorAndAdmin(context))
    }
    return { value: null, setbacks: null }
  })
  return { document, problems, governance: governanceOf(declaration, null) }
}

/** Under retain nothing is connected to and nothing changes (src/README.md: Removal). */
export function retainFinding({ declaration, target, policy }: DestroyRequest): Finding {
  const application = declaration.applications.find((item) => target.by === 'application' && item.name === target.value)
  const {
    name = target.by === 'application' ? target.value : null,
    database = null,
    username = null,
  } = application ?? {}
  const why = policy === null ? 'its cleanup_policy is retain' : 'RDS_CLEANUP_POLICY is retain'
  const owned = application?.accessLevel === 'owner' ? ` and database ${application.database ?? ''}` : ''
  const what =
    application === undefined ? `what carries ${target.by} ${target.value}` : `role ${application.username}${owned}`
  const object = application?.accessLevel === 'owner' ? 'database' : 'role'
  return finding(
    { application: name, database, username, object },
    'retain',
    'skipped',
    `nothing was changed on the server: ${what} ${owned === '' ? 'stays' : 'stay'}, since ${why}`,
  )
}

/** Before any secret is read or connection made. @throws BlockedError */
function assertAllowed(request: DestroyRequest): void {
  const violations = [...missingApproval(request), ...reservedNames(request)]
  if (violations.length > 0) throw new BlockedError(violations)
}

export function missingApproval(request: DestroyRequest): Problem[] {
  const { declaration, target, approvals } = request
  const application = target.by === 'application' ? target.value : null
  return checkRemovalApproval(declaration.environment, approvals, { application, policy: knownPolicy(request) })
}

export function reservedNames({ declaration, target }: DestroyRequest): Problem[] {
  return target.by === 'application' ? checkReservedNames(onlyApplication(declaration, target.value), null) : []
}
