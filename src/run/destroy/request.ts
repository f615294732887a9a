/**
 * `destroy --request`: the marker of an application was destroyed. Whether its removal is carried out now or by the run
 * that knows the whole declaration is decided on the server (src/README.md: Removal).
 */
import type { RunResult } from '../../audit/result.ts'
import { BlockedError } from '../../errors.ts'
import type { Credential } from '../../model/credential.ts'
import type { RunIdentity } from '../../model/run.ts'
import { checkServer } from '../../guardrails/removal.ts'
import { judgeRequest, type RequestFacts } from '../../plan/removal-request.ts'
import { planRequests } from '../../plan/removal-ends.ts'
import { openLockedOrBootstrap } from '../connection/open.ts'
import type { RunContext } from '../context.ts'
import { recordFindings } from '../outcome.ts'
import type { DestroyDependencies } from './dependencies.ts'
import { assertAllowed, type DestroyRequest, knownPolicy, mayNeedSnapshot, recordRemoval } from './destroy.ts'
import { explainUnreachable } from '../removal/gone.ts'
import { requestOf } from '../removal/look.ts'
import { findLeaving } from '../removal/examine.ts'
import { runRemovalPlan } from '../removal/run-plan.ts'
import { readActorAndAdmin, withoutApplications } from '../removal/scope.ts'
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
  return recordRemoval(request, identity, dependencies, async (context) => {
    assertAllowed(request)
    const admin = await readActorAndAdmin(context)
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

/** @returns by whose claim it is to be carried out now; null: it is not. */
async function noteRequest(
  context: RunContext,
  request: MarkerRequest,
  admin: Credential | null,
): Promise<{ readonly claim: string | null } | null> {
  const { declaration, identity, recorder } = context
  const server = await explainUnreachable(() => openLockedOrBootstrap(context, admin))
  recorder.setServer(server.admin)
  try {
    const order = { target: request.target, policy: knownPolicy(request) }
    const { cluster, departures, findings, problems } = await findLeaving(context, order, server, true)
    const facts: RequestFacts = { declaration, cluster, application: request.target.value, marker: request.marker }
    const judged = judgeRequest(facts)
    if (judged.kind === 'nothing') {
      recordFindings(recorder, [judged.finding], new Set())
      return null
    }
    recordFindings(recorder, findings, new Set())
    if (problems.length > 0) throw new BlockedError(problems)
    const stopped = departures.flatMap((departure) => checkServer(declaration, cluster, departure))
    if (stopped.length > 0) throw new BlockedError(stopped)
    await runRemovalPlan(context, server, planRequests(cluster, departures, requestOf({ identity }, request)))
    return judged.kind === 'confirmed' ? judged : null
  } finally {
    await server.close()
  }
}
