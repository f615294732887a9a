/** What logins may do, as words: who may enter, read, write and own which database. */
import type { Declaration } from '../../../src/model/declaration.ts'
import { ADMIN, MASTER } from '../server-model/names.ts'
import type { ModelDatabase, State } from '../server-model/state.ts'

/** The table that the owner of each database has there once it is made. */
export const TABLE = { schema: 'public', name: 'orders' } as const

const LEVELS = {
  owner: ['enter', 'read', 'write', 'own'],
  editor: ['enter', 'read', 'write'],
  reader: ['enter', 'read'],
  none: [],
} as const

/** What a declaration gives, to members what their groups have: `login right database`. */
export function declaredRights({ databases, applications }: Declaration): string[] {
  const own = databases.flatMap(({ name, owner, guests }) =>
    [{ username: owner.username, accessLevel: 'owner' as const }, ...guests].flatMap(({ username, accessLevel }) =>
      LEVELS[accessLevel].map((right) => ({ username, right: `${right} ${name}` })),
    ),
  )
  const ofGroups = applications.flatMap(({ username, memberOf }) =>
    own.filter((item) => memberOf.includes(item.username)).map(({ right }) => ({ username, right })),
  )
  return [...new Set([...own, ...ofGroups].map(({ username, right }) => `${username} ${right}`))]
}

/** What everybody has who can log in; the server's own, the admin and the master apart. */
export function rightsIn(state: State): string[] {
  const logins = [...state.roles.values()].filter(
    ({ name, canLogin, superuser }) => canLogin && !superuser && name !== ADMIN && name !== MASTER,
  )
  return logins.flatMap(({ name }) => {
    const reached = reach(state, name)
    return [...state.databases.values()].flatMap((database) =>
      rightsOn(database, reached).map((right) => `${name} ${right} ${database.name}`),
    )
  })
}

/** The roles that a login can act as, with SET ROLE or without. */
function reach({ memberships }: State, role: string): Set<string> {
  const found = new Set([role, ''])
  for (const name of found)
    for (const item of memberships) if (item.member === name && (item.inherit || item.set)) found.add(item.role)
  return found
}

function rightsOn({ owner, allowConnections, acl, schemas, objects }: ModelDatabase, reached: Set<string>): string[] {
  if (reached.has(owner)) return ['enter', 'read', 'write', 'own']
  const has = (items: typeof acl, wanted: string): boolean =>
    items.some(({ grantee, privilege }) => privilege === wanted && reached.has(grantee))
  if (!allowConnections || !has(acl, 'CONNECT')) return []
  const table = objects.find(({ schema, name }) => schema === TABLE.schema && name === TABLE.name)
  const isOpen = has(schemas.get(TABLE.schema)?.acl ?? [], 'USAGE') && table !== undefined
  const on = (wanted: string): boolean => isOpen && has(table.acl ?? [], wanted)
  return ['enter', ...(on('SELECT') ? ['read'] : []), ...(on('INSERT') ? ['write'] : [])]
}
