/** Grants that no level gives, and schemas that others own: a line for each kind and place. */
import { groupBy } from '../../group-by.ts'
import type { DatabaseAccess } from '../../model/access.ts'
import type { Beyond, GrantPlace } from '../../model/beyond.ts'
import { schemaOwner } from '../../model/schema-owner.ts'
import { PG_DATABASE_OWNER } from '../../plan/privileges.ts'
import { lineOf, type ReviewContext } from './context.ts'
import type { Line } from './line.ts'
import { grantRemedy } from './remedy.ts'

/** One grant, or some that are alike, in words. */
interface HeldGrant {
  readonly role: string
  readonly what: string
  readonly place: GrantPlace
}

/** A line for each holder, kind of object and schema; that a schema is another's is one of its owner. */
export function grantLines(context: ReviewContext): Line[] {
  return context.matrix.databases.flatMap((database) => [
    ...grantsOn(context, database),
    ...schemasOfOthers(context, database),
  ])
}

/** Of outsiders all that the catalogs have; of logins of the stack what the plan finds beyond their level. */
function grantsOn(context: ReviewContext, database: DatabaseAccess): Line[] {
  const beyond = context.beyond.filter((item) => item.database === database.database)
  const own = new Set(database.logins.map(({ username }) => username))
  const held = [
    ...database.outsideGrants.flatMap(({ role, privilege, on, place }): HeldGrant[] =>
      place === undefined ? [] : [{ role, what: `${privilege} on ${on}`, place }],
    ),
    ...beyond.flatMap(({ role, what, on, place }): HeldGrant[] =>
      place === null || !own.has(role) ? [] : [{ role, what: `${what} on ${on}`, place }],
    ),
  ]
  return [...groupBy(held, ({ role, place }) => JSON.stringify([role, rightOf(place)])).values()].flatMap((list) => {
    const [first] = list
    if (first === undefined) return []
    const { role, place } = first
    const right = rightOf(place)
    const items = beyond.filter((item) => item.role === role && item.place !== null && rightOf(item.place) === right)
    return [
      lineOf(context, {
        role,
        database,
        right,
        details: [...new Set(list.map(({ what }) => what))].sort().join('; '),
        via: role === '' ? 'PUBLIC' : 'direct',
        declared: 'no',
        granted_by: grantorsOf(items),
        remedy: grantRemedy(items),
      }),
    ]
  })
}

function grantorsOf(items: readonly Beyond[]): string {
  return [...new Set(items.flatMap(({ grantor }) => grantor ?? []))].sort().join(', ')
}

/** Without privileges and names: a right that gets smaller, or larger, stays the same one. */
function rightOf({ on, schema, creator }: GrantPlace): string {
  if (on === 'database') return 'grants on the database'
  if (on === 'schema' && creator === null) return `grants on schema ${schema ?? ''}`
  const things = on === 'other' ? 'other objects' : `${on}s`
  const where = schema === null ? 'in any schema' : `in schema ${schema}`
  return `grants on ${things}${creator === null ? '' : ` that ${creator} will create`} ${where}`
}

function schemasOfOthers(context: ReviewContext, database: DatabaseAccess): Line[] {
  const { declaration, cluster, interiors } = context
  const declared = declaration.databases.find(({ name }) => name === database.database)
  const schemas = [...(interiors.get(database.database)?.schemas.values() ?? [])]
  const isExpected = (name: string, owner: string): boolean =>
    [database.owner, PG_DATABASE_OWNER, cluster.server.login].includes(owner) ||
    cluster.roles.get(owner)?.superuser === true ||
    (declared !== undefined && schemaOwner(declared, name).username === owner)
  return schemas
    .filter(({ name, owner }) => !isExpected(name, owner))
    .map(({ name, owner }) =>
      lineOf(context, {
        role: owner,
        database,
        right: `owner of schema ${name}`,
        details: `owns schema ${name}`,
        via: 'owner',
        declared: 'no',
        granted_by: '',
        remedy: 'whoever administers the instance gives the schema to another role',
      }),
    )
}
