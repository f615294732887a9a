/** The instance's catalogs, in one round trip. */
import type {
  AvailableExtension,
  Cluster,
  DatabaseState,
  Membership,
  Parameter,
  RoleState,
  StoredSetting,
} from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'
import {
  databases,
  databaseUsers,
  encodings,
  extensions,
  FACTS,
  HOLDERS,
  memberships,
  parameters,
  ROLES,
  SETTINGS,
} from './cluster-queries.ts'
import { acl, flag, integer, momentOrNull, text, textOrNull, texts, type Row } from './row.ts'
import type { Session } from './session.ts'

/**
 * Reads what the plan needs of the whole instance over the admin's connection.
 * @throws the server's error, if a query fails.
 */
export async function inspectCluster(session: Session, declaration: Declaration): Promise<Cluster> {
  const wantsExtensions = declaration.databases.some((database) => database.extensions.length > 0)
  const adopted = declaration.databases
    .filter((database) => database.owner.adoptExisting)
    .map((database) => database.name)
  const [
    facts = [],
    roles = [],
    databaseRows = [],
    members = [],
    settings = [],
    parameterRows = [],
    extensionRows = [],
    users = [],
    holders = [],
    encodingRows = [],
  ] = await session.query([
    FACTS,
    ROLES,
    databases(session.version),
    memberships(session.version),
    SETTINGS,
    parameters(parameterNames(declaration)),
    extensions(wantsExtensions),
    databaseUsers(adopted),
    HOLDERS,
    encodings(declaration.databases.flatMap((database) => database.encoding ?? [])),
  ])
  const [server] = facts
  if (server === undefined) throw new TypeError('the server did not say who it is')
  return {
    server: {
      version: integer(server, 'version'),
      versionText: text(server, 'version_text').split(' ', 1)[0] ?? '',
      login: text(server, 'login'),
      inRecovery: flag(server, 'in_recovery'),
      passwordEncryption: text(server, 'password_encryption'),
      restrictsPasswords: flag(server, 'restricts_passwords'),
      encoding: text(server, 'encoding'),
      defaultEncoding: text(server, 'default_encoding'),
      freeConnections: integer(server, 'free_connections'),
    },
    roles: byName(roles.map(roleState)),
    databases: byName(databaseRows.map(databaseState)),
    memberships: members.map(membership),
    settings: settings.map(storedSetting),
    parameters: byName(parameterRows.map(parameter)),
    extensions: byName(extensionRows.map(availableExtension)),
    databaseUsers: users.map((row) => ({ database: text(row, 'database'), role: text(row, 'role') })),
    holders: holdersByDatabase(holders),
    encodings: new Map(encodingRows.map((row) => [text(row, 'declared'), text(row, 'name')])),
  }
}

function parameterNames(declaration: Declaration): string[] {
  return [...new Set(declaration.applications.flatMap((application) => [...application.settings.keys()]))].sort()
}

function byName<T extends { readonly name: string }>(items: readonly T[]): Map<string, T> {
  return new Map(items.map((item) => [item.name, item]))
}

function holdersByDatabase(rows: readonly Row[]): Map<string, Set<string>> {
  const holders = new Map<string, Set<string>>()
  for (const row of rows) {
    const database = text(row, 'database')
    holders.set(database, (holders.get(database) ?? new Set()).add(text(row, 'role')))
  }
  return holders
}

function roleState(row: Row): RoleState {
  return {
    name: text(row, 'name'),
    canLogin: flag(row, 'can_login'),
    superuser: flag(row, 'superuser'),
    createDb: flag(row, 'create_db'),
    createRole: flag(row, 'create_role'),
    replication: flag(row, 'replication'),
    bypassRls: flag(row, 'bypass_rls'),
    connectionLimit: integer(row, 'connection_limit'),
    validUntil: momentOrNull(row, 'valid_until'),
    comment: textOrNull(row, 'comment'),
  }
}

function databaseState(row: Row): DatabaseState {
  return {
    name: text(row, 'name'),
    owner: text(row, 'owner'),
    encoding: text(row, 'encoding'),
    collate: text(row, 'collate'),
    ctype: text(row, 'ctype'),
    icuLocale: textOrNull(row, 'icu_locale'),
    connectionLimit: integer(row, 'connection_limit'),
    allowConnections: flag(row, 'allow_connections'),
    isTemplate: flag(row, 'is_template'),
    comment: textOrNull(row, 'comment'),
    acl: acl(row, 'acl'),
  }
}

function membership(row: Row): Membership {
  return {
    role: text(row, 'role'),
    member: text(row, 'member'),
    grantor: text(row, 'grantor'),
    admin: flag(row, 'admin'),
    inherit: flag(row, 'inherit'),
    set: flag(row, 'set'),
  }
}

function storedSetting(row: Row): StoredSetting {
  return {
    database: textOrNull(row, 'database'),
    role: text(row, 'role'),
    name: text(row, 'name'),
    value: text(row, 'value'),
  }
}

function parameter(row: Row): Parameter {
  return { name: text(row, 'name'), context: text(row, 'context') }
}

function availableExtension(row: Row): AvailableExtension {
  return {
    name: text(row, 'name'),
    trusted: flag(row, 'trusted'),
    requires: texts(row, 'requires'),
    schema: textOrNull(row, 'schema'),
  }
}
