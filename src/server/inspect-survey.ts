/** Everything that a declaration of an instance could say, read in transactions that cannot write. */
import { type Cluster, type Interior, isInvalid, type Unseen } from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'
import { isSendable } from '../model/sendable.ts'
import { catalogText } from './catalog-text.ts'
import type { LoginTarget } from './connect.ts'
import type { Connections } from './connections.ts'
import { ConnectFailure } from './failure.ts'
import { inspectCluster } from './inspect-cluster.ts'
import { inspectDatabase } from './inspect-database.ts'
import { hasNoSlot } from './patience.ts'
import { readText } from './row.ts'
import { type Session, StatementError } from './session.ts'
import { settleAll } from './settled.ts'

/** What was found on an instance. */
export interface FoundInstance {
  readonly cluster: Cluster
  readonly interiors: ReadonlyMap<string, Interior>
  readonly unseen: ReadonlyMap<string, Unseen>
  /** Roles that do not inherit: what `pg_roles.rolinherit` says. */
  readonly noInherit: ReadonlySet<string>
}

const NO_INHERIT = `SELECT ${catalogText('rolname')} AS name FROM pg_roles WHERE NOT rolinherit`

/** Whatever is sent over the session changes nothing from here on. */
async function readOnly(session: Session): Promise<void> {
  await session.query(['SET default_transaction_read_only = on'])
}

/**
 * @param ask a declaration that names everything that is known by now, which is nothing at first
 * @param isWanted whether to look into a database of that name
 * @param master who looks where the admin is not let in; null: nobody
 * @throws ConnectFailure, StatementError
 */
export async function inspectInstance(
  server: Connections,
  ask: (known: Cluster | null) => Declaration,
  isWanted: (database: string) => boolean,
  master: ((database: string) => Promise<LoginTarget>) | null,
): Promise<FoundInstance> {
  const { admin } = server
  await readOnly(admin)
  const names = await inspectCluster(admin, ask(null))
  const settings = await inspectCluster(admin, ask(names))
  const cluster = await inspectCluster(admin, ask(settings))
  server.allow(cluster.server.freeConnections)
  const [rows = []] = await admin.query([NO_INHERIT])
  const interiors = new Map<string, Interior>()
  const unseen = new Map<string, Unseen>()
  const roles = [...cluster.roles.keys()].filter(isSendable)
  const open = [...cluster.databases.values()].filter(
    (state) => !isInvalid(state) && isSendable(state.name) && isWanted(state.name),
  )
  await settleAll(
    open.map(async ({ name }) => {
      const own = await lookInside(server, await server.adminLogin(name), roles)
      const seen = 'reason' in own && master !== null ? await lookInside(server, await master(name), roles) : own
      if ('reason' in seen) unseen.set(name, seen)
      else interiors.set(name, seen)
    }),
  )
  return { cluster, interiors, unseen, noInherit: new Set(rows.map((row) => readText(row, 'name'))) }
}

async function lookInside(
  server: Connections,
  login: LoginTarget,
  roles: readonly string[],
): Promise<Interior | Unseen> {
  try {
    return await server.withSession(login, async (session) => {
      await readOnly(session)
      return inspectDatabase(session, {
        grantees: roles,
        everybody: true,
        others: true,
        owners: { declared: new Map(), guests: roles },
        wantsAccess: false,
      })
    })
  } catch (error) {
    const isOfDatabase =
      error instanceof StatementError ||
      (error instanceof ConnectFailure &&
        (error.kind === 'turned_away' ||
          error.kind === 'refused' ||
          (error.kind === 'after_authentication' && ['3D000', '42501', '53300', '55000'].includes(error.code))))
    if (isOfDatabase) return { reason: error.message, isFull: error instanceof ConnectFailure && hasNoSlot(error) }
    throw error
  }
}
