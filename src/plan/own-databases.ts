/** Databases that applications made for themselves: told and shut to PUBLIC (src/README.md: What applications make). */
import { groupBy } from '../group-by.ts'
import { isInvalid, type DatabaseState } from '../model/catalog.ts'
import type { Application } from '../model/declaration.ts'
import { fewNames } from '../model/few-names.ts'
import { isSendable } from '../model/sendable.ts'
import type { Finding, Job, Step } from '../model/step.ts'
import { parseTag } from '../model/tag.ts'
import { grantOnDatabase, revokeOnDatabase } from '../sql/database.ts'
import { chunk } from './chunks.ts'
import { finding, type PlanContext, standing, step, subject } from './context.ts'
import { holdMemberships } from './memberships-held.ts'
import { heldBy, passedOnTo, subtract } from './privileges.ts'

/** Each statement takes locks of its own, and the server's lock table is finite. */
const DATABASES_PER_TRANSACTION = 100

export interface OwnDatabases {
  readonly findings: readonly Finding[]
  readonly jobs: readonly Job[]
}

/** For each planned login, those that it owns and nobody declares; with our tag they are told elsewhere. */
export function planOwnDatabases(context: PlanContext): OwnDatabases {
  const { cluster } = context.actual
  const declared = new Set(context.declaration.databases.map(({ name }) => name))
  // PUBLIC's CONNECT may be how the admin itself comes in.
  const kept = new Set([context.declaration.instance.database, 'postgres'])
  const byOwner = groupBy(
    [...cluster.databases.values()].filter(({ name }) => !declared.has(name) && !kept.has(name)),
    ({ owner }) => owner,
  )
  const owners = context.planned.applications
    .filter(({ username }) => parseTag(cluster.roles.get(username)?.comment ?? null) !== null)
    .map((application) => ({ application, states: byOwner.get(application.username) ?? [] }))
  return {
    findings: owners.flatMap(({ application, states }) => tell(application, states)),
    jobs: owners.flatMap(({ application, states }) => shut(context, application, states)),
  }
}

function tell(application: Application, states: readonly DatabaseState[]): Finding[] {
  const { username } = application
  const about = { ...subject(application, 'database'), database: null }
  const untagged = states.filter(({ comment }) => parseTag(comment) === null).map(({ name }) => name)
  const unnamed = states.filter((state) => !isSendable(state.name) && isOpen(state)).map(({ name }) => name)
  const count = `${username} made for itself ${String(untagged.length)} database(s), which nobody declares`
  const open =
    `PUBLIC may connect to ${fewNames(unnamed)}, which ${username} made: the name is no text in UTF-8, so no statement ` +
    'can shut it; let its owner rename it, over a connection in the encoding that it was named in'
  return [
    ...(untagged.length === 0 ? [] : [standing(about, 'beyond', 'keep', `${count}: ${fewNames(untagged)}`)]),
    ...(unnamed.length === 0 ? [] : [finding(about, 'restrict', 'warning', open)]),
  ]
}

function isOpen(state: DatabaseState): boolean {
  return !isInvalid(state) && heldBy(state.acl, '', state.owner).length > 0
}

function shut(context: PlanContext, application: Application, states: readonly DatabaseState[]): Job[] {
  const { server } = context.actual.cluster
  if (application.undeclared === 'keep') return []
  const steps = states
    .filter((state) => isSendable(state.name) && isOpen(state))
    .map((state) => shutStep(application, state, server.login))
  if (steps.length === 0) return []
  const transactions = chunk(steps, DATABASES_PER_TRANSACTION).map((part) => holdMemberships(server, part))
  return [{ stage: 'databases', connectTo: null, transactions }]
}

/** The admin itself came in through PUBLIC. */
function shutStep(application: Application, { name, owner, acl }: DatabaseState, admin: string): Step {
  const open = heldBy(acl, '', owner)
  const missing = subtract(['CONNECT'], heldBy(acl, admin))
  return step(
    { ...subject(application, 'grant'), database: name },
    'restrict_public',
    'restrict',
    'updated',
    `PUBLIC may not connect to ${name}, which ${owner} made for itself`,
    [
      ...(missing.length === 0 ? [] : [grantOnDatabase(name, missing, admin, owner)]),
      revokeOnDatabase(name, open, '', owner, passedOnTo(acl, '', open).length > 0),
    ],
  )
}
