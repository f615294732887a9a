/** One round of inspection and plan, as apply, plan and report make it. */

import { createProgress } from '../../audit/progress.ts'
import { AwsError, BlockedError } from '../../errors.ts'
import { checkActual } from '../../guardrails/actual.ts'
import type { Credential } from '../../model/credential.ts'
import type { Plan } from '../../model/step.ts'
import { makePlan } from '../../plan/plan.ts'
import { checkClones } from '../../secrets/assignments.ts'
import type { SecretReader } from '../../secrets/secret-reader.ts'
import type { Connections } from '../../server/connections.ts'
import { inspect, type Inspection, type InspectionScope } from '../../server/inspect.ts'
import type { Versions } from '../../server/login.ts'
import type { RunContext } from '../context.ts'
import { makeSecretFacts } from './secret-facts.ts'

/** What one round found: the state of the server and what it takes to make it as declared. */
export interface Round {
  readonly inspection: Inspection
  readonly plan: Plan
}

/** Inspects and plans; what stands in the way is thrown before anything changes. */
export async function makeRound(
  context: Pick<RunContext, 'declaration' | 'identity' | 'secrets' | 'dependencies'>,
  server: Connections,
  credentials: ReadonlyMap<string, Credential>,
  scope: InspectionScope | null,
): Promise<Round> {
  const inspection = await inspectServer(context, server, credentials, scope)
  return { inspection, plan: await guardAndPlan(context, inspection) }
}

/** Inspects; nothing found stands in the way yet. */
export async function inspectServer(
  context: Pick<RunContext, 'declaration' | 'secrets' | 'dependencies'>,
  server: Connections,
  credentials: ReadonlyMap<string, Credential>,
  scope: InspectionScope | null,
): Promise<Inspection> {
  const { now, progress: report } = context.dependencies
  const total = scope === null ? context.declaration.applications.length : scope.applications.size
  const progress = createProgress({ total, unit: 'logins', now, report })
  return inspect(server, versionsOf(context.secrets), context.declaration, credentials, scope, () => {
    progress.advance()
  })
}

/** @throws AwsError, BlockedError: what stands in the way. */
export async function guardAndPlan(
  context: Pick<RunContext, 'declaration' | 'identity'>,
  inspection: Inspection,
): Promise<Plan> {
  const clones = checkClones(context.declaration, inspection.actual.cluster.memberships, inspection.credentials)
  if (clones.length > 0) throw new AwsError(clones)
  const violations = checkActual(context.declaration, inspection.actual)
  if (violations.length > 0) throw new BlockedError(violations)
  const secrets = await makeSecretFacts(context.declaration, inspection.actual, inspection.credentials)
  return makePlan({
    declaration: context.declaration,
    actual: inspection.actual,
    buildId: context.identity.buildId,
    secrets,
  })
}

function versionsOf(secrets: SecretReader): Versions {
  return { pending: (id) => secrets.readStage(id, 'AWSPENDING'), current: (id) => secrets.readStage(id, 'AWSCURRENT') }
}
