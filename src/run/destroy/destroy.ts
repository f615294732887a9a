/** `destroy`: guard, connect and lock, look, close, snapshot, look again, remove, verify. */
import { governanceOf, type RunResult } from '../../audit/result.ts'
import { BlockedError } from '../../errors.ts'
import type { Problem } from '../../model/problem.ts'
import { checkReservedNames } from '../../guardrails/names.ts'
import { checkRemovalApproval, removalApproval } from '../../guardrails/removal.ts'
import type { Credential } from '../../model/credential.ts'
import type { CleanupPolicy, Declaration } from '../../model/declaration.ts'
import type { RemovalOrder } from '../../model/removal.ts'
import type { Approvals, RunIdentity } from '../../model/run.ts'
import type { Finding } from '../../model/step.ts'
import { finding } from '../../plan/context.ts'
import { showPending } from '../../server/removal-signals.ts'
import { recordFindings } from '../outcome.ts'
import { assertReserved, readActorAndCredentials } from '../connection/credentials.ts'
import type { RunContext } from '../context.ts'
import { explainUnreachable } from './gone.ts'
import { openUnlockedOrBootstrap } from '../connection/open.ts'
import { runRemoval } from './rounds.ts'
import { recordRun } from '../end/record-run.ts'
import type { DestroyDependencies } from './dependencies.ts'

export interface DestroyRequest extends RemovalOrder {
  readonly declaration: Declaration
  readonly approvals: Approvals
}

/**
 * An instance that is gone does not come back: it is not waited for as long as one that has just been made. A server
 * that restarts is back by then.
 */
const CONNECT_LIMIT_SECONDS = 60

/**
 * The policy of the request as far as it is known before the server is asked; null: the tags say.
 */
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
  const { declaration, approvals, target } = request
  const approval = removalApproval(declaration.environment, approvals, knownPolicy(request) !== 'retain')
  const options = {
    declaration: limitConnectTimeout(declaration),
    identity: { ...identity, approval },
    dependencies,
    concerned:
      target.by === 'application' ? onlyApplication(declaration, target.value) : withoutApplications(declaration),
    recordsOf: () => [],
  }
  const { document, problems } = await recordRun(options, async (recorder) => {
    const context = { ...options, secrets: dependencies.secrets(declaration.aws), recorder }
    await runStages(context, request, dependencies)
  })
  return { document, problems, governance: governanceOf(declaration, null) }
}

/** The same stack with nothing declared: no application's secret is read, nothing is planned for one. */
export function withoutApplications(declaration: Declaration): Declaration {
  return { ...declaration, applications: [], databases: [] }
}

/** The declaration of one application alone. */
function onlyApplication(declaration: Declaration, name: string): Declaration {
  return {
    ...declaration,
    applications: declaration.applications.filter((item) => item.name === name),
    databases: declaration.databases.filter((item) => item.owner.name === name),
  }
}

export function limitConnectTimeout(declaration: Declaration): Declaration {
  return { ...declaration, connectTimeoutSeconds: Math.min(declaration.connectTimeoutSeconds, CONNECT_LIMIT_SECONDS) }
}

async function runStages(
  context: RunContext,
  request: DestroyRequest,
  dependencies: DestroyDependencies,
): Promise<void> {
  const known = knownPolicy(request)
  if (known === 'retain') {
    recordFindings(context.recorder, [retainFinding(request)], new Set())
    return
  }
  assertAllowed(request)
  const admin = await readActorAndAdmin(context)
  const signs = known === 'delete' ? null : await explainUnreachable(() => openUnlockedOrBootstrap(context, admin))
  try {
    if (signs !== null) await showPending(signs.admin, dependencies.runGroup)
    await runRemoval({ context, order: request, dependencies, admin, signs })
  } finally {
    await signs?.close()
  }
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
  const owned = application?.accessLevel === 'owner' ? ` and database ${application.database}` : ''
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

export function missingApproval({ declaration, target, approvals }: DestroyRequest): Problem[] {
  return checkRemovalApproval(declaration.environment, approvals, target.by === 'application' ? target.value : null)
}

export function reservedNames({ declaration, target }: DestroyRequest): Problem[] {
  return target.by === 'application' ? checkReservedNames(onlyApplication(declaration, target.value), null) : []
}

/** The delegated admin's secret alone: the applications' passwords are not needed, and may be gone. */
async function readActorAndAdmin(context: RunContext): Promise<Credential | null> {
  const credentials = await readActorAndCredentials(context, withoutApplications(context.declaration))
  assertReserved(context.declaration, credentials)
  return credentials.admin
}
