/** The plan: from what is declared and what is there, to what has to be done. Pure. */
import type { Database } from '../model/declaration.ts'
import { isKeptShut } from '../model/keep-fields.ts'
import { type Changes, type Finding, type Job, type Plan, type Step, stepsOf, type Transaction } from '../model/step.ts'
import { ownLogins } from '../model/logins.ts'
import type { Application } from '../model/declaration.ts'
import { endApprovedPlans, noteApprovedPlan } from './approved-plan.ts'
import { chunk } from './chunks.ts'
import { withConsequences } from './consequences.ts'
import { finding, type PlanContext, planContext, type PlanInput, subject } from './context.ts'
import { type DatabasePlan, planDatabase } from './databases.ts'
import { type InteriorPlan, planInterior } from './interior.ts'
import { planJoin, planLeave } from './member-of.ts'
import { membershipFindings, planMembers } from './membership-findings.ts'
import {
  adminFindings,
  planIamGrant,
  planIamRevoke,
  planLeftOut,
  planLeftover,
  planTokenRevoke,
} from './memberships.ts'
import { planOrphans } from './orphans.ts'
import { holdMemberships } from './memberships-held.ts'
import { planOwnDatabases } from './own-databases.ts'
import { transactionsInside } from './parts.ts'
import { planRole } from './roles.ts'
import { roomFor, stepsUnseen } from './room.ts'
import { serverFindings } from './server.ts'
import { planPreparation } from './upgrade.ts'
import { planClone, planSettings, settingFindings } from './settings.ts'
import { planDismissals, withheldJobs } from './withheld.ts'

/** Roles in one transaction: each takes locks of its own, and the server's lock table is finite. */
const ROLES_PER_TRANSACTION = 100

interface DatabaseChanges {
  readonly database: Database
  readonly outside: DatabasePlan
  /** Last of all: a login that is to lose something inside gets in after it has lost that. */
  readonly closing: readonly Step[]
  /** null: its inside could not be seen; access is restored first, and the next round sees it. */
  readonly inside: InteriorPlan | null
}

/**
 * Everything to do, in the order of the stages, and everything found that needs nothing done. The same input gives the
 * same plan, so that a preview and a run agree. Empty `jobs`: the server is as declared.
 */
export function makePlan(input: PlanInput): Plan {
  const context = planContext(input)
  const roles = context.planned.applications.map((application) => roleChanges(context, application))
  const databases = context.planned.databases.map((database) => databaseChanges(context, database))
  const preparation = planPreparation({
    cluster: context.actual.cluster,
    master: context.preparedFor,
    buildId: context.buildId,
    tags: context.declaration.tags,
  })
  const own = planOwnDatabases(context)
  const orphans = planOrphans(context)
  const interiors = databases.flatMap((changes) => interiorJob(context, changes))
  const roleSteps = [
    ...roles.flatMap(({ left }) => left),
    ...roles.flatMap(({ steps }) => steps),
    ...roles.flatMap(({ joined }) => joined),
    ...planLeftOut(context),
    ...orphans.steps,
  ]
  const plan = {
    findings: [
      ...cautions(interiors),
      ...roles.flatMap((role) => role.findings),
      ...databases.flatMap((changes) => collectFindings(context, changes)),
      ...own.findings,
      ...orphans.findings,
      ...serverFindings(context),
      ...preparation.findings,
    ],
    jobs: withNote(context, roleSteps, [
      ...planDismissals(context),
      ...databases.flatMap((changes) => databaseJob(context, changes)),
      ...own.jobs,
      ...interiors,
      ...databases.flatMap((changes) => closingJob(context, changes)),
      ...iamJobs(context),
      ...preparation.jobs,
    ]),
  }
  return withConsequences(context, plan)
}

/** Of one role: memberships that it loses before anything, what is its own, and what it joins once all are there. */
function roleChanges(context: PlanContext, application: Application): RoleChanges {
  if (application.loginOf !== null) return usedLogin(context, application, application.loginOf)
  const own = planRole(context, application)
  const joined = planJoin(context, application)
  const tokens = planTokenRevoke(context, application)
  const members = planMembers(context, application)
  return {
    left: [...planLeave(context, application), ...members.steps],
    joined: joined.steps,
    steps: [
      ...planLeftover(context, application),
      ...tokens.steps,
      ...planIamRevoke(context, application),
      ...own.steps,
    ],
    findings: [
      ...tokens.findings,
      ...own.findings,
      ...joined.findings,
      ...planClone(context, application).findings,
      ...membershipFindings(context, application),
      ...members.findings,
      ...settingFindings(context, application),
      ...adminFindings(context, application),
    ],
  }
}

/** What one application's role takes; `left` and `joined` are its memberships. */
interface RoleChanges extends Changes {
  readonly left: readonly Step[]
  readonly joined: readonly Step[]
}

/** The login is seen to where it belongs. */
function usedLogin(context: PlanContext, application: Application, loginOf: string): RoleChanges {
  const message = `uses the login ${application.username} of ${loginOf}`
  const used = finding(subject(application, 'role'), 'check', 'no_change', message)
  return { left: [], joined: [], steps: [], findings: [used, ...planClone(context, application).findings] }
}

/** As a preview tells them; a run tells each with its step. */
function cautions(jobs: readonly Job[]): Finding[] {
  return jobs.flatMap(({ transactions }) =>
    transactions.flatMap(stepsOf).flatMap(({ caution, ...about }) => {
      const { application, database, username, object, action } = about
      return caution === undefined
        ? []
        : [finding({ application, database, username, object }, action, 'warning', caution)]
    }),
  )
}

function databaseChanges(context: PlanContext, database: Database): DatabaseChanges {
  const outside = planDatabase(context, database)
  const inside = planInterior(context, database)
  if (inside === null) {
    if (isKeptShut(database, context.actual.cluster)) return { database, outside, closing: [], inside }
    const steps = outside.withheld === null ? stepsUnseen(context, database, outside.steps) : []
    return { database, outside: { ...outside, steps }, closing: [], inside }
  }
  const losers = new Set(inside.steps.flatMap(({ loser }) => loser ?? []))
  const isLater = ({ kind, username }: Step): boolean =>
    kind === 'grant_privileges' && username !== null && losers.has(username)
  const steps = [...roomFor(context, database, false), ...outside.steps.filter((item) => !isLater(item))]
  return { database, outside: { ...outside, steps }, closing: outside.steps.filter(isLater), inside }
}

/** A database that nobody could look into is not said to be as declared. */
function collectFindings(context: PlanContext, { database, outside, inside }: DatabaseChanges): Finding[] {
  if (inside !== null) return [...outside.findings, ...inside.findings]
  if (isKeptShut(database, context.actual.cluster)) {
    const message = `${database.name} accepts no connections, which is kept: what is in it was neither checked nor changed`
    return [...outside.findings, finding(subject(database.owner, 'database'), 'look inside', 'skipped', message)]
  }
  const reason = context.actual.unseen.get(database.name)?.reason ?? 'its inside was not seen'
  const message = `could not look inside ${database.name} (${reason}): what is in it was neither checked nor changed`
  return [
    finding(subject(database.owner, 'database'), 'look inside', 'warning', message),
    ...outside.findings.filter((item) => item.status !== 'no_change'),
  ]
}

/** Roles come first, and before them that an approved plan is begun; when nothing is left, that it is done. */
function withNote(context: PlanContext, roleSteps: readonly Step[], others: readonly Job[]): Job[] {
  const jobs = [...roleJobs(roleSteps), ...others]
  if (jobs.length === 0) return roleJobs(endApprovedPlans(context))
  const noted = noteApprovedPlan(context, roleSteps.slice(0, ROLES_PER_TRANSACTION), jobs)
  return noted.length === 0 ? jobs : [...roleJobs([...noted, ...roleSteps]), ...others]
}

function roleJobs(steps: readonly Step[]): Job[] {
  if (steps.length === 0) return []
  const transactions: Transaction[] = chunk(steps, ROLES_PER_TRANSACTION).map((part) => ({
    kind: 'atomic',
    steps: part,
  }))
  return [{ stage: 'roles', connectTo: null, transactions }]
}

function databaseJob(context: PlanContext, { database, outside, inside }: DatabaseChanges): Job[] {
  const applications = [database.owner, ...database.guests]
  const { steps, withheld } = outside
  const settings =
    inside === null
      ? []
      : applications.flatMap((application) => [
          ...planSettings(context, context.actual.cluster, application),
          ...planClone(context, application).steps,
        ])
  // Apart: a value that the server refuses must not leave the database open to PUBLIC.
  const rest: Transaction[] = settings.length === 0 ? [] : [{ kind: 'atomic', steps: settings }]
  const { server } = context.actual.cluster
  if (withheld !== null) return withheldJobs(server, database, outside.creation, withheld, inside, steps, rest)
  const access = steps.length === 0 ? [] : [holdMemberships(server, steps, outside.creation !== null)]
  const transactions: Transaction[] = [...(outside.creation === null ? [] : [outside.creation]), ...access, ...rest]
  return transactions.length === 0 ? [] : [{ stage: 'databases', connectTo: null, transactions }]
}

function interiorJob(context: PlanContext, { database, inside }: DatabaseChanges): Job[] {
  if (inside === null || inside.steps.length === 0) return []
  return [
    {
      stage: 'interiors',
      connectTo: database.name,
      transactions: transactionsInside(context.actual.cluster.server, inside.steps),
    },
  ]
}

function closingJob(context: PlanContext, { closing }: DatabaseChanges): Job[] {
  if (closing.length === 0) return []
  return [
    {
      stage: 'closing',
      connectTo: null,
      transactions: [holdMemberships(context.actual.cluster.server, closing)],
    },
  ]
}

function iamJobs(context: PlanContext): Job[] {
  const steps = ownLogins(context.planned).flatMap((application) => planIamGrant(context, application))
  return steps.length === 0 ? [] : [{ stage: 'closing', connectTo: null, transactions: [{ kind: 'atomic', steps }] }]
}
