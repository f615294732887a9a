import { createHash, createHmac } from 'node:crypto'
import test from 'ava'
import { Secret } from '../../../src/model/secret.ts'
import { scramVerifier } from '../../../src/secrets/verifier.ts'

/** RFC 7677 section 3: user "user", password "pencil". */
const NONCE = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
const SALT = 'W22ZaJ0SNY7soEsUEjb6gQ=='
const MESSAGE = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${NONCE},s=${SALT},i=4096,c=biws,r=${NONCE}`
const CLIENT_PROOF = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ='
const SERVER_SIGNATURE = '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='

const SHAPE = /^SCRAM-SHA-256\$4096:([A-Za-z0-9+/]{22}==)\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)$/

function keysOf(verifier: Secret): { salt: string; stored: Buffer; server: Buffer } {
  const [, salt = '', stored = '', server = ''] = SHAPE.exec(verifier.reveal()) ?? []
  return { salt, stored: Buffer.from(stored, 'base64'), server: Buffer.from(server, 'base64') }
}

test('the vector of RFC 7677: the server proves itself and takes the client’s proof', async (t) => {
  const { salt, stored, server } = keysOf(await scramVerifier(new Secret('pencil'), Buffer.from(SALT, 'base64')))
  t.is(salt, SALT)
  t.is(createHmac('sha256', server).update(MESSAGE).digest('base64'), SERVER_SIGNATURE)
  const signature = createHmac('sha256', stored).update(MESSAGE).digest()
  const clientKey = Buffer.from(CLIENT_PROOF, 'base64').map((byte, index) => byte ^ (signature[index] ?? 0))
  t.deepEqual(createHash('sha256').update(clientKey).digest(), stored)
})

test('each verifier has its own salt, and does not print itself', async (t) => {
  const [one, two] = await Promise.all([scramVerifier(new Secret('pencil')), scramVerifier(new Secret('pencil'))])
  t.regex(one.reveal(), SHAPE)
  t.not(keysOf(one).salt, keysOf(two).salt)
  t.is(String(one), '[redacted]')
})

test('spellings that SASLprep makes equal give one verifier', async (t) => {
  const salt = Buffer.alloc(16)
  const verifier = async (password: string): Promise<string> =>
    (await scramVerifier(new Secret(password), salt)).reveal()
  t.is(await verifier('\u2168\u00A0e\u0301'), await verifier('IX \u00E9'))
  t.not(await verifier('a'), await verifier('A'))
})
