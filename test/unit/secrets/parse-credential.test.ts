import { inspect } from 'node:util'
import test from 'ava'
import { Secret } from '../../../src/model/secret.ts'
import { parseCredential } from '../../../src/secrets/parse-credential.ts'
import type { ParsedCredential } from '../../../src/secrets/parse-credential.ts'

function parseText(text: string | null): ParsedCredential {
  return parseCredential('team/app', {
    versionId: 'v1',
    text: text === null ? null : new Secret(text),
    createdAt: new Date(0),
  })
}

test('the RDS format is a credential, whatever else stands in it', (t) => {
  const parsed = parseText(
    JSON.stringify({ engine: 'postgres', host: 'h', port: 5432, dbname: 'd', username: 'u', password: 'pä"ss' }),
  )
  if (!('credential' in parsed)) return t.fail()
  t.like(parsed.credential, { secretId: 'team/app', versionId: 'v1', username: 'u', createdAt: new Date(0) })
  t.is(parsed.credential.password.reveal(), 'pä"ss')
  t.false(inspect(parsed, { depth: 9 }).includes('pä"ss'))
})

test('a secret need not name a user', (t) => {
  for (const username of [undefined, null]) {
    const parsed = parseText(JSON.stringify({ username, password: 'p' }))
    t.is('credential' in parsed ? parsed.credential.username : 'refused', null)
  }
})

const REFUSED: readonly (readonly [string, string | null, RegExp])[] = [
  ['binary', null, /binary/],
  ['no JSON', 'sentinel', /not a JSON object/],
  ['empty', '', /not a JSON object/],
  ['a JSON text', '"sentinel"', /not a JSON object/],
  ['a list', '["sentinel"]', /not a JSON object/],
  ['null', 'null', /not a JSON object/],
  ['no password', '{"username":"sentinel"}', /no password/],
  ['a number', '{"password":123456}', /password in the secret is not a text/],
  ['null password', '{"password":null}', /password in the secret is not a text/],
  ['an object', '{"password":{"x":"sentinel"}}', /password in the secret is not a text/],
  ['a user that is no text', '{"username":7,"password":"sentinel"}', /username in the secret is not a text/],
  ['a user without a name', '{"username":"","password":"sentinel"}', /username in the secret is not a text/],
  ['empty password', '{"password":""}', /is empty/],
  ['NUL', '{"password":"sentinel\\u0000"}', /NUL/],
  ['half a surrogate pair', '{"password":"sentinel\\ud800"}', /surrogate/],
  ['clients that disagree', '{"password":"sentinel\\u00a0\\u0007"}', /normalize/],
]
for (const [name, text, message] of REFUSED) {
  test(`refused: ${name}`, (t) => {
    const parsed = parseText(text)
    if (!('problem' in parsed)) return t.fail()
    t.like(parsed.problem, { application: null, field: 'team/app' })
    t.regex(parsed.problem.message, message)
    t.not(parsed.problem.remedy, '')
    t.notRegex(JSON.stringify(parsed), /sentinel|123456/)
  })
}
