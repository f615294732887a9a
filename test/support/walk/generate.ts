/** Random walks: declarations, a server that others use, damage by hand, removals, and where a run is cut off. */
import * as fc from 'fast-check'
import { InvalidInputError } from '../../../src/errors.ts'
import { CLEANUP_POLICIES, type CleanupPolicy } from '../../../src/model/declaration.ts'
import { by, type Operation } from '../server-model/by-hand.ts'
import { operation } from './damage.ts'
import { declare, type Entries, KEYS, STRANGERS, usernameOf } from './declare.ts'
import type { Cut } from '../server-model/session.ts'

/** One walk, as data: it prints as what a test can take. */
export interface Walk {
  /** 14, 15, … */
  readonly version: number
  /** What others did before us. */
  readonly mess: readonly Operation[]
  readonly a: Entries
  readonly damage: readonly Operation[]
  /** Where the first run of B is cut off; null: it is not. */
  readonly cut: Cut | null
  readonly b: Entries
  /** What A has and B has not: how Terraform asks for its removal; absent: in no way (`state rm`). */
  readonly leaving?: 'marker first' | 'marker last'
  /** Where the first removal is cut off. */
  readonly removalCut?: Cut
  /** RDS_CLEANUP_POLICY of the runs with B. */
  readonly policy?: CleanupPolicy
  /** What another state with the same stack declares, before B; `takesOver`: with ALLOW_DB_TAKEOVER. */
  readonly twin?: { readonly entries: Entries; readonly takesOver: boolean }
  /** The runs with B may ask the master. */
  readonly hasMaster?: boolean
  /** In the end the whole state is destroyed. */
  readonly ends?: boolean
  /** A major upgrade of the server before B, to 14, 15, …; `isPrepared`: `prepare-upgrade` was run, and the master may be asked. */
  readonly upgrade?: { readonly to: number; readonly isPrepared: boolean }
}

function isValid(entries: Entries): boolean {
  try {
    declare(entries)
    return true
  } catch (error) {
    if (error instanceof InvalidInputError) return false
    throw error
  }
}

const some = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(values, { nil: undefined, freq: 2 })
/** One in six: where there is much to choose from, most of it is left out. */
const seldom = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: values })
const aKey = fc.constantFrom(...KEYS)

const ofLogin = {
  can_login: some(fc.constantFrom(true, false)),
  can_create_databases: some(fc.boolean()),
  connection_limit: some(fc.constantFrom(-1, 5, 20)),
  valid_until: some(fc.constant('2099-01-01T00:00:00Z')),
  settings: some(fc.constant({ statement_timeout: '60s' })),
  undeclared: some(fc.constantFrom('keep', 'report')),
  adopt_existing: some(fc.constant(true)),
  member_of: some(fc.subarray([...KEYS], { maxLength: 1 })),
  acts_as: seldom(aKey),
  schemas: some(fc.constantFrom(['public'], ['public', 'app'], ['app'], ['*'])),
  cleanup_policy: some(fc.constantFrom(...CLEANUP_POLICIES)),
}

const owner = fc.record({
  access_level: fc.constant('owner'),
  database_connection_limit: some(fc.constantFrom(-1, 10)),
  recreate_missing: some(fc.constant(true)),
  ...ofLogin,
  undeclared: some(fc.constantFrom('keep', 'report', 'revoke')),
  extensions: seldom(fc.constant(['citext'])),
})

const guestOf = (key: string): fc.Arbitrary<Record<string, unknown>> =>
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        access_level: fc.constantFrom('editor', 'reader', 'none'),
        database_of: fc.constant(key),
        ...ofLogin,
        owns_schemas: seldom(fc.constant(['raw'])),
        privileges: seldom(
          fc.constantFrom({ tables: ['SELECT', 'TRUNCATE'] }, { sequences: ['USAGE'] }, { functions: [] }),
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        access_level: fc.constantFrom('editor', 'reader'),
        database_of: fc.constant(key),
        login_of: aKey,
      }),
    },
  )

const isThere = ([, value]: [string, unknown]): boolean => value !== undefined
const withoutGaps = (entry: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(entry).filter(isThere))

/** Valid ones only: what the input refuses never comes to a server. */
const entries: fc.Arbitrary<Entries> = fc
  .record({
    alpha: owner,
    beta: some(fc.oneof(guestOf('alpha'), owner)),
    gamma: some(fc.oneof(guestOf('alpha'), guestOf('beta'), owner)),
    delta: some(fc.oneof(guestOf('alpha'), guestOf('beta'))),
  })
  .map((found) =>
    Object.fromEntries(
      Object.entries(found).flatMap(([key, entry]) => (entry === undefined ? [] : [[key, withoutGaps(entry)]])),
    ),
  )
  .filter(isValid)

const mess: readonly Operation[] = [
  ...STRANGERS.map((role) => by(`CREATE ROLE "${role}" LOGIN`)),
  by(`CREATE DATABASE "stranger_db" OWNER "${STRANGERS[0]}" TEMPLATE template0`),
]

const messes = fc
  .subarray([
    by(`GRANT "${STRANGERS[0]}" TO "${STRANGERS[1]}"`),
    by(`GRANT CONNECT ON DATABASE "stranger_db" TO "${STRANGERS[1]}"`),
    by(`CREATE TABLE "public"."orders" ( )`, 'stranger_db', STRANGERS[0]),
    by(`CREATE ROLE "${usernameOf('beta')}" LOGIN`),
    by(`CREATE ROLE "${usernameOf('delta')}" LOGIN CONNECTION LIMIT 4`),
  ])
  .map((more) => [...mess, ...more])

const cut: fc.Arbitrary<Cut> = fc.record({
  after: fc.nat({ max: 12 }),
  kind: fc.constantFrom('killed', 'lost'),
  isDone: fc.boolean(),
})

const twin = fc.record({
  entries: fc.constantFrom<Entries>(
    { zeta: {} },
    { zeta: {}, beta: { database_of: 'zeta', access_level: 'reader' } },
    { alpha: {}, zeta: { database_of: 'alpha', access_level: 'editor' } },
  ),
  takesOver: fc.boolean(),
})

const upgradeFrom = (version: number): fc.Arbitrary<NonNullable<Walk['upgrade']>> =>
  fc.record({ to: fc.constantFrom(...[16, 17, 18].filter((to) => to > version)), isPrepared: fc.boolean() })

/** Random walks; shrinking leaves out what a walk fails without. */
export const walks = (version: number): fc.Arbitrary<Walk> =>
  fc
    .record({
      version: fc.constant(version),
      mess: messes,
      a: entries,
      damage: fc.array(operation, { maxLength: 5 }),
      cut: fc.option(cut, { nil: null }),
      b: entries,
      leaving: some(fc.constantFrom('marker first', 'marker last')),
      removalCut: seldom(cut),
      policy: seldom(fc.constantFrom(...CLEANUP_POLICIES)),
      twin: seldom(twin),
      hasMaster: seldom(fc.constant(true)),
      ends: seldom(fc.constant(true)),
      upgrade: version >= 18 ? fc.constant(undefined) : seldom(upgradeFrom(version)),
    })
    // What is absent is no field at all.
    .map((walk) => withoutGaps(walk) as unknown as Walk)
