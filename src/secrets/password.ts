import { saslprep } from '@mongodb-js/saslprep'
import type { Secret } from '../model/secret.ts'

/**
 * The password's bytes as SCRAM hashes them: SASLprep (RFC 4013), and the text as it is where SASLprep refuses it
 * (prohibited or unassigned characters, mixed directions, nothing left), which is how the server and libpq do it
 * (src/common/saslprep.c and its callers). A text of ASCII alone is never changed there, nor here.
 */
export function prepare(password: string): string {
  try {
    return saslprep(password)
  } catch {
    return password
  }
}

/**
 * What the `pg` client makes of a password at login (pg/lib/crypto/sasl.js): the mappings of RFC 3454 tables C.1.2 and
 * B.1 and NFKC, without the prohibitions. The two differ where libpq falls back to the text as it is.
 */
function prepareAsNodePostgres(password: string): string {
  return password
    .replace(/[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/g, ' ')
    .replace(/\u00AD|\u034F|\u1806|[\u180B-\u180D]|\u200C|\u200D|\u2060|[\uFE00-\uFE0F]|\uFEFF/g, '')
    .normalize('NFKC')
}

/** Why a password cannot be used, as the end of the sentence "the password …"; null where it can. */
export function checkPassword(password: Secret): string | null {
  const value = password.reveal()
  if (value === '') return 'is empty.'
  if (value.includes('\0')) return 'contains a NUL character, which PostgreSQL cannot take.'
  if (/\p{Cs}/u.test(value)) return 'contains half of a surrogate pair, which is no text.'
  if (prepare(value) !== prepareAsNodePostgres(value)) {
    return 'mixes characters that clients normalize differently (RFC 4013), so that some could not log in.'
  }
  return null
}
