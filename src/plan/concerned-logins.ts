/** Whose privileges on a database, and inside it, a plan looks at. */
import type { Application, Database } from '../model/declaration.ts'
import type { PlanContext } from './context.ts'

/** The database's guests, and declared logins of other databases that hold something on this one or inside it. */
export function concernedLogins(context: PlanContext, database: Database): Application[] {
  const { databases, holders } = context.actual.cluster
  const onDatabase = (databases.get(database.name)?.acl ?? []).map((item) => item.grantee)
  const strangers = [...new Set([...onDatabase, ...(holders.get(database.name) ?? [])])]
    .sort()
    .map((role) => context.applicationByUsername.get(role))
    .filter((application) => application !== undefined && application.database !== database.name)
  return [...database.guests, ...strangers.filter((application) => application !== undefined)]
}
