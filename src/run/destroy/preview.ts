/** `destroy --dry-run`: what a removal would do now, by the same stages; changes nothing and takes no lock. */
import { createRecorder } from '../../audit/recorder.ts'
import { BlockedError } from '../../errors.ts'
import type { Declaration } from '../../model/declaration.ts'
import type { RemovalOrder } from '../../model/removal.ts'
import type { RunIdentity } from '../../model/run.ts'
import { claimNotices } from '../../guardrails/claims.ts'
import { planRequests } from '../../plan/removal-ends.ts'

import type { Preview } from '../../preview/preview.ts'
import { assertReserved, readCredentials } from '../connection/credentials.ts'
import { openUnlocked } from '../connection/open.ts'
import type { Dependencies } from '../context.ts'
import { toProvisionError } from '../end/provision-error.ts'
import { type DestroyRequest, knownPolicy, missingApproval, reservedNames, retainFinding } from './destroy.ts'
import { limitConnectTimeout, withoutApplications } from '../removal/scope.ts'
import { explainUnreachable } from '../removal/gone.ts'
import { examine, findLeaving, planRemoval } from '../removal/examine.ts'
import { pendingOrder } from '../removal/context.ts'
import { requestOf } from '../removal/look.ts'
import { snapshotFindings } from '../removal/rounds.ts'

/**
 * What a removal would do now, by the same look and the same plans; changes nothing and takes no lock.
 * @throws ProvisionError
 */
export async function previewDestroy(
  request: DestroyRequest,
  identity: RunIdentity,
  dependencies: Dependencies,
): Promise<Preview> {
  const { declaration } = request
  const [approval = null] = missingApproval(request)
  const found = { ...nothingFound(identity), declaration, approval }
  if (knownPolicy(request) === 'retain')
    return { ...found, approval: null, plan: { findings: [retainFinding(request)], jobs: [] } }
  const reserved = reservedNames(request)
  if (reserved.length > 0) return { ...found, stopped: true, blocked: reserved }
  return previewRemoval(request, declaration, found, dependencies)
}

/** The same for what is pending. @throws ProvisionError */
export async function previewRequested(
  declaration: Declaration,
  identity: RunIdentity,
  dependencies: Dependencies,
): Promise<Preview> {
  return previewRemoval(pendingOrder(identity), declaration, { ...nothingFound(identity), declaration }, dependencies)
}

function nothingFound(identity: RunIdentity): Omit<Preview, 'declaration'> {
  return {
    identity,
    server: null,
    plan: { findings: [], jobs: [] },
    effects: [],
    digest: null,
    blocked: [],
    leftOut: [],
    stopped: false,
    approval: null,
    moving: [],
  }
}

async function previewRemoval(
  order: RemovalOrder,
  whole: Declaration,
  found: Preview,
  dependencies: Dependencies,
): Promise<Preview> {
  const { identity, approval } = found
  // A look never repairs the admin as the master.
  const declaration = { ...limitConnectTimeout(whole), masterSecretId: null }
  const { environment, clusterName, instance } = declaration
  const recorder = createRecorder({ identity, environment, clusterName, instance, now: dependencies.now, sinks: [] })
  const context = { declaration, identity, secrets: dependencies.secrets(declaration.aws), recorder, dependencies }
  try {
    const credentials = await readCredentials(context.secrets, withoutApplications(declaration))
    assertReserved(declaration, credentials)
    const server = await explainUnreachable(() => openUnlocked(context, credentials.admin))
    try {
      const examination = await examine(context, await findLeaving(context, order, server, true), server)
      if (examination.obstacles.length > 0) throw new BlockedError(examination.obstacles)
      const { cluster, departures } = examination
      const requests = planRequests(cluster, departures, requestOf(context, { marker: null }))
      const { access, admission, closing, removal, closingAgain } = planRemoval(examination)
      const plans = [requests, access, admission, closing, ...removal, closingAgain]
      const jobs = plans.flatMap((plan) => plan.jobs)
      const findings = [...examination.findings, ...access.findings, ...snapshotFindings(examination.departures)]
      return {
        ...found,
        approval: jobs.length === 0 ? null : approval,
        server: examination.cluster.server,
        plan: { findings, jobs },
        moving: claimNotices(
          declaration,
          examination.departures.map(({ username }) => examination.cluster.roles.get(username)?.comment),
        ),
      }
    } finally {
      await server.close()
    }
  } catch (error) {
    if (error instanceof BlockedError) return { ...found, stopped: true, blocked: error.problems }
    throw toProvisionError(error)
  }
}
