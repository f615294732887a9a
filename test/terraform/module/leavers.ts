/** Applications of every policy and access level that leave, and what the catalogs must be without them. */
import { randomBytes } from 'node:crypto'
import * as v from 'valibot'
import { type Aws, startAws } from '../../support/aws.ts'
import type { Dump } from '../../support/catalogs.ts'
import { type PostgresVersion, type Server, startServer } from '../../support/postgres.ts'
import { ADMIN_SECRET, makeStack, type Stack, type Variables } from '../../support/terraform.ts'
import { chooseWay } from '../../support/terraform/way.ts'

export const POLICIES = { keep: 'retain', drop: 'delete', snap: 'snapshot-and-delete' } as const
/** Who leaves a database: its only login, its editor, its reader, or everybody. */
export const GROUPS = { solo: ['owner'], ed: ['editor'], rd: ['reader'], all: ['owner', 'editor', 'reader'] } as const
export type PolicyName = keyof typeof POLICIES
export type GroupName = keyof typeof GROUPS

const POLICY_NAMES: readonly PolicyName[] = ['keep', 'drop', 'snap']
export const GROUP_NAMES: readonly GroupName[] = ['solo', 'ed', 'rd', 'all']
export const INSTANCE = 'orders-dev'

/** One application of the table. */
export interface Entry {
  readonly application: string
  readonly username: string
  readonly database: string
  readonly policy: PolicyName
  readonly group: GroupName
  readonly isOwner: boolean
  readonly leaves: boolean
  readonly declared: Variables
}

export const TABLE: readonly Entry[] = POLICY_NAMES.flatMap((policy) =>
  GROUP_NAMES.flatMap((group) => {
    const leaving: readonly string[] = GROUPS[group]
    return ['owner', ...leaving.filter((level) => level !== 'owner')].map((level): Entry => {
      const name = `${policy}_${group}`
      const database = `${name}_dev_db`
      const declared = {
        cleanup_policy: POLICIES[policy],
        access_level: level,
        database_name: database,
        settings: { work_mem: '8MB' },
      }
      const application = level === 'owner' ? name : `${name}_${level}`
      return {
        application,
        username: `${application}_dev_user`,
        database,
        policy,
        group,
        isOwner: level === 'owner',
        leaves: leaving.includes(level),
        declared,
      }
    })
  }),
)

export function declaration(entries: readonly Entry[]): Variables {
  return Object.fromEntries(entries.map(({ application, declared }) => [application, declared]))
}

export interface Bed {
  readonly server: Server
  readonly aws: Aws
  readonly stack: Stack
  stop(): Promise<void>
}

/** An instance with the whole table provisioned, and something in every database. */
export async function makeBed(version: PostgresVersion): Promise<Bed> {
  const [server, aws] = await Promise.all([startServer({ version }), startAws()])
  aws.putLogin(ADMIN_SECRET, server.admin.user, server.admin.password)
  aws.putInstance(INSTANCE)
  for (const { application, username } of TABLE)
    aws.putLogin(`platform/dev/${application}/postgres`, username, `Pw_${randomBytes(12).toString('hex')}`)
  const variables = {
    instance: { host: server.host, port: server.port, identifier: INSTANCE },
    connect_timeout: 60,
    max_connections: 8,
  }
  const stack = await makeStack({ server, aws, applications: declaration(TABLE), variables })
  chooseWay(stack, { server, aws })
  stack.env = { ...stack.env, RDS_PROVISION_BUILD_ID: 'build-100' }
  const stop = async (): Promise<void> => {
    await Promise.all([server.stop(), aws.stop(), stack.remove()])
  }
  return { server, aws, stack, stop }
}

/** A table with a row in each database that has none. */
export async function fill({ server }: Bed): Promise<void> {
  for (const { username, database } of TABLE.filter(({ isOwner }) => isOwner)) {
    await server.sql(
      `SET ROLE ${username}; CREATE TABLE IF NOT EXISTS content (id serial PRIMARY KEY); INSERT INTO content DEFAULT VALUES; RESET ROLE`,
      [],
      database,
    )
    await server.forget(database)
  }
}

export function marker({ application }: Entry): string {
  return `module.databases.terraform_data.application["${application}"]`
}

const Row = v.record(v.string(), v.unknown())
const Acl = v.array(v.string())

/** Catalogs as they must be once these logins are gone: without them, their databases, and all that names them. */
export function without(dump: Dump, gone: readonly Pick<Entry, 'username' | 'database' | 'isOwner'>[]): Dump {
  const logins = new Set<unknown>(gone.map(({ username }) => username))
  const databases = new Set<unknown>(gone.filter(({ isOwner }) => isOwner).map(({ database }) => database))
  const stays = ([catalog]: readonly [string, readonly string[]]): boolean => !databases.has(catalog.split('/')[0])
  return new Map(
    [...dump]
      .filter(stays)
      .map(([catalog, rows]) => [catalog, rows.flatMap((text) => withoutRow(text, catalog, logins, databases)).sort()]),
  )
}

/** What names a login or a database, other than in an ACL. */
const LOGIN_COLUMNS = ['rolname', 'role', 'member', 'owner', 'creator']

function withoutRow(
  text: string,
  catalog: string,
  logins: ReadonlySet<unknown>,
  databases: ReadonlySet<unknown>,
): string[] {
  const row = v.parse(Row, JSON.parse(text))
  if (LOGIN_COLUMNS.some((column) => logins.has(row[column])) || databases.has(row['datname'])) return []
  if (!v.is(Acl, row['acl'])) return [text]
  const acl = row['acl'].filter((item) => !logins.has(item.split('=')[0]))
  if (acl.length === 0 && catalog.endsWith('/default_acl')) return []
  return [JSON.stringify({ ...row, acl })]
}
