/** Kinds of objects that no access level has a privilege on (src/README.md: Access levels): told, and left alone. */
import type { Interior } from '../model/catalog.ts'
import type { Database } from '../model/declaration.ts'
import { showBytes } from '../model/sendable.ts'
import type { Finding } from '../model/step.ts'
import { finding, standing, subject } from './context.ts'
import { isCovered } from './privileges.ts'

/** Types in listed schemas, since those of others are told of as a whole, and large objects. */
export function uncoveredFindings(database: Database, { uncovered, schemas }: Interior): Finding[] {
  if (database.guests.length === 0) return []
  const about = subject(database.owner, 'grant')
  return uncovered.flatMap(({ kind, schema, objects, name }) => {
    const count = String(objects)
    if (kind === 'large object') {
      const what = `${count} large object(s) of ${database.owner.username} in ${database.name}, ${name} among them,`
      const why = 'no access level reaches large objects, their owner grants them by hand'
      return [finding(about, 'cover', 'warning', `${what} cannot be read by all editors and readers: ${why}`)]
    }
    const state = schemas.get(schema ?? '')
    if (state === undefined || !isCovered(database, state)) return []
    const message =
      `the editors and readers of ${database.name} may not use ${count} type(s) in its schema ${schema ?? ''}, ` +
      `${showBytes(name)} among them, for columns and functions of their own ` +
      '(USAGE was taken from PUBLIC, and no access level has it); in queries they may'
    return [standing(about, 'beyond', 'cover', message)]
  })
}
