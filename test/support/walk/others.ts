/** Whom a run may do nothing to, and what they are and have. */
import type { Declaration } from '../../../src/model/declaration.ts'
import { parseTag } from '../../../src/model/tag.ts'
import { ADMIN, MASTER } from '../server-model/names.ts'
import type { State } from '../server-model/state.ts'

/** Roles of people, of other stacks and of other states; not the server's own, the admin and the master. */
export function othersOf({ roles }: State, { applications, stack, claim }: Declaration, takesOver: boolean): string[] {
  const adopted = new Set(applications.filter(({ adoptExisting }) => adoptExisting).map(({ username }) => username))
  const declared = new Set(applications.map(({ username }) => username))
  return [...roles.values()]
    .filter(({ name, comment, superuser }) => {
      if (superuser || /^(?:pg|rds)_/.test(name) || name === ADMIN || name === MASTER) return false
      const tag = parseTag(comment)
      if (tag === null) return !adopted.has(name)
      const isForeign = tag.get('Stack') !== stack || (tag.get('Claim') ?? claim) !== claim
      return isForeign && !(takesOver && declared.has(name) && tag.get('Stack') === stack)
    })
    .map(({ name }) => name)
}

/** What may go, and takes along what others have of it. */
export interface Going {
  /** By oid. */
  readonly databases: ReadonlySet<number>
  readonly roles: ReadonlySet<string>
}

/** Whose it is by its comment. */
function whoseOf(comment: string | null): string {
  const tag = parseTag(comment)
  return tag === null
    ? String(comment)
    : JSON.stringify(['Stack', 'Claim', 'Application'].map((field) => tag.get(field)))
}

/** What these roles are, own and hold, and their settings; of what a comment says, whose they are. Extensions are not looked at. */
export function holdingsOfOthers(
  state: State,
  names: readonly string[],
  declaration: Declaration,
  { databases: going, roles: left }: Going,
): string[] {
  const isOne = new Set(names)
  // `undeclared = "revoke"` takes away what roles hold that nobody declares.
  const taken = declaration.databases.filter(({ owner }) => owner.undeclared === 'revoke')
  const takenIn = new Set(taken.map(({ name }) => name))
  const takenFrom = new Set(
    declaration.applications.filter(({ undeclared }) => undeclared === 'revoke').map(({ username }) => username),
  )
  const lines: string[] = []
  for (const name of names) {
    const role = state.roles.get(name)
    if (role === undefined) continue
    lines.push(`role ${JSON.stringify({ ...role, comment: null })}`, `${name} is of ${whoseOf(role.comment)}`)
  }
  for (const { role, member, admin, inherit, set } of state.memberships)
    if (isOne.has(member) && !takenFrom.has(role) && !left.has(role))
      lines.push(`${member} in ${role} ${JSON.stringify([admin, inherit, set])}`)
  for (const item of state.settings) {
    const { oid } = state.databases.get(item.database ?? '') ?? {}
    if (isOne.has(item.role) && (oid === undefined || !going.has(oid))) lines.push(`setting ${JSON.stringify(item)}`)
  }
  for (const { oid, name: database, owner, acl, schemas, objects, defaults, ...limits } of state.databases.values()) {
    if (going.has(oid)) continue
    const where = `database ${String(oid)}`
    const { connectionLimit, allowConnections, isTemplate } = limits
    const isOpenTo = JSON.stringify({ connectionLimit, allowConnections, isTemplate })
    if (isOne.has(owner)) lines.push(`${owner} owns ${where} ${isOpenTo}`)
    for (const item of [...schemas.values(), ...objects])
      if (isOne.has(item.owner)) lines.push(`${item.owner} owns ${item.name} in ${where}`)
    if (takenIn.has(database)) continue
    for (const { grantee, privilege } of acl) if (isOne.has(grantee)) lines.push(`${grantee} ${privilege} ${where}`)
    for (const item of [...schemas.values(), ...objects])
      for (const { grantee, privilege } of item.acl ?? [])
        if (isOne.has(grantee)) lines.push(`${grantee} ${privilege} on ${item.name} in ${where}`)
    for (const item of defaults)
      for (const { grantee, privilege } of item.acl)
        if (isOne.has(grantee)) lines.push(`${grantee} ${privilege} by default of ${item.creator} in ${where}`)
  }
  return lines
}
