/**
 * The effects of a plan by rule, and the digest that approves them (src/README.md: What was approved). Pure.
 */
import { createHash } from 'node:crypto'
import { groupBy } from '../group-by.ts'
import type { PrivilegeChange } from '../model/access-change.ts'
import { withoutImplied } from '../model/approved-effects.ts'
import { CREATED_LATER, type Effect, keyOf, LOSES } from '../model/effect.ts'
import type { Declaration } from '../model/declaration.ts'
import { type Plan, planSteps, type Step, type StepKind } from '../model/step.ts'

/**
 * What a run does beside its effects: tags of what is ours already, the admin's transient memberships, connections that
 * it lends. They hold build ids, times and versions of secrets, or are left behind by a run that was cut off.
 */
const NO_EFFECT: ReadonlySet<StepKind> = new Set([
  'tag_role',
  'note_approved_plan',
  'end_approved_plan',
  'tag_database',
  'note_undeclared',
  'hold_membership',
  'release_membership',
  'leftover_membership',
  'make_room',
])

/** By default: what is created later. */
const BY_DEFAULT: ReadonlySet<StepKind> = new Set(['grant_default_privileges', 'revoke_default_privileges'])

/** @returns each effect once, sorted; the same whichever tables there are today, whenever and by whom it is planned */
export function effectsOf(plan: Plan): Effect[] {
  const steps = planSteps(plan)
  const adopted = new Set(steps.filter(({ kind }) => kind === 'adopt_role').map(({ username }) => username))
  const isEffect = ({ kind, username }: Step): boolean =>
    !NO_EFFECT.has(kind) && (kind !== 'set_password' || adopted.has(username))
  const effects = steps.filter(isEffect).flatMap(effectsOfStep)
  const byText = new Map(effects.map((effect) => [keyOf(effect), effect]))
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, effect]) => effect)
}

/**
 * SHA-256, hex, of the effects on this instance: those of another environment are approved by none of its digests. What
 * is granted on objects is left out where it is granted by default too, since a first table is no other effect.
 */
export function digestOf(
  { environment, stack, instance }: Pick<Declaration, 'environment' | 'stack' | 'instance'>,
  effects: readonly Effect[],
): string {
  const keys = withoutImplied(effects).map(keyOf)
  const text = JSON.stringify([environment, stack, instance.identifier, keys])
  return createHash('sha256').update(text).digest('hex')
}

/** Who loses what is approved with it; of the step's own login its effect says it. */
function effectsOfStep(step: Step): Effect[] {
  const { application, database, username, object, kind: rule } = step
  const others = (step.loses ?? []).filter(({ who }) => who !== username)
  const lost = others.map(({ who, what }) => `${LOSES}${who}: ${what}`)
  return [...ownEffects(step), ...lost.map((effect) => ({ application, database, username, object, rule, effect }))]
}

function ownEffects(step: Step): Effect[] {
  const { application, database, username, object, kind: rule } = step
  const about = { application, database, username, object, rule }
  if (rule === 'set_password') return [{ ...about, effect: `password of ${username ?? ''} set from its secret` }]
  if (step.access === undefined)
    return [[step.message, ...namesOf(step)].join(', '), ...takenBeside(step)].map((effect) => ({ ...about, effect }))
  const { level, changes } = step.access
  return changes.flatMap((change) => {
    const names = (change.revoked ?? []).length === 0 ? [] : namesOf(step)
    const suffix = BY_DEFAULT.has(rule) ? CREATED_LATER : ''
    return describeChange(change).map((text) => ({
      ...about,
      effect: `${text}${suffix}${level === null ? '' : `, as ${level}`}${names.length === 0 ? '' : `: ${names.join(', ')}`}`,
    }))
  })
}

/** What somebody loses is approved by name. */
function namesOf({ privileges = [] }: Pick<Step, 'privileges'>): string[] {
  return [...new Set(privileges.flatMap(({ statement }) => statement.objects))].sort()
}

/** Which privileges go, of whom, and on what: the message of what nobody declares has objects alone. */
function takenBeside({ kind, privileges = [] }: Step): string[] {
  const later = BY_DEFAULT.has(kind) ? ' that are created later' : ''
  const alike = groupBy(privileges, ({ change, grantee }) => JSON.stringify([change, grantee]))
  return [...alike.values()].flatMap((items) => {
    const names = namesOf({ privileges: items })
    const suffix = names.length === 0 ? '' : `: ${names.join(', ')}`
    const whose = items[0]?.grantee === '' ? ' from PUBLIC' : ''
    return describeChange(items[0]?.change ?? { on: 'other', schema: null }).map(
      (text) => `${text}${later}${whose}${suffix}`,
    )
  })
}

const PLURAL = {
  database: 'the database',
  schema: 'schemas',
  table: 'tables',
  sequence: 'sequences',
  function: 'functions',
  other: 'other objects',
} as const satisfies Record<PrivilegeChange['on'], string>

/** `grant SELECT, INSERT on tables of app`. */
function describeChange({ on, schema, granted = [], revoked = [] }: PrivilegeChange): string[] {
  const where =
    on === 'schema' && schema !== null ? `schema ${schema}` : `${PLURAL[on]}${schema === null ? '' : ` of ${schema}`}`
  const words = [
    ['grant', granted],
    ['revoke', revoked],
  ] as const
  return words
    .filter(([, privileges]) => privileges.length > 0)
    .map(([verb, privileges]) => `${verb} ${[...privileges].sort().join(', ')} on ${where}`)
}
