/** Who goes: from what is asked for and what the tags say, to the logins that leave and what leaves with them. Pure. */
import { type GuardrailCode, GUARDRAILS } from '../model/problem.ts'
import type { Cluster, RoleState } from '../model/catalog.ts'
import { describeClaim, isOfStack, isOurOrphan } from '../model/claim.ts'
import type { CleanupPolicy, Database, Declaration } from '../model/declaration.ts'
import { suggestion } from '../input/text.ts'
import { CLEANUP_POLICIES, deletes, gentler } from '../model/declaration.ts'
import { fewNames } from '../model/few-names.ts'
import type { Departure, DestroyTarget, RemovalTarget } from '../model/removal.ts'
import { parseTag } from '../model/tag.ts'
import type { RemovalRequest } from '../model/removal-memory.ts'
import { removalRight } from './departure-claims.ts'
import {
  type Candidate,
  databaseElsewhere,
  departureFinding,
  type Found,
  NOTHING_OWNED,
  ownedDatabase,
} from './departure-databases.ts'
import { declaredDatabase, pendingRemoval } from './undeclared.ts'

export interface Departures extends Found {
  readonly departures: readonly Departure[]
}

export interface DepartureInput {
  readonly declaration: Declaration
  readonly target: RemovalTarget
  /** RDS_CLEANUP_POLICY; null: each object's own policy stands. */
  readonly policy: CleanupPolicy | null
  readonly cluster: Cluster
  /** Nothing will be removed: what has a claim can be looked at without one. */
  readonly looks: boolean
  /** What this run is approved for: a request that deletes and was not approved itself needs it. */
  readonly mayDelete: boolean
}

const NONE: Departures = { departures: [], findings: [], problems: [] }

/**
 * The owner role's tag decides (src/README.md: Tags; Removal): what it gives to another application of this stack is
 * left to it, what it gives to another stack blocks where it was asked for by name, and is left as it is where a
 * teardown met it.
 */
export function resolveDepartures(input: DepartureInput): Departures {
  const { declaration, target } = input
  if (target.by === 'request')
    return mergeDepartures([...input.cluster.roles.values()].map((role) => judgeRequested(input, role, target)))
  const declared =
    target.by === 'application' ? declaration.applications.find((item) => item.name === target.value) : undefined
  if (declared !== undefined) {
    const { name, username, loginOf, database, accessLevel, cleanupPolicy } = declared
    if (loginOf !== null) {
      const about = { application: name, database, username, object: 'role' } as const
      const message = `${username} is the login of ${loginOf}: the apply after ${name} left the declaration ends its access to ${database ?? ''}`
      return { ...NONE, findings: [departureFinding(about, 'kept', message)] }
    }
    const owned = accessLevel === 'owner' && database !== null ? { name: database } : 'none'
    return judge(input, { application: name, username, database, owned, policy: input.policy ?? cleanupPolicy })
  }
  const found = [...input.cluster.roles.values()].flatMap((role) => judgeTagged(input, role, target))
  return found.length === 0 ? nothingFound(input, target) : mergeDepartures(found)
}

/**
 * What was never there and what is gone by now look alike. A look at a name that nobody has is refused, with the names
 * that there are; a removal says no more than it knows, since it may have been asked for twice.
 */
function nothingFound({ declaration, cluster, looks }: DepartureInput, { by, value }: DestroyTarget): Departures {
  const application = by === 'application' ? value : null
  const message = `nothing of ${declaration.stack} on this instance carries ${FIELDS[by]} ${value}`
  const known = [...cluster.roles.values()].flatMap(({ comment }) => {
    const tag = parseTag(comment)
    const name = tag === null || !isOfStack(declaration, tag) ? undefined : tag.get(FIELDS[by])
    return name === undefined ? [] : [name]
  })
  const names = [...new Set(known)].sort()
  const near = suggestion(value, names)
  if (looks && application !== null) {
    const field = GUARDRAILS.unknown_application
    const remedy = names.length === 0 ? 'Nothing of this stack is there.' : `There are ${fewNames(names)}.${near}`
    const problem = { application, code: 'unknown_application', field, message: `${message}.`, remedy } as const
    return { ...NONE, problems: [problem] }
  }
  const about = { application, database: null, username: null, object: 'role' } as const
  return { ...NONE, findings: [departureFinding(about, 'gone', `${message}: it is gone, or never was.${near}`)] }
}

const FIELDS = { application: 'Application', 'build-id': 'BuildId', 'cluster-name': 'ClusterName' } as const

function mergeDepartures(all: readonly Departures[]): Departures {
  return {
    departures: all.flatMap((item) => item.departures),
    findings: all.flatMap((item) => item.findings),
    problems: all.flatMap((item) => item.problems),
  }
}

/** One whose removal was asked for, and which nobody declares (src/README.md: Removal). */
function judgeRequested(
  input: DepartureInput,
  role: RoleState,
  { application: named }: Extract<RemovalTarget, { by: 'request' }>,
): Departures {
  const { declaration } = input
  const tag = parseTag(role.comment)
  const application = tag?.get('Application') ?? ''
  if (tag === null || (named !== null && named !== application) || !isOurOrphan(declaration, tag)) return NONE
  const request = pendingRemoval(tag, role)
  if (request === null || declaration.applications.some(({ username }) => username === role.name)) return NONE
  const kept = declaredDatabase(declaration, input.cluster, role.name)
  if (kept !== null) return blocked(application, ...ownsDeclared(role.name, kept))
  const policy = gentler(request.policy, input.policy)
  if (deletes(policy) && !request.isApproved && !input.mayDelete)
    return blocked(application, ...unapproved(role.name, request), 'removal_approval')
  const name = tag.get('OwnedDatabase')
  const isNone = request.ownsNone === true || (name === undefined && tag.has('PendingDatabase'))
  const owned = isNone ? 'none' : name === undefined ? 'by tag' : { name }
  return judge(input, { application, username: role.name, database: name ?? null, owned, policy })
}

function ownsDeclared(username: string, { name, owner }: Database): [string, string] {
  const message = `the role ${username} owns the database ${name}, which ${owner.name} declares: nothing of it is removed.`
  const remedy = `Declare ${owner.name} with the username ${username}, or hand the database over first.`
  return [message, remedy]
}

function unapproved(username: string, { policy, buildId }: RemovalRequest): [string, string] {
  const message = `the removal of ${username} (${policy}), asked for in build ${buildId}, is not approved.`
  return [message, 'Set ALLOW_DB_PROVISION=true and ALLOW_DB_DESTROY=true in the environment of the run.']
}

/** What the input declares under another key goes by none that it had before (src/README.md: Removal). */
function declaredElsewhere({ declaration, cluster }: DepartureInput, username: string, application: string): string[] {
  if (declaration.applications.some(({ name }) => name === application)) return []
  const login = declaration.applications.find((item) => item.username === username)
  if (login !== undefined)
    return [
      `${login.name} declares the login ${username} by now: nothing of it is removed.`,
      `Apply first, which gives it to ${login.name}; or take that out of the input.`,
    ]
  const kept = declaredDatabase(declaration, cluster, username)
  return kept === null ? [] : ownsDeclared(username, kept)
}

function judgeTagged(input: DepartureInput, role: RoleState, target: DestroyTarget): Departures[] {
  const tag = parseTag(role.comment)
  const application = tag?.get('Application')
  if (tag === null || application === undefined || tag.get(FIELDS[target.by]) !== target.value) return []
  if (!isOfStack(input.declaration, tag)) {
    if (target.by === 'application') return []
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
  const [message, remedy = ''] = policy === 'retain' ? [] : declaredElsewhere(input, role.name, application)
  if (message !== undefined) return [blocked(application, message, remedy)]
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
  const owned = deletes(candidate.policy) ? ownedDatabase(input, candidate) : NOTHING_OWNED
  const departure = {
    application,
    username,
    database: database ?? owned.drops,
    drops: owned.drops,
    policy: candidate.policy,
    ...(candidate.owned === 'none' && { ownsNone: true as const }),
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

function goneOwner(input: DepartureInput, candidate: Candidate): Departures {
  if (typeof candidate.owned === 'string') return NONE
  return {
    ...NONE,
    ...databaseElsewhere(input, candidate, candidate.owned.name, input.cluster.databases.get(candidate.owned.name)),
  }
}
