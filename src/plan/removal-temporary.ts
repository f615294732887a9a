/**
 * Privileges on temporary tables of others, which default privileges in all schemas give (src/README.md: Default
 * privileges). Pure.
 */
import type { Departure, Holding } from '../model/removal.ts'
import { revokerOf } from '../model/revoker.ts'
import type { AtomicTransaction, Job, Plan } from '../model/step.ts'
import { deletes } from '../model/declaration.ts'
import { dropOwned, holdRights } from '../sql/removal.ts'
import { releaseRole } from '../sql/role.ts'
import { accessStep } from './access-change.ts'
import { ALL_PRIVILEGES, departureSubject, planOf, type RemovalInput } from './removal.ts'

/**
 * They keep a role from being dropped as long as such a session lives. No statement can name them, so what the role has
 * in the database goes at once, as a member of the role and of whoever granted; that it owns nothing there was checked.
 */
export function planTemporary(input: RemovalInput): Plan {
  const held = input.facts.holdings.filter(({ isTemporary }) => isTemporary)
  const databases = [...new Set(held.map(({ database }) => database))].sort()
  return planOf(
    databases.map((database): Job => ({
      stage: 'interiors',
      connectTo: database,
      transactions: input.departures
        .filter(({ policy }) => deletes(policy))
        .flatMap((departure) => temporaryTransactions(input, departure, database, held)),
      standApart: true,
    })),
  )
}

function temporaryTransactions(
  { declaration, cluster }: RemovalInput,
  departure: Departure,
  database: string,
  held: readonly Holding[],
): AtomicTransaction[] {
  const { username } = departure
  const { version, login } = cluster.server
  const grantors = held
    .filter((item) => item.database === database && item.grantee === username)
    .map(({ grantor }) => grantor)
  const isOurs = (grantor: string): boolean => revokerOf(declaration, cluster, grantor, database) !== null
  if (grantors.length === 0 || !grantors.every(isOurs)) return []
  const roles = [...new Set([...grantors, username])].filter((role) => role !== login)
  const revoked = accessStep(
    departureSubject(departure, 'grant', database),
    'revoke_privileges',
    'revoke',
    'removed',
    `what ${username} holds on temporary tables in ${database}`,
    null,
    [{ statement: dropOwned(username), change: { on: 'table', schema: null, revoked: ALL_PRIVILEGES } }],
    'temporary',
  )
  const hold = roles.map((role) => holdRights(version, role, login))
  const release = roles.map((role) => releaseRole(version, role, login))
  return [{ kind: 'atomic', steps: [{ ...revoked, statements: [...hold, ...revoked.statements, ...release] }] }]
}
