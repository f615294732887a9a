import type { AccessMatrix } from '../model/access.ts'
import type { Declaration } from '../model/declaration.ts'
import { inspectDatabasePrivileges } from '../server/inspect-access.ts'
import type { Inspection } from '../server/inspect.ts'
import type { Instance } from '../server/instance.ts'

/**
 * The access matrix from an inspection that asked for it (`governance_dir`). Databases of the stack that nobody declares
 * any more are not looked into; what their logins may do on them costs one query over the admin's session.
 */
export async function matrixOf(declaration: Declaration, server: Instance, { actual: { cluster, interiors } }: Inspection): Promise<AccessMatrix> {
  const { accessMatrix, stackDatabases } = await import('../report/access-matrix.ts')
  const inside = new Map([...interiors.values()].flatMap(({ database, access }) => (access === undefined ? [] : [[database, access] as const])))
  const others = stackDatabases(declaration, cluster).flatMap(({ name }) => (inside.has(name) ? [] : [name]))
  return accessMatrix({ declaration, cluster, inside, privileges: await inspectDatabasePrivileges(server.admin, others) })
}
