/**
 * A database that the master makes extensions in: the admin's own until they are there, so that no code of anybody
 * else is in it, and then its owner's (src/README.md: The master in a database). Pure.
 */
import type { AclItem, Cluster, DatabaseState, ServerFacts } from '../model/catalog.ts'
import type { Database } from '../model/declaration.ts'
import { formatTag, type Tag } from '../model/tag.ts'
import type { BareTransaction, Job, Step, Subject, Transaction } from '../model/step.ts'
import { isOurOrphan } from '../model/claim.ts'
import { isWithheld, letIn, needsMaster, withheldTag } from '../model/withheld.ts'
import {
  allowConnections,
  commentOnDatabase,
  createDatabase,
  grantOnDatabase,
  revokeOnDatabase,
} from '../sql/database.ts'
import { alterDatabaseOwner } from '../sql/owner.ts'
import { holdRole } from '../sql/role.ts'
import { type PlanContext, step, subject } from './context.ts'
import { holdMemberships } from './memberships-held.ts'
import { transactionsInside } from './parts.ts'
import { heldBy, subtract } from './privileges.ts'
import { desiredDatabaseTag } from './tags.ts'

/** Whether a database is the admin's before it is its owner's: it is so already, or is to be made so. */
export function isHandedOver(context: PlanContext, database: Database): boolean {
  const { declaration, actual } = context
  if (actual.cluster.databases.has(database.name)) return isWithheld(declaration, actual.cluster, database)
  return context.master !== null && needsMaster(declaration, actual, database)
}

/** What the database will be once its owner has it: without the master, and PUBLIC if it was not let in since. */
export function afterHandover(cluster: Cluster, { owner }: Database, state: DatabaseState): DatabaseState {
  const { login } = cluster.server
  const gone = [...letIn(cluster, owner.username, state).masters, ...(withheldTag(cluster, state) === null ? [''] : [])]
  const own = (role: string): string => (role === login ? owner.username : role)
  const acl = state.acl
    .filter(({ grantee }) => !gone.includes(grantee))
    .map((item): AclItem => ({ ...item, grantor: own(item.grantor), grantee: own(item.grantee) }))
  return { ...state, owner: owner.username, allowConnections: true, acl }
}

/** What happens to a database before its owner has it, and that it gets it. */
export interface Withheld {
  readonly opening: readonly Step[]
  readonly handover: Step
}

/** @param state null: it is made in the same plan */
export function planWithheld(context: PlanContext, database: Database, state: DatabaseState | null): Withheld {
  return { opening: planOpening(context, database, state), handover: planHandover(context, database, state) }
}

/** Nobody may connect to it yet. Whose it will be, its own records tell: this one names no owner. */
export function planWithheldCreation(context: PlanContext, database: Database): BareTransaction {
  const { version, login } = context.actual.cluster.server
  const { name, owner, encoding, locale, connectionLimit } = database
  const statement = createDatabase({ name, owner: login, encoding, locale, version, connectionLimit })
  const message = `database ${name}, withheld from ${owner.username} until ${context.master ?? ''} has made its extensions`
  const about: Subject = { ...subject(owner, 'database'), username: null }
  return {
    kind: 'bare',
    before: [],
    step: step(about, 'create_database', 'create', 'created', message, [statement]),
    undo: [],
  }
}

/**
 * Lets the admin in, the master where it is needed, and nobody else; the owner, who may not connect, gets the right to
 * make the first schema.
 */
function planOpening(context: PlanContext, database: Database, state: DatabaseState | null): Step[] {
  const { login } = context.actual.cluster.server
  const { name, owner } = database
  const about = subject(owner, 'grant')
  const acl = state?.acl ?? []
  const tag = state === null ? null : withheldTag(context.actual.cluster, state)
  const open = [
    ...(tag === null ? [revokeOnDatabase(name, ['ALL'], '', null)] : []),
    ...(heldBy(acl, owner.username).includes('CREATE')
      ? []
      : [grantOnDatabase(name, ['CREATE'], owner.username, null)]),
    ...(tag === null || state?.allowConnections !== true ? [allowConnections(name, true, null)] : []),
    ...(tag === null ? [commentOnDatabase(name, formatTag(withheldAs(context, database, null)), null)] : []),
  ]
  const whose = `nobody but ${login} may connect to ${name} until ${owner.username} gets it`
  const steps = open.length === 0 ? [] : [step(about, 'withhold_database', 'withhold', 'updated', whose, open)]
  return [...steps, ...admitMaster(context, database, acl, tag)]
}

/** CREATE is what a trusted extension takes that one of the master's brings along. */
const OF_MASTER = ['CONNECT', 'CREATE']

function admitMaster(context: PlanContext, database: Database, acl: readonly AclItem[], tag: Tag | null): Step[] {
  const { master, declaration, actual } = context
  if (master === null || !needsMaster(declaration, actual, database)) return []
  const missing = subtract(OF_MASTER, heldBy(acl, master))
  const statements = [
    ...(missing.length === 0 ? [] : [grantOnDatabase(database.name, missing, master, null)]),
    ...(tag?.get('AdmittedMaster') === master
      ? []
      : [commentOnDatabase(database.name, formatTag(withheldAs(context, database, tag, master)), null)]),
  ]
  if (statements.length === 0) return []
  const message = `${master} may connect to ${database.name} while it makes extensions`
  return [step(subject(database.owner, 'grant'), 'admit_master', 'admit', 'created', message, statements)]
}

function withheldAs(
  context: PlanContext,
  { owner }: Database,
  existing: Tag | null,
  master: string | null = null,
): Tag {
  const own = new Map(desiredDatabaseTag(context, owner, existing))
  own.set('WithheldFor', owner.username)
  if (master !== null) own.set('AdmittedMaster', master)
  return own
}

/**
 * The master leaves, and the database is its owner's. The admin becomes a member of that owner first, which the
 * transaction has to end (`holdMemberships`).
 */
function planHandover(context: PlanContext, database: Database, state: DatabaseState | null): Step {
  const { cluster } = context.actual
  const { version, login } = cluster.server
  const { name, owner } = database
  const masters = new Set([
    ...(state === null ? [] : letIn(cluster, owner.username, state).masters),
    ...(context.master !== null && needsMaster(context.declaration, context.actual, database) ? [context.master] : []),
  ])
  const statements = [
    holdRole(version, owner.username, login),
    ...[...masters].map((role) => revokeOnDatabase(name, ['ALL'], role, null)),
    alterDatabaseOwner(name, owner.username),
  ]
  const left = masters.size === 0 ? '' : `, and ${[...masters].join(', ')} may no longer connect to it`
  const message = `database ${name} belongs to ${owner.username}${left}`
  return step(subject(owner, 'database'), 'hand_over_database', 'hand over', 'updated', message, statements)
}

/**
 * Databases that stay withheld after this run, since something stands in the way of their application, or nobody
 * declares it any more: the master that a run before let in, and was cut off or refused, may no longer connect.
 */
export function planDismissals(context: PlanContext): Job[] {
  const { cluster } = context.actual
  const planned = new Set(context.planned.databases.map(({ name }) => name))
  const steps = [...cluster.databases.values()].flatMap((state) => {
    const tag = planned.has(state.name) ? null : withheldTag(cluster, state)
    return tag !== null && isOurOrphan(context.declaration, tag) ? dismissal(cluster, state, tag) : []
  })
  return steps.length === 0 ? [] : [{ stage: 'roles', connectTo: null, transactions: [{ kind: 'atomic', steps }] }]
}

function dismissal(cluster: Cluster, state: DatabaseState, tag: Tag): Step[] {
  const owner = tag.get('WithheldFor') ?? ''
  const { masters } = letIn(cluster, owner, state)
  if (masters.length === 0) return []
  const application = tag.get('Application') ?? null
  const about: Subject = { application, database: state.name, username: null, object: 'grant' }
  const message = `${masters.join(', ')} may no longer connect to ${state.name}, which stays withheld from ${owner}`
  const statements = masters.map((role) => revokeOnDatabase(state.name, ['ALL'], role, null))
  return [step(about, 'dismiss_master', 'dismiss', 'removed', message, statements)]
}

/** What stands inside of it, by when and by whom; null: it was not seen yet, and is opened first. */
type Inside = { readonly founding: readonly Step[]; readonly byMaster: readonly Step[] } | null

/**
 * Making, opening, extensions, and the database's own steps once its owner has it. What the server refuses the master
 * leaves it withheld.
 * @param steps of the database, as its owner
 * @param rest what follows them
 */
export function withheldJobs(
  server: ServerFacts,
  { name }: Database,
  creation: BareTransaction | null,
  { opening, handover }: Withheld,
  inside: Inside,
  steps: readonly Step[],
  rest: readonly Transaction[],
): Job[] {
  const opened: Transaction[] = opening.length === 0 ? [] : [{ kind: 'atomic', steps: opening }]
  const isHeld = true
  const jobs: Job[] = [
    { stage: 'databases', connectTo: null, transactions: [...(creation === null ? [] : [creation]), ...opened] },
    ...(inside === null
      ? []
      : ([
          { stage: 'foundations', connectTo: name, transactions: transactionsInside(server, inside.founding) },
          {
            stage: 'extensions',
            connectTo: name,
            asMaster: true,
            transactions: inside.byMaster.map((item): Transaction => ({ kind: 'atomic', steps: [item] })),
          },
          {
            stage: 'handover',
            connectTo: null,
            transactions: [holdMemberships(server, [handover, ...steps], isHeld), ...rest],
          },
        ] satisfies Job[])),
  ]
  return jobs.filter(({ transactions }) => transactions.length > 0)
}
