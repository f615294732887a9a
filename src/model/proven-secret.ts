/** What a login proved, as the role's tag keeps it for `verify_logins = "changed"` (src/README.md: Passwords). */
import { createHash } from 'node:crypto'
import type { RoleState } from './catalog.ts'

/** So many hexadecimal digits tell one proof from another. */
const DIGITS = 16

/**
 * One text for a version of a secret and the role that has its password: another secret, whose version may be called
 * alike, and a role that was made anew under the same name, as by a dump without passwords, have another.
 * @param versionId of Secrets Manager
 */
export function provenSecret(secretId: string, versionId: string, { oid }: Pick<RoleState, 'oid'>): string {
  return createHash('sha256')
    .update(JSON.stringify([secretId, versionId, oid]))
    .digest('hex')
    .slice(0, DIGITS)
}
