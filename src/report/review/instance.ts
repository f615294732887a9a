/** Rights on the whole instance: attributes, memberships, and logins that have nothing else. */
import { groupBy } from '../../group-by.ts'
import type { Membership } from '../../model/catalog.ts'
import { isHelper } from '../../model/upgrade-helper.ts'
import { RDS_IAM, revocationRemedy } from '../../plan/membership-revocation.ts'
import { stackTag } from '../access-matrix.ts'
import { attributesOf } from './attributes.ts'
import { lineOf, type ReviewContext, type Right } from './context.ts'
import { type Line, membershipIn } from './line.ts'
import { orphanRemedies } from './remedy.ts'
import { entryOf, isEffective, isSystem, reaches } from './roles.ts'

const ON_INSTANCE = { database: null, details: '', granted_by: '' } as const
const BY_ADMINISTRATOR = 'whoever administers the instance'

/** Membership in these reaches data of every database, or every role. */
const POWERFUL = /^(?:rds_superuser|rds_replication|pg_read_all_data|pg_write_all_data|pg_maintain|pg_.*_server_.*)$/

/** @param others roles that have a right in a database: their members have it too */
export function instanceLines(context: ReviewContext, others: ReadonlySet<string>): Line[] {
  const attributes = attributeRights(context)
  const holders = new Set([...others, ...attributes.map(({ role }) => role)])
  const memberships = membershipRights(context, holders)
  const having = new Set([...holders, ...memberships.map(({ role }) => role)])
  return [...attributes, ...memberships, ...loginRights(context, having)].map((right) => lineOf(context, right))
}

function isOurs({ declaration, cluster }: ReviewContext, role: string): boolean {
  return stackTag(declaration, cluster, role) !== null
}

/** What a login of another stack has beside a power over all is for that stack's review. */
function attributeRights(context: ReviewContext): Right[] {
  const { declaration, cluster } = context
  const { login } = cluster.server
  return [...cluster.roles.values()]
    .filter((role) => !isSystem(role.name) && !isHelper(role, login))
    .flatMap((role) =>
      attributesOf(role)
        .filter((right) => isTold(right, isOurs(context, role.name)))
        .map((right): Right => {
          const entry = entryOf(declaration, role.name)
          const isDeclared = right === 'CREATEDB' && entry?.canCreateDatabases === true
          const isAdmins = role.name === login
          return {
            ...ON_INSTANCE,
            role: role.name,
            right,
            via: 'attribute',
            declared: isDeclared || isAdmins ? 'yes' : 'no',
            remedy: isAdmins
              ? 'it is the delegated admin, as which rds-provision works'
              : attributeRemedy(context, role.name, right, isDeclared),
          }
        }),
    )
}

/** LOGIN alone is a line where a login has nothing else. */
function isTold(attribute: string, isOurs: boolean): boolean {
  return attribute !== 'LOGIN' && (attribute !== 'CREATEDB' || isOurs)
}

function attributeRemedy(
  { declaration, beyond }: ReviewContext,
  role: string,
  right: string,
  isDeclared: boolean,
): string {
  const entry = entryOf(declaration, role)
  if (isDeclared) return `set can_create_databases = false in application_databases["${entry?.name ?? ''}"], and apply`
  const kept = beyond.find((item) => item.role === role && item.what === right && item.place === null)
  if (kept !== undefined) return kept.remedy
  const isTaken = entry !== undefined && (right === 'CREATEDB' || right === 'CREATEROLE')
  return isTaken ? 'the next apply' : BY_ADMINISTRATOR
}

/** Of logins of the stack, in whatever; of others, in what has a right here or reaches everything. */
function membershipRights(context: ReviewContext, holders: ReadonlySet<string>): Right[] {
  const { cluster } = context
  const items = cluster.memberships.filter((item) => mayMatter(context, item))
  const reaching = new Set(holders)
  for (const role of [...cluster.roles.keys()]) if (isOurs(context, role) || POWERFUL.test(role)) reaching.add(role)
  for (const role of reaching) for (const item of items) if (item.role === role) reaching.add(item.member)
  const told = items.filter(({ role, member }) => reaching.has(role) || isOurs(context, member))
  return [...groupBy(told, ({ role, member }) => JSON.stringify([role, member])).values()].flatMap((list) =>
    list[0] === undefined ? [] : [membershipRight(context, list[0], list)],
  )
}

/** The delegated admin and its helper hold roles so that runs can act as them. */
function mayMatter({ cluster }: ReviewContext, item: Membership): boolean {
  const { login } = cluster.server
  const member = cluster.roles.get(item.member)
  const isAdmins = item.member === login || (member !== undefined && isHelper(member, login))
  if (item.role === RDS_IAM || isSystem(item.member)) return false
  // What a role with CREATEROLE made it may administer, as its attribute says.
  if (isAdmins || member?.createRole === true) return isEffective(item) && (!isAdmins || POWERFUL.test(item.role))
  return reaches(item)
}

function membershipRight(
  { declaration, cluster }: ReviewContext,
  { role, member }: Membership,
  items: readonly Membership[],
): Right {
  const entry = declaration.applications.find((item) => item.username === member && item.memberOf.includes(role))
  return {
    ...ON_INSTANCE,
    role: member,
    right: membershipIn(role),
    details: items.some(isEffective) ? '' : 'by its admin option only: it may give that to itself',
    via: 'membership',
    declared: entry === undefined ? 'no' : 'yes',
    granted_by: [...new Set(items.map(({ grantor }) => grantor))].sort().join(', '),
    remedy:
      entry === undefined
        ? items.map((item) => revocationRemedy(cluster, item)).join(' ')
        : `take "${keyOf(declaration, role)}" out of member_of of application_databases["${entry.name}"], and apply`,
  }
}

/** How an entry names the role: by the key of its entry, or by its own name. */
function keyOf(declaration: ReviewContext['declaration'], role: string): string {
  return entryOf(declaration, role)?.name ?? role
}

function loginRights(context: ReviewContext, having: ReadonlySet<string>): Right[] {
  const { declaration, cluster, matrix } = context
  const orphans = orphanRemedies(declaration, matrix)
  return [...cluster.roles.values()]
    .filter(({ name, canLogin }) => canLogin && !having.has(name) && isOurs(context, name))
    .map(({ name }): Right => {
      const entry = entryOf(declaration, name)
      const remedy =
        entry === undefined
          ? BY_ADMINISTRATOR
          : `set can_login = false in application_databases["${entry.name}"], and apply`
      return {
        ...ON_INSTANCE,
        role: name,
        right: 'LOGIN',
        via: 'attribute',
        declared: orphans.has(name) ? 'no longer' : entry === undefined ? 'no' : 'yes',
        remedy: orphans.get(name) ?? remedy,
      }
    })
}
