/** What becomes of one access control list, and so of what each login has (src/README.md: Who loses what). Pure. */
import type { AclItem } from '../model/catalog.ts'
import { groupBy } from '../group-by.ts'
import { type Moment, type People, type Reach, REACHES } from './people.ts'
import type { Thing, Touch } from './touches.ts'

/** What one login loses or gains on one thing, by one step. */
export interface Outcome {
  /** Of the step (`stepKey`). */
  readonly key: string
  readonly login: string
  readonly verb: 'loses' | 'gains'
  /** In the order in which they are told; of single columns with `COLUMNS` at the end. */
  readonly privileges: readonly string[]
}

/** A list before the plan and after it, and what each step did to it in between. */
export interface ListChange {
  readonly thing: Thing
  readonly before: readonly AclItem[]
  readonly after: readonly AclItem[]
  readonly edits: readonly Edit[]
}

interface Edit {
  readonly key: string
  readonly added: readonly AclItem[]
  readonly removed: readonly AclItem[]
}

/** A privilege on single columns: who has it on the table has it on all of them. */
export const COLUMNS = ' on columns'

export function isOfColumns(privilege: string): boolean {
  return privilege.endsWith(COLUMNS)
}

/** As the manual lists them. https://www.postgresql.org/docs/current/ddl-priv.html */
const ORDER = [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'TRUNCATE',
  'REFERENCES',
  'TRIGGER',
  'MAINTAIN',
  'USAGE',
  'CREATE',
  'CONNECT',
  'TEMPORARY',
  'EXECUTE',
]

/** https://www.postgresql.org/docs/current/predefined-roles.html */
const READS_ALL = 'pg_read_all_data'
const WRITES_ALL = 'pg_write_all_data'

export function changeList(thing: Thing, touches: readonly Touch[]): ListChange {
  const columns = thing.columnAcl.map((item) => ({ ...item, privilege: item.privilege + COLUMNS }))
  const before = [...thing.acl, ...columns]
  const edits: Edit[] = []
  let after: readonly AclItem[] = before
  for (const { key, grantee, grantor, granted, revoked } of touches) {
    const taken = revoked.flatMap((privilege) => [privilege, privilege + COLUMNS])
    const removed = takenFrom(after, grantee, grantor, taken)
    const added = granted
      .map((privilege) => ({ grantor, grantee, privilege }))
      .filter((item) => !after.some((other) => isSame(item, other)))
    after = [...after.filter((item) => !removed.has(item)), ...added]
    edits.push({ key, added, removed: [...removed] })
  }
  return { thing, before, after, edits }
}

function isSame(a: AclItem, b: AclItem): boolean {
  return a.grantor === b.grantor && a.grantee === b.grantee && a.privilege === b.privilege
}

/** With what the role granted on, where it has nothing of it any more (REVOKE … CASCADE). */
function takenFrom(
  items: readonly AclItem[],
  grantee: string,
  grantor: string,
  privileges: readonly string[],
): ReadonlySet<AclItem> {
  const taken = new Set(
    items.filter((item) => item.grantee === grantee && item.grantor === grantor && privileges.includes(item.privilege)),
  )
  for (const { grantee: giver, privilege } of taken) {
    if (items.some((item) => item.grantee === giver && item.privilege === privilege && !taken.has(item))) continue
    for (const item of items)
      if (item.grantor === giver && item.grantee !== giver && item.privilege === privilege) taken.add(item)
  }
  return taken
}

/** Whether a login has a privilege on it, by whichever grant. */
export function hasPrivilege(
  { thing, before, after }: ListChange,
  people: People,
  login: string,
  privilege: string,
  moment: Moment,
  reach: Reach,
): boolean {
  if (moment === 'before' && !thing.exists) return false
  const roles = people.rolesOf(login, moment, reach)
  if (roles.has(thing.owner) || isPredefined(thing, roles, privilege)) return true
  return (moment === 'before' ? before : after).some(
    (item) =>
      (item.grantee === '' || roles.has(item.grantee)) &&
      (item.privilege === privilege || item.privilege + COLUMNS === privilege),
  )
}

/** Of tables and sequences whole, and so of all columns. */
function isPredefined({ kind }: Thing, roles: ReadonlySet<string>, privilege: string): boolean {
  if (kind === 'schema') return privilege === 'USAGE' && (roles.has(READS_ALL) || roles.has(WRITES_ALL))
  if (kind !== 'table' && kind !== 'sequence') return false
  const whole = isOfColumns(privilege) ? privilege.slice(0, -COLUMNS.length) : privilege
  if (whole === 'SELECT') return roles.has(READS_ALL)
  return ['INSERT', 'UPDATE', 'DELETE'].includes(whole) && roles.has(WRITES_ALL)
}

/** What each login loses and gains on it, at the step by which it does. */
export function outcomesOf(change: ListChange, people: People): Outcome[] {
  const moved = change.edits.flatMap(({ added, removed }) => [...added, ...removed])
  const privileges = [...new Set(moved.map(({ privilege }) => privilege))]
  const grantees = new Set(moved.map(({ grantee }) => grantee))
  const logins = new Set([...grantees].flatMap((grantee) => people.holders(grantee)))
  const found = [...logins].flatMap((login) =>
    privileges.flatMap((privilege) => {
      const has = (moment: Moment, reach: Reach): boolean =>
        hasPrivilege(change, people, login, privilege, moment, reach)
      const isLost = REACHES.some((reach) => has('before', reach) && !has('after', reach))
      const isGained = REACHES.some((reach) => !has('before', reach) && has('after', reach))
      return [
        ...(isLost ? attributed(change, people, login, privilege, 'loses') : []),
        ...(isGained ? attributed(change, people, login, privilege, 'gains') : []),
      ]
    }),
  )
  const alike = groupBy(found, ({ key, login, verb }) => JSON.stringify([key, login, verb]))
  return [...alike.values()].flatMap((list) => {
    const [first] = list
    if (first === undefined) return []
    const all = list.map(({ privilege }) => privilege)
    const { key, login, verb } = first
    return [{ key, login, verb, privileges: inOrder(all.filter((item) => !isSaid(item, all))) }]
  })
}

function attributed(
  { edits }: ListChange,
  people: People,
  login: string,
  privilege: string,
  verb: Outcome['verb'],
): { key: string; login: string; verb: Outcome['verb']; privilege: string }[] {
  const roles = people.rolesOf(login, verb === 'loses' ? 'before' : 'after', 'any')
  const isIts = (item: AclItem): boolean =>
    (item.grantee === '' || roles.has(item.grantee)) &&
    (item.privilege === privilege || item.privilege + COLUMNS === privilege)
  const edit =
    verb === 'loses'
      ? edits.findLast(({ removed }) => removed.some(isIts))
      : edits.find(({ added }) => added.some(isIts))
  return edit === undefined ? [] : [{ key: edit.key, login, verb, privilege }]
}

/** Of columns, where it is said of the table. */
function isSaid(privilege: string, all: readonly string[]): boolean {
  return isOfColumns(privilege) && all.includes(privilege.slice(0, -COLUMNS.length))
}

function inOrder(privileges: readonly string[]): string[] {
  const place = (privilege: string): number => ORDER.findIndex((name) => privilege.startsWith(name))
  return [...new Set(privileges)].sort((a, b) => place(a) - place(b))
}
