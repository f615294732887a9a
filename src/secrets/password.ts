import { saslprep } from '@mongodb-js/saslprep'
import type { Secret } from '../model/secret.ts'

/**
 * The password's bytes as SCRAM hashes them: SASLprep (RFC 4013), and the text as it is where SASLprep refuses it
 * (prohibited or unassigned characters, mixed directions, nothing left), which is how the server and libpq do it
 * (src/common/saslprep.c and its callers). A text of ASCII alone is never changed there, nor here.
 */
export function prepareByRfc(password: string): string {
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

/**
 * The server and libpq look for prohibited and unassigned characters, and for directions, before they normalize
 * (src/common/saslprep.c), RFC 4013 and this library after. That makes a difference for characters that NFKC changes
 * and that Unicode 3.2 had not assigned (RFC 3454 table A.1), that are deprecated (C.8), or that change their direction
 * (D.1, D.2). Each range may hold others, which NFKC leaves as they are.
 */
const JUDGED_DIFFERENTLY = new RegExp(
  [
    '[',
    String.raw`\u0340\u0341\u037A\u03F9\u10FC\u1D2C-\u1DBF\u2090-\u209C\u2135-\u2138\u213B\u213C\u2150-\u2152\u2189`,
    String.raw`\u2C7C-\u2D6F\u321D\u321E\u3244-\u3250\u327C-\u327E\u32CC-\u32CF\u32FF\u3377-\u337A\u33DE\u33DF`,
    String.raw`\u33FF\uA69C-\uAB69\uFA2E\uFA2F\uFA6B-\uFAD9\uFC5E-\uFC63\uFE10-\uFE19\uFE47\uFE48\uFE70-\uFE7F`,
    String.raw`\uFF9E\uFF9F\u{10000}-\u{1D15D}\u{1D4C1}\u{1D6A4}\u{1D6A5}\u{1D6C1}\u{1D6DB}\u{1D6FB}\u{1D715}`,
    String.raw`\u{1D735}\u{1D74F}\u{1D76F}\u{1D789}\u{1D7A9}\u{1D7C3}\u{1D7CA}\u{1D7CB}\u{1D800}-\u{2F7FF}`,
    ']',
  ].join(''),
  'u',
)

function isJudgedDifferently(character: string): boolean {
  return character.normalize('NFKC') !== character && JUDGED_DIFFERENTLY.test(character)
}

/** Why a password cannot be used, as the end of the sentence "the password …"; null where it can. */
export function checkPassword(password: Secret): string | null {
  const value = password.reveal()
  if (value === '') return 'is empty.'
  if (value.includes('\0')) return 'contains a NUL character, which PostgreSQL cannot take.'
  if (/\p{Cs}/u.test(value)) return 'contains half of a surrogate pair, which is no text.'
  if (prepareByRfc(value) !== prepareAsNodePostgres(value) || Array.from(value).some(isJudgedDifferently)) {
    return 'mixes characters that clients normalize differently (RFC 4013), so that some could not log in.'
  }
  return null
}
