/** `plan`: what `apply` would do now, by the same stages; changes nothing and takes no lock. */
import { BlockedError } from '../errors.ts'
import type { Problem } from '../model/problem.ts'
import { claimNotices } from '../guardrails/claims.ts'
import { checkRequest } from '../guardrails/request.ts'
import type { Actual, Cluster } from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'
import { leaveOut } from '../model/leave-out.ts'
import type { RunIdentity } from '../model/run.ts'
import type { Plan } from '../model/step.ts'
import { digestOf, effectsOf } from '../plan/effects.ts'
import type { Preview } from '../preview/preview.ts'
import { inspectCluster } from '../server/inspect-cluster.ts'
import type { Connections } from '../server/connections.ts'
import { lockHolder } from '../server/lock.ts'
import type { Dependencies } from './context.ts'
import { LOCK_DATABASE } from './connection/lock.ts'
import { type LookedAt, withInstance } from './connection/look.ts'
import type { MastersPart } from './connection/master-look.ts'
import { toProvisionError } from './end/provision-error.ts'
import { type PendingPreview, previewPending } from './removal/pending.ts'
import { MissingRights, type Round, makeRound } from './apply/round.ts'
import { Setbacks } from './end/setbacks.ts'

const NOTHING: Plan = { findings: [], jobs: [] }

/**
 * Connects, inspects and plans. What would block the apply is in the result; what kept the plan from being made is
 * thrown.
 * @throws ProvisionError (exit 1, 3, 5 or 6)
 */
export async function previewApply(
  declaration: Declaration,
  identity: RunIdentity,
  dependencies: Dependencies,
): Promise<Preview> {
  const violations = checkRequest(declaration, identity)
  const approval = violations.find(({ code }) => code === 'approval') ?? null
  const blocked = violations.filter((problem) => problem !== approval)
  const stopped = blocked.length > 0
  const found = {
    declaration,
    identity,
    server: null,
    plan: NOTHING,
    effects: [],
    digest: null,
    blocked,
    leftOut: [],
    stopped,
    approval,
    moving: [],
  }
  // A proxy cannot carry what the inspection needs; there is nobody to ask.
  if (blocked.some(({ code }) => code === 'endpoint')) return found
  try {
    const {
      inspection,
      plan: own,
      moving,
      setbacks,
      removals,
      part,
    } = await inspectAndPlan(declaration, identity, dependencies)
    const { server } = inspection.actual.cluster
    const plan = part === null ? own : together(part.plan, own)
    const effects = stopped ? [] : effectsOf(plan)
    return {
      ...found,
      server,
      plan: stopped ? NOTHING : together(plan, removals.plan),
      effects,
      // No digest approves what the master does (src/README.md: What was approved).
      digest: stopped || part !== null ? null : digestOf(declaration, effects),
      blocked: distinct([...blocked, ...setbacks.blocked, ...removals.blocked]),
      leftOut: stopped ? [] : [...setbacks.leftOut].sort(),
      moving,
    }
  } catch (error) {
    if (error instanceof BlockedError)
      return { ...found, stopped: true, blocked: distinct([...blocked, ...error.problems]) }
    throw toProvisionError(error)
  }
}

function together(first: Plan, second: Plan): Plan {
  return { findings: [...first.findings, ...second.findings], jobs: [...first.jobs, ...second.jobs] }
}

/** One round of inspection and plan, as apply makes it, and what moved meanwhile. */
async function inspectAndPlan(
  declaration: Declaration,
  identity: RunIdentity,
  dependencies: Dependencies,
): Promise<Inspected> {
  try {
    return await inspectAndPlanAs(declaration, identity, dependencies, false)
  } catch (error) {
    if (!(error instanceof MissingRights)) throw error
    return await inspectAndPlanAs(declaration, identity, dependencies, true)
  }
}

interface Inspected extends Round, Pick<Preview, 'moving'> {
  readonly setbacks: Setbacks
  readonly removals: PendingPreview
  /** What the master does first; null: nothing. */
  readonly part: MastersPart | null
}

/** @param asMaster the admin lacks rights that the apply has the master give */
async function inspectAndPlanAs(
  declaration: Declaration,
  identity: RunIdentity,
  dependencies: Dependencies,
  asMaster: boolean,
): Promise<Inspected> {
  const look = async ({ server, context, credentials, part }: LookedAt): Promise<Inspected> => {
    const holder = await lockHolder(server.admin, lockDatabases(declaration))
    const mayRepair = declaration.masterSecretId !== null && part === null
    const setbacks = new Setbacks(declaration, mayRepair, { login: credentials.master, refusals: new Map() })
    const round = await makeRound(context, server, credentials.applications, null, setbacks)
    const { actual } = round.inspection
    return {
      ...round,
      setbacks,
      part,
      removals: await previewPending(context, server, actual.cluster),
      moving: [
        ...seenByMaster(part),
        ...(await findMovement(server, declaration, actual.cluster, holder)),
        ...findUnseen(leaveOut(declaration, setbacks.leftOut), actual),
        ...claimNotices(
          declaration,
          declaration.applications.map(({ username }) => actual.cluster.roles.get(username)?.comment),
        ),
      ],
    }
  }
  return withInstance(declaration, identity, dependencies, look, asMaster)
}

function seenByMaster(part: MastersPart | null): string[] {
  if (part === null) return []
  const { master, admin } = part
  return [
    `The delegated admin ${admin} cannot log in or lacks a right, so ${master} looked, in read-only transactions: ` +
      `the apply has ${master} make or repair it first, and only then is known what the server lets ${master} give.`,
  ]
}

/**
 * Where the owner locked the admin out, the apply restores its access first and looks again (src/README.md: The admin
 * locked out).
 */
function findUnseen({ databases }: Declaration, { cluster, interiors }: Actual): string[] {
  const unseen = databases.filter(({ name }) => cluster.databases.has(name) && !interiors.has(name))
  return unseen.map(
    ({ name }) =>
      `The inside of ${name} cannot be seen before its access is restored: the apply may find more to do there.`,
  )
}

/** Without the lock nobody waits for us: so who held it, and whether the catalogs are still what was planned from. */
async function findMovement(
  server: Connections,
  declaration: Declaration,
  before: Cluster,
  holder: string | null,
): Promise<string[]> {
  const seen = await inspectCluster(server.admin, declaration)
  const after = server.see?.(seen) ?? seen
  const held = holder ?? (await lockHolder(server.admin, lockDatabases(declaration)))
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
function lockDatabases({ instance }: Declaration): readonly string[] {
  return [LOCK_DATABASE, instance.database]
}

function fingerprint({ roles, databases, memberships, settings }: Cluster): string {
  const sorted = (items: Iterable<unknown>): string[] => [...items].map((item) => JSON.stringify(item)).sort()
  return JSON.stringify([sorted(roles.values()), sorted(databases.values()), sorted(memberships), sorted(settings)])
}

/** The request's guardrails are looked at once more when the secrets have told the admin's name. */
function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
}
