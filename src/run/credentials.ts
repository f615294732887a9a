/** Everything secret that a run starts with; every problem found at once. */
import { BlockedError, SecretError } from '../errors.ts'
import { checkReservedNames } from '../guardrails/names.ts'
import type { Credential } from '../model/credential.ts'
import type { Declaration } from '../model/declaration.ts'
import { checkUsernames, nameApplications, secretIds } from '../secrets/assignments.ts'
import type { SecretReader } from '../secrets/secret-reader.ts'

export interface Credentials {
  /** null: the admin logs in by IAM. */
  readonly admin: Credential | null
  /** By application; IAM logins have none. */
  readonly applications: ReadonlyMap<string, Credential>
}

/** @throws SecretError with every secret that is missing, denied, malformed or for somebody else. */
export async function readCredentials(reader: SecretReader, declaration: Declaration): Promise<Credentials> {
  const { credentials, problems } = await reader.readCurrent(secretIds(declaration))
  const all = [...nameApplications(problems, declaration), ...checkUsernames(declaration, credentials)]
  if (all.length > 0) throw new SecretError(all)
  const { auth, secretId } = declaration.admin
  const applications = new Map<string, Credential>()
  for (const application of declaration.applications) {
    const credential = application.auth === 'password' ? credentials.get(application.secretId) : undefined
    if (credential !== undefined) applications.set(application.name, credential)
  }
  return { admin: auth === 'password' && secretId !== null ? (credentials.get(secretId) ?? null) : null, applications }
}

/**
 * The admin's name is known for certain only now: its secret says it.
 * @throws BlockedError where an application has it.
 */
export function assertReserved(declaration: Declaration, { admin }: Credentials): void {
  const username = admin?.username ?? declaration.admin.username
  const reserved = checkReservedNames({ ...declaration, admin: { ...declaration.admin, username } }, null)
  if (reserved.length > 0) throw new BlockedError(reserved)
}
