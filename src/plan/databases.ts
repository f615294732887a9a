/** Databases as objects of the instance: existence, limits, who may connect, tag. */
import type { AccessChange } from '../model/access-change.ts'
import type { DatabaseState } from '../model/catalog.ts'
import type { Application, Database } from '../model/declaration.ts'
import { fewNames } from '../model/few-names.ts'
import { staysOpen, staysUnusual } from '../model/keep-fields.ts'
import type { Statement } from '../model/statement.ts'
import type { BareTransaction, Changes, Finding, Step } from '../model/step.ts'
import { formatTag, isTooLong, parseTag, withWords } from '../model/tag.ts'
import {
  allowConnections,
  alterDatabaseLimit,
  alterDatabaseTemplate,
  commentOnDatabase,
  grantOnDatabase,
  revokeOnDatabase,
} from '../sql/database.ts'
import { commentOnRole } from '../sql/role.ts'
import { beyondFindings } from './beyond.ts'
import { finding, type PlanContext, standing, step, subject } from './context.ts'
import { planDatabaseGrants } from './database-grants.ts'
import { newDatabase, planCreation } from './new-database.ts'
import { revocationsOn } from './revocations.ts'
import { ownerPrivileges, heldBy, passedOnTo, subtract } from './privileges.ts'
import { desiredDatabaseTag, isWritten, roleTagOver } from './tags.ts'
import { afterHandover, isHandedOver, planWithheld, planWithheldCreation, type Withheld } from './withheld.ts'

export interface DatabasePlan extends Changes {
  /** null: it exists. */
  readonly creation: BareTransaction | null
  /** What comes between the creation and `steps`; null: its owner has the database from the start. */
  readonly withheld: Withheld | null
}

export function planDatabase(context: PlanContext, database: Database): DatabasePlan {
  const { cluster } = context.actual
  const existing = cluster.databases.get(database.name)
  const found = existing ?? newDatabase(database)
  const isWithheld = isHandedOver(context, database)
  const state = isWithheld ? afterHandover(cluster, database, found) : found
  const isNew = existing === undefined || isWithheld
  const revoked = revocationsOn(context, database, state)
  const access = [
    ...revoked.steps,
    ...accessSteps(context, database, state, isNew && !isWithheld),
    ...planDatabaseGrants(context, database, state),
  ]
  const limits = limitSteps(context, database, state)
  const restricted = access.some(({ kind }) => kind === 'restrict_public' || kind === 'open_database')
  const tag = tagSteps(context, database, state, isNew, restricted || limits.length > 0)
  const isAdopted = tag.some((item) => item.kind === 'adopt_database')
  const unchanged = finding(
    subject(database.owner, 'database'),
    'check',
    'no_change',
    `database ${database.name} is as declared`,
  )
  const isChanged = isNew || isAdopted || limits.length > 0
  return {
    creation: existing === undefined ? planMaking(context, database, isWithheld) : null,
    withheld: isWithheld ? planWithheld(context, database, existing ?? null) : null,
    steps: [...access, ...limits, ...tag],
    findings: [
      ...(isChanged ? [] : [unchanged]),
      ...(database.owner.undeclared === 'keep' ? beyondFindings(context, database) : []),
      ...revoked.findings,
      ...aclFindings(context, database, state),
      ...commentFindings(database, state),
    ],
  }
}

function planMaking(context: PlanContext, database: Database, isWithheld: boolean): BareTransaction {
  return isWithheld ? planWithheldCreation(context, database) : planCreation(context, database)
}

function limitSteps(context: PlanContext, database: Database, state: DatabaseState): Step[] {
  const about = subject(database.owner, 'database')
  const owner = database.owner.username
  const steps: Step[] = []
  const isKept = staysUnusual(database, context.actual.cluster)
  if (!state.allowConnections && !isKept) {
    steps.push(
      step(about, 'reopen_database', 'reopen', 'updated', `${state.name} accepts connections again`, [
        allowConnections(state.name, true, owner),
      ]),
    )
  }
  if (state.connectionLimit !== database.connectionLimit && !context.rooms.has(database.name)) {
    const message = `connection limit of ${state.name}: ${String(state.connectionLimit)} -> ${String(database.connectionLimit)}`
    steps.push(
      step(about, 'limit_database', 'limit', 'updated', message, [
        alterDatabaseLimit(state.name, database.connectionLimit, owner),
      ]),
    )
  }
  if (state.isTemplate && !isKept) {
    steps.push(
      step(
        about,
        'end_template',
        'template',
        'updated',
        `${state.name} is no template, which whoever has CREATEDB could copy`,
        [alterDatabaseTemplate(state.name, false, owner)],
      ),
    )
  }
  return steps
}

/** Of the owner, of the admin and of PUBLIC. @param isClosed it is made in the same plan, and lets nobody in yet */
function accessSteps(context: PlanContext, database: Database, state: DatabaseState, isClosed: boolean): Step[] {
  const owner = database.owner.username
  const admin = context.actual.cluster.server.login
  const about = subject(database.owner, 'grant')
  const grant = (privileges: readonly string[], role: string) =>
    privileges.length === 0 ? [] : [grantOnDatabase(state.name, privileges, role, owner)]
  const lost = subtract(ownerPrivileges(), heldBy(state.acl, owner))
  const access: AccessChange = { level: 'owner', changes: [{ on: 'database', schema: null, granted: lost }] }
  const open = staysOpen(database, context.actual.cluster) ? [] : heldBy(state.acl, '', owner)
  const passedOn = passedOnTo(state.acl, '', open).length > 0
  const restrict = [
    ...(open.length === 0 ? [] : [revokeOnDatabase(state.name, open, '', owner, passedOn)]),
    ...grant(lost, owner),
    ...(isClosed ? [allowConnections(state.name, true, owner)] : []),
  ]
  const restriction = isClosed ? 'open_database' : 'restrict_public'
  // The admin itself came in through PUBLIC (src/README.md: The admin locked out).
  const admit = grant(subtract(['CONNECT'], heldBy(state.acl, admin)), admin)
  return [
    step(about, 'admit_admin', 'admit', 'created', `${admin} may look inside ${state.name}`, admit),
    {
      ...step(about, restriction, 'restrict', 'updated', `PUBLIC may not connect to ${state.name}`, restrict),
      ...(lost.length > 0 && { access }),
    },
  ].filter((item) => item.statements.length > 0)
}

function tagSteps(
  context: PlanContext,
  database: Database,
  state: DatabaseState,
  isNew: boolean,
  changed: boolean,
): Step[] {
  const existing = parseTag(state.comment)
  if (existing === null && isTooLong(state.comment)) return []
  const own = desiredDatabaseTag(context, database.owner, existing)
  const desired = existing === null ? withWords(own, state.comment) : own
  if (existing !== null && isWritten(existing, desired, changed)) return []
  const statements = [
    commentOnDatabase(state.name, formatTag(desired), database.owner.username),
    ...(isNew ? [rememberDatabase(context, database.owner)] : []),
  ]
  const isAdopted = existing === null && !isNew
  const about = subject(database.owner, isAdopted ? 'database' : 'tag')
  return [
    step(
      about,
      isAdopted ? 'adopt_database' : 'tag_database',
      isAdopted ? 'adopt' : 'tag',
      isNew ? 'created' : 'updated',
      `tag of database ${state.name}${existing === null && state.comment !== null ? ', with the words that stood there' : ''}`,
      statements,
    ),
  ]
}

/** On the owner's role, once it is made: what is gone later is known to have been there. */
function rememberDatabase(context: PlanContext, owner: Application): Statement {
  const comment = context.actual.cluster.roles.get(owner.username)?.comment ?? null
  return commentOnRole(owner.username, formatTag(roleTagOver(context, owner, comment, true)))
}

function commentFindings(database: Database, state: DatabaseState): Finding[] {
  if (parseTag(state.comment) !== null || !isTooLong(state.comment)) return []
  const message = `the comment on database ${state.name} is too long for a tag to keep, and is left as it is; teardown knows the database by its owner's tag`
  return [finding(subject(database.owner, 'tag'), 'keep', 'warning', message)]
}

function aclFindings(context: PlanContext, database: Database, state: DatabaseState): Finding[] {
  const owner: Application = database.owner
  const declared = context.applicationByUsername
  const admin = context.actual.cluster.server.login
  const undeclared = (roles: Iterable<string>): string[] =>
    [...new Set(roles)].filter((role) => role !== '' && role !== admin && !declared.has(role)).sort()
  const strangers = strangersOf(context, [
    ...state.acl.map((item) => item.grantee),
    ...(context.actual.cluster.holders.get(database.name) ?? []),
  ])
  const isOther = (role: string): boolean => !strangers.has(role)
  const others = undeclared(state.acl.map((item) => item.grantee)).filter(isOther)
  const inside = undeclared(context.actual.cluster.holders.get(database.name) ?? []).filter(isOther)
  const foreign = state.acl.filter(
    ({ grantor, grantee }) =>
      grantor !== owner.username &&
      (grantee === '' || declared.has(grantee)) &&
      declared.get(grantee)?.undeclared !== 'revoke',
  )
  const findings: Finding[] = strangerFindings(database, strangers)
  if (owner.undeclared !== 'report') return findings
  if (others.length > 0) {
    findings.push(
      standing(
        subject(owner, 'grant'),
        'beyond',
        'keep',
        `granted outside of this declaration on ${state.name}, left alone: ${others.join(', ')}`,
      ),
    )
  }
  if (inside.length > 0) {
    findings.push(
      standing(
        subject(owner, 'grant'),
        'beyond',
        'keep',
        `granted outside of this declaration inside ${state.name}, left alone: ${inside.join(', ')}`,
      ),
    )
  }
  for (const item of foreign) {
    const grantee = item.grantee === '' ? 'PUBLIC' : item.grantee
    const message = `${grantee} holds ${item.privilege} on ${state.name} from ${item.grantor}, who alone can revoke it`
    findings.push(finding(subject(owner, 'grant'), 'keep', 'warning', message))
  }
  return findings
}

/** Who holds something here, came along from a stack that this one takes over, and is not declared; with that stack. */
function strangersOf({ declaration, actual, applicationByUsername }: PlanContext, roles: readonly string[]) {
  return new Map(
    roles
      .filter((role) => !applicationByUsername.has(role))
      .flatMap((role): [string, string][] => {
        const stack = parseTag(actual.cluster.roles.get(role)?.comment ?? null)?.get('Stack') ?? ''
        return stack !== declaration.stack && declaration.acceptTagsFrom.has(stack) ? [[role, stack]] : []
      }),
  )
}

/** Its secret is another instance's, so that one's rotation does not reach it. */
function strangerFindings({ name, owner }: Database, strangers: ReadonlyMap<string, string>): Finding[] {
  if (strangers.size === 0) return []
  const message =
    `${fewNames(strangers.keys())} came from the stack ${fewNames(new Set(strangers.values()))} and is not declared here: ` +
    `it keeps its password and what it holds on ${name}; declare it, or take its login away (ALTER ROLE … NOLOGIN)`
  return [finding(subject(owner, 'grant'), 'keep', 'warning', message)]
}
