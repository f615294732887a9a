/** What the server has beyond the declaration, all of it, and in a line (src/README.md: Beyond the declaration). */
import type { Beyond } from '../model/beyond.ts'
import type { Database } from '../model/declaration.ts'
import { fewNames } from '../model/few-names.ts'
import type { Finding } from '../model/step.ts'
import { beyondInside, beyondOnDatabase } from './beyond-grants.ts'
import { beyondOfDatabase, beyondOfLogin } from './beyond-login.ts'
import { type LookUps, standing, subject } from './context.ts'

/** Of a declared database and the logins that are declared on it; none of one that is not its owner's. */
export function findBeyond(look: LookUps, database: Database): Beyond[] {
  const { cluster, interiors } = look.actual
  const state = cluster.databases.get(database.name)
  if (state?.owner !== database.owner.username) return []
  const interior = interiors.get(database.name)
  return [
    ...beyondOfDatabase(look, database, state),
    ...[database.owner, ...database.guests].flatMap((application) => beyondOfLogin(look, database, application)),
    ...beyondOnDatabase(look, database, state),
    ...(interior === undefined ? [] : beyondInside(look, database, interior)),
  ]
}

/** Of all declared databases, with the schemas that guests own there: whose own they are it is nobody's grant. */
export function findAllBeyond(look: LookUps): Beyond[] {
  return look.declaration.databases.flatMap((database) => findBeyond(look, database))
}

/** One line for a database, however much is kept there. */
export function beyondFindings(look: LookUps, database: Database): Finding[] {
  const kept = findBeyond(look, database).filter(({ fate }) => fate === 'kept')
  if (kept.length === 0) return []
  const holders = fewNames(new Set(kept.map(({ role }) => (role === '' ? 'PUBLIC' : role))))
  const message =
    `kept on ${database.name}, and not declared: ${String(kept.length)} of ${holders}; ` +
    'report --connect --section undeclared lists them, with the statements that would take them away'
  return [standing(subject(database.owner, 'grant'), 'beyond', 'keep', message)]
}
