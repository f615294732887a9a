/** Secrets that were rotated while the run set their passwords. */
import type { Credential } from '../../model/credential.ts'
import { ownLogins } from '../../model/logins.ts'
import type { Inspection, InspectionScope } from '../../server/inspect.ts'
import type { RunContext } from '../context.ts'
import type { Setbacks } from '../end/setbacks.ts'

/**
 * Looks once more at the secrets of the passwords that were set and proven by a login (src/README.md: Passwords).
 * @returns what to look at again, where a secret has a newer version by now; null: none has.
 */
export async function findNewerSecrets(
  context: RunContext,
  passwords: ReadonlySet<string | null>,
  { leftOut }: Setbacks,
  inspection: Inspection,
): Promise<InspectionScope | null> {
  const set = ownLogins(context.declaration).filter(
    ({ name, auth }) => passwords.has(name) && auth === 'password' && !leftOut.has(name),
  )
  if (set.length === 0) return null
  const current = await context.secrets.readCurrent(set.map((application) => application.secretId))
  const newer = new Map<string, Credential>()
  for (const { name, secretId } of set) {
    const credential = current.credentials.get(secretId)
    if (credential !== undefined && credential.versionId !== inspection.credentials.get(name)?.versionId)
      newer.set(name, credential)
  }
  if (newer.size === 0) return null
  const before = { ...inspection, credentials: new Map([...inspection.credentials, ...newer]) }
  return { before, applications: new Set(newer.keys()), databases: new Set() }
}
