/** Objects by what they have alike, so that a plan looks at each list of privileges once for a login. Pure. */
import { groupBy } from '../group-by.ts'
import type { AclItem, ObjectClass, SchemaObject } from '../model/catalog.ts'

/** Objects of one class in one schema that have the same access control lists. */
export interface ObjectGroup {
  readonly objectClass: ObjectClass
  readonly objects: readonly SchemaObject[]
  readonly acl: readonly AclItem[]
  readonly columnAcl: readonly AclItem[]
  /** What PUBLIC and this role hold or gave, on the objects. */
  itemsOf(role: string): readonly AclItem[]
  /** The same on their columns. */
  columnItemsOf(role: string): readonly AclItem[]
}

/** By schema; a group's objects share their lists (`Interior.objects`). */
export function groupObjects(objects: readonly SchemaObject[]): Map<string, ObjectGroup[]> {
  const ids = new Map<readonly AclItem[], number>()
  const idOf = (acl: readonly AclItem[]): number => {
    const id = ids.get(acl) ?? ids.size
    ids.set(acl, id)
    return id
  }
  const groups = groupBy(objects, ({ schema, objectClass, acl, columnAcl }) =>
    [idOf(acl), idOf(columnAcl), objectClass, schema].join(' '),
  )
  const bySchema = groupBy([...groups.values()], ([first]) => first?.schema ?? '')
  return new Map([...bySchema].map(([schema, lists]) => [schema, lists.flatMap(groupOf)]))
}

function groupOf(objects: readonly SchemaObject[]): ObjectGroup[] {
  const [first] = objects
  if (first === undefined) return []
  return [
    {
      objectClass: first.objectClass,
      objects,
      acl: first.acl,
      columnAcl: first.columnAcl,
      itemsOf: itemsByRole(first.acl),
      columnItemsOf: itemsByRole(first.columnAcl),
    },
  ]
}

/** PUBLIC is the role ''. */
function itemsByRole(acl: readonly AclItem[]): (role: string) => readonly AclItem[] {
  const concerned = acl.flatMap((item) => [...new Set([item.grantee, item.grantor])].map((role) => ({ role, item })))
  const byRole = groupBy(concerned, ({ role }) => role)
  const toPublic = acl.filter(({ grantee }) => grantee === '')
  return (role) => [
    ...toPublic,
    ...(byRole.get(role) ?? []).map(({ item }) => item).filter(({ grantee }) => grantee !== ''),
  ]
}
