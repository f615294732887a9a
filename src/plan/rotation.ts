/** The steps by which a rotation sets a password: the login's own, or its clone's. */
import { groupBy } from '../group-by.ts'
import type { Cluster } from '../model/catalog.ts'
import type { Application } from '../model/declaration.ts'
import type { Secret } from '../model/secret.ts'
import type { Plan, Step, Transaction } from '../model/step.ts'
import { alterRole, createRole, grantMembership } from '../sql/role.ts'
import { step, subject } from './context.ts'
import { planSettings } from './settings.ts'

/** Whose password is set to what. */
export interface RotationTarget {
  readonly application: Application
  /** The login, or its clone. */
  readonly user: string
  /** Of the secret that holds the password. */
  readonly versionId: string
  /** null: it logs in already. */
  readonly verifier: Secret | null
}

/** A clone that is cut off in the making is not there; what it is set to follows, and the next rotation sees to it. */
export function planRotation(cluster: Cluster, target: RotationTarget): Plan {
  const { application, user, verifier } = target
  const isClone = user !== application.username
  const password =
    verifier === null ? [] : [cluster.roles.has(user) ? alter(target, verifier) : make(cluster, target, verifier)]
  const settings = isClone ? cloneSettings(cluster, application, user) : []
  const transactions = [password, settings]
    .filter((steps) => steps.length > 0)
    .map((steps): Transaction => ({ kind: 'atomic', steps }))
  if (transactions.length === 0) return { findings: [], jobs: [] }
  return { findings: [], jobs: [{ stage: 'roles', connectTo: null, transactions }] }
}

function alter({ application, user, versionId }: RotationTarget, verifier: Secret): Step {
  const about = { ...subject(application, 'password'), username: user }
  const message = `password of ${user} set from secret version ${versionId}`
  return step(about, 'set_password', 'rotate', 'updated', message, [alterRole(user, { verifier })])
}

/** As AWS's own function makes it, a member of the login, and bounded as the login is. */
function make({ server, roles }: Cluster, { application, user, versionId }: RotationTarget, verifier: Secret): Step {
  const { username } = application
  const { connectionLimit = -1, validUntil = null } = roles.get(username) ?? {}
  const about = { ...subject(application, 'password'), username: user }
  const limit = connectionLimit === -1 ? {} : { connectionLimit }
  const end = validUntil === null ? {} : { validUntil }
  const message = `${user} made, a member of ${username}, with the password of secret version ${versionId}`
  return step(about, 'set_password', 'rotate', 'created', message, [
    createRole(user, { login: true, inherit: true, ...limit, ...end, verifier }),
    grantMembership(server.version, username, user),
  ])
}

/**
 * An application must not notice which of the two it logs in as: the clone has the login's settings, and acts as the
 * login, or as whom that acts as, so that what it creates belongs to them (src/README.md: Passwords).
 */
function cloneSettings(cluster: Cluster, application: Application, user: string): Step[] {
  const actsAs = application.actsAs ?? application.username
  const settingsByRole = groupBy(cluster.settings, (item) => item.role)
  return planSettings({ settingsByRole }, cluster, { ...application, username: user, actsAs })
}
