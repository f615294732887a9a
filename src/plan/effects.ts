/**
 * The effects of a plan by rule, and the digest that approves them (src/README.md: What was approved). Pure.
 */
import { createHash } from 'node:crypto'
import { groupBy } from '../group-by.ts'
import type { PrivilegeChange } from '../model/access-change.ts'
import { withoutImplied } from '../model/approved-effects.ts'
import type { AccessLevel, Declaration } from '../model/declaration.ts'
import { type Effect, keyOf } from '../model/effect.ts'
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
  const about = { application, database, username, object, rule }
  const others = (step.loses ?? []).filter(({ who }) => who !== username)
  const lost = others.map(({ who, what }): Told => ({ effect: `LOSES ${who}: ${what}`, detail: { kind: 'loss' } }))
  return [...ownEffects(step), ...lost].map((told) => ({ ...about, ...told }))
}

type Told = Pick<Effect, 'effect' | 'detail'>

function ownEffects(step: Step): Told[] {
  const { username, kind: rule } = step
  if (rule === 'set_password') return [{ effect: `password of ${username ?? ''} set from its secret`, detail: null }]
  if (step.access === undefined) {
    const objects = namesOf(step)
    const detail = objects.length === 0 ? null : ({ kind: 'taken', what: '', objects } as const)
    return [{ effect: [step.message, ...objects].join(', '), detail }, ...takenBeside(step)]
  }
  const { level, changes } = step.access
  const later = BY_DEFAULT.has(rule)
  return changes.flatMap((change) => [
    ...grantsOf(change, level, later),
    ...takes(change, later, level === null ? '' : `, as ${level}`, namesOf(step)),
  ])
}

function grantsOf(change: PrivilegeChange, level: AccessLevel | null, later: boolean): Told[] {
  const { on, schema, granted = [] } = change
  const privileges = [...granted].sort()
  if (privileges.length === 0) return []
  const effect = `grant ${describe(privileges, change, later)}${level === null ? '' : `, as ${level}`}`
  return [{ effect, detail: { kind: 'grant', privileges, on, schema, level, later } }]
}

function takes(change: PrivilegeChange, later: boolean, suffix: string, objects: readonly string[]): Told[] {
  const privileges = [...(change.revoked ?? [])].sort()
  if (privileges.length === 0) return []
  const what = `revoke ${describe(privileges, change, later)}${suffix}`
  if (objects.length === 0) return [{ effect: what, detail: null }]
  return [{ effect: `${what}: ${objects.join(', ')}`, detail: { kind: 'taken', what, objects } }]
}

/** What somebody loses is approved by name. */
function namesOf({ privileges = [] }: Pick<Step, 'privileges'>): string[] {
  return [...new Set(privileges.flatMap(({ statement }) => statement.objects))].sort()
}

/** Which privileges go, of whom, and on what: the message of what nobody declares has objects alone. */
function takenBeside({ kind, privileges = [] }: Step): Told[] {
  const alike = groupBy(privileges, ({ change, grantee }) => JSON.stringify([change, grantee]))
  return [...alike.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return []
    const whose = first.grantee === '' ? ' from PUBLIC' : ''
    return takes(first.change, BY_DEFAULT.has(kind), whose, namesOf({ privileges: [first, ...others] }))
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

/** `SELECT, INSERT on tables of app that are created later`. */
function describe(privileges: readonly string[], { on, schema }: PrivilegeChange, later: boolean): string {
  const where =
    on === 'schema' && schema !== null ? `schema ${schema}` : `${PLURAL[on]}${schema === null ? '' : ` of ${schema}`}`
  return `${privileges.join(', ')} on ${where}${later ? ' that are created later' : ''}`
}
