/**
 * `undeclared = "revoke"`: takes away what nobody declares, beside what every mode but `keep` takes (src/README.md:
 * Beyond the declaration). Pure.
 */
import { groupBy } from '../group-by.ts'
import type { DatabaseState, Interior } from '../model/catalog.ts'
import type { Database } from '../model/declaration.ts'
import { fewNames } from '../model/few-names.ts'
import type { Changes, Finding, Step } from '../model/step.ts'
import { type BeyondGrant, beyondInside, beyondOnDatabase } from './beyond-grants.ts'
import { finding, type PlanContext, standing, step, subject } from './context.ts'
import { isProtected } from './held-beyond.ts'

/** On the database itself: of roles that are not declared, and what others than the owner granted. */
export function revocationsOn(context: PlanContext, database: Database, state: DatabaseState): Changes {
  if (!isWanted(context, database) || state.owner !== database.owner.username) return NONE
  return planRevocations(context, database, beyondOnDatabase(context, database, state), null)
}

/** The same inside of it, where PUBLIC holds something too. */
export function revocationsInside(context: PlanContext, database: Database, interior: Interior): Changes {
  const isOwners = context.actual.cluster.databases.get(database.name)?.owner === database.owner.username
  if (!isWanted(context, database) || !isOwners) return NONE
  return planRevocations(context, database, beyondInside(context, database, interior), 'undeclared')
}

const NONE: Changes = { steps: [], findings: [] }

/** An entry of another database may ask for it too, of what its own login holds here. */
function isWanted({ declaration }: PlanContext, { owner }: Database): boolean {
  return [owner, ...declaration.applications].some(({ undeclared }) => undeclared === 'revoke')
}

function planRevocations(
  context: PlanContext,
  database: Database,
  grants: readonly BeyondGrant[],
  target: string | null,
): Changes {
  return {
    steps: takenSteps(context, database, grants.filter(isTakenHere), target),
    findings: leftFindings(context, database, grants),
  }
}

function isTakenHere({ fate, actor, isElsewhere }: BeyondGrant): boolean {
  return fate === 'taken away' && actor !== null && !isElsewhere
}

/**
 * A step for each role and kind. What others granted comes before what the owner did: who granted something may need
 * what is taken from everybody to get there.
 */
function takenSteps(
  context: PlanContext,
  database: Database,
  grants: readonly BeyondGrant[],
  target: string | null,
): Step[] {
  const byRole = groupBy(grants, ({ role, isByDefault }) => JSON.stringify([role, isByDefault]))
  const steps = [...byRole.values()].flatMap((list): { step: Step; isOwners: boolean }[] => {
    const isOwners = list.every(({ actor }) => actor === database.owner.username)
    return [{ step: takenStep(context, database, list, target), isOwners }]
  })
  return [...steps.filter(({ isOwners }) => !isOwners), ...steps.filter(({ isOwners }) => isOwners)].map(
    (item) => item.step,
  )
}

function takenStep(
  context: PlanContext,
  database: Database,
  grants: readonly BeyondGrant[],
  target: string | null,
): Step {
  const role = grants[0]?.role ?? ''
  const isByDefault = grants[0]?.isByDefault ?? false
  const isOwners = ({ actor }: BeyondGrant): boolean => actor === database.owner.username
  const inOrder = [...grants.filter((item) => !isOwners(item)), ...grants.filter(isOwners)]
  const items = inOrder.flatMap(({ actor, revocations }) => (actor === null ? [] : revocations(actor)))
  const name = role === '' ? 'PUBLIC' : role
  const application = context.applicationByUsername.get(role) ?? database.owner
  const about = { ...subject(application, isByDefault ? 'default_privileges' : 'grant'), database: database.name }
  const on = fewNames(new Set(grants.map((item) => item.on)))
  const message = `${name} holds on ${database.name} what nobody declares: ${on}`
  const kind = isByDefault ? 'revoke_default_privileges' : 'revoke_privileges'
  const key = role === '' ? `${target ?? 'database'} PUBLIC` : target
  const statements = items.map(({ statement }) => statement)
  return {
    ...step(
      { ...about, username: role === '' ? about.username : role },
      kind,
      'revoke',
      'removed',
      message,
      statements,
      key,
    ),
    privileges: items,
    ...(role !== '' && { loser: role }),
  }
}

/** What stays all the same: for those it is not taken from in one line, else whoever can take it away is named. */
function leftFindings(context: PlanContext, database: Database, grants: readonly BeyondGrant[]): Finding[] {
  const left = grants.filter(({ fate, role }) => {
    const mode = (context.applicationByUsername.get(role) ?? database.owner).undeclared
    return mode === 'revoke' && fate === 'left alone'
  })
  const about = subject(database.owner, 'grant')
  const exempt = left.filter(({ role }) => role !== '' && isProtected(context, role))
  const others = groupBy(
    left.filter((item) => !exempt.includes(item)),
    ({ grantor }) => grantor,
  )
  const roles = fewNames(new Set(exempt.map(({ role }) => role)))
  return [
    ...(exempt.length === 0
      ? []
      : [
          standing(
            about,
            'beyond',
            'keep',
            `left alone on ${database.name}, since they administer the instance or are managed elsewhere: ${roles}`,
          ),
        ]),
    ...[...others].map(([grantor, list]) => leftFinding(database, grantor, list)),
  ]
}

function leftFinding(database: Database, grantor: string, list: readonly BeyondGrant[]): Finding {
  const holders = fewNames(new Set(list.map(({ role }) => (role === '' ? 'PUBLIC' : role))))
  const things = fewNames(new Set(list.map(({ on }) => on)))
  const [first] = list
  const more = list.length > 1 ? '; report --connect --section undeclared has the other statements' : ''
  const message =
    `what ${holders} has on ${database.name} from ${grantor} (${things}) is not declared, ` +
    `and ${grantor} can revoke it: ${first?.remedy ?? ''}${more}`
  return finding(subject(database.owner, 'grant'), 'keep', 'warning', message)
}
