/** What a removal must have come to, by the policy in force. */
import type { CleanupPolicy, Declaration } from '../../../src/model/declaration.ts'
import { parseTag } from '../../../src/model/tag.ts'
import type { Ran } from './runs.ts'
import type { ModelRole, State } from '../server-model/state.ts'

/** An application that is declared no more. */
export interface Leaver {
  readonly key: string
  readonly username: string
  /** Its own, by the declaration before; null: it owns none. */
  readonly database: string | null
  readonly policy: CleanupPolicy
  /** Its role before; null: there is none, or it is not ours by its tag. */
  readonly role: ModelRole | null
  /** oid of its database before; null: there is none, or another's. */
  readonly oid: number | null
}

/** @param policy RDS_CLEANUP_POLICY; undefined: each entry's own stands */
export function leaversOf(
  state: State,
  a: Declaration,
  b: Declaration | null,
  policy: CleanupPolicy | undefined,
): Leaver[] {
  const kept = new Set(b?.applications.flatMap(({ name, username }) => [name, username]))
  return a.applications
    .filter(({ name, username, loginOf }) => loginOf === null && !kept.has(name) && !kept.has(username))
    .map(({ name, username, accessLevel, database, cleanupPolicy }) => {
      const role = state.roles.get(username)
      const tag = parseTag(role?.comment ?? null)
      const isOurs = tag?.get('Application') === name && tag.get('Stack') === a.stack && tag.get('Claim') === a.claim
      const own = accessLevel === 'owner' ? database : null
      const found = state.databases.get(own ?? '')
      return {
        key: name,
        username,
        database: own,
        policy: policy ?? cleanupPolicy,
        role: role === undefined || !isOurs ? null : { ...role },
        oid: found?.owner === username ? found.oid : null,
      }
    })
}

/** Roles whose members lose what they have by them. */
export function mayBeLeft(leavers: readonly Leaver[]): Set<string> {
  return new Set(
    leavers.flatMap(({ policy, username }) => (policy === 'retain' || policy === 'release' ? [] : [username])),
  )
}

/** Databases that may go. */
export function mayGo(leavers: readonly Leaver[]): Set<number> {
  return new Set(leavers.flatMap(({ policy, oid }) => (isDeletion(policy) && oid !== null ? [oid] : [])))
}

const isDeletion = (policy: CleanupPolicy): boolean => policy === 'delete' || policy === 'snapshot-and-delete'

/** What a removal that went through has left undone, or did beyond its policy. */
export function checkRemoval({ roles, databases }: State, leaver: Leaver): string[] {
  const { key, username, policy, role: before, oid } = leaver
  if (before === null) return []
  const role = roles.get(username)
  const isThere = [...databases.values()].some((item) => item.oid === oid)
  const wrong = (isWrong: boolean, what: string): string[] => (isWrong ? [`${key} (${policy}) ${what}`] : [])
  if (isDeletion(policy))
    return [...wrong(role !== undefined, 'is still there'), ...wrong(isThere, 'has its database yet')]
  if (role === undefined) return [`${key} (${policy}) is gone`]
  const isTagged = parseTag(role.comment) !== null
  if (policy === 'disable') {
    const held = [...databases.values()].filter(
      ({ owner, acl }) => owner !== username && acl.some(({ grantee }) => grantee === username),
    )
    return [...wrong(role.canLogin, 'may log in'), ...held.map(({ name }) => `${key} (disable) may enter ${name}`)]
  }
  const tag = policy === 'release' ? wrong(isTagged, 'has its tag yet') : wrong(!isTagged, 'has lost its tag')
  return [...tag, ...wrong(!isSame(before, role), 'is another')]
}

const isSame = (a: ModelRole, b: ModelRole): boolean =>
  JSON.stringify({ ...a, comment: null }) === JSON.stringify({ ...b, comment: null })

/** Whether nothing stood in the way of these runs. */
export const wentThrough = (runs: readonly Ran[]): boolean =>
  runs.every(({ problems, isKilled, document }) => {
    const isKept = document.records.some(({ status }) => status === 'warning' || status === 'blocked')
    return problems.length === 0 && !isKilled && !isKept
  })
