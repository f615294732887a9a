/** The catalogs of the whole instance. */
import { databases, extensions, FACTS, HOLDERS, memberships, ROLES } from '../../../src/server/cluster-queries.ts'
import type { Row } from '../../../src/server/row.ts'
import { type Answer, encoded, encodedAcl, namesIn } from './answer.ts'
import { administers } from './rights.ts'
import { AVAILABLE, namedIn, type State } from './state.ts'

const textOrNull = (text: string | null): string | null => (text === null ? null : encoded(text))

function facts({ version }: State, login: string): Row {
  return {
    version,
    version_text: encoded(`${String(version / 10_000)}.1`),
    login: encoded(login),
    in_recovery: false,
    password_encryption: 'scram-sha-256',
    restricts_passwords: false,
    encoding: 'UTF8',
    default_encoding: 'UTF8',
    free_connections: 100,
  }
}

function roleRows({ roles }: State): Row[] {
  return [...roles.values()].map((role) => ({
    oid: 16384,
    name: encoded(role.name),
    can_login: role.canLogin,
    superuser: role.superuser,
    create_db: role.createDb,
    create_role: role.createRole,
    replication: role.replication,
    bypass_rls: role.bypassRls,
    connection_limit: role.connectionLimit,
    valid_until: role.validUntil === null ? null : role.validUntil.getTime() / 1000,
    comment: textOrNull(role.comment),
  }))
}

function databaseRows(state: State): Row[] {
  return [...state.databases.values()].map((item) => ({
    name: encoded(item.name),
    owner: encoded(item.owner),
    encoding: 'UTF8',
    collate: 'C',
    ctype: 'C',
    locale_provider: 'libc',
    icu_locale: null,
    connection_limit: item.connectionLimit,
    allow_connections: item.allowConnections,
    is_template: item.isTemplate,
    comment: textOrNull(item.comment),
    acl: encodedAcl(item.acl),
  }))
}

function membershipRows(state: State): Row[] {
  return state.memberships.map(({ role, member, grantor, ...options }) => ({
    role: encoded(role),
    member: encoded(member),
    grantor: encoded(grantor),
    ...options,
  }))
}

function settingRows({ settings }: State, text: string): Row[] {
  const [roles, names] = [namesIn(text, 'r.rolname'), namesIn(text, 'd.datname')]
  return settings
    .filter(({ role, database }) => roles.includes(role) || (role === '' && names.includes(database ?? '')))
    .map(({ database, role, name, value }) => ({
      database: textOrNull(database),
      role: encoded(role),
      item: encoded(`${name}=${value}`),
    }))
}

function extensionRows(): Row[] {
  return AVAILABLE.map(({ name, trusted }) => ({ name, trusted, requires: [], schema: null }))
}

function holderRows({ databases: all }: State): Row[] {
  return [...all.values()].flatMap((item) =>
    [...namedIn(item)].map((role) => ({ database: encoded(item.name), role: encoded(role) })),
  )
}

const VERSIONS = [140000, 150000, 160000, 170000, 180000]
const anyOf = (query: (version: number) => string): RegExp =>
  new RegExp(
    `^(?:${VERSIONS.map((version) => query(version).replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)).join('|')})$`,
  )

export const CLUSTER_ANSWERS: readonly Answer[] = [
  { to: FACTS, rows: (state, { login }) => [facts(state, login)] },
  { to: ROLES, rows: roleRows },
  { to: anyOf(databases), rows: databaseRows },
  { to: anyOf(memberships), rows: membershipRows },
  // Every parameter of the walks is one that any login may set.
  {
    to: /FROM pg_show_all_settings\(\) p/,
    rows: (_state, _asker, text) => namesIn(text, 'lower(p.name)').map((name) => ({ name, context: 'user' })),
  },
  { to: /FROM pg_db_role_setting s/, rows: (state, _asker, text) => settingRows(state, text) },
  { to: extensions(true), rows: extensionRows },
  { to: extensions(false), rows: () => [] },
  { to: HOLDERS, rows: holderRows },
  { to: /pg_char_to_encoding\(declared\)/, rows: () => [] },
  {
    to: /FROM pg_roles r, pg_roles me/,
    rows: (state, { login }, text) =>
      namesIn(text, 'r.rolname')
        .filter((role) => state.roles.has(role) && administers(state, login, role))
        .map((name) => ({ name })),
  },
  { to: /^SELECT[^]*restrict_password_commands[^]*AS restricts$/, rows: () => [{ restricts: false }] },
]
