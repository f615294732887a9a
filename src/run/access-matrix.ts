import type { AccessMatrix, InsideAccess } from '../model/access.ts'
import type { Declaration } from '../model/declaration.ts'
import { isSendable } from '../model/sendable.ts'
import { ConnectFailure } from '../server/failure.ts'
import { accessQueries, insideAccess, inspectDatabasePrivileges } from '../server/inspect-access.ts'
import type { Inspection } from '../server/inspect.ts'
import type { Connections } from '../server/connections.ts'
import { settleAll } from '../server/settled.ts'

/**
 * The access matrix. Where the inspection asked for it (`governance_dir`), declared databases cost nothing more;
 * databases of the stack that nobody declares any more are looked into here: access that was retained is access.
 */
export async function readAccessMatrix(
  declaration: Declaration,
  server: Connections,
  { actual: { cluster, interiors } }: Inspection,
): Promise<AccessMatrix> {
  const { makeAccessMatrix, stackDatabases } = await import('../report/access-matrix.ts')
  const known = new Map(
    [...interiors.values()].flatMap(({ database, access }) =>
      access === undefined ? [] : [[database, access] as const],
    ),
  )
  const others = stackDatabases(declaration, cluster).flatMap(({ name }) => (known.has(name) ? [] : [name]))
  const looks = await settleAll(
    others.filter(isSendable).map(async (name) => [name, await lookInside(server, name)] as const),
  )
  const inside = new Map([
    ...known,
    ...looks.flatMap(([name, access]) => (access === null ? [] : [[name, access] as const])),
  ])
  const unseen = others.filter((name) => !inside.has(name))
  return makeAccessMatrix({
    declaration,
    cluster,
    inside,
    privileges: await inspectDatabasePrivileges(server.admin, unseen),
  })
}

/** null where the admin cannot look: the owner locked it out, or a removal closed the database. */
async function lookInside(server: Connections, database: string): Promise<InsideAccess | null> {
  try {
    return await server.withSession(await server.adminLogin(database), async (session) =>
      insideAccess(await session.query(accessQueries(database))),
    )
  } catch (error) {
    if (error instanceof ConnectFailure && error.kind === 'after_authentication') return null
    throw error
  }
}
