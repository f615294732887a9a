/** `plan`: what `apply` would do now, by the same stages; changes nothing and takes no lock. */
import { createRecorder } from '../audit/recorder.ts'
import { BlockedError, describeProblem, type Problem } from '../errors.ts'
import { checkRequest } from '../guardrails/request.ts'
import type { Actual, Cluster } from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'
import type { RunIdentity } from '../model/run.ts'
import type { Plan } from '../model/step.ts'
import type { Preview } from '../report/preview/preview.ts'
import { inspectCluster } from '../server/inspect-cluster.ts'
import type { Instance } from '../server/instance.ts'
import { lockHolder } from '../server/lock.ts'
import { assertReserved, type Credentials, readCredentials } from './credentials.ts'
import { makeRound, type Round } from './converge.ts'
import type { Dependencies, RunContext } from './dependencies.ts'
import { LOCK_DATABASE } from './lock-session.ts'
import { connectInstance } from './open.ts'
import { provisionError } from './provision-error.ts'

const NOTHING: Plan = { findings: [], jobs: [] }

/**
 * Connects, inspects and plans. What would block the apply is in the result; what kept the plan from being made is
 * thrown.
 * @throws ProvisionError (exit 1, 3, 5 or 6)
 */
export async function preview(
  declaration: Declaration,
  run: RunIdentity,
  dependencies: Dependencies,
): Promise<Preview> {
  const violations = checkRequest(declaration, run)
  const approval = violations.find(({ field }) => field === 'approval') ?? null
  const blocked = violations.filter((problem) => problem !== approval)
  const found = { declaration, run, server: null, plan: NOTHING, blocked, approval, moving: [] }
  // A proxy cannot carry what the inspection needs; there is nobody to ask.
  if (blocked.some(({ field }) => field === 'endpoint')) return found
  try {
    const { inspection, plan, moving } = await observe(declaration, run, dependencies)
    return { ...found, server: inspection.actual.cluster.server, plan: blocked.length === 0 ? plan : NOTHING, moving }
  } catch (error) {
    if (error instanceof BlockedError) return { ...found, blocked: distinct([...blocked, ...error.problems]) }
    throw provisionError(error)
  }
}

/** One round of inspection and plan, as apply makes it, and what moved meanwhile. */
async function observe(
  declaration: Declaration,
  run: RunIdentity,
  dependencies: Dependencies,
): Promise<Round & Pick<Preview, 'moving'>> {
  return withInstance(declaration, run, dependencies, async (server, context, credentials) => {
    const holder = await lockHolder(server.admin, lockHomes(declaration))
    const round = await makeRound(context, server, credentials.applications, null)
    const { actual } = round.inspection
    return {
      ...round,
      moving: [...(await whatMoved(server, declaration, actual.cluster, holder)), ...whatIsUnseen(declaration, actual)],
    }
  })
}

/**
 * Everything that a look at an instance needs, connected without the lock, and closed afterwards.
 * @throws ProvisionError, ConnectFailure
 */
export async function withInstance<T>(
  declaration: Declaration,
  run: RunIdentity,
  dependencies: Dependencies,
  use: (server: Instance, context: RunContext, credentials: Credentials) => Promise<T>,
): Promise<T> {
  const { environment, clusterName, instance } = declaration
  const secrets = dependencies.secrets(declaration.aws)
  const credentials = await readCredentials(secrets, declaration)
  assertReserved(declaration, credentials)
  const recorder = createRecorder({ run, environment, clusterName, instance, now: dependencies.now, sinks: [] })
  const context = { declaration, run, secrets, recorder, dependencies }
  const server = await connectInstance(context, credentials.admin)
  try {
    return await use(server, context, credentials)
  } finally {
    await server.close()
  }
}

/** Where the owner locked the admin out, the apply restores its access first and looks again (design §5 fact 4). */
function whatIsUnseen({ databases }: Declaration, { cluster, interiors }: Actual): string[] {
  const unseen = databases.filter(({ name }) => cluster.databases.has(name) && !interiors.has(name))
  return unseen.map(
    ({ name }) =>
      `The inside of ${name} cannot be seen before its access is restored: the apply may find more to do there.`,
  )
}

/** Without the lock nobody waits for us: so who held it, and whether the catalogs are still what was planned from. */
async function whatMoved(
  server: Instance,
  declaration: Declaration,
  before: Cluster,
  holder: string | null,
): Promise<string[]> {
  const after = await inspectCluster(server.admin, declaration)
  const held = holder ?? (await lockHolder(server.admin, lockHomes(declaration)))
  return [
    ...(held === null
      ? []
      : [`Another run is changing this instance (${held}): what it does may not be in this plan.`]),
    ...(fingerprint(before) === fingerprint(after)
      ? []
      : ['Roles, databases or memberships changed while this plan was made: plan again.']),
  ]
}

/** In the second one where the first is not there, or closed to the admin. */
function lockHomes({ instance }: Declaration): readonly string[] {
  return [LOCK_DATABASE, instance.database]
}

function fingerprint({ roles, databases, memberships, settings }: Cluster): string {
  const sorted = (items: Iterable<unknown>): string[] => [...items].map((item) => JSON.stringify(item)).sort()
  return JSON.stringify([sorted(roles.values()), sorted(databases.values()), sorted(memberships), sorted(settings)])
}

function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [describeProblem(problem), problem])).values()]
}
