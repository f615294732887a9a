/**
 * `destroy --request`: the marker of an application was destroyed. Whether its removal is carried out now or by the run
 * that knows the whole declaration is decided on the server (src/README.md: Removal).
 */
import type { RunResult } from '../../audit/result.ts'
import type { Credential } from '../../model/credential.ts'
import { mayAdminister } from '../../model/administers.ts'
import type { Problem } from '../../model/problem.ts'
import type { RunIdentity } from '../../model/run.ts'
import type { Finding } from '../../model/step.ts'
import { finding } from '../../plan/context.ts'
import { checkServer } from '../../guardrails/removal.ts'
import { judgeRequest, type RequestFacts } from '../../plan/removal-request.ts'
import { planRequests } from '../../plan/removal-ends.ts'
import { openLockedOrBootstrap } from '../connection/open.ts'
import type { RunContext } from '../context.ts'
import { recordFindings } from '../outcome.ts'
import type { DestroyDependencies } from './dependencies.ts'
import { type DestroyRequest, knownPolicy, mayNeedSnapshot, recordRemoval } from './destroy.ts'
import { explainUnreachable } from '../removal/gone.ts'
import { requestOf } from '../removal/look.ts'
import { findLeaving } from '../removal/examine.ts'
import { askMaster, LackingRights } from '../removal/rights.ts'
import { runRemovalPlan } from '../removal/run-plan.ts'
import { withoutApplications } from '../removal/scope.ts'
import { removeWithSigns } from '../removal/remove.ts'

/** The removal of one application, as its marker asks for it. */
export interface MarkerRequest extends DestroyRequest {
  readonly target: { readonly by: 'application'; readonly value: string }
  /** The marker's id; null: it has none, since it was made by an older release. */
  readonly marker: string | null
}

/**
 * Asks for the removal, or carries it out where a run has found the application undeclared before.
 * @returns the audit; what another run or state has by now is left as it is, with a record and exit code 0.
 * @throws only what is a defect of this program.
 */
export async function requestRemoval(
  request: MarkerRequest,
  identity: RunIdentity,
  dependencies: DestroyDependencies,
): Promise<RunResult> {
  return recordRemoval(request, identity, dependencies, async (context, admin) => {
    const confirmed = await noteRequest(context, request, admin)
    if (confirmed === null) return
    const declaration = { ...withoutApplications(context.declaration), claim: confirmed.claim }
    const order = { target: { by: 'request', application: request.target.value }, policy: null } as const
    const { marker } = request
    await removeWithSigns(
      { context: { ...context, declaration }, order, requests: { marker }, admin, group: dependencies.runGroup },
      mayNeedSnapshot(request) ? 'beside others' : 'alone',
    )
  })
}

/** By whose claim a removal is to be carried out now; null: it is not. */
type Confirmed = { readonly claim: string | null } | null

/** Where the admin lacks the right over the role, the master is asked for it once. */
async function noteRequest(context: RunContext, request: MarkerRequest, admin: Credential | null): Promise<Confirmed> {
  const mayAsk = context.declaration.masterSecretId !== null
  try {
    return await noteOnce(context, request, admin, mayAsk)
  } catch (error) {
    if (!(error instanceof LackingRights)) throw error
    await askMaster(context, admin)
    return noteOnce(context, request, admin, false)
  }
}

/** What stands in the way of a request is told, and stops nobody else's run (src/README.md: Removal). */
async function noteOnce(
  context: RunContext,
  request: MarkerRequest,
  admin: Credential | null,
  mayAsk: boolean,
): Promise<Confirmed> {
  const { declaration, identity, recorder } = context
  const server = await explainUnreachable(() => openLockedOrBootstrap(context, admin))
  recorder.setServer(server.admin)
  try {
    const order = { target: request.target, policy: knownPolicy(request) }
    const { cluster, departures, findings, problems } = await findLeaving(context, order, server, true)
    if (mayAsk && departures.some(({ username }) => !mayAdminister(cluster, username))) throw new LackingRights()
    const facts: RequestFacts = { declaration, cluster, application: request.target.value, marker: request.marker }
    const judged = judgeRequest(facts)
    if (judged.kind === 'nothing') {
      recordFindings(recorder, [judged.finding], new Set())
      return null
    }
    const stopped = [...problems, ...departures.flatMap((departure) => checkServer(declaration, cluster, departure))]
    recordFindings(recorder, [...findings, ...stopped.map((problem) => notAsked(request, problem))], new Set())
    if (stopped.length > 0) return null
    await runRemovalPlan(context, server, planRequests(cluster, departures, requestOf({ identity }, request)))
    return judged.kind === 'confirmed' ? judged : null
  } finally {
    await server.close()
  }
}

function notAsked({ target: { value: application } }: MarkerRequest, { message, remedy }: Problem): Finding {
  const about = { application, database: null, username: null, object: 'role' } as const
  const then = `Then: rds-provision destroy --application ${application}`
  return finding(about, 'keep', 'warning', `its removal could not be asked for: ${message} ${remedy} ${then}`)
}
