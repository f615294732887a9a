/** What a run removes that knows the whole declaration: what was asked to go (src/README.md: Removal). */
import { ApplyError, ConnectionError, type ProvisionError, withProblems } from '../../errors.ts'
import type { Cluster } from '../../model/catalog.ts'
import type { Credential } from '../../model/credential.ts'
import type { Problem } from '../../model/problem.ts'
import type { Plan } from '../../model/step.ts'
import { resolveDepartures } from '../../plan/departures.ts'
import { recordFindings } from '../outcome.ts'
import { finding } from '../../plan/context.ts'
import type { Connections } from '../../server/connections.ts'
import type { RunContext } from '../context.ts'
import { pendingOrder } from './context.ts'

/** A connection that breaks is made anew, as in the rest of an apply: what is gone by then is not asked for again. */
const MAX_ATTEMPTS = 5

/** Whether something is pending that this run would carry out, or has to tell of. */
export function hasPending(
  { declaration, identity }: Pick<RunContext, 'declaration' | 'identity'>,
  cluster: Cluster,
): boolean {
  const { departures, problems } = resolveDepartures({
    ...pendingOrder(identity),
    declaration,
    cluster,
    looks: false,
    mayDelete: identity.mayDelete,
  })
  return departures.length + problems.length > 0
}

/**
 * Carries out what is pending, all of it together, with one snapshot.
 * @returns what stood in the way of single removals; the others are done
 */
export async function removePending(context: RunContext, admin: Credential | null): Promise<ProvisionError | null> {
  const { identity } = context
  if (identity.cleanupPolicy === 'retain') {
    recordRetained(context, 'removals are pending, and none is carried out')
    return null
  }
  const [{ removeWithSigns }, { toProvisionError }] = await Promise.all([
    import('./remove.ts'),
    import('../end/provision-error.ts'),
  ])
  // The next attempt finds such a database open, and knows no more that it was shut.
  const left: Problem[] = []
  for (let attempt = 1; ; attempt += 1)
    try {
      await removeWithSigns(
        { context, order: pendingOrder(identity), requests: null, admin, group: identity.runId },
        'alone',
      )
      return left.length === 0 ? null : new ApplyError(left)
    } catch (thrown) {
      const error = toProvisionError(thrown)
      // A server that cannot be reached at all is waited for once more, and no longer.
      const isAway = error instanceof ConnectionError && attempt === 1
      const isLost = isAway || error.problems.some(({ code }) => code === 'connection_lost')
      if (!isLost || attempt === MAX_ATTEMPTS || context.dependencies.signal.aborted) return withProblems(error, left)
      left.push(...error.problems.filter(({ code }) => code === 'left_open'))
      context.dependencies.progress('the connection to the server broke while something was removed; connecting anew')
    }
}

/** @param what was not done, since RDS_CLEANUP_POLICY is `retain` */
export function recordRetained({ recorder }: Pick<RunContext, 'recorder'>, what: string): void {
  const about = { application: null, database: null, username: null, object: 'role' } as const
  const message = `${what}, since RDS_CLEANUP_POLICY is retain`
  recordFindings(recorder, [finding(about, 'retain', 'warning', message)], new Set())
}

/** What an apply would remove now, as far as it can be seen. */
export interface PendingPreview {
  readonly plan: Plan
  readonly blocked: readonly Problem[]
}

/** Takes no lock and changes nothing. */
export async function previewPending(
  context: Pick<RunContext, 'declaration' | 'identity'>,
  server: Connections,
  cluster: Cluster,
): Promise<PendingPreview> {
  const nothing = { plan: { findings: [], jobs: [] }, blocked: [] }
  if (context.identity.cleanupPolicy === 'retain' || !hasPending(context, cluster)) return nothing
  const { examine, findLeaving, planRemoval } = await import('./examine.ts')
  const examination = await examine(
    context,
    await findLeaving(context, pendingOrder(context.identity), server, true),
    server,
  )
  const { access, admission, closing, removal, closingAgain } = planRemoval(examination)
  const jobs = [access, admission, closing, ...removal, closingAgain].flatMap((plan) => plan.jobs)
  const findings = [...examination.findings, ...access.findings]
  return { plan: { findings, jobs }, blocked: examination.obstacles }
}
