/** What becomes of the logins of a removal in the end: dropped, disabled, released; and what is asked for. Pure. */
import { deletes } from '../model/declaration.ts'
import { parseTag, formatTag } from '../model/tag.ts'
import type { Cluster } from '../model/catalog.ts'
import type { Departure } from '../model/removal.ts'
import { removalOf, type RemovalRequest, withRemoval } from '../model/removal-memory.ts'
import { revokerOf } from '../model/revoker.ts'
import { isSendable } from '../model/sendable.ts'
import type { Plan, Step } from '../model/step.ts'
import { helperOf } from '../model/upgrade-helper.ts'
import { commentOnDatabase } from '../sql/database.ts'
import { dropRole, revokeAll } from '../sql/removal.ts'
import { commentOnRole } from '../sql/role.ts'
import { accessStep } from './access-change.ts'
import { step } from './context.ts'
import { holdMemberships } from './memberships-held.ts'
import { ALL_PRIVILEGES, departureSubject, losesAccess, planOf, type RemovalInput, runAs } from './removal.ts'

/**
 * Last of all: the login's privileges on databases that stay; and the login itself, whose settings and memberships go
 * with it. One that is disabled stays, and its tag says that it is done. Those that are released come last: what they
 * granted to others nobody takes back in the name of a role that is managed no more.
 */
export function planRoleEnds(input: RemovalInput): Plan {
  const { cluster, departures } = input
  const isReleased = (departure: Departure): boolean => !losesAccess(departure)
  const ordered = [...departures.filter(losesAccess), ...departures.filter(isReleased)]
  const transactions = ordered.map((departure) =>
    holdMemberships(cluster.server, [...databaseRevocations(input, departure), ...roleEnd(input, departure)]),
  )
  return planOf([
    { stage: 'roles', connectTo: null, transactions: transactions.filter((item) => item.steps.length > 0) },
  ])
}

function databaseRevocations({ declaration, cluster, facts }: RemovalInput, departure: Departure): Step[] {
  const { username } = departure
  if (!losesAccess(departure)) return []
  return facts.holdings
    .filter((item) => item.keyword === 'DATABASE' && item.grantee === username)
    .map((item) => {
      const grantor = runAs(cluster, revokerOf(declaration, cluster, item.grantor, item.database))
      const statement = revokeAll(item.keyword, [item.identity], username, grantor)
      return accessStep(
        departureSubject(departure, 'grant', item.database),
        'revoke_privileges',
        'revoke',
        'removed',
        `what ${username} may do on database ${item.database}`,
        null,
        [{ statement, change: { on: 'database', schema: null, revoked: ALL_PRIVILEGES } }],
      )
    })
}

function roleEnd(input: RemovalInput, departure: Departure): Step[] {
  switch (departure.policy) {
    case 'delete':
    case 'snapshot-and-delete':
      return [dropStep(input, departure)]
    case 'disable':
      return disabledStep(input, departure)
    case 'release':
      return releaseSteps(input, departure)
  }
}

function dropStep({ cluster }: RemovalInput, departure: Departure): Step {
  const { login } = cluster.server
  const { username } = departure
  const members = cluster.memberships
    .filter(({ role, member }) => role === username && member !== login && member !== helperOf(login))
    .map((item) => item.member)
  const note = members.length === 0 ? '' : `; its members stay: ${members.join(', ')}`
  return step(departureSubject(departure, 'role'), 'drop_role', 'drop', 'removed', `role ${username}${note}`, [
    dropRole(username),
  ])
}

/** Its data, its tag and the role itself stay. */
function disabledStep({ cluster, startedAt }: RemovalInput, departure: Departure): Step[] {
  const { application, username } = departure
  const tag = parseTag(cluster.roles.get(username)?.comment ?? null)
  const request = tag === null ? null : removalOf(tag, application)
  if (tag === null || request === null) return []
  const done = withRemoval(tag, application, { ...request, policy: 'disable', doneAt: startedAt.toISOString() })
  const message = `${username} is disabled: it stays with what it owns, and may not log in`
  return [
    step(departureSubject(departure, 'role'), 'end_removal', 'disabled', 'updated', message, [
      commentOnRole(username, formatTag(done)),
    ]),
  ]
}

/** The tag is taken off, of the role and of the databases that it owns, and nothing else changes. */
function releaseSteps({ cluster }: RemovalInput, departure: Departure): Step[] {
  const { username } = departure
  const databases = [...cluster.databases.values()].filter(
    ({ owner, name, comment }) => owner === username && isSendable(name) && parseTag(comment) !== null,
  )
  return [
    ...databases.map(({ name, comment }) =>
      step(
        departureSubject(departure, 'database', name),
        'release_database',
        'release',
        'updated',
        `the tag of database ${name} is taken off`,
        [commentOnDatabase(name, wordsOf(comment), username)],
      ),
    ),
    step(
      departureSubject(departure, 'role'),
      'release_role',
      'release',
      'updated',
      `${username} is managed no more: its tag is taken off, and nothing else changed`,
      [commentOnRole(username, wordsOf(cluster.roles.get(username)?.comment ?? null))],
    ),
  ]
}

/** What a person had written before the tag was; null: nothing, or nothing that can be sent. */
function wordsOf(comment: string | null): string | null {
  const words = parseTag(comment)?.get('Comment')
  return words === undefined || !isSendable(words) ? null : words
}

/** What is asked for is remembered in the tag of the role, so that whoever comes next knows of it. */
export function planRequests(
  cluster: Cluster,
  departures: readonly Departure[],
  request: Omit<RemovalRequest, 'policy'>,
): Plan {
  const steps = departures.flatMap((departure) => {
    const { application, username, policy, ownsNone } = departure
    const tag = parseTag(cluster.roles.get(username)?.comment ?? null)
    const before = tag === null ? null : removalOf(tag, application)
    if (tag === null || (before !== null && before.doneAt === null && before.policy === policy)) return []
    const isKept = ownsNone === true && deletes(policy)
    const asked = withRemoval(tag, application, { ...request, policy, ...(isKept && { ownsNone: true as const }) })
    const message = `removal of ${username} requested, policy ${policy}`
    return [
      step(departureSubject(departure, 'role'), 'request_removal', 'requested', 'updated', message, [
        commentOnRole(username, formatTag(asked)),
      ]),
    ]
  })
  return planOf([
    { stage: 'roles', connectTo: null, transactions: steps.map((item) => ({ kind: 'atomic', steps: [item] })) },
  ])
}
