/** Whose schema is whose (src/README.md: Schemas of guests). */
import type { Application, Database } from './declaration.ts'

/** The entry whose role a schema is to belong to: a guest's that owns it, else the database's owner's. */
export function schemaOwner(
  { owner, schemaOwners }: Pick<Database, 'owner' | 'schemaOwners'>,
  schema: string,
): Application {
  return schemaOwners.get(schema) ?? owner
}
