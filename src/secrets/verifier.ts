import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { Secret } from '../model/secret.ts'
import { prepareByRfc } from './password.ts'

/** PostgreSQL's own (SCRAM_SHA_256_DEFAULT_ITERATIONS, SCRAM_DEFAULT_SALT_LEN in src/include/common/scram-common.h). */
const ITERATIONS = 4096
const SALT_BYTES = 16

/**
 * Computes what `ALTER ROLE … PASSWORD` stores in place of a password, so that the password itself never reaches the
 * server: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (manual, pg_authid.rolpassword; keys by RFC 5802
 * section 3 with SHA-256, RFC 7677). The salt is random unless given.
 */
export async function scramVerifier(password: Secret, salt: Uint8Array = randomBytes(SALT_BYTES)): Promise<Secret> {
  const salted = await promisify(pbkdf2)(prepareByRfc(password.reveal()), salt, ITERATIONS, 32, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  const storedKey = createHash('sha256').update(clientKey).digest('base64')
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64')
  return new Secret(`SCRAM-SHA-256$${ITERATIONS}:${Buffer.from(salt).toString('base64')}$${storedKey}:${serverKey}`)
}
