/** Which database goes with a login that is to go. Pure. */
import type { Problem } from '../model/problem.ts'
import { GUARDRAILS } from '../model/problem.ts'
import type { Cluster, DatabaseState } from '../model/catalog.ts'
import { isClaimedElsewhere, isOfStack } from '../model/claim.ts'
import type { CleanupPolicy, Declaration } from '../model/declaration.ts'
import type { DepartureFinding } from '../model/removal.ts'
import { isSendable } from '../model/sendable.ts'
import type { Subject } from '../model/step.ts'
import { parseTag } from '../model/tag.ts'
import { isHolder } from '../model/withheld.ts'
import { printGiveBack } from '../guardrails/hand-over.ts'
import { finding } from './context.ts'

/** One login that may have to go, before its tag was looked at. */
export interface Candidate {
  readonly application: string
  readonly username: string
  /** Where it logs in; null: not known. */
  readonly database: string | null
  /** The database that should go with it: by name, none, or the one that it owns. */
  readonly owned: { readonly name: string } | 'none' | 'by tag'
  readonly policy: CleanupPolicy
}

/** What was found beside those that go. */
export interface Found {
  readonly findings: readonly DepartureFinding[]
  /** Tags that disagree with what is asked for. */
  readonly problems: readonly Problem[]
}

interface Place {
  readonly declaration: Declaration
  readonly cluster: Cluster
}

export function departureFinding(about: Subject, kind: DepartureFinding['kind'], message: string): DepartureFinding {
  switch (kind) {
    case 'gone':
      return { ...finding(about, 'remove', 'no_change', message), kind }
    case 'kept':
      return { ...finding(about, 'keep', 'skipped', message), kind }
    case 'retained':
      return { ...finding(about, 'retain', 'skipped', message), kind }
  }
}

/** `drops`: the database that goes; null: none. */
export interface Owned extends Found {
  readonly drops: string | null
}

export const NOTHING_OWNED: Owned = { drops: null, findings: [], problems: [] }

export function ownedDatabase(input: Place, candidate: Candidate): Owned {
  const { owned, username } = candidate
  if (owned === 'none') return NOTHING_OWNED
  if (owned === 'by tag') return { drops: taggedDatabase(input, candidate), findings: [], problems: [] }
  const state = input.cluster.databases.get(owned.name)
  if (state !== undefined && isHolder(input.declaration, input.cluster, state, username))
    return { drops: state.name, findings: [], problems: [] }
  return { drops: null, ...databaseElsewhere(input, candidate, owned.name, state) }
}

/** The database is gone, or is somebody else's by now. */
export function databaseElsewhere(
  input: Place,
  { application, username }: Candidate,
  name: string,
  state: DatabaseState | undefined,
): Found {
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
        field: GUARDRAILS.removal_obstacle,
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
function taggedDatabase({ cluster, declaration }: Place, { application, username }: Candidate): string | null {
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
