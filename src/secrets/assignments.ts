import type { Problem } from '../model/problem.ts'
import { groupBy } from '../group-by.ts'
import type { Membership } from '../model/catalog.ts'
import { cloneOf, type Credential } from '../model/credential.ts'
import type { Application, Declaration } from '../model/declaration.ts'
import { ownLogins } from '../model/logins.ts'

/** Applications that log in by password, and so need their secret. */
function passwordLogins(declaration: Declaration): readonly Application[] {
  return ownLogins(declaration).filter(({ auth }) => auth === 'password')
}

/**
 * Ids of all secrets that a run reads at its start: the delegated admin's and the applications'. The master's is among
 * them only where a major upgrade is to be prepared, which needs its name; else it is read where the admin cannot log
 * in or lacks a right.
 */
export function secretIds(declaration: Declaration): readonly string[] {
  const { admin, masterSecretId, prepareMajorUpgrade } = declaration
  const ids = [
    admin.auth === 'password' ? admin.secretId : null,
    prepareMajorUpgrade ? masterSecretId : null,
    ...passwordLogins(declaration).map(({ secretId }) => secretId),
  ]
  return [...new Set(ids)].filter((id) => id !== null)
}

/** Gives each problem of a secret the applications that use it: one problem for each of them, none lost. */
export function nameApplications(problems: ReadonlyMap<string, Problem>, declaration: Declaration): Problem[] {
  const users = groupBy(passwordLogins(declaration), ({ secretId }) => secretId)
  return [...problems].flatMap(([secretId, problem]) => {
    const applications = users.get(secretId) ?? []
    const admins = applications.length === 0 || secretId === declaration.admin.secretId ? [problem] : []
    return [...admins, ...applications.map(({ name }) => ({ ...problem, application: name }))]
  })
}

/**
 * A secret that names a user must name the role it is for (src/README.md: Passwords). Secrets that name nobody are
 * taken as they are, and so is the delegated admin's, which says who the admin is. `credentials` is by secret id.
 */
export function checkUsernames(declaration: Declaration, credentials: ReadonlyMap<string, Credential>): Problem[] {
  return passwordLogins(declaration).flatMap((application) => {
    const username = credentials.get(application.secretId)?.username ?? null
    const isAccepted =
      username === null || username === application.username || username === cloneOf(application.username)
    return isAccepted ? [] : [wrongUsername(application, username)]
  })
}

/**
 * A secret may name `<username>_clone` only where that role is a member of the login's own (src/README.md: Passwords).
 * `credentials` is by application.
 */
export function checkClones(
  declaration: Declaration,
  memberships: readonly Membership[],
  credentials: ReadonlyMap<string, Credential>,
): Problem[] {
  return passwordLogins(declaration).flatMap((application) => {
    const clone = cloneOf(application.username)
    if (credentials.get(application.name)?.username !== clone) return []
    const isMember = memberships.some((item) => item.member === clone && item.role === application.username)
    return isMember ? [] : [wrongUsername(application, clone)]
  })
}

function wrongUsername({ name, secretId, username }: Application, found: string): Problem {
  return {
    application: name,
    code: 'secret_of_another_login',
    field: secretId,
    message: `the secret is for the user ${JSON.stringify(found)}, the application's login is ${JSON.stringify(username)}.`,
    remedy: 'Correct secret_id, username, or the username in the secret.',
  }
}
