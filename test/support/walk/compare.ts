/** What two servers are compared by, as lines. */
import type { Declaration } from '../../../src/model/declaration.ts'
import { parseTag } from '../../../src/model/tag.ts'
import { ADMIN } from '../server-model/names.ts'
import type { ModelDatabase, ModelRole, State } from '../server-model/state.ts'

/** What the owner of a database gave itself there: it may all the same. */
export const OWN = 'own: '

const attributesOf = (role: ModelRole | undefined): string =>
  JSON.stringify([role?.canLogin, role?.createDb, role?.createRole, role?.connectionLimit, role?.validUntil])

const limitsOf = ({ connectionLimit, allowConnections, isTemplate }: ModelDatabase): string =>
  JSON.stringify([connectionLimit, allowConnections, isTemplate])

/** Roles of declared logins, and what they hold on and in declared databases. */
export function projection(state: State, declaration: Declaration, foreign = new Set<string>()): string[] {
  const own = declaration.applications.filter(({ loginOf }) => loginOf === null)
  const logins = new Set(own.map(({ username }) => username))
  // What is kept on purpose: fields that `undeclared = "keep"` leaves as they are.
  const keeps = new Set(own.filter(({ undeclared }) => undeclared === 'keep').map(({ username }) => username))
  const isMeant = (grantee: string): boolean => grantee === '' || logins.has(grantee)
  const lines: string[] = []
  for (const { username } of own) {
    const role = state.roles.get(username)
    const tag = parseTag(role?.comment ?? null)
    lines.push(
      keeps.has(username)
        ? `role ${username} ${String(tag?.get('Application'))}`
        : `role ${username} ${attributesOf(role)} ${String(tag?.get('Application'))}`,
    )
  }
  // What others granted is left alone, and told (`missingOf`): from 16 on nobody but who granted it takes it back, and below
  // only `undeclared = "revoke"` does. One that is declared serves by whomever it was given.
  const revokes = new Set(own.filter(({ undeclared }) => undeclared === 'revoke').map(({ username }) => username))
  const isDeclared = (role: string, member: string): boolean =>
    own.some(({ username, memberOf }) => username === member && memberOf.includes(role))
  for (const { role, member, grantor, set } of state.memberships)
    if (logins.has(role) && logins.has(member) && !keeps.has(member) && !keeps.has(role))
      if ((state.version < 160_000 && revokes.has(member)) || grantor === ADMIN || isDeclared(role, member))
        lines.push(`member ${member} of ${role} ${String(set)}`)
  for (const { name, owner } of declaration.databases) {
    const found = state.databases.get(name)
    if (found === undefined) {
      lines.push(`no database ${name}`)
      continue
    }
    const isKept = owner.undeclared === 'keep'
    lines.push(`database ${name} of ${found.owner} ${isKept ? '' : limitsOf(found)}`)
    for (const { grantee, privilege } of found.acl)
      if (isMeant(grantee) && !isKept && !keeps.has(grantee)) lines.push(`${privilege} on ${name} to ${grantee}`)
    for (const schema of found.schemas.values()) {
      if (!declaration.databases.some((item) => item.name === name && item.schemas.includes(schema.name))) continue
      // A schema that somebody else was given is theirs: the program says so, and leaves it.
      if (schema.owner !== found.owner && schema.owner !== 'pg_database_owner') foreign.add(`${name}.${schema.name}`)
      // What an owner gives everybody in a schema of its own is its own (src/README.md: Beyond the declaration).
      const isOwners = (grantee: string): boolean =>
        grantee === '' && schema.name !== 'public' && owner.undeclared !== 'revoke'
      for (const { grantee, privilege } of schema.acl)
        if (isMeant(grantee) && !isKept && !keeps.has(grantee) && !isOwners(grantee))
          lines.push(`${grantee === found.owner ? OWN : ''}${privilege} on ${name}.${schema.name} to ${grantee}`)
    }
    for (const { creator, schema, objectClass, acl } of found.defaults)
      for (const { grantee, privilege } of acl)
        if (creator === owner.username && logins.has(grantee) && grantee !== creator && !isKept && !keeps.has(grantee))
          lines.push(`default ${privilege} on ${objectClass} in ${name}.${schema ?? '*'} to ${grantee}`)
  }
  return lines.sort()
}
