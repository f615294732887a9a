/**
 * Preparing a major upgrade to 16 or later: a helper role takes over the admin's right over each managed role, for the
 * master to give it back from (src/README.md: Major upgrades). Pure.
 */
import type { Cluster } from '../model/catalog.ts'
import { VERSION_16 } from '../model/server-version.ts'
import type { Statement } from '../model/statement.ts'
import type { Finding, Job, Plan, Step, StepKind, Subject } from '../model/step.ts'
import { formatTag, MANAGED_BY } from '../model/tag.ts'
import { helperOf, managedRoles } from '../model/upgrade-helper.ts'
import { commentOnRole, createRole, grantWithAdmin } from '../sql/role.ts'
import { chunk } from './chunks.ts'
import { finding, step } from './context.ts'

export interface PreparationInput {
  readonly cluster: Cluster
  /** The master's login; null: nobody asked for a preparation. */
  readonly master: string | null
  readonly buildId: string
  readonly tags: ReadonlyMap<string, string>
}

/** Each grant takes locks of its own, and the server's lock table is finite. */
const GRANTS_PER_TRANSACTION = 100

/** As the admin, whose CREATEROLE is enough below 16. What is prepared already stays as it is. */
export function planPreparation(input: PreparationInput): Plan {
  const { cluster, master } = input
  const { version, versionText, login } = cluster.server
  if (master === null) return { findings: [], jobs: [] }
  const about: Subject = { application: null, database: null, username: helperOf(login), object: 'admin' }
  if (version >= VERSION_16) {
    const message = `nothing to prepare: this is PostgreSQL ${versionText}, and from 16 on an upgrade keeps the rights of ${login}`
    return { findings: [finding(about, 'prepare upgrade', 'skipped', message)], jobs: [] }
  }
  const steps = preparationSteps(input, master, about)
  if (steps.length > 0) return { findings: [], jobs: [jobOf(steps)] }
  return { findings: [preparedFinding(cluster, master, about)], jobs: [] }
}

function preparationSteps(input: PreparationInput, master: string, about: Subject): Step[] {
  const { cluster } = input
  const { login } = cluster.server
  const helper = helperOf(login)
  const make = (kind: StepKind, message: string, statements: readonly Statement[], target: string | null): Step =>
    step(about, kind, 'prepare upgrade', 'created', message, statements, target)
  const given = new Set(
    cluster.memberships.filter(({ member, admin }) => member === helper && admin).map(({ role }) => role),
  )
  const held = new Set(
    cluster.memberships.filter(({ member, admin }) => member === master && admin).map(({ role }) => role),
  )
  return [
    ...(cluster.roles.has(helper)
      ? []
      : [
          make(
            'create_helper',
            `role ${helper}, which keeps the rights of ${login} over an upgrade to PostgreSQL 16 or later`,
            [createRole(helper, { login: false, inherit: false }), commentOnRole(helper, helperTag(input))],
            null,
          ),
        ]),
    ...managedRoles(cluster)
      .filter(({ name }) => !given.has(name))
      .map(({ name }) =>
        make('grant_to_helper', `${helper} administers ${name}`, [grantWithAdmin(name, helper)], name),
      ),
    ...[helper, login]
      .filter((role) => !held.has(role))
      .map((role) => make('grant_to_master', `${master} administers ${role}`, [grantWithAdmin(role, master)], role)),
  ]
}

/** Last of all, when the roles are made. */
function jobOf(steps: readonly Step[]): Job {
  const parts = chunk(steps, GRANTS_PER_TRANSACTION)
  return { stage: 'closing', connectTo: null, transactions: parts.map((part) => ({ kind: 'atomic', steps: part })) }
}

function preparedFinding(cluster: Cluster, master: string, about: Subject): Finding {
  const count = managedRoles(cluster).length
  const held = `${about.username ?? ''} administers ${String(count)} managed role(s), and ${master} administers it`
  const message = `prepared for an upgrade to PostgreSQL 16 or later: ${held}`
  return finding(about, 'prepare upgrade', 'no_change', message)
}

/** As the admin's own: it belongs to the instance, so it names no application, and no teardown finds it. */
function helperTag({ buildId, tags }: PreparationInput): string {
  return formatTag(new Map([['ManagedBy', MANAGED_BY], ['BuildId', buildId], ...tags]))
}
