/**
 * What is approved with the effects of a plan: they themselves, and the same by rule in another guise, as a run finds
 * it that goes on with what it, or one before it, has begun (src/README.md: What was approved). Pure.
 */
import { type Effect, type GrantDetail, keyOf } from './effect.ts'

/** What is left to do of a database that was made and not gone on with. */
const OF_A_NEW_DATABASE: ReadonlySet<string> = new Set([
  'open_database',
  'restrict_public',
  'reopen_database',
  'adopt_database',
  'admit_admin',
])

/** @param approved those of the plan @returns whether an effect is approved with them */
export function approvalOf(approved: readonly Effect[]): (effect: Effect) => boolean {
  const known = new Set(approved.map(keyOf))
  const rules = new Map<string, Effect[]>()
  for (const effect of approved) {
    const key = placeOf(effect)
    const same = rules.get(key)
    if (same === undefined) rules.set(key, [effect])
    else same.push(effect)
  }
  return (effect) => {
    if (known.has(keyOf(effect))) return true
    const of = (rule: string): readonly Effect[] => rules.get(placeOf({ ...effect, rule })) ?? []
    if (of(effect.rule).some((item) => isPartOfGrant(effect, item) || isPartOfTaken(effect, item))) return true
    return isGrantedByDefault(effect, of) || isOfNewDatabase(effect, of)
  }
}

/** Those of the approved that nothing is left to do of. */
export function doneOf(approved: readonly Effect[], left: readonly Effect[]): Effect[] {
  const keyOfPlace = ({ application, database }: Effect): string => JSON.stringify([application, database])
  const near = new Map<string, Effect[]>()
  for (const effect of left) {
    const same = near.get(keyOfPlace(effect))
    if (same === undefined) near.set(keyOfPlace(effect), [effect])
    else same.push(effect)
  }
  return approved.filter((effect) => {
    const isApproved = approvalOf([effect])
    const isLeft = (item: Effect): boolean =>
      isApproved(item) ? effect.rule !== 'create_database' || item.rule === effect.rule : areOfNewDatabase(effect, item)
    return !(near.get(keyOfPlace(effect)) ?? []).some(isLeft)
  })
}

function areOfNewDatabase(...effects: readonly Effect[]): boolean {
  return effects.every(({ rule, detail }) => OF_A_NEW_DATABASE.has(rule) && detail?.kind !== 'loss')
}

/** Those that say something which the others do not: what is granted by default is granted on what is there too. */
export function withoutImplied(effects: readonly Effect[]): readonly Effect[] {
  const defaults = effects.filter(({ rule }) => rule === 'grant_default_privileges')
  const isImplied = approvalOf(defaults)
  return effects.filter((effect) => effect.rule !== 'grant_privileges' || !isImplied(effect))
}

/** The owner of a new database is approved with it; that somebody loses something there is not. */
function isOfNewDatabase(effect: Effect, of: (rule: string) => readonly Effect[]): boolean {
  return OF_A_NEW_DATABASE.has(effect.rule) && effect.detail?.kind !== 'loss' && of('create_database').length > 0
}

/** Of default privileges and of grants there is one record each, so what they are about differs by `object` alone. */
function placeOf({ application, database, username, rule }: Effect): string {
  return JSON.stringify([application, database, rule === 'create_database' ? null : username, rule])
}

/** Some of the privileges were there already. */
function isPartOfGrant({ detail: some }: Effect, { detail: all }: Effect): boolean {
  return (
    some?.kind === 'grant' &&
    all?.kind === 'grant' &&
    some.on === all.on &&
    some.schema === all.schema &&
    some.later === all.later &&
    isPart(some, all)
  )
}

function isPart(some: GrantDetail, all: GrantDetail): boolean {
  return some.level === all.level && some.privileges.every((privilege) => all.privileges.includes(privilege))
}

/** What is there already, and was not when the plan was made: an owner makes tables whenever it likes. */
function isGrantedByDefault({ rule, detail: some }: Effect, of: (rule: string) => readonly Effect[]): boolean {
  if (rule !== 'grant_privileges' || some?.kind !== 'grant') return false
  return of('grant_default_privileges').some(
    ({ detail: all }) =>
      all?.kind === 'grant' &&
      all.on === some.on &&
      (all.schema === null || all.schema === some.schema) &&
      isPart(some, all),
  )
}

/** Some of the objects are gone, or done with. */
function isPartOfTaken({ detail: some }: Effect, { detail: all }: Effect): boolean {
  return (
    some?.kind === 'taken' &&
    all?.kind === 'taken' &&
    some.what === all.what &&
    some.objects.every((object) => all.objects.includes(object))
  )
}
