/** A declaration without some of its applications: what is wrong with those is no reason not to do the others. */
import type { Declaration } from './declaration.ts'
import { schemaOwner } from './schema-owner.ts'

/**
 * @param names applications that cannot be done.
 * @param roles those that the server has.
 * @returns those, the guests of every database whose owner is among them, and all that use a login of theirs: without
 *   it nothing of theirs can be made. The login of a guest may be used where it is there, whatever its database.
 */
export function withGuests(
  { applications, databases }: Declaration,
  names: ReadonlySet<string>,
  roles: ReadonlySet<string>,
): ReadonlySet<string> {
  const guests = databases.filter(({ owner }) => names.has(owner.name)).flatMap((database) => database.guests)
  const unmade = guests.filter(({ username }) => !roles.has(username)).map(({ name }) => name)
  const withoutLogin = new Set([...names, ...unmade])
  const users = applications.filter(({ loginOf }) => loginOf !== null && withoutLogin.has(loginOf))
  return new Set([...names, ...[...users, ...guests].map(({ name }) => name)])
}

/**
 * @param names applications to leave out, with their databases where they own one (`withGuests`).
 * @returns the others. Schemas that only a guest listed stay its database's: they are the owner's to make. Those that a
 *   guest owns are left with it: nobody makes them, or puts them right, for a role that may not even be ours.
 */
export function leaveOut(declaration: Declaration, names: ReadonlySet<string>): Declaration {
  if (names.size === 0) return declaration
  return {
    ...declaration,
    applications: declaration.applications.filter(({ name }) => !names.has(name)),
    databases: declaration.databases
      .filter(({ owner }) => !names.has(owner.name))
      .map((database) => ({
        ...database,
        guests: database.guests.filter(({ name }) => !names.has(name)),
        schemas: database.schemas.filter((schema) => !names.has(schemaOwner(database, schema).name)),
      })),
  }
}
