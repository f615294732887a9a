/** What a person does about what a departing role owns or is named by inside a database that stays. Pure. */
import type { Cluster } from '../model/catalog.ts'
import type { Obstacle, WayOut } from '../model/removal.ts'
import type { Statement } from '../model/statement.ts'
import { reassignInOneDatabase } from '../sql/owner.ts'
import { printInside } from '../sql/print.ts'
import { dropUserMapping, leavePolicy, restoreDefaults } from '../sql/removal.ts'
import { printHandOver } from './hand-over.ts'
import { capitalized, printLogin } from './printed-login.ts'

const THEN = 'Then run again.'

/** What it owns goes to the database's owner, and no other database with it; the rest takes a statement of its kind. */
export function printWayOut(cluster: Cluster, { database, isReassigned, wayOut }: Obstacle, username: string): string {
  if (database !== null && wayOut !== undefined) return printPassedOver(cluster, database, wayOut, username)
  const heir = cluster.databases.get(database ?? '')?.owner
  if (database === null || heir === undefined || heir === username || isReassigned !== true)
    return 'Hand it over or remove it, then run again.'
  const statements = [reassignInOneDatabase(username, heir)]
  const handOver = printHandOver(cluster, { from: username, to: heir, database, statements })
  return `Remove it, or hand what it owns there to the database's owner, ${handOver} ${THEN}`
}

function printPassedOver(cluster: Cluster, database: string, way: WayOut, username: string): string {
  const run = (owner: string, statements: readonly Statement[]): string => {
    const text =
      owner === username
        ? printHandOver(cluster, { from: username, to: username, database, statements })
        : `${printLogin(cluster, owner, database)}: ${printInside(statements, owner)}`
    return `${capitalized(text)} ${THEN}`
  }
  switch (way.kind) {
    case 'policy':
      return run(way.owner, [leavePolicy(way.name, way.schema, way.table, way.others)])
    case 'default_privileges':
      return run(username, restoreDefaults(username, way.schema, way.keyword, way.grantees))
    case 'user_mapping':
      return run(way.owner, [dropUserMapping(username, way.server)])
  }
}
