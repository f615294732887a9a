/** Verifiers without their salt, so that two servers with the same passwords are the same. */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

/** Of the admin and the master, whom the server begins with. */
const PLAIN = 'SCRAM-SHA-256'
const KNOWN = `${PLAIN}$model:`
const CANDIDATES = ['Pw_1', 'Pw_2'] as const

/** How the password of a version of a secret stands on the server. */
export const passwordName = (version: 1 | 2): string => `${KNOWN}Pw_${String(version)}`

/** @returns the verifier of a password that is known, by its name; anything else as it is */
export function asPassword(verifier: string | null): string | null {
  if (verifier === null || verifier.startsWith(KNOWN) || !verifier.startsWith(`${PLAIN}$`)) return verifier
  const found = CANDIDATES.find((password) => isOf(verifier, password))
  return found === undefined ? verifier : `${KNOWN}${found}`
}

/** @returns the password that this verifier is of; null: another, or none @param tried is the admin's where it has one */
export function passwordOf(verifier: string | null, tried: string): string | null {
  if (verifier === PLAIN) return tried
  const known = asPassword(verifier)
  return known?.startsWith(KNOWN) === true ? known.slice(KNOWN.length) : null
}

/** `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, the manual, pg_authid. */
function isOf(verifier: string, password: string): boolean {
  const [, iterations = '', salt = '', stored] = /^[^$]*\$(\d+):([^$]*)\$([^:]*):/.exec(verifier) ?? []
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  return createHash('sha256').update(clientKey).digest('base64') === stored
}
