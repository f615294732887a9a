/** SCRAM verifiers for the passwords that this round will set, and for no others. */
import type { Actual } from '../../model/catalog.ts'
import type { Credential } from '../../model/credential.ts'
import type { Declaration } from '../../model/declaration.ts'
import type { SecretFacts } from '../../plan/context.ts'
import { RDS_IAM } from '../../plan/membership-revocation.ts'
import { membersOf } from '../../model/members.ts'
import { scramVerifier } from '../../secrets/verifier.ts'

/** By application: the version of its secret, with a verifier where the role is new or its password is wrong. */
export async function makeSecretFacts(
  declaration: Declaration,
  actual: Actual,
  credentials: ReadonlyMap<string, Credential>,
): Promise<Map<string, SecretFacts>> {
  const { memberships } = actual.cluster
  const tokenLogins = membersOf(memberships, RDS_IAM)
  const entries = declaration.applications.flatMap((application) => {
    const credential = credentials.get(application.name)
    if (credential === undefined) return []
    // A member of an IAM login is asked for a token: whether its password is right shows once it is none any more.
    const isIndirect = memberships.some(({ role, member }) => member === application.username && tokenLogins.has(role))
    const state = actual.logins.get(application.name)?.kind
    const isNew = !actual.cluster.roles.has(application.username)
    const clone =
      credential.username === null || credential.username === application.username ? null : credential.username
    const isSet = clone === null && (isNew || state === 'password_wrong' || (state === 'other_method' && !isIndirect))
    return [{ name: application.name, credential, clone, isSet }]
  })
  return new Map(
    await Promise.all(
      entries.map(async ({ name, credential, clone, isSet }): Promise<[string, SecretFacts]> => {
        const verifier = isSet ? await scramVerifier(credential.password) : null
        return [name, { versionId: credential.versionId, clone, verifier }]
      }),
    ),
  )
}
