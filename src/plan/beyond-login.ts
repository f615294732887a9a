/** Attributes and settings beyond the declaration (src/README.md: Beyond the declaration). */
import type { Beyond } from '../model/beyond.ts'
import type { DatabaseState, RoleState, StoredSetting } from '../model/catalog.ts'
import type { Application, Database } from '../model/declaration.ts'
import { staysClosed, staysUnusual } from '../model/keep-fields.ts'
import { isSendable } from '../model/sendable.ts'
import type { Statement } from '../model/statement.ts'
import { allowConnections, alterDatabaseLimit, alterDatabaseTemplate, resetOfDatabase } from '../sql/database.ts'
import { printAsMember, printStatements } from '../sql/print.ts'
import { printName } from '../sql/quote.ts'
import { alterRole, resetEverywhere, resetInDatabase } from '../sql/role.ts'
import type { LookUps } from './context.ts'
import { isLocked } from './settings.ts'

/** Of a login in its own database. */
export function beyondOfLogin(look: LookUps, { name: database }: Database, application: Application): Beyond[] {
  const role = look.actual.cluster.roles.get(application.username)
  if (role === undefined) return []
  const stored = look.settingsByRole.get(role.name) ?? []
  return [...attributes(look, database, application, role), ...settings(look, database, application, stored)]
}

function attributes(look: LookUps, database: string, application: Application, role: RoleState): Beyond[] {
  const { kept, username } = application
  const item = (what: string, undo: Statement): Beyond => ({
    database,
    role: username,
    what,
    on: 'its login',
    grantor: null,
    place: null,
    fate: 'kept',
    remedy: asAdmin(look, [undo]),
  })
  return [
    ...(staysClosed(application, role) ? [item('NOLOGIN', alterRole(username, { login: true }))] : []),
    ...(kept.has('can_create_databases') && role.createDb
      ? [item('CREATEDB', alterRole(username, { createDb: false }))]
      : []),
    ...(kept.has('connection_limit') && role.connectionLimit !== -1
      ? [item(`CONNECTION LIMIT ${String(role.connectionLimit)}`, alterRole(username, { connectionLimit: -1 }))]
      : []),
    ...(kept.has('valid_until') && role.validUntil !== null
      ? [item(`password valid to ${role.validUntil.toISOString()}`, alterRole(username, { validUntil: null }))]
      : []),
  ]
}

function asAdmin({ actual }: LookUps, statements: readonly Statement[]): string {
  return `as ${printName(actual.cluster.server.login)}: ${printStatements(statements)}`
}

/** Where there is none, as on RDS, the master may do some of it. */
function asSuperuser(statement: Statement): string {
  return `as a superuser: ${printStatements([statement])}`
}

/** Those for the role in all databases count in every mode, and are nobody's to take. */
function settings(
  look: LookUps,
  database: string,
  application: Application,
  stored: readonly StoredSetting[],
): Beyond[] {
  const { username, undeclared } = application
  return stored.flatMap(({ name, value, database: where }): Beyond[] => {
    const isHere = where === database
    if (!isSendable(name) || (!isHere && where !== null)) return []
    const isActing = name === 'role' && application.actsAs !== null
    if (isHere && (isActing || application.settings.has(name.toLowerCase()))) return []
    const isSuperusers = isLocked(look.actual.cluster, name)
    const reset = isHere ? resetInDatabase(username, database, name) : resetEverywhere(username, name)
    return [
      {
        database,
        role: username,
        what: `${name} = ${value}`,
        on: isHere ? `its sessions in ${database}` : 'its sessions in all databases',
        grantor: null,
        place: null,
        fate: isHere && undeclared === 'keep' ? 'kept' : isHere && !isSuperusers ? 'taken away' : 'left alone',
        remedy: isSuperusers ? asSuperuser(reset) : asAdmin(look, [reset]),
      },
    ]
  })
}

/** Of the database itself. */
export function beyondOfDatabase(look: LookUps, database: Database, state: DatabaseState): Beyond[] {
  const { cluster } = look.actual
  const owner = database.owner.username
  const item = (what: string, undo: Statement, fate: Beyond['fate']): Beyond => ({
    database: database.name,
    role: owner,
    what,
    on: `database ${database.name}`,
    grantor: null,
    place: null,
    fate,
    remedy: `as ${printName(cluster.server.login)}: ${printAsMember(owner, [undo])}`,
  })
  const isUnusual = staysUnusual(database, cluster)
  const limit = state.connectionLimit
  const stored = (look.settingsByRole.get('') ?? []).filter(
    (setting) => setting.database === database.name && isSendable(setting.name),
  )
  return [
    ...(isUnusual && !state.allowConnections
      ? [item('ALLOW_CONNECTIONS false', allowConnections(state.name, true, owner), 'kept')]
      : []),
    ...(isUnusual && state.isTemplate
      ? [item('IS_TEMPLATE true', alterDatabaseTemplate(state.name, false, owner), 'kept')]
      : []),
    ...(database.owner.kept.has('database_connection_limit') && limit >= 0
      ? [item(`CONNECTION LIMIT ${String(limit)}`, alterDatabaseLimit(state.name, -1, owner), 'kept')]
      : []),
    ...stored.map(({ name, value }) => {
      const reset = resetOfDatabase(state.name, name, owner)
      const told = item(`${name} = ${value}`, reset, 'left alone')
      return isLocked(cluster, name) ? { ...told, remedy: asSuperuser(reset) } : told
    }),
  ]
}
