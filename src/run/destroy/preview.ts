/** `destroy --dry-run`: what a removal would do now, by the same stages; changes nothing and takes no lock. */
import { createRecorder } from '../../audit/recorder.ts'
import { BlockedError } from '../../errors.ts'
import type { RunIdentity } from '../../model/run.ts'
import { claimNotices } from '../../guardrails/claims.ts'
import { planAdmission } from '../../plan/closing.ts'

import type { Preview } from '../../preview/preview.ts'
import { assertReserved, readCredentials } from '../connection/credentials.ts'
import { openUnlocked } from '../connection/open.ts'
import type { Dependencies } from '../context.ts'
import { toProvisionError } from '../end/provision-error.ts'
import {
  type DestroyRequest,
  knownPolicy,
  limitConnectTimeout,
  missingApproval,
  reservedNames,
  retainFinding,
  withoutApplications,
} from './destroy.ts'
import { explainUnreachable } from './gone.ts'
import { examine, findLeaving, planRemoval } from './removal.ts'
import { snapshotFindings } from './rounds.ts'

/**
 * What a removal would do now, by the same look and the same plans; changes nothing and takes no lock.
 * @throws ProvisionError
 */
export async function previewDestroy(
  request: DestroyRequest,
  identity: RunIdentity,
  dependencies: Dependencies,
): Promise<Preview> {
  // A look never repairs the admin as the master.
  const declaration = { ...limitConnectTimeout(request.declaration), masterSecretId: null }
  const { environment, clusterName, instance } = declaration
  const recorder = createRecorder({ identity, environment, clusterName, instance, now: dependencies.now, sinks: [] })
  const context = { declaration, identity, secrets: dependencies.secrets(declaration.aws), recorder, dependencies }
  const [approval = null] = missingApproval(request)
  const found = {
    declaration,
    identity,
    server: null,
    plan: { findings: [], jobs: [] },
    blocked: [],
    leftOut: [],
    stopped: false,
    approval,
    moving: [],
  }
  if (knownPolicy(request) === 'retain')
    return { ...found, approval: null, plan: { findings: [retainFinding(request)], jobs: [] } }
  const reserved = reservedNames(request)
  if (reserved.length > 0) return { ...found, stopped: true, blocked: reserved }
  try {
    const credentials = await readCredentials(context.secrets, withoutApplications(declaration))
    assertReserved(declaration, credentials)
    const server = await explainUnreachable(() => openUnlocked(context, credentials.admin))
    try {
      const examination = await examine(context, await findLeaving(context, request, server, true), server)
      if (examination.obstacles.length > 0) throw new BlockedError(examination.obstacles)
      const { access, closing, removal } = planRemoval(examination)
      const jobs = [access, planAdmission(examination), closing, ...removal].flatMap((plan) => plan.jobs)
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
