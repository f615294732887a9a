/** The access level of a login on somebody else's database: the largest whose rights it holds already. Pure. */
import type { Interior, ObjectClass, SchemaObject, SchemaState } from '../model/catalog.ts'
import type { AccessLevel } from '../model/declaration.ts'
import { LEVEL_ALONE, NAMEABLE_PRIVILEGES } from '../model/own-privileges.ts'
import { PG_DATABASE_OWNER } from '../model/revoker.ts'
import { objectPrivileges } from '../plan/privileges.ts'
import { heldByAny, rightsOf } from './effective.ts'
import { inOrder, isExpressible } from './names.ts'
import { refusalOf } from './roles.ts'
import type { Survey } from './types.ts'

/** What an entry may say of a login's rights in a database, without giving more than it has on what is there. */
export interface Level {
  readonly level: Extract<AccessLevel, 'editor' | 'reader'>
  readonly schemas: readonly string[]
  /** Instead of those of the level; absent: the level's. */
  readonly privileges?: Readonly<Record<string, readonly string[]>>
}

const CLASSES: readonly ObjectClass[] = ['table', 'sequence', 'function']
const LEVELS = ['editor', 'reader'] as const

/**
 * A schema counts where the login has USAGE, something of its own in it, and a level's rights on every table of the
 * schema's owner. Schemas of one entry share a level, so the lower one counts.
 * @returns null: no level is wholly held, or nobody knows
 */
export function levelOf(survey: Survey, role: string, database: string): Level | null {
  const interior = survey.interiors.get(database)
  const state = survey.cluster.databases.get(database)
  if (interior === undefined || state === undefined) return null
  const rights = rightsOf(survey, role, database)
  const onDatabase = heldByAny(state.acl, rights)
  if (!onDatabase.has('CONNECT')) return null
  const owners = new Set([state.owner, PG_DATABASE_OWNER, ...guestsOf(survey, database)])
  const places = placesIn(interior, state.owner, role, rights, owners)
  const lowest = places.some(({ level }) => level === 'reader') || !onDatabase.has('TEMPORARY') ? 'reader' : 'editor'
  if (places.length === 0) return null
  const objects = places.flatMap((place) => place.objects)
  const privileges = Object.fromEntries(
    CLASSES.flatMap((objectClass) => {
      const ofClass = objects.filter((item) => item.objectClass === objectClass)
      const wanted = objectPrivileges({ accessLevel: lowest, privileges: LEVEL_ALONE }, objectClass)
      const common = commonOn(ofClass, rights, objectClass)
      return wanted.every((privilege) => common.includes(privilege)) ? [] : [[`${objectClass}s`, common] as const]
    }),
  )
  return {
    level: lowest,
    schemas: inOrder(places.map(({ schema }) => schema)),
    ...(Object.keys(privileges).length > 0 && { privileges }),
  }
}

/** Who connects and is no owner: a schema of theirs can be an entry's own (`owns_schemas`). */
function guestsOf(survey: Survey, database: string): string[] {
  const { acl = [], owner = '' } = survey.cluster.databases.get(database) ?? {}
  const holders = new Set([...(survey.interiors.get(database)?.schemas.values() ?? [])].map((schema) => schema.owner))
  return [...holders].filter(
    (role) =>
      role !== owner &&
      refusalOf(survey, role) === null &&
      heldByAny(acl, rightsOf(survey, role, database)).has('CONNECT'),
  )
}

interface Place {
  readonly schema: string
  readonly level: Level['level']
  readonly objects: readonly SchemaObject[]
}

function placesIn(
  interior: Interior,
  owner: string,
  role: string,
  rights: ReadonlySet<string>,
  owners: ReadonlySet<string>,
): Place[] {
  return [...interior.schemas.values()].flatMap((schema): Place[] => {
    if (
      schema.owner === role ||
      !owners.has(schema.owner) ||
      !isExpressible(schema.name) ||
      !heldByAny(schema.acl, rights).has('USAGE')
    )
      return []
    const objects = interior.objects.filter((item) => item.schema === schema.name)
    const tables = objects.filter(({ objectClass }) => objectClass === 'table')
    if (
      tables.length === 0 ||
      !holdsOwn(interior, schema, objects, schema.owner === PG_DATABASE_OWNER ? owner : schema.owner, role)
    )
      return []
    const held = commonOn(tables, rights, 'table')
    const level = LEVELS.find((name) =>
      objectPrivileges({ accessLevel: name, privileges: LEVEL_ALONE }, 'table').every((item) => held.includes(item)),
    )
    return level === undefined ? [] : [{ schema: schema.name, level, objects }]
  })
}

/** By name: what it has through PUBLIC or a group alone is not what it was given. */
function holdsOwn(
  { defaultAcl }: Interior,
  schema: SchemaState,
  objects: readonly SchemaObject[],
  owner: string,
  role: string,
): boolean {
  return (
    objects.some(({ objectClass, acl }) => objectClass === 'table' && acl.some(({ grantee }) => grantee === role)) ||
    defaultAcl.some((item) => item.creator === owner && item.grantee === role && item.schema === schema.name)
  )
}

/** On all of them; of none of them, everything. */
function commonOn(objects: readonly SchemaObject[], rights: ReadonlySet<string>, objectClass: ObjectClass): string[] {
  const words: readonly string[] = NAMEABLE_PRIVILEGES[objectClass]
  const lists = [...new Set(objects.map(({ acl }) => acl))].map((acl) => heldByAny(acl, rights))
  return words.filter((word) => lists.every((held) => held.has(word)))
}
