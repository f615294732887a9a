/** The guide's example of the library, run. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { provision } from '../support/library-example.ts'
import { EXIT } from '../../src/errors.ts'
import { bedFor } from '../support/provision.ts'

const bed = bedFor(16)

test('the library provisions, and a second run changes nothing', async (t) => {
  const { server, aws } = bed()
  Object.assign(process.env, aws.env)
  aws.putLogin('platform/dev/shop/postgres', 'shop_dev_user', 'Pw_shop')
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-library-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const input = JSON.stringify({
    environment: 'dev',
    instance: { host: server.host, port: server.port },
    tls: { ca_file: server.caFile },
    admin_secret_id: 'platform/dev/rds/provisioner',
    application_databases: { shop: {} },
  })
  const file = join(folder, 'audit.json')
  const audit = await provision(input, '4711', file)
  t.is(audit.run.outcome, 'changed', audit.run.error ?? '')
  t.deepEqual(JSON.parse(await readFile(file, 'utf8')), audit)
  t.true(await server.canLogin('shop_dev_user', 'Pw_shop', 'shop_dev_db'))
  t.is((await provision(input, '4711', file)).run.outcome, 'no_change')
  const unusable = await provision('{}', '4711', file)
  t.like(unusable.run, { outcome: 'failed', exit_code: EXIT.invalidInput, build_id: '4711' })
  t.deepEqual(JSON.parse(await readFile(file, 'utf8')), unusable)
})
