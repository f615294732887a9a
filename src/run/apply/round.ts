/** One round of inspection and plan, as apply, plan and report make it. */

import { createProgress } from '../../audit/progress.ts'
import { AwsError, BlockedError } from '../../errors.ts'
import { checkActual } from '../../guardrails/actual.ts'
import { checkUpgrade } from '../../guardrails/upgrade.ts'
import { sortByConcern } from '../../guardrails/concern.ts'
import type { Cluster } from '../../model/catalog.ts'
import type { Credential } from '../../model/credential.ts'
import type { Declaration } from '../../model/declaration.ts'
import type { ApprovedPlan } from '../../model/effect.ts'
import { leaveOut } from '../../model/leave-out.ts'
import type { Problem } from '../../model/problem.ts'
import type { Plan } from '../../model/step.ts'
import { needsMaster } from '../../model/withheld.ts'
import { findBegun, planMark } from '../../plan/approved-plan.ts'
import { makePlan } from '../../plan/plan.ts'
import { checkClones } from '../../secrets/assignments.ts'
import type { SecretReader } from '../../secrets/secret-reader.ts'
import type { Connections } from '../../server/connections.ts'
import { inspect, type Inspection, type InspectionScope } from '../../server/inspect.ts'
import type { Versions } from '../../server/login.ts'
import { assertMasterLogsIn, readMaster } from '../connection/master.ts'
import type { RunContext } from '../context.ts'
import { makeSecretFacts } from './secret-facts.ts'
import type { Setbacks, Visitor } from '../end/setbacks.ts'

/** What one round found: the state of the server and what it takes to make it as declared. */
export interface Round {
  readonly inspection: Inspection
  /** Of the applications that are not left out. */
  readonly plan: Plan
}

/**
 * Inspects and plans.
 * @param setbacks gets what stands in the way of single applications.
 * @throws AwsError, BlockedError: what stands in the way of the run, before anything changes.
 */
export async function makeRound(
  context: Pick<RunContext, 'declaration' | 'identity' | 'secrets' | 'dependencies'>,
  server: Connections,
  credentials: ReadonlyMap<string, Credential>,
  scope: InspectionScope | null,
  setbacks: Setbacks,
): Promise<Round> {
  const inspection = await inspectServer(context, server, credentials, scope)
  const plan = await guardAndPlan(context, inspection, setbacks)
  await assertMasterLogsIn(context, server, setbacks)
  return { inspection, plan }
}

/**
 * Inspects; nothing found stands in the way yet.
 * @param everybody what all roles hold inside is asked for too
 */
export async function inspectServer(
  context: Pick<RunContext, 'declaration' | 'secrets' | 'dependencies'>,
  server: Connections,
  credentials: ReadonlyMap<string, Credential>,
  scope: InspectionScope | null,
  everybody = false,
): Promise<Inspection> {
  const { now, progress: report } = context.dependencies
  const total = scope === null ? context.declaration.applications.length : scope.applications.size
  const progress = createProgress({ total, unit: 'logins', now, report })
  const onTried = (): void => {
    progress.advance()
  }
  return inspect(server, versionsOf(context.secrets), context.declaration, credentials, scope, { onTried, everybody })
}

/** Rights are missing that the master can give, and nothing else would stop the run. */
export class MissingRights extends BlockedError {}

/**
 * @param setbacks gets what stands in the way of single applications.
 * @throws AwsError, BlockedError: what stands in the way of the run; it names what is wrong with single ones, too.
 */
export async function guardAndPlan(
  context: Pick<RunContext, 'declaration' | 'identity' | 'secrets'>,
  { actual, credentials }: Inspection,
  setbacks: Setbacks,
): Promise<Plan> {
  const { declaration, identity } = context
  const clones = checkClones(declaration, actual.cluster.memberships, credentials)
  const violations = checkActual(declaration, actual, context.identity)
  const problems = [...clones, ...violations].map((problem) => withRefusal(declaration, problem, setbacks))
  const concerns = sortByConcern(declaration, actual.cluster, problems)
  if (clones.some((problem) => concerns.run.includes(problem))) throw new AwsError(clones)
  const single = [...concerns.applications.values()].flat()
  const isRight = ({ code }: Problem): boolean => code === 'missing_right'
  if (setbacks.mayRepair && concerns.run.every(isRight) && [...concerns.run, ...single].some(isRight))
    throw new MissingRights(problems)
  if (concerns.run.length > 0) throw new BlockedError(problems)
  const upgrade = checkUpgrade(declaration, actual.cluster, setbacks.master.login)
  setbacks.block([...single, ...upgrade], actual.cluster.roles.keys())
  const { leftOut } = setbacks
  const isNeeded = leaveOut(declaration, leftOut).databases.some((item) => needsMaster(declaration, actual, item))
  if (isNeeded) setbacks.visitor ??= await findVisitor(context, actual.cluster)
  const approved = identity.command === 'apply' ? identity.approvedPlan : null
  const secrets = await makeSecretFacts(declaration, actual, credentials)
  return makePlan({
    declaration,
    leftOut,
    rooms: setbacks.rooms,
    made: new Set([...setbacks.made, ...madeBefore(declaration, actual.cluster, approved)]),
    actual,
    buildId: context.identity.buildId,
    cleanupPolicy: context.identity.cleanupPolicy,
    startedAt: context.identity.startedAt,
    approvedPlan: approved === null ? null : planMark(declaration, approved.digest),
    preparedFor: upgrade.length === 0 ? setbacks.master.login : null,
    master: isNeeded ? (setbacks.visitor?.credential.user ?? null) : null,
    secrets,
  })
}

/** Roles that a run before has made with the plan that this one goes on with: its own likewise. */
function madeBefore(declaration: Declaration, { roles }: Cluster, approved: ApprovedPlan | null): string[] {
  if (approved === null || findBegun(declaration, roles, approved) !== 'begun') return []
  return (approved.effects ?? []).flatMap(({ rule, username }) => (rule === 'create_role' ? (username ?? []) : []))
}

async function findVisitor(
  context: Pick<RunContext, 'declaration' | 'secrets'>,
  { server }: Pick<Cluster, 'server'>,
): Promise<Visitor> {
  return { credential: await readMaster(context, server.login), isProven: false }
}

/** What the server said to the master, who tried to give what is missing. */
function withRefusal({ applications }: Declaration, problem: Problem, { master }: Setbacks): Problem {
  const role = problem.role ?? applications.find(({ name }) => name === problem.application)?.username ?? ''
  const refusal = problem.code === 'missing_right' ? master.refusals.get(role) : undefined
  return refusal === undefined ? problem : { ...problem, message: `${problem.message} ${refusal}` }
}

function versionsOf(secrets: SecretReader): Versions {
  return { pending: (id) => secrets.readStage(id, 'AWSPENDING'), current: (id) => secrets.readStage(id, 'AWSCURRENT') }
}
