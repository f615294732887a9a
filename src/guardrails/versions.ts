/** What an entry names and this version of the server does not have. Pure. */
import type { Cluster } from '../model/catalog.ts'
import type { Application } from '../model/declaration.ts'
import { MAINTAIN } from '../model/own-privileges.ts'
import type { Problem } from '../model/problem.ts'
import { VERSION_17 } from '../model/server-version.ts'
import { violation } from './violation.ts'

export function checkVersion({ server }: Cluster, application: Application): Problem[] {
  if (server.version >= VERSION_17 || application.privileges.table?.includes(MAINTAIN) !== true) return []
  return [
    violation(
      application,
      'server_version',
      `MAINTAIN is there from PostgreSQL 17 on, and the server is ${server.versionText}.`,
      'Take it out of privileges.tables.',
    ),
  ]
}
