/** SCRAM verifiers for the passwords that this round will set, and for no others. */
import type { Actual } from '../../model/catalog.ts'
import type { Credential } from '../../model/credential.ts'
import type { Declaration } from '../../model/declaration.ts'
import type { SecretFacts } from '../../plan/context.ts'
import { scramVerifier } from '../../secrets/verifier.ts'

/** By application: the version of its secret, with a verifier where the role is new or its password is wrong. */
export async function makeSecretFacts(
  declaration: Declaration,
  actual: Actual,
  credentials: ReadonlyMap<string, Credential>,
): Promise<Map<string, SecretFacts>> {
  const entries = declaration.applications.flatMap((application) => {
    const credential = credentials.get(application.name)
    if (credential === undefined) return []
    const state = actual.logins.get(application.name)?.kind
    const isNew = !actual.cluster.roles.has(application.username)
    const clone =
      credential.username === null || credential.username === application.username ? null : credential.username
    const isSet = clone === null && (isNew || state === 'password_wrong' || state === 'other_method')
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
