/** A declaration without some of its applications: what is wrong with those is no reason not to do the others. */
import type { Application, Declaration } from './declaration.ts'
import { schemaOwner } from './schema-owner.ts'

/**
 * @param names applications that cannot be done.
 * @returns those, the guests of every database whose owner is among them, and all that use a login of theirs: without
 *   it nothing of theirs can be made.
 */
export function withGuests({ applications, databases }: Declaration, names: ReadonlySet<string>): ReadonlySet<string> {
  const isUser = ({ loginOf }: Application): boolean => loginOf !== null && names.has(loginOf)
  return new Set([
    ...names,
    ...applications.filter(isUser).map(({ name }) => name),
    ...databases
      .filter(({ owner }) => names.has(owner.name))
      .flatMap(({ guests }) => guests.map((guest) => guest.name)),
  ])
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
