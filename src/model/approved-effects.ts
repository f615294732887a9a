/**
 * What is approved with the effects of a plan: they themselves, and the same by rule in another guise, as a run finds
 * it that goes on with what it, or one before it, has begun (src/README.md: What was approved). Pure.
 */
import { CREATED_LATER, type Effect, keyOf, LOSES } from './effect.ts'

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
    if (effect.rule === 'grant_privileges' && of(effect.rule).some((item) => isPartOfGrant(effect.effect, item.effect)))
      return true
    return isGrantedByDefault(effect, of) || isPartOfNames(effect, of(effect.rule)) || isOfNewDatabase(effect, of)
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
  return effects.every(({ rule, effect }) => OF_A_NEW_DATABASE.has(rule) && !effect.startsWith(LOSES))
}

/** Those that say something which the others do not: what is granted by default is granted on what is there too. */
export function withoutImplied(effects: readonly Effect[]): readonly Effect[] {
  const defaults = effects.filter(({ rule }) => rule === 'grant_default_privileges')
  const isImplied = approvalOf(defaults)
  return effects.filter((effect) => effect.rule !== 'grant_privileges' || !isImplied(effect))
}

/** The owner of a new database is approved with it; that somebody loses something there is not. */
function isOfNewDatabase(effect: Effect, of: (rule: string) => readonly Effect[]): boolean {
  return OF_A_NEW_DATABASE.has(effect.rule) && !effect.effect.startsWith(LOSES) && of('create_database').length > 0
}

/** Of default privileges and of grants there is one record each, so what they are about differs by `object` alone. */
function placeOf({ application, database, username, rule }: Effect): string {
  return JSON.stringify([application, database, rule === 'create_database' ? null : username, rule])
}

interface Grant {
  readonly privileges: readonly string[]
  /** `tables of app`, `schema app`. */
  readonly where: string
  /** `, as reader`; empty: nothing that is declared there. */
  readonly level: string
}

function parseGrant(text: string): Grant | null {
  const [, privileges = '', where = '', level = ''] =
    /^grant ([A-Z]+(?:, [A-Z]+)*) on (.+?)(, as [a-z]+)?$/su.exec(text) ?? []
  return privileges === '' ? null : { privileges: privileges.split(', '), where, level }
}

/** Some of the privileges were there already. */
function isPartOfGrant(found: string, approved: string): boolean {
  const [some, all] = [parseGrant(found), parseGrant(approved)]
  return some !== null && all !== null && some.where === all.where && isPart(some, all)
}

function isPart(some: Grant, all: Grant): boolean {
  return some.level === all.level && some.privileges.every((privilege) => all.privileges.includes(privilege))
}

/** What is there already, and was not when the plan was made: an owner makes tables whenever it likes. */
function isGrantedByDefault({ rule, effect }: Effect, of: (rule: string) => readonly Effect[]): boolean {
  const some = rule === 'grant_privileges' ? parseGrant(effect) : null
  if (some === null) return false
  const [noun = ''] = some.where.split(' ')
  const everywhere = noun === 'schema' ? 'schemas' : noun
  const places = [`${some.where}${CREATED_LATER}`, `${everywhere}${CREATED_LATER}`]
  return of('grant_default_privileges').some((item) => {
    const all = parseGrant(item.effect)
    return all !== null && places.includes(all.where) && isPart(some, all)
  })
}

interface Names {
  /** All that is said besides. */
  readonly about: string
  readonly names: readonly string[]
}

/** What is taken away, with its objects in SQL, and who loses it, with objects as they are told. */
const LISTS: readonly RegExp[] = [
  /^(LOSES .+? on (?:columns of )?)(.+)( in [^ ]+)$/su,
  /^(revoke .+?: )(".+)()$/su,
  /^(.+ what nobody declares: ).*?, (".+)()$/su,
]

/** @returns null: it names none, or only counts some of them */
function parseNames(text: string): Names | null {
  const [, before = '', list = '', after = ''] =
    LISTS.map((form) => form.exec(text)).find((found) => found !== null) ?? []
  if (list === '' || / and \d+ more$/u.test(list)) return null
  return { about: `${before}…${after}`, names: splitNames(list) }
}

/** Some of the objects are gone, or done with. */
function isPartOfNames({ effect }: Effect, approved: readonly Effect[]): boolean {
  const some = parseNames(effect)
  if (some === null) return false
  return approved.some((item) => {
    const all = parseNames(item.effect)
    return all !== null && some.about === all.about && some.names.every((name) => all.names.includes(name))
  })
}

/** Names as SQL has them, or as they are told: a comma in quotes or parentheses is part of one. */
function splitNames(list: string): string[] {
  const names = ['']
  let depth = 0
  let isQuoted = false
  for (const character of list) {
    if (character === '"') isQuoted = !isQuoted
    if (!isQuoted && character === '(') depth += 1
    if (!isQuoted && character === ')') depth -= 1
    if (character === ',' && depth === 0 && !isQuoted) names.push('')
    else names.push(`${names.pop() ?? ''}${character}`)
  }
  return names.map((name) => name.trim())
}
