/** A small made-up instance, on which the planner is tried without a server. */
import { parseDeclaration } from '../../../src/input/parse.ts'
import type {
  Actual,
  AclItem,
  Cluster,
  DatabaseState,
  Interior,
  LoginState,
  Membership,
  RoleState,
} from '../../../src/model/catalog.ts'
import { plainRole } from '../../../src/model/plain-role.ts'
import type { Declaration } from '../../../src/model/declaration.ts'
import type { Departure, RemovalFacts } from '../../../src/model/removal.ts'
import { Secret } from '../../../src/model/secret.ts'
import type { Step } from '../../../src/model/step.ts'
import type { PlanInput, SecretFacts } from '../../../src/plan/context.ts'
import { LEAST } from '../input/sample.ts'

export const ADMIN = 'admin'

export function declare(applications: object, variables: object = {}): Declaration {
  return parseDeclaration(
    JSON.stringify({ ...LEAST, stack: 'mine', cluster_name: 'c', ...variables, application_databases: applications }),
  ).declaration
}

/** The tag of a role of this stack, as a run of build `b1` writes it. */
export function tagOf(application: string, fields: object = {}): string {
  return JSON.stringify({
    ManagedBy: 'platform',
    BuildId: 'b1',
    ClusterName: 'c',
    Stack: 'mine',
    Environment: 'dev',
    Application: application,
    OwnedDatabase: undefined,
    PendingDatabase: undefined,
    CleanupPolicy: 'retain',
    SecretVersionId: 'v1',
    Auth: undefined,
    UpdatedByBuildId: 'b1',
    ...fields,
  })
}

export function role(name: string, fields: Partial<RoleState> = {}): RoleState {
  return { ...plainRole(name), oid: 16384, canLogin: true, ...fields }
}

/** A membership as GRANT makes it. */
export function membership(role: string, member: string, fields: Partial<Membership> = {}): Membership {
  return { role, member, grantor: 'bootstrap', admin: false, inherit: true, set: true, ...fields }
}

const acl = (grantor: string, grantee: string, privileges: readonly string[]): AclItem[] =>
  privileges.map((privilege) => ({ grantor, grantee, privilege }))

/** A database as a run leaves it: PUBLIC holds nothing, the admin CONNECT. */
export function database(name: string, owner: string, fields: Partial<DatabaseState> = {}): DatabaseState {
  const items = [...acl(owner, owner, ['CONNECT', 'CREATE', 'TEMPORARY']), ...acl(owner, ADMIN, ['CONNECT'])]
  return {
    name,
    owner,
    encoding: 'UTF8',
    collate: 'C',
    ctype: 'C',
    localeProvider: 'libc',
    icuLocale: null,
    connectionLimit: -1,
    allowConnections: true,
    isTemplate: false,
    comment: null,
    acl: items,
    ...fields,
  }
}

/** The inside of a new database of 15 or later, after PUBLIC lost CREATE. */
export function interior(name: string, fields: Partial<Interior> = {}): Interior {
  const schema = {
    name: 'public',
    owner: 'pg_database_owner',
    acl: [
      ...acl('pg_database_owner', 'pg_database_owner', ['CREATE', 'USAGE']),
      ...acl('pg_database_owner', '', ['USAGE']),
    ],
    objects: 0,
    foreignObjects: 0,
  }
  return {
    database: name,
    schemas: new Map([['public', schema]]),
    objects: [],
    defaultAcl: [],
    othersObjects: [],
    uncovered: [],
    otherGrants: [],
    extensions: new Map(),
    ...fields,
  }
}

const byName = <T extends { readonly name: string }>(items: readonly T[]): Map<string, T> =>
  new Map(items.map((item) => [item.name, item]))

export interface State {
  readonly version?: number
  readonly roles?: readonly RoleState[]
  readonly databases?: readonly DatabaseState[]
  readonly interiors?: readonly Interior[]
  readonly logins?: Readonly<Record<string, LoginState>>
  readonly cluster?: Partial<Cluster>
}

export function actual({
  version = 160004,
  roles = [],
  databases = [],
  interiors = [],
  logins = {},
  cluster = {},
}: State = {}): Actual {
  return {
    cluster: {
      server: {
        version,
        versionText: '16.4',
        login: ADMIN,
        inRecovery: false,
        passwordEncryption: 'scram-sha-256',
        restrictsPasswords: false,
        encoding: 'UTF8',
        defaultEncoding: 'UTF8',
        freeConnections: 100,
      },
      roles: byName([role(ADMIN, { createRole: true, createDb: true }), ...roles]),
      databases: byName(databases),
      memberships: roles.map(({ name }) => ({
        role: name,
        member: ADMIN,
        grantor: 'bootstrap',
        admin: true,
        inherit: false,
        set: false,
      })),
      settings: [],
      parameters: new Map(),
      extensions: new Map(),
      encodings: new Map(),
      unknownLocales: new Set(),
      holders: new Map(),
      ...cluster,
    },
    interiors: new Map(interiors.map((item) => [item.database, item])),
    unseen: new Map(),
    logins: new Map(Object.entries(logins)),
  }
}

/** Each application's secret is at version v1, with a verifier at hand. */
export function input(declaration: Declaration, state: State = {}): PlanInput {
  const secrets = declaration.applications.map(({ name }): [string, SecretFacts] => [
    name,
    { versionId: 'v1', clone: null, verifier: new Secret('SCRAM') },
  ])
  return {
    declaration,
    leftOut: new Set(),
    rooms: new Map(),
    made: new Set(),
    actual: actual(state),
    buildId: 'b1',
    cleanupPolicy: null,
    startedAt: new Date(0),
    preparedFor: null,
    approvedPlan: null,
    master: null,
    secrets: new Map(secrets),
  }
}

/** `object action: message` and the statements of steps. */
export function told(steps: readonly Step[]): string[][] {
  return steps.map((step) => [
    `${step.object} ${step.action} ${step.status}`,
    ...step.statements.map((statement) => statement.redacted),
  ])
}

/** Who is removed with its database. */
export const LEAVES: Departure = { application: 'a', username: 'u', database: 'd', drops: 'd', policy: 'delete' }

/** Nothing stands in the way of a removal. */
export const NO_FACTS: RemovalFacts = {
  holdings: [],
  defaults: [],
  obstacles: [],
  unseen: new Map(),
  tenants: new Map(),
  sessions: [],
  canSignal: true,
}
