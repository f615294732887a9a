/** What another tool's state says beside the server: what it called things, and what it meant to give. Pure. */
import type { StateResource } from '../input/terraform-state.ts'
import { inOrder } from './names.ts'
import type { Generated, Hints, Note, Survey } from './types.ts'

export const NO_HINTS: Hints = { roles: new Map(), databases: new Map() }

/** Names of resources that say nothing. */
const PLAIN = new Set([
  'this',
  'main',
  'default',
  'all',
  'role',
  'roles',
  'user',
  'users',
  'db',
  'database',
  'databases',
])

export function hintsOf(resources: readonly StateResource[]): Hints {
  const named = (type: StateResource['type']): ReadonlyMap<string, string> =>
    new Map(
      resources.flatMap((item) =>
        item.type === type && item.name !== null && !PLAIN.has(item.label) ? [[item.name, item.label] as const] : [],
      ),
    )
  return { roles: named('postgresql_role'), databases: named('postgresql_database') }
}

/** Addresses that `removed` blocks name, each once; what is no address is none. */
export function givenUp(resources: readonly StateResource[]): string[] {
  return inOrder(new Set(resources.map(({ resource }) => resource))).filter((item) => /^[\p{L}\p{N}_.-]+$/u.test(item))
}

/** What that tool meant and the server, or an entry, does not say. */
export function intentNotes({ cluster }: Survey, { entries }: Generated, resources: readonly StateResource[]): Note[] {
  const entryOf = (role: string | null, database: string | null) =>
    entries.find((item) => item.role === role && item.database === database) ??
    entries.find((item) => item.role === role && !('login_of' in item.fields))
  return resources.flatMap((item): Note[] => {
    const note = (application: string | null, role: string | null, text: string): Note => ({
      application,
      database: item.database,
      role,
      kind: 'not_expressed',
      text: `${item.address}: ${text}`,
      statements: [],
    })
    if (item.type === 'postgresql_role' && item.name !== null && !cluster.roles.has(item.name))
      return [note(null, item.name, 'the server has no such role')]
    if (item.type === 'postgresql_database' && item.name !== null && !cluster.databases.has(item.name))
      return [{ ...note(null, null, 'the server has no such database'), database: item.name }]
    if (!isGrantOnAll(item)) return []
    const entry = entryOf(item.role, item.database)
    if (entry !== undefined && entry.fields['access_level'] !== 'none') return []
    const later = item.type === 'postgresql_default_privileges' ? 'later ones' : 'all'
    const where = item.schema === null ? '' : ` of the schema ${item.schema}`
    const text = `it meant ${item.privileges.join(', ')} on ${later}, ${item.objectType ?? ''}s${where}; an access level would say so`
    return [note(entry?.key ?? null, item.role, text)]
  })
}

function isGrantOnAll({ type, objects, objectType, privileges }: StateResource): boolean {
  const isGrant = type === 'postgresql_grant' || type === 'postgresql_default_privileges'
  return isGrant && objects.length === 0 && objectType === 'table' && privileges.length > 0
}
