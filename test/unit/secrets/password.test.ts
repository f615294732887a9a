import test from 'ava'
import fc from 'fast-check'
import { Secret } from '../../../src/model/secret.ts'
import { checkPassword, prepareByRfc } from '../../../src/secrets/password.ts'

/** RFC 4013 section 3, then cases of PostgreSQL's src/common/saslprep.c. */
const PREPARED: readonly (readonly [string, string, string])[] = [
  ['SOFT HYPHEN mapped to nothing', 'I\u00ADX', 'IX'],
  ['no transformation', 'user', 'user'],
  ['case preserved', 'USER', 'USER'],
  ['NFKC, ISO 8859-1', '\u00AA', 'a'],
  ['NFKC, roman number', '\u2168', 'IX'],
  ['prohibited: as it is', '\u0007', '\u0007'],
  ['mixed directions: as it is', '\u0627\u0031', '\u0627\u0031'],
  ['space', 'a\u00A0b', 'a b'],
  ['ZERO WIDTH SPACE is a space first', 'a\u200Bb', 'a b'],
  ['nothing left: as it is', '\u00AD', '\u00AD'],
  ['unassigned in Unicode 3.2: as it is', 'x\u0221\u00AD', 'x\u0221\u00AD'],
  ['emoji of later versions: as it is', '\u{1F600}\u00A0', '\u{1F600}\u00A0'],
  ['combining characters composed', 'e\u0301', '\u00E9'],
  ['right to left', '\u05D0\u05D1', '\u05D0\u05D1'],
  ['prohibited beside what would be mapped: as it is', 'a\u00A0\u0007', 'a\u00A0\u0007'],
]
for (const [name, password, expected] of PREPARED) {
  test(`prepared: ${name}`, (t) => {
    t.is(prepareByRfc(password), expected)
  })
}

test('ASCII is never changed', (t) => {
  fc.assert(fc.property(fc.string({ unit: 'binary-ascii' }), (password) => prepareByRfc(password) === password))
  t.pass()
})

for (const password of [
  'x',
  ' ',
  'a\u0007b',
  'I\u00ADX',
  'a\u00A0b',
  '\u2168',
  '\u{1F600}',
  '\u0627\u0031',
  '"\'\\$',
  'x'.repeat(1000),
]) {
  test(`usable: ${JSON.stringify(password).slice(0, 30)}`, (t) => {
    t.is(checkPassword(new Secret(password)), null)
  })
}

for (const password of [
  '',
  '\0',
  'a\0b',
  '\ud800',
  'a\udc00',
  '\u00A0\u0007',
  '\u00AD',
  'x\u0221\u00AD',
  '\u{1F600}\u00A0',
  '\u06271\u2168',
]) {
  test(`refused: ${JSON.stringify(password)}`, (t) => {
    t.is(typeof checkPassword(new Secret(password)), 'string')
  })
}
