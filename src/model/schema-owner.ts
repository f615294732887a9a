/** Whose schema is whose (src/README.md: Schemas of guests). */
import type { Interior } from './catalog.ts'
import type { Application, Database, Declaration } from './declaration.ts'

/** The entry whose role a schema is to belong to: a guest's that owns it, else the database's owner's. */
export function schemaOwner(
  { owner, schemaOwners }: Pick<Database, 'owner' | 'schemaOwners'>,
  schema: string,
): Application {
  return schemaOwners.get(schema) ?? owner
}

/**
 * @param interiors by database, as the server has them
 * @returns the declaration with the schemas that guests own there and no `owns_schemas` names, or names no more: what
 *   others were given in them was given by that guest, and only it can take it back. They are listed for nobody.
 */
export function withOwnedSchemas(declaration: Declaration, interiors: ReadonlyMap<string, Interior>): Declaration {
  return {
    ...declaration,
    databases: declaration.databases.map((database) => {
      const { name, guests, schemaOwners } = database
      const byUsername = new Map(guests.map((guest) => [guest.username, guest]))
      const owned = [...(interiors.get(name)?.schemas.values() ?? [])].flatMap((schema): [string, Application][] => {
        const guest = schema.name === 'public' ? undefined : byUsername.get(schema.owner)
        return guest === undefined ? [] : [[schema.name, guest]]
      })
      return owned.length === 0 ? database : { ...database, schemaOwners: new Map([...owned, ...schemaOwners]) }
    }),
  }
}
