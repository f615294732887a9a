/** What a run brings about, by rule, as it is approved (src/README.md: What was approved). */
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
}

/** How an effect begins that says what somebody else loses by it. It stands in digests, and is read back. */
export const LOSES = 'LOSES '
/** What stands behind the things that are granted by default. Likewise. */
export const CREATED_LATER = ' that are created later'

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
export function keyOf({ application, database, username, object, rule, effect }: Effect): string {
  return JSON.stringify([application, database, username, object, rule, effect])
}

/** `grant SELECT on tables of app, as reader (analytics_dev_reader in analytics_dev_db)`. */
export function describeEffect({ username, database, effect }: Effect): string {
  const where = [username, database].filter((part) => part !== null).join(' in ')
  return where === '' || effect.includes(where) ? effect : `${effect} (${where})`
}
