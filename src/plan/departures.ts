/** Who goes: from what is asked for and what the tags say, to the logins that leave and what leaves with them. Pure. */
import { type GuardrailCode, GUARDRAILS, type Problem } from '../model/problem.ts'
import type { Cluster, DatabaseState, RoleState } from '../model/catalog.ts'
import { describeClaim, isClaimedElsewhere, isOfStack } from '../model/claim.ts'
import type { CleanupPolicy, Declaration } from '../model/declaration.ts'
import { CLEANUP_POLICIES } from '../model/declaration.ts'
import type { Departure, DepartureFinding, DestroyTarget } from '../model/removal.ts'
import type { Subject } from '../model/step.ts'
import { isSendable } from '../model/sendable.ts'
import { parseTag } from '../model/tag.ts'
import { isHolder } from '../model/withheld.ts'
import { printGiveBack } from '../guardrails/hand-over.ts'
import { finding } from './context.ts'
import { removalRight } from './departure-claims.ts'

export interface Departures {
  readonly departures: readonly Departure[]
  readonly findings: readonly DepartureFinding[]
  /** Tags that disagree with what is asked for. */
  readonly problems: readonly Problem[]
}

export interface DepartureInput {
  readonly declaration: Declaration
  readonly target: DestroyTarget
  /** RDS_CLEANUP_POLICY; null: each object's own policy stands. */
  readonly policy: CleanupPolicy | null
  readonly cluster: Cluster
  /** Nothing will be removed: what has a claim can be looked at without one. */
  readonly looks: boolean
}

/** One login that may have to go, before its tag was looked at. */
interface Candidate {
  readonly application: string
  readonly username: string
  /** Where it logs in; null: not known. */
  readonly database: string | null
  /** The database that should go with it: by name, none, or the one that it owns. */
  readonly owned: { readonly name: string } | 'none' | 'by tag'
  readonly policy: CleanupPolicy
}

const NONE: Departures = { departures: [], findings: [], problems: [] }

/**
 * The owner role's tag decides (src/README.md: Tags; Removal): what it gives to another application of this stack is
 * left to it, what it gives to another stack blocks where it was asked for by name, and is left as it is where a
 * teardown met it.
 */
export function resolveDepartures(input: DepartureInput): Departures {
  const { declaration, target } = input
  const declared =
    target.by === 'application' ? declaration.applications.find((item) => item.name === target.value) : undefined
  if (declared !== undefined) {
    const { name, username, database, accessLevel, cleanupPolicy } = declared
    const owned = accessLevel === 'owner' ? { name: database } : 'none'
    return judge(input, { application: name, username, database, owned, policy: input.policy ?? cleanupPolicy })
  }
  const found = [...input.cluster.roles.values()].flatMap((role) => judgeTagged(input, role))
  if (found.length === 0) {
    const about = {
      application: target.by === 'application' ? target.value : null,
      database: null,
      username: null,
      object: 'role',
    } as const
    return {
      ...NONE,
      findings: [
        departureFinding(
          about,
          'gone',
          `nothing of ${declaration.stack} on this instance carries ${FIELDS[target.by]} ${target.value}: it is already gone`,
        ),
      ],
    }
  }
  return mergeDepartures(found)
}

const FIELDS = { application: 'Application', 'build-id': 'BuildId', 'cluster-name': 'ClusterName' } as const

function departureFinding(about: Subject, kind: DepartureFinding['kind'], message: string): DepartureFinding {
  switch (kind) {
    case 'gone':
      return { ...finding(about, 'remove', 'no_change', message), kind }
    case 'kept':
      return { ...finding(about, 'keep', 'skipped', message), kind }
    case 'retained':
      return { ...finding(about, 'retain', 'skipped', message), kind }
  }
}

function mergeDepartures(all: readonly Departures[]): Departures {
  return {
    departures: all.flatMap((item) => item.departures),
    findings: all.flatMap((item) => item.findings),
    problems: all.flatMap((item) => item.problems),
  }
}

function judgeTagged(input: DepartureInput, role: RoleState): Departures[] {
  const tag = parseTag(role.comment)
  const application = tag?.get('Application')
  if (tag === null || application === undefined || tag.get(FIELDS[input.target.by]) !== input.target.value) return []
  if (!isOfStack(input.declaration, tag)) {
    if (input.target.by === 'application') return []
    const message = `role ${role.name} belongs to the stack ${describeClaim(tag)}, and is left as it is with all it has`
    return [
      {
        ...NONE,
        findings: [
          departureFinding({ application, database: null, username: role.name, object: 'role' }, 'kept', message),
        ],
      },
    ]
  }
  const policy = input.policy ?? CLEANUP_POLICIES.find((item) => item === tag.get('CleanupPolicy')) ?? 'retain'
  return [judge(input, { application, username: role.name, database: null, owned: 'by tag', policy })]
}

function judge(input: DepartureInput, candidate: Candidate): Departures {
  const { application, username, database } = candidate
  const about = { application, database, username, object: 'role' } as const
  const role = input.cluster.roles.get(username)
  if (role === undefined)
    return mergeDepartures([
      { ...NONE, findings: [departureFinding(about, 'gone', `role ${username} is already gone`)] },
      goneOwner(input, candidate),
    ])
  const tag = parseTag(role.comment)
  if (tag === null)
    return blocked(
      application,
      `the role ${username} carries no tag of this tool.`,
      'Remove it by hand if it is to go, or take the marker out of the state (terraform state rm).',
    )
  const right = removalRight(input.declaration, username, tag, !input.looks && candidate.policy !== 'retain')
  if (right.kind === 'kept') return { ...NONE, findings: [departureFinding(about, 'kept', right.message)] }
  if (right.kind === 'blocked') return blocked(application, right.message, right.remedy, right.code)
  if (tag.get('Application') !== application) {
    const owner = `the application ${tag.get('Application') ?? ''}`
    const message = `role ${username} now belongs to ${owner}: it and its database are left as they are`
    return { ...NONE, findings: [departureFinding(about, 'kept', message)] }
  }
  if (candidate.policy === 'retain')
    return {
      ...NONE,
      findings: [departureFinding(about, 'retained', `role ${username} and what it owns are retained`)],
    }
  const owned = ownedDatabase(input, candidate)
  const departure = {
    application,
    username,
    database: database ?? owned.drops,
    drops: owned.drops,
    policy: candidate.policy,
  }
  return {
    departures: owned.problems.length > 0 ? [] : [departure],
    findings: owned.findings,
    problems: owned.problems,
  }
}

function blocked(
  application: string,
  message: string,
  remedy: string,
  code: GuardrailCode = 'removal_obstacle',
): Departures {
  return { ...NONE, problems: [{ application, code, field: GUARDRAILS[code], message, remedy }] }
}

type Owned = Pick<Departures, 'findings' | 'problems'> & { readonly drops: string | null }

function ownedDatabase(input: DepartureInput, candidate: Candidate): Owned {
  const { owned, username } = candidate
  if (owned === 'none') return { drops: null, findings: [], problems: [] }
  if (owned === 'by tag') return { drops: taggedDatabase(input, candidate), findings: [], problems: [] }
  const state = input.cluster.databases.get(owned.name)
  if (state !== undefined && isHolder(input.declaration, input.cluster, state, username))
    return { drops: state.name, findings: [], problems: [] }
  return { drops: null, ...elsewhere(input, candidate, owned.name, state) }
}

function goneOwner(input: DepartureInput, candidate: Candidate): Departures {
  if (typeof candidate.owned === 'string') return NONE
  return {
    ...NONE,
    ...elsewhere(input, candidate, candidate.owned.name, input.cluster.databases.get(candidate.owned.name)),
  }
}

/** The database is gone, or is somebody else's by now. */
function elsewhere(
  input: DepartureInput,
  { application, username }: Candidate,
  name: string,
  state: DatabaseState | undefined,
): Pick<Departures, 'findings' | 'problems'> {
  const about = { application, database: name, username, object: 'database' } as const
  if (state === undefined)
    return { findings: [departureFinding(about, 'gone', `database ${name} is already gone`)], problems: [] }
  const tag = parseTag(input.cluster.roles.get(state.owner)?.comment ?? null)
  if (tag !== null && (isOfStack(input.declaration, tag) || isClaimedElsewhere(input.declaration, tag))) {
    const owner = `${state.owner} (application ${tag.get('Application') ?? ''})`
    const message = `database ${name} now belongs to ${owner} and is left as it is`
    return { findings: [departureFinding(about, 'kept', message)], problems: [] }
  }
  const message = `the database ${name} belongs to ${state.owner}, which is not managed by this stack.`
  return {
    findings: [],
    problems: [
      {
        application,
        code: 'removal_obstacle',
        field: 'destroy',
        message,
        remedy: printGiveBack(input.cluster, state, username, input.declaration.instance.database),
      },
    ],
  }
}

/**
 * Which database is the application's, where no declaration names it: the one that carries the application's tag, else
 * the only one of a login that cannot have made it itself. Others that it owns then stand in the way, by name.
 */
function taggedDatabase({ cluster, declaration }: DepartureInput, { application, username }: Candidate): string | null {
  // One that no statement can name stands in the way, too (src/README.md: Bytes in catalogs).
  const owned = [...cluster.databases.values()].filter(
    (state) => isHolder(declaration, cluster, state, username) && isSendable(state.name),
  )
  const declared = owned.filter((database) =>
    declaration.databases.some((item) => item.name === database.name && item.owner.username === username),
  )
  const tagged = owned.filter((database) => {
    const tag = parseTag(database.comment)
    return tag?.get('Application') === application && isOfStack(declaration, tag)
  })
  for (const group of [declared, tagged]) if (group.length === 1) return group[0]?.name ?? null
  const isMaker = cluster.roles.get(username)?.createDb === true
  return owned.length === 1 && !isMaker ? (owned[0]?.name ?? null) : null
}
