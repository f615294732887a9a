/** `report --review` as a person runs it: the files that it writes, what it refuses, and its exit codes. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { execa } from 'execa'
import { bedFor, type Stack } from '../../support/provision.ts'
import { decide, fromSpreadsheet, sheetRows } from '../../support/review.ts'

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))
const bed = bedFor(16)

let stack: Stack
let folder = ''

async function review(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const words = ['report', '--input', 'declaration.json', '--connect', '--review', ...args]
  const {
    exitCode = -1,
    stdout,
    stderr,
  } = await execa(process.execPath, [`--import=${import.meta.resolve('tsx')}`, MAIN, ...words], {
    env: { ...bed().aws.env, PATH: process.env['PATH'] ?? '' },
    extendEnv: false,
    reject: false,
    cwd: folder,
  })
  return { code: exitCode, stdout, stderr }
}

test.serial.before('two databases', async () => {
  folder = await mkdtemp(join(tmpdir(), 'rds-provision-review-'))
  stack = bed().declare(
    { shop: {}, rd: { database_name: 'shop_dev_db', access_level: 'reader' }, blog: {} },
    { stack: 'shop/dev' },
  )
  await stack.applyOk()
  await writeFile(join(folder, 'declaration.json'), JSON.stringify(stack.input()))
})

test.serial('the sheet as CSV and as a page, then what came of it', async (t) => {
  t.is((await review('--format', 'csv', '--output', 'review.csv')).code, 0)
  t.is((await review('--format', 'html', '--output', 'review.html')).code, 0)
  const sheet = await readFile(join(folder, 'review.csv'), 'utf8')
  const page = await readFile(join(folder, 'review.html'), 'utf8')
  for (const { login = '' } of sheetRows(sheet)) t.true(page.includes(login), login)
  t.true(page.includes('<dt>Instance</dt><dd>db-1</dd>'))

  await writeFile(join(folder, 'kept.csv'), fromSpreadsheet(decide(sheet, () => 'keep')))
  t.is((await review('--signed', 'kept.csv')).code, 0)

  await writeFile(
    join(folder, 'signed.csv'),
    fromSpreadsheet(decide(sheet, (right) => (right.startsWith('rd_') ? 'revoke' : 'keep'))),
  )
  const open = await review('--signed', 'signed.csv')
  t.is(open.code, 1)
  t.regex(open.stdout, /not carried out yet +revoke +shop_dev_db +shop +rd_dev_user/)
  t.true(open.stdout.includes('! 1 decision is not carried out yet.'))
  const json = await review('--signed', 'signed.csv', '--format', 'json')
  t.is(json.stderr, '1 decision is not carried out yet.')
  const csv = await review('--signed', 'signed.csv', '--format', 'csv')
  t.is(csv.stdout.split('\n').length, sheetRows(sheet).length + 1)
})

test.serial('the sheet of one application goes with that application', async (t) => {
  t.is((await review('--application', 'blog', '--format', 'csv', '--output', 'blog.csv')).code, 0)
  const rows = sheetRows(await readFile(join(folder, 'blog.csv'), 'utf8'))
  t.deepEqual(
    rows.map(({ login, scope }) => [login, scope]),
    [['blog_dev_user', 'application blog']],
  )
  await writeFile(
    join(folder, 'blog.csv'),
    fromSpreadsheet(decide(await readFile(join(folder, 'blog.csv'), 'utf8'), () => 'keep')),
  )
  const { code, stdout } = await review('--application', 'blog', '--signed', 'blog.csv')
  t.is(code, 0)
  t.false(stdout.includes('not on the sheet'), 'others were not asked for')
  const whole = await review('--signed', 'blog.csv')
  t.is(whole.code, 3)
  t.regex(whole.stderr, /is a sheet of "application blog" and not of everything/)
})

test.serial('what cannot be taken is refused, and the server not asked', async (t) => {
  const missing = await review('--signed', 'nowhere.csv')
  t.is(missing.code, 3)
  t.regex(missing.stderr, /--signed: cannot be read: ENOENT/)
  const sheet = await readFile(join(folder, 'review.csv'), 'utf8')
  await writeFile(join(folder, 'latin.csv'), Buffer.from(sheet.replace('rd_dev_user', 'M\xfcller'), 'latin1'))
  t.regex((await review('--signed', 'latin.csv')).stderr, /is no text in UTF-8\. Save it as "CSV UTF-8"/)
  await writeFile(
    join(folder, 'unicode.txt'),
    Buffer.from(
      fromSpreadsheet(
        decide(sheet, () => 'keep'),
        '\t',
      ),
      'utf16le',
    ),
  )
  t.is((await review('--signed', 'unicode.txt')).code, 0)
  await writeFile(join(folder, 'foreign.csv'), sheet.replaceAll(',db-1,', ',db-2,'))
  t.regex((await review('--signed', 'foreign.csv')).stderr, /instance "db-2" and not "db-1" \(line 2\)/)
})
