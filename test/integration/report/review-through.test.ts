/** What reaches a right through others, in an access review (src/README.md: Access reviews). */
import test from 'ava'
import { bedFor } from '../../support/provision.ts'
import { rightIn, sheetRows } from '../../support/review.ts'

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
