/** Single cases of an access review: what reaches a right through others, and logins that left (src/README.md: Access reviews). */
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { bedFor } from '../../support/provision.ts'
import { rowsOf } from '../../support/report-rows.ts'
import { decide, fromSpreadsheet, rightIn, sheetRows } from '../../support/review.ts'

const bed = bedFor(16)
const GUEST = { database_name: 'shop_dev_db', access_level: 'reader' }

test.serial('what a guest has on its own is no grant of somebody else; what it granted is one', async (t) => {
  const stack = bed().declare({ shop: {}, loader: GUEST, rd: GUEST }, { stack: 'guests' })
  await stack.applyOk()
  await bed().server.sql('CREATE SCHEMA raw AUTHORIZATION loader_dev_user', [], 'shop_dev_db')
  await stack.sql(
    'loader',
    `CREATE TABLE raw.t (); GRANT USAGE ON SCHEMA raw TO rd_dev_user; GRANT SELECT ON raw.t TO rd_dev_user;
     ALTER DEFAULT PRIVILEGES IN SCHEMA raw GRANT SELECT ON TABLES TO rd_dev_user`,
  )
  await bed().server.sql(`CREATE ROLE tokens; GRANT rds_iam TO tokens; CREATE ROLE anna LOGIN; GRANT tokens TO anna;
    GRANT CONNECT ON DATABASE shop_dev_db TO anna`)
  const rows = sheetRows((await stack.review('csv')).text)
  t.deepEqual(
    rows.filter(({ right = '' }) => right.includes('raw')).map((row) => `${rightIn(row)} | ${row['granted_by'] ?? ''}`),
    [
      'loader_dev_user: owner of schema raw on shop_dev_db | ',
      'rd_dev_user: grants on schema raw on shop_dev_db | loader_dev_user',
      'rd_dev_user: grants on tables in schema raw on shop_dev_db | loader_dev_user',
      'rd_dev_user: grants on tables that loader_dev_user will create in schema raw on shop_dev_db | loader_dev_user',
    ],
  )
  t.is(rows.find(({ login }) => login === 'anna')?.['logs_in_by'], 'iam', 'a member of rds_iam by way of another role')
})

for (const cleanupPolicy of ['retain', 'delete'])
  test.serial(
    `what would take it from a login that left with ${cleanupPolicy} does so, and drops nothing`,
    async (t) => {
      const gone = `gone_${cleanupPolicy}`
      const stack = bed().declare(
        { [gone]: { cleanup_policy: cleanupPolicy }, [`stays_${cleanupPolicy}`]: {} },
        { stack: gone },
      )
      await stack.applyOk()
      stack.applications = { [`stays_${cleanupPolicy}`]: {} }
      await stack.applyOk()
      const sheet = (await stack.review('csv')).text
      const file = join(await mkdtemp(join(tmpdir(), 'rds-provision-review-')), 'signed.csv')
      const decided = decide(sheet, (right) => (right.startsWith(gone) ? 'revoke' : 'keep'))
      await writeFile(file, fromSpreadsheet(decided))
      const look = async (): Promise<Record<string, unknown>> =>
        rowsOf((await stack.review('json', { signed: file })).text, 'decisions').find(
          ({ login }) => login === `${gone}_dev_user`,
        ) ?? {}
      const open = await look()
      t.is(open['state'], 'not carried out yet')
      const remedy = String(open['remedy'])
      const [, policy = '', words = ''] = /^RDS_CLEANUP_POLICY=(\S+) rds-provision (.+)$/.exec(remedy) ?? []
      const { code, stdout, stderr } = await stack.bundle(words.split(' '), { RDS_CLEANUP_POLICY: policy })
      t.is(code, 0, `${remedy}\n${stdout}${stderr}`)
      t.is((await look())['state'], 'carried out')
      t.is((await bed().server.sql('SELECT FROM pg_database WHERE datname = $1', [`${gone}_dev_db`])).length, 1)
    },
  )
