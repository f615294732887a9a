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
import { cloneOf } from '../model/credential.ts'
import type { Declaration } from '../model/declaration.ts'
import {
  databases,
  encodings,
  extensions,
  FACTS,
  HOLDERS,
  memberships,
  parameters,
  ROLES,
  settings,
} from './cluster-queries.ts'
import {
  readAcl,
  readFlag,
  readInteger,
  readMomentOrNull,
  readText,
  readTextOrNull,
  readTexts,
  type Row,
} from './row.ts'
import { findUnknownLocales } from './inspect-locales.ts'
import type { Session } from './session.ts'

/**
 * Reads what the plan needs of the whole instance over the admin's connection.
 * @throws the server's error, if a query fails.
 */
export async function inspectCluster(session: Session, declaration: Declaration): Promise<Cluster> {
  const wantsExtensions = declaration.databases.some((database) => database.extensions.length > 0)
  const usernames = declaration.applications.flatMap(({ username }) => [username, cloneOf(username)])
  const names = declaration.databases.map(({ name }) => name)
  const [
    facts = [],
    roles = [],
    databaseRows = [],
    members = [],
    settingRows = [],
    parameterRows = [],
    extensionRows = [],
    holders = [],
    encodingRows = [],
  ] = await session.query([
    FACTS,
    ROLES,
    databases(session.version),
    memberships(session.version),
    settings(usernames, names),
    parameters(parameterNames(declaration), usernames, names),
    extensions(wantsExtensions),
    HOLDERS,
    encodings(declaration.databases.flatMap((database) => database.encoding ?? [])),
  ])
  const [server] = facts
  if (server === undefined) throw new TypeError('the server did not say who it is')
  const found = byName(databaseRows.map(databaseState))
  return {
    server: {
      version: readInteger(server, 'version'),
      versionText: readText(server, 'version_text').split(' ', 1)[0] ?? '',
      login: readText(server, 'login'),
      inRecovery: readFlag(server, 'in_recovery'),
      passwordEncryption: readText(server, 'password_encryption'),
      restrictsPasswords: readFlag(server, 'restricts_passwords'),
      encoding: readText(server, 'encoding'),
      defaultEncoding: readText(server, 'default_encoding'),
      freeConnections: readInteger(server, 'free_connections'),
    },
    roles: byName(roles.map(roleState)),
    databases: found,
    memberships: members.map(membership),
    settings: settingRows.map(storedSetting),
    parameters: byName(parameterRows.map(parameter)),
    extensions: byName(extensionRows.map(availableExtension)),
    holders: holdersByDatabase(holders),
    encodings: new Map(encodingRows.map((row) => [readText(row, 'declared'), readText(row, 'name')])),
    unknownLocales: await findUnknownLocales(session, declaration, new Set(found.keys())),
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
    const database = readText(row, 'database')
    holders.set(database, (holders.get(database) ?? new Set()).add(readText(row, 'role')))
  }
  return holders
}

function roleState(row: Row): RoleState {
  return {
    oid: readInteger(row, 'oid'),
    name: readText(row, 'name'),
    canLogin: readFlag(row, 'can_login'),
    superuser: readFlag(row, 'superuser'),
    createDb: readFlag(row, 'create_db'),
    createRole: readFlag(row, 'create_role'),
    replication: readFlag(row, 'replication'),
    bypassRls: readFlag(row, 'bypass_rls'),
    connectionLimit: readInteger(row, 'connection_limit'),
    validUntil: readMomentOrNull(row, 'valid_until'),
    comment: readTextOrNull(row, 'comment'),
  }
}

function databaseState(row: Row): DatabaseState {
  return {
    name: readText(row, 'name'),
    owner: readText(row, 'owner'),
    encoding: readText(row, 'encoding'),
    collate: readText(row, 'collate'),
    ctype: readText(row, 'ctype'),
    localeProvider: localeProvider(readText(row, 'locale_provider')),
    icuLocale: readTextOrNull(row, 'icu_locale'),
    connectionLimit: readInteger(row, 'connection_limit'),
    allowConnections: readFlag(row, 'allow_connections'),
    isTemplate: readFlag(row, 'is_template'),
    comment: readTextOrNull(row, 'comment'),
    acl: readAcl(row, 'acl'),
  }
}

function localeProvider(word: string): DatabaseState['localeProvider'] {
  return word === 'icu' || word === 'builtin' ? word : 'libc'
}

function membership(row: Row): Membership {
  return {
    role: readText(row, 'role'),
    member: readText(row, 'member'),
    grantor: readText(row, 'grantor'),
    admin: readFlag(row, 'admin'),
    inherit: readFlag(row, 'inherit'),
    set: readFlag(row, 'set'),
  }
}

function storedSetting(row: Row): StoredSetting {
  const [name = '', ...rest] = readText(row, 'item').split('=')
  return {
    database: readTextOrNull(row, 'database'),
    role: readText(row, 'role'),
    name,
    value: rest.join('='),
  }
}

function parameter(row: Row): Parameter {
  return { name: readText(row, 'name'), context: readText(row, 'context') }
}

function availableExtension(row: Row): AvailableExtension {
  return {
    name: readText(row, 'name'),
    trusted: readFlag(row, 'trusted'),
    requires: readTexts(row, 'requires'),
    schema: readTextOrNull(row, 'schema'),
  }
}
