/** Who loses and gains what is in no access control list: attributes, memberships, settings. Pure. */
import type { RoleState } from '../model/catalog.ts'
import { type Consequence, type Consequences, consequencesOrNone, forEach } from '../model/consequence.ts'
import type { Step } from '../model/step.ts'
import { parseTag } from '../model/tag.ts'
import type { RoleAttributes } from '../sql/role.ts'
import type { PlanContext } from './context.ts'
import type { People } from './people.ts'

/** What a login has by its role's attributes, for the step that alters them. */
export function attributeConsequences(role: RoleState, wanted: RoleAttributes): Consequences {
  const { name: who } = role
  const loses: Consequence[] = []
  const gains: Consequence[] = []
  const tell = (isGain: boolean, what: string): void => {
    const items = isGain ? gains : loses
    items.push({ who, what })
  }
  if (wanted.login !== undefined) tell(wanted.login, 'logging in')
  if (wanted.createDb !== undefined) tell(wanted.createDb, 'CREATEDB')
  if (wanted.createRole !== undefined) tell(wanted.createRole, 'CREATEROLE')
  if (wanted.connectionLimit !== undefined) {
    const what = `${limitWords(wanted.connectionLimit)} at once (before: ${limitWords(role.connectionLimit)})`
    tell(isMore(wanted.connectionLimit, role.connectionLimit), what)
  }
  if (wanted.validUntil !== undefined) {
    const [now, then] = [role.validUntil, wanted.validUntil]
    const what = `a password valid until ${timeWords(then)} (before: ${timeWords(now)})`
    tell(then === null || (now !== null && then.getTime() > now.getTime()), what)
  }
  return consequencesOrNone(loses, gains)
}

/** -1 is no limit. */
function isMore(limit: number, before: number): boolean {
  return before !== -1 && (limit === -1 || limit > before)
}

function limitWords(limit: number): string {
  return limit === -1 ? 'any number of connections' : `${String(limit)} connections`
}

function timeWords(time: Date | null): string {
  return time?.toISOString() ?? 'infinity'
}

/** Of one step: what it says itself, of those who are told of, and what follows from its kind. */
export function otherConsequences(context: PlanContext, people: People, step: Step): Consequences {
  const own = (items: readonly Consequence[] = []): Consequence[] => items.filter(({ who }) => people.isTold(who))
  const { loses = [], gains = [] } = byKind(context, people, step)
  return consequencesOrNone([...own(step.loses), ...loses], [...own(step.gains), ...gains])
}

/** Kinds of which nothing follows here change lists, or concern nobody but the run itself. */
function byKind(context: PlanContext, people: People, step: Step): Consequences {
  const { username, database, target, kind } = step
  const who = username !== null && people.isTold(username) ? username : null
  const lost = (what: string): Consequences => (who === null ? {} : { loses: [{ who, what }] })
  const gained = (what: string): Consequences => (who === null ? {} : { gains: [{ who, what }] })
  if (kind === 'grant_membership' || kind === 'revoke_membership') return ofMembership(people, step)
  if (kind === 'set_setting' || kind === 'reset_setting' || kind === 'act_as')
    return ofSetting(context, step, target ?? '', { lost, gained })
  if (kind === 'limit_database') return ofLimit(context, step, { lost, gained })
  if (kind === 'create_database') return gained(`the new database ${database ?? ''}, as its owner`)
  if (kind === 'set_password')
    return isOurs(context, username) ? {} : lost('logging in with the password that it has now')
  if (kind === 'remove_password') return lost('logging in with a password')
  if (kind === 'join_iam') return gained('logging in by IAM')
  if (kind === 'leave_iam' && step.loser !== undefined) return lost('logging in by IAM')
  return {}
}

/** A password that we set is the secret's: one that is not any more is nobody's. */
function isOurs({ actual }: PlanContext, username: string | null): boolean {
  return parseTag(actual.cluster.roles.get(username ?? '')?.comment ?? null) !== null
}

interface Told {
  readonly lost: (what: string) => Consequences
  readonly gained: (what: string) => Consequences
}

/** Of the member and of all who are members of it. */
function ofMembership(people: People, { kind, target, username }: Step): Consequences {
  const isGrant = kind === 'grant_membership'
  const [role = '', member = ''] = isGrant ? [target ?? '', username ?? ''] : membershipOf(target ?? '')
  const changed = people.holders(member).filter((login) => {
    const [before, after] = [people.rolesOf(login, 'before', 'any'), people.rolesOf(login, 'after', 'any')]
    return isGrant ? !before.has(role) && after.has(role) : before.has(role) && !after.has(role)
  })
  const told = forEach(changed, `membership in ${role}, and so what that role may`)
  return isGrant ? consequencesOrNone([], told) : consequencesOrNone(told, [])
}

/** `membershipKey` of a step. */
function membershipOf(key: string): string[] {
  const parts: unknown = JSON.parse(key)
  return Array.isArray(parts) ? parts.map(String) : []
}

/** What a login had set; the parameter `role` is whom it acts as. A parameter that it had not is no right. */
function ofSetting(context: PlanContext, step: Step, parameter: string, { lost, gained }: Told): Consequences {
  const { username, database, kind } = step
  const name = kind === 'act_as' ? 'role' : parameter
  const stored = (context.settingsByRole.get(username ?? '') ?? []).find(
    (item) => item.database === database && item.name.toLowerCase() === name,
  )
  const where = `in ${database ?? ''}`
  const acting = context.planned.applications.find((item) => item.username === username && item.database === database)
  const actsAs = kind === 'act_as' ? (acting?.actsAs ?? null) : null
  return {
    ...(stored !== undefined && lost(`${name === 'role' ? 'acting as' : `${stored.name} =`} ${stored.value} ${where}`)),
    ...(actsAs !== null && gained(`acting as ${actsAs} ${where}`)),
  }
}

/** Of all who connect to the database; told of its owner. */
function ofLimit(context: PlanContext, { database }: Step, { lost, gained }: Told): Consequences {
  const before = context.actual.cluster.databases.get(database ?? '')?.connectionLimit
  const limit = context.planned.databases.find(({ name }) => name === database)?.connectionLimit
  if (before === undefined || limit === undefined) return {}
  const what = `${limitWords(limit)} to ${database ?? ''} at once, of all logins (before: ${limitWords(before)})`
  return isMore(limit, before) ? gained(what) : lost(what)
}
