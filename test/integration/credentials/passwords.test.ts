/** Our verifiers against the server's own, and real clients that log in with what we set (RFC 5802, 7677, 4013). */
import test from 'ava'
import { execa } from 'execa'
import fc from 'fast-check'
import { Secret } from '../../../src/model/secret.ts'
import { checkPassword } from '../../../src/secrets/password.ts'
import { scramVerifier } from '../../../src/secrets/verifier.ts'
import { ANY_VERSION, type Bed, bedFor, type Entry } from '../../support/provision.ts'

const HARD: Readonly<Record<string, string>> = {
  plain: 'x',
  space: ' ',
  quotes: `it's "quoted" and ''doubled''`,
  backslashes: String.raw`\ \\ \' \n \x41 E'\\'`,
  dollars: '$$ $1 $tag$ %s ${x} `id`',
  json: '{"password": "inner"}',
  url: 'a/b?c=d&e=f#g:h@i%20',
  umlauts: 'Grüße aus Köln',
  combining: 'e\u0301a\u0308o\u0302\u0323',
  composed: 'éäộ',
  compatibility: '\u2168 \uFB01 \u00B2 \uFF21',
  'soft hyphen': 'I\u00ADX',
  'zero width space': 'a\u200Bb',
  'no-break space': 'a\u00A0b',
  'right to left': 'שלום',
  'mixed directions': 'a\u0627b',
  cyrillic: 'пароль',
  chinese: '密码密码',
  emoji: '🔑🐘',
  unassigned: 'x\u0221y',
  'byte order mark': '\uFEFFx',
  'variation selector': 'a\uFE0Fb',
  'control characters': 'a\u0007\tb\r\nc\u007F',
  'four bytes': '\u{10FFFD}\u{1F600}',
  'like a verifier': 'SCRAM-SHA-256$4096:c2FsdA==$x:y',
  'like an md5': `md5${'0'.repeat(32)}x`,
  '1,000 characters': 'pä"\\'.repeat(250),
  '1,000 of four bytes': '🔑'.repeat(250),
}

/** The server judges these before it normalizes, RFC 4013 after: their verifiers would differ, and they are refused. */
const DISPUTED = [
  '\uFA6B',
  '\u1D2C',
  '\u2189x',
  '\u{1F130}',
  '\u{1E030}',
  'a\u0340',
  '\u05D0\u2135',
  'a\uFE70',
  '\u05D0\u037A\u05D0',
]

/** What the server itself would store for a plaintext: salt, and the whole verifier. */
async function storedByServer(
  bed: Bed,
  password: string,
): Promise<{ readonly salt: Uint8Array; readonly verifier: string }> {
  await bed.server.setPassword('hasher', password)
  const [row] = await bed.server.sql(`SELECT rolpassword FROM pg_authid WHERE rolname = 'hasher'`)
  const verifier = String(row?.['rolpassword'])
  const [, salt = ''] = /^SCRAM-SHA-256\$4096:([^$]+)\$/.exec(verifier) ?? []
  return { salt: Buffer.from(salt, 'base64'), verifier }
}

async function isOurs(bed: Bed, password: string): Promise<boolean> {
  const { salt, verifier } = await storedByServer(bed, password)
  return (await scramVerifier(new Secret(password), salt)).reveal() === verifier
}

/** What the server takes for a ready verifier, it does not hash (manual, CREATE ROLE, PASSWORD). */
const isHashed = (password: string): boolean => !/^(?:SCRAM-SHA-256\$\d+:[^$]*\$[^:]*:|md5[0-9a-f]{32}$)/.test(password)

async function hasPsql(): Promise<boolean> {
  return (await execa('psql', ['--version'], { reject: false })).exitCode === 0
}

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial(`${on}our verifier is the server's own, for every password that is accepted`, async (t) => {
    await bed().server.sql('CREATE ROLE hasher')
    for (const [name, password] of Object.entries(HARD))
      if (isHashed(password)) t.true(await isOurs(bed(), password), name)
    for (const password of DISPUTED) {
      t.false(await isOurs(bed(), password), JSON.stringify(password))
      t.not(checkPassword(new Secret(password)), null, JSON.stringify(password))
    }
    const letter = fc.constantFrom(
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
      '\u05D0',
      '\u0221',
      '\u{1F600}',
      '"',
      '\\',
      '1',
    )
    const parts = fc.array(letter, { minLength: 1, maxLength: 6 }).map((list) => list.join(''))
    const text = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 20 })
      .filter((value) => !value.includes('\0') && !/\p{Cs}/u.test(value))
    const usable = fc.oneof(parts, text).filter((password) => checkPassword(new Secret(password)) === null)
    await fc.assert(
      fc.asyncProperty(usable, (password) => isOurs(bed(), password)),
      { numRuns: 150 },
    )
  })

  test.serial(`${on}applications log in with their hard passwords, through pg and through libpq`, async (t) => {
    const usable = Object.entries(HARD).filter(([, password]) => checkPassword(new Secret(password)) === null)
    t.true(usable.length >= 24)
    const name = (index: number): string => `hard${String(index)}`
    const applications = usable.map((_, index): [string, Entry] => [
      name(index),
      index === 0 ? {} : { database_name: 'hard0_dev_db', access_level: 'reader' },
    ])
    const stack = bed().declare(Object.fromEntries(applications))
    for (const [index, [, password]] of usable.entries()) stack.setPassword(name(index), password)
    await stack.applyOk()
    const libpq = await hasPsql()
    for (const [index, [title, password]] of usable.entries()) {
      t.is(await stack.answer(name(index), 'SELECT 1', 'hard0_dev_db'), 'ok', title)
      if (!libpq) continue
      const { host, port, caFile } = bed().server
      const env = {
        PGHOST: host,
        PGPORT: String(port),
        PGUSER: stack.username(name(index)),
        PGDATABASE: 'hard0_dev_db',
        PGPASSWORD: password,
        PGSSLMODE: 'verify-full',
        PGSSLROOTCERT: caFile,
      }
      const { stdout, stderr } = await execa('psql', ['-XAtc', 'SELECT session_user'], { env, reject: false })
      t.is(stdout, stack.username(name(index)), `${title}: ${stderr}`)
    }
    if (!libpq) t.log('no psql here: pg alone logged in')
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
  })

  test.serial(`${on}a password that no client could use is an error of its secret`, async (t) => {
    for (const password of ['', 'a\0b', '\ud800', 'x\u0221\u00AD']) {
      const stack = bed().declare({ app: {} })
      stack.setPassword('app', password)
      const { audit, problems } = await stack.apply()
      t.is(audit.run.exit_code, 5)
      t.like(problems[0], { application: 'app', field: stack.secretId('app') })
    }
  })

  const md5 = bedFor(version, { settings: { password_encryption: 'md5' } })

  test.serial(`${on}password_encryption = md5 is reported in every run, and not followed`, async (t) => {
    const { admin } = md5().server
    await md5().server.sql("SET password_encryption = 'scram-sha-256'")
    await md5().server.setPassword(admin.user, admin.password)
    const stack = md5().declare({ app: {} })
    for (const outcome of ['changed', 'no_change'] as const) {
      const { audit, records } = await stack.applyOk()
      t.is(audit.run.outcome, outcome)
      t.deepEqual(
        records.filter(({ action }) => action === 'encryption').map(({ object, status }) => [object, status]),
        [['password', 'warning']],
      )
    }
    const [row] = await md5().server.sql(`SELECT rolpassword FROM pg_authid WHERE rolname = 'app_dev_user'`)
    t.regex(String(row?.['rolpassword']), /^SCRAM-SHA-256\$/)
    t.is(await stack.answer('app', 'SELECT 1'), 'ok')
  })
}
