/** What a run brings about, by rule, as it is approved (src/README.md: What was approved). */
import type { PrivilegeTarget } from './access-change.ts'
import type { AccessLevel } from './declaration.ts'

/** Privileges as PostgreSQL names them. */
export interface GrantDetail {
  readonly kind: 'grant'
  /** Sorted. */
  readonly privileges: readonly string[]
  readonly on: PrivilegeTarget
  /** null: the database, or in all schemas. */
  readonly schema: string | null
  /** What is declared there; null: nothing. */
  readonly level: AccessLevel | null
  /** On what is created later, by default. */
  readonly later: boolean
}

/** What is taken away, object by object. */
export interface TakenDetail {
  readonly kind: 'taken'
  /** What goes, without its objects; empty: all that the rule takes. */
  readonly what: string
  /** In SQL, sorted. */
  readonly objects: readonly string[]
}

/** Somebody else loses something by it. */
export interface LossDetail {
  readonly kind: 'loss'
}

/** What a part of an effect is told by, which a run finds that goes on with one that has ended half-way. */
export type EffectDetail = GrantDetail | TakenDetail | LossDetail

/** Subject, rule, and what it comes to in words: `grant SELECT on tables of app, as reader`. */
export interface Effect {
  readonly application: string | null
  readonly database: string | null
  readonly username: string | null
  /** As in records of the audit. */
  readonly object: string
  /** The kind of the step. */
  readonly rule: string
  readonly effect: string
  /** null: it is brought about as a whole, or not. */
  readonly detail: EffectDetail | null
}

/** ALLOW_DB_PROVISION is `plan:<digest>`. */
export interface ApprovedPlan {
  /** SHA-256, hex. */
  readonly digest: string
  /** Those of the plan's file, proven by the digest; null: the file was not given. */
  readonly effects: readonly Effect[] | null
}

/**
 * What the server tells of a plan: a run before has begun it, or carried it out; `changed`: for another declaration;
 * null: nothing.
 */
export type Begun = 'begun' | 'done' | 'changed' | null

/** Tells an effect from every other. */
export function keyOf({ application, database, username, object, rule, effect, detail }: Effect): string {
  return JSON.stringify([application, database, username, object, rule, effect, partsOf(detail)])
}

/** In an order of its own, whoever wrote them. */
function partsOf(detail: EffectDetail | null): readonly unknown[] {
  if (detail === null) return []
  if (detail.kind === 'taken') return [detail.kind, detail.what, detail.objects]
  if (detail.kind === 'loss') return [detail.kind]
  const { kind, privileges, on, schema, level, later } = detail
  return [kind, privileges, on, schema, level, later]
}

/** `grant SELECT on tables of app, as reader (analytics_dev_reader in analytics_dev_db)`. */
export function describeEffect({ username, database, effect }: Effect): string {
  const where = [username, database].filter((part) => part !== null).join(' in ')
  return where === '' || effect.includes(where) ? effect : `${effect} (${where})`
}
