/**
 * `destroy --requested`: carries out what is pending. Where a whole stack is destroyed it comes last, and takes the
 * claim off what stays (src/README.md: Removal; One application, one state).
 */
import { governanceOf, type RunResult } from '../../audit/result.ts'
import { BlockedError, ConnectionError } from '../../errors.ts'
import { checkStanding } from '../../guardrails/standing.ts'
import type { Credential } from '../../model/credential.ts'
import type { Declaration } from '../../model/declaration.ts'
import type { RunIdentity } from '../../model/run.ts'
import { planClaimEnd } from '../../plan/claim-end.ts'
import { inspectCluster } from '../../server/inspect-cluster.ts'
import { openLockedOrBootstrap } from '../connection/open.ts'
import type { RunContext } from '../context.ts'
import { recordRun } from '../end/record-run.ts'
import type { DestroyDependencies } from './dependencies.ts'
import { explainUnreachable } from '../removal/gone.ts'
import { runRemovalPlan } from '../removal/run-plan.ts'
import { limitConnectTimeout, readActorAndAdmin, withoutApplications } from '../removal/scope.ts'
import { removeWithSigns } from '../removal/remove.ts'

export interface PendingRemovals {
  /** What is declared in it stays. */
  readonly declaration: Declaration
  /**
   * The state is being destroyed: nothing in it may stand, and what stays is claimed no more. `quietly`: no policy in
   * it removes anything; null: it is not.
   */
  readonly end: 'quietly' | 'with removals' | null
}

/**
 * @returns the audit, whatever the outcome. Where the state ends, a server that cannot be reached is a warning unless
 *   something is to be deleted on it: what stays keeps a claim that nobody has any more.
 * @throws only what is a defect of this program.
 */
export async function carryOutRequested(
  { declaration: whole, end }: PendingRemovals,
  identity: RunIdentity,
  dependencies: DestroyDependencies,
): Promise<RunResult> {
  const declaration = limitConnectTimeout(whole)
  const concerned = withoutApplications(declaration)
  const options = { declaration, identity, dependencies, concerned, recordsOf: () => [] }
  const { document, problems } = await recordRun<null>(options, async (recorder) => {
    const context = { ...options, secrets: dependencies.secrets(declaration.aws), recorder }
    const admin = await readActorAndAdmin(context)
    const isNeeded = end === 'with removals' && identity.cleanupPolicy !== 'retain'
    if (end === null) await removePending(context, admin, dependencies)
    else await endState({ ...context, declaration: concerned }, admin, dependencies, isNeeded)
    return { value: null, setbacks: null }
  })
  return { document, problems, governance: governanceOf(declaration, null) }
}

async function removePending(
  context: RunContext,
  admin: Credential | null,
  { runGroup: group }: DestroyDependencies,
): Promise<void> {
  const order = { target: { by: 'request', application: null }, policy: null } as const
  await removeWithSigns({ context, order, requests: null, admin, group }, 'alone')
}

async function endState(
  context: RunContext,
  admin: Credential | null,
  dependencies: DestroyDependencies,
  isNeeded: boolean,
): Promise<void> {
  try {
    await withServer(context, admin, async (server) => {
      const cluster = await inspectCluster(server.admin, context.declaration)
      const standing = checkStanding(context.declaration, cluster, context.identity.cleanupPolicy)
      if (standing.length > 0) throw new BlockedError(standing)
    })
  } catch (error) {
    if (isNeeded || !(error instanceof ConnectionError)) throw error
    recordUnreachable(context, error)
    return
  }
  if (context.identity.cleanupPolicy !== 'retain') await removePending(context, admin, dependencies)
  await withServer(context, admin, async (server) => {
    const cluster = await inspectCluster(server.admin, context.declaration)
    await runRemovalPlan(context, server, planClaimEnd(context.declaration, cluster))
  })
}

async function withServer(
  context: RunContext,
  admin: Credential | null,
  use: (server: Awaited<ReturnType<typeof openLockedOrBootstrap>>) => Promise<void>,
): Promise<void> {
  const server = await explainUnreachable(() => openLockedOrBootstrap(context, admin))
  context.recorder.setServer(server.admin)
  try {
    await use(server)
  } finally {
    await server.close()
  }
}

function recordUnreachable({ recorder, declaration }: RunContext, error: ConnectionError): void {
  const message =
    `the server could not be reached (${error.message}): what stays on it keeps the claim ${declaration.claim ?? ''}, ` +
    'which a later apply takes over with ALLOW_DB_TAKEOVER=true'
  const about = { application: null, database: null, username: null, object: 'admin' } as const
  recorder.record({ ...about, action: 'give up', status: 'warning', durationMs: 0, message, statements: [] })
}
