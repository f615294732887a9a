/** The verifier against the login code of the `pg` client itself: whatever passes `checkPassword` logs in. */
import { createHash, createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import test from 'ava'
import fc from 'fast-check'
import { Secret } from '../../../src/model/secret.ts'
import { checkPassword } from '../../../src/secrets/password.ts'
import { scramVerifier } from '../../../src/secrets/verifier.ts'

interface Session {
  readonly clientNonce: string
  readonly response: string
}
interface Sasl {
  startSession(mechanisms: readonly string[]): Session
  continueSession(session: Session, password: string, serverData: string): Promise<void>
}

/** The package has no types for this file. */
function isSasl(module: unknown): module is Sasl {
  return typeof module === 'object' && module !== null && 'startSession' in module && 'continueSession' in module
}

/** Plays the server's part of RFC 5802 with the verifier; says whether it takes the client's proof. */
async function logsIn(sasl: Sasl, password: string, verifier: string): Promise<boolean> {
  const [, salt = '', stored = ''] = /^SCRAM-SHA-256\$4096:([^$]+)\$([^:]+):/.exec(verifier) ?? []
  const session = sasl.startSession(['SCRAM-SHA-256'])
  const nonce = `${session.clientNonce}server`
  const first = `r=${nonce},s=${salt},i=4096`
  await sasl.continueSession(session, password, first)
  const proof = Buffer.from(/,p=(.+)$/.exec(session.response)?.[1] ?? '', 'base64')
  const message = `n=*,r=${session.clientNonce},${first},c=biws,r=${nonce}`
  const signature = createHmac('sha256', Buffer.from(stored, 'base64')).update(message).digest()
  const clientKey = proof.map((byte, index) => byte ^ (signature[index] ?? 0))
  return createHash('sha256').update(clientKey).digest('base64') === stored
}

function loadSasl(): Sasl {
  const module: unknown = createRequire(import.meta.url)('pg/lib/crypto/sasl.js')
  if (!isSasl(module)) throw new Error('pg keeps its SASL code elsewhere now')
  return module
}

test('the check tells a right password from a wrong one', async (t) => {
  const verifier = (await scramVerifier(new Secret('right'))).reveal()
  t.true(await logsIn(loadSasl(), 'right', verifier))
  t.false(await logsIn(loadSasl(), 'wrong', verifier))
})

test('the pg client logs in with every password that is accepted', async (t) => {
  const hard = fc.constantFrom(
    'a',
    'É',
    'e\u0301',
    '\u00A0',
    '\u00AD',
    '\u200B',
    '\u200D',
    '\uFEFF',
    '\u2168',
    '\u0007',
    '\u0627',
    '\u0221',
    '\u{1F600}',
    '"',
    '\\',
  )
  const password = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1 }),
    fc.array(hard, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')),
  )
  const seen = { accepted: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(password, async (value) => {
      if (checkPassword(new Secret(value)) !== null) {
        seen.refused += 1
        return true
      }
      seen.accepted += 1
      return logsIn(loadSasl(), value, (await scramVerifier(new Secret(value))).reveal())
    }),
    { numRuns: 200 },
  )
  t.true(seen.accepted > 0 && seen.refused > 0)
})
