/** What is done about a database that nobody can look into; room for a look (src/README.md: Full databases). Pure. */
import type { Cluster, DatabaseState } from '../model/catalog.ts'
import type { Database } from '../model/declaration.ts'
import type { Job, Step, StepKind } from '../model/step.ts'
import { parseTag } from '../model/tag.ts'
import { alterDatabaseLimit } from '../sql/database.ts'
import { type PlanContext, step, subject } from './context.ts'
import { holdMemberships } from './memberships-held.ts'

/** So many connections more: our own, and some that whoever waits for one may take before us. */
const ROOM = 10

/** Lets the admin in again, beside the limit (src/README.md: The admin locked out). */
const RESTORES_ACCESS: ReadonlySet<StepKind> = new Set(['reopen_database', 'admit_admin'])
/** Takes something away, or gives back what goes with it. */
const TAKES_ACCESS: ReadonlySet<StepKind> = new Set(['restrict_public', 'revoke_privileges', 'end_template'])

/**
 * What can be done of a database's steps before anybody has looked inside: what lets the admin in, and what takes
 * access from others. One that is taken over is let alone until its users were seen.
 */
export function stepsUnseen(context: PlanContext, database: Database, steps: readonly Step[]): Step[] {
  const state = context.actual.cluster.databases.get(database.name)
  const isAdoption = database.owner.adoptExisting && parseTag(state?.comment ?? null) === null
  const room = roomFor(context, database, context.actual.unseen.get(database.name)?.isFull === true)
  const isDone = ({ kind }: Step): boolean =>
    kind === 'limit_database' ? room.length === 0 : RESTORES_ACCESS.has(kind) || (!isAdoption && TAKES_ACCESS.has(kind))
  return [...steps.filter(isDone), ...room]
}

/** @param isFull nobody could look inside just now; a step may have found it so before. */
export function roomFor({ actual, rooms }: PlanContext, database: Database, isFull: boolean): Step[] {
  const state = actual.cluster.databases.get(database.name)
  const room = rooms.get(database.name)
  const isWanted = room === 'wanted' || (isFull && room === undefined)
  const isKept = database.owner.kept.has('database_connection_limit')
  if (!isWanted || state === undefined || database.connectionLimit < 0 || isKept) return []
  const limit = database.connectionLimit + ROOM
  const why = ' while this run looks inside, since all its connections are taken'
  return [limitStep(database, 'make_room', state, limit, why)]
}

/** Takes back what a run gave. */
export function planRoomBack(cluster: Cluster, databases: readonly Database[]): Job[] {
  return databases.flatMap((database): Job[] => {
    const { connectionLimit: limit } = database
    const state = cluster.databases.get(database.name)
    if (state === undefined || state.connectionLimit === limit) return []
    const lower = limitStep(database, 'limit_database', state, limit, ', since this run has looked inside')
    return [{ stage: 'closing', connectTo: null, transactions: [holdMemberships(cluster.server, [lower])] }]
  })
}

function limitStep(
  { owner }: Database,
  kind: 'make_room' | 'limit_database',
  { name, connectionLimit }: DatabaseState,
  limit: number,
  why: string,
): Step {
  const message = `connection limit of ${name}: ${String(connectionLimit)} -> ${String(limit)}${why}`
  return step(subject(owner, 'database'), kind, 'limit', 'updated', message, [
    alterDatabaseLimit(name, limit, owner.username),
  ])
}
