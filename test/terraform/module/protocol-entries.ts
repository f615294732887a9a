/** What the cases of removal declare: applications of each policy, and what becomes of each. */
import type { Variables } from '../../support/terraform.ts'

export type Key = string
export type Declared = Readonly<Record<Key, Variables>>

export const DROPPED = 'drop'
/** What each entry's policy does: the words that the audit has for it; null: nothing. */
export const ENDS: Readonly<Record<Key, string | null>> = {
  a: DROPPED,
  b: DROPPED,
  c: DROPPED,
  s: DROPPED,
  g: 'disabled',
  r: 'release',
  d: null,
}
export const KEYS = Object.keys(ENDS)
/** One of each policy that does something. */
export const LEAVERS: readonly Key[] = ['c', 's', 'g', 'r']

/** The instance as AWS knows it. */
export const instanceOf = (id: string): string => `orders-${id}`

/** Logins are named by the case: keys may be renamed, and names stay. `g` reads what `a` owns. */
export function BASE(id: string): Record<Key, Variables> {
  const own = (key: Key, policy: string): Variables => ({
    username: `${id}_${key}`,
    database_name: `${id}_${key}_db`,
    secret_id: `protocol/${id}/${key}`,
    cleanup_policy: policy,
  })
  return {
    a: own('a', 'delete'),
    b: own('b', 'delete'),
    c: own('c', 'delete'),
    s: own('s', 'snapshot-and-delete'),
    g: { ...own('g', 'disable'), database_name: `${id}_a_db`, access_level: 'reader' },
    // What was released is a stranger's where it is declared again.
    r: { ...own('r', 'release'), adopt_existing: true },
    d: own('d', 'retain'),
  }
}
