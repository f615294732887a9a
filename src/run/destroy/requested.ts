/**
 * `destroy --requested`: carries out what is pending. Where a whole stack is destroyed it comes last, and takes the
 * claim off what stays (src/README.md: Removal; One application, one state).
 */
import { governanceOf, type RunResult } from '../../audit/result.ts'
import { AwsError, BlockedError, ConnectionError } from '../../errors.ts'
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
import { pendingOrder } from '../removal/context.ts'
import { explainUnreachable } from '../removal/gone.ts'
import { recordRetained } from '../removal/pending.ts'
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
 * @returns the audit, whatever the outcome. Where the state ends, a server or a secret that cannot be reached is a
 *   warning, unless something is to be removed: what stays keeps a claim that nobody has any more.
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
    const isNeeded = end === 'with removals' && identity.cleanupPolicy !== 'retain'
    if (end === null && identity.cleanupPolicy === 'retain')
      recordRetained(context, 'no removal that is pending is carried out')
    else if (end === null) await removePending(context, await readActorAndAdmin(context), dependencies)
    else await endState({ ...context, declaration: concerned }, dependencies, isNeeded)
    return { value: null, setbacks: null }
  })
  return { document, problems, governance: governanceOf(declaration, null) }
}

async function removePending(
  context: RunContext,
  admin: Credential | null,
  { runGroup: group }: DestroyDependencies,
): Promise<void> {
  await removeWithSigns({ context, order: pendingOrder(context.identity), requests: null, admin, group }, 'alone')
}

async function endState(context: RunContext, dependencies: DestroyDependencies, isNeeded: boolean): Promise<void> {
  const admin = await unlessAway(context, isNeeded, async () => {
    const found = await readActorAndAdmin(context)
    await withServer(context, found, async (server) => {
      const cluster = await inspectCluster(server.admin, context.declaration)
      const standing = checkStanding(context.declaration, cluster, context.identity.cleanupPolicy)
      if (standing.length > 0) throw new BlockedError(standing)
    })
    return { secret: found }
  })
  if (admin === null) return
  if (context.identity.cleanupPolicy !== 'retain') await removePending(context, admin.secret, dependencies)
  await withServer(context, admin.secret, async (server) => {
    const cluster = await inspectCluster(server.admin, context.declaration)
    await runRemovalPlan(context, server, planClaimEnd(context.declaration, cluster))
  })
}

/** @returns null: AWS or the server is away, which is told; nobody is held up for it. */
async function unlessAway<T>(context: RunContext, isNeeded: boolean, look: () => Promise<T>): Promise<T | null> {
  try {
    return await look()
  } catch (error) {
    if (isNeeded || !(error instanceof ConnectionError || error instanceof AwsError)) throw error
    recordAway(context, error)
    return null
  }
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

function recordAway({ recorder, declaration }: RunContext, error: ConnectionError | AwsError): void {
  const message =
    `the server could not be told that the state ends (${error.message}): what stays on it keeps the claim ` +
    `${declaration.claim ?? ''}, which a later apply takes over with ALLOW_DB_TAKEOVER=true`
  const about = { application: null, database: null, username: null, object: 'admin' } as const
  recorder.record({ ...about, action: 'give up', status: 'warning', durationMs: 0, message, statements: [] })
}
