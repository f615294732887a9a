/** A stack's life under the real Terraform on a real server: nothing to do, taint, drift, failures, an instance that is gone. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { difference, dump } from '../../support/catalogs.ts'
import { startProxy } from '../../support/proxy.ts'
import { parseAudit, type Stack, type Variables } from '../../support/terraform.ts'
import { instance } from './instance.ts'

const given = instance()
const NOTHING = /Resources: 0 added, 0 changed, 0 destroyed/

test.serial(
  'a second apply does nothing; a taint looks at everything and changes nothing; drift is put right',
  async (t) => {
    const { server, declare } = given()
    const stack = await declare(t, {
      life: { schemas: ['public', 'mart'], extensions: ['pgcrypto'], settings: { search_path: ['mart', 'public'] } },
      life_reader: { database_name: 'life_dev_db', access_level: 'reader' },
    })
    await stack.applyOk()
    t.is((await stack.outputs())['changed'], true)
    const before = await dump(server)
    const mark = await server.mark()
    t.regex((await stack.applyOk()).output, NOTHING)
    stack.variables['build_id'] = 'build-101'
    t.regex((await stack.applyOk()).output, NOTHING)
    t.is(await server.connectionsSince(mark), 0)

    await stack.taint()
    await stack.applyOk()
    const { run, records } = await stack.lastAudit()
    t.deepEqual(
      [run.outcome, run.build_id, ...new Set(records.map(({ status }) => status))],
      ['no_change', 'build-101', 'no_change'],
    )
    t.deepEqual(difference(before, await dump(server)), [])
    const outputs = await stack.outputs()
    t.is(outputs['changed'], false)
    t.deepEqual(parseAudit(outputs['audit']).run, run)

    await server.sql('ALTER ROLE life_reader_dev_user CONNECTION LIMIT 3')
    stack.variables['always_run'] = true
    await stack.applyOk()
    t.deepEqual(await server.sql(`SELECT rolconnlimit FROM pg_roles WHERE rolname = 'life_reader_dev_user'`), [
      { rolconnlimit: -1 },
    ])
    t.is((await stack.outputs())['changed'], true)
  },
)

test.serial('the audit in the state misses what was cut from the end of the governance files', async (t) => {
  const { declare } = given()
  const stack = await declare(t, { governed: {} }, { governance_dir: './governance' })
  await stack.applyOk()
  const folder = join(stack.folder, 'governance', 'dev')
  const names = ['rds_provision_audit.jsonl', 'rds_provision_audit.csv']
  const before = await Promise.all(names.map((name) => readFile(join(folder, name))))
  await stack.taint()
  await stack.applyOk()
  await writeFile(join(stack.folder, 'state.json'), String((await stack.outputs())['audit_json']))
  const bundle = fileURLToPath(new URL('../../../terraform-module/dist/rds-provision.mjs', import.meta.url))
  const verify = async (...more: string[]): Promise<{ code: number | undefined; stdout: string }> => {
    const args = [bundle, 'report', '--governance-dir', './governance', '--verify', '--section', 'problems', ...more]
    const { exitCode: code, stdout } = await execa(process.execPath, args, { cwd: stack.folder, reject: false })
    return { code, stdout }
  }
  t.like(await verify('--audit', 'state.json'), { code: 0 })
  for (const [index, name] of names.entries()) await writeFile(join(folder, name), before[index] ?? '')
  t.is((await verify()).code, 0)
  const { code, stdout } = await verify('--audit', 'state.json')
  t.is(code, 1)
  t.regex(stdout, /The run of state\.json is not in the file\..* lines were cut from its end/)
})

test.serial(
  'a blocked first run: exit status 4, an audit, no outputs; with the approval the same configuration converges',
  async (t) => {
    const { server, declare } = given()
    const stack = await declare(t, { first: {} }, { environment: 'prod' })
    const before = await dump(server)
    const mark = await server.mark()
    const blocked = await stack.apply()
    t.deepEqual([blocked.code, blocked.scriptExit], [1, 4])
    t.is(await server.connectionsSince(mark), 0)
    t.deepEqual(difference(before, await dump(server)), [])
    const { run } = await stack.lastAudit()
    t.deepEqual([run.outcome, run.approval], ['blocked', 'missing'])
    t.is((await stack.outputs())['audit'], undefined)
    t.is((await stack.apply()).scriptExit, 4)
    await stack.applyOk([], { ALLOW_DB_PROVISION: 'true' })
    t.is(parseAudit((await stack.outputs())['audit']).run.approval, 'approved')
    t.is((await stack.plan()).code, 0)
  },
)

test.serial(
  'a failed later run: the outputs are those of the one before, and the corrected configuration converges',
  async (t) => {
    const { declare } = given()
    const stack = await declare(t, { later: {} })
    await stack.applyOk()
    const before = await stack.outputs()
    stack.applications = { later: { extensions: ['no_such_extension'] } }
    t.is((await stack.apply()).scriptExit, 4)
    t.is((await stack.lastAudit()).run.outcome, 'blocked')
    const { audit, audit_file: file, changed } = await stack.outputs()
    t.deepEqual(
      { audit, file, changed },
      { audit: before['audit'], file: before['audit_file'], changed: before['changed'] },
    )
    stack.applications = { later: {} }
    await stack.applyOk()
    t.is(parseAudit((await stack.outputs())['audit']).run.outcome, 'no_change')
    t.is((await stack.plan()).code, 0)
  },
)

/** A stack behind a proxy, so that its instance can go, and the applications whose databases are there. */
async function behindProxy(t: ExecutionContext, name: string) {
  const { server, declare } = given()
  const proxy = await startProxy(server.port)
  t.teardown(() => proxy.close())
  const applications = [`${name}_kept`, `${name}_dropped`, `${name}_lost`]
  const stack = await declare(
    t,
    Object.fromEntries(applications.map((app, at) => [app, at === 0 ? {} : { cleanup_policy: 'delete' }])),
    {
      stack: name,
      instance: { host: 'localhost', port: proxy.port, identifier: name, resource_id: 'db-GONE' },
      connect_timeout: 2,
    },
  )
  await stack.applyOk()
  const there = async (): Promise<unknown[]> => {
    const databases = applications.map((app) => `${app}_dev_db`)
    const rows = await server.sql('SELECT datname FROM pg_database WHERE datname = ANY($1) ORDER BY 1', [databases])
    return rows.map(({ datname }) => datname)
  }
  return { proxy, stack, there }
}

const markersOf = async (stack: Stack): Promise<(string | undefined)[]> =>
  (await stack.addresses())
    .filter((address) => address.includes('.application['))
    .map((address) => /"(.*)"/.exec(address)?.[1])
    .sort()

test.serial(
  'an instance that is gone: retain goes without it; delete fails with 6, stays in the state, and goes once it is back',
  async (t) => {
    const { proxy, stack, there } = await behindProxy(t, 'away')
    const before = await dump(given().server)
    proxy.die()
    const failed = await stack.destroy()
    t.is(failed.code, 1)
    t.is(failed.scriptExit, 6)
    t.regex(
      failed.text,
      /If the instance is gone for good, its databases are gone with it: run again with RDS_CLEANUP_POLICY=retain/,
    )
    t.deepEqual(await markersOf(stack), ['away_dropped', 'away_lost'])
    t.deepEqual(difference(before, await dump(given().server)), [])

    proxy.reset()
    // One marker alone only asks: whether it is declared under another key, the targeted destroy cannot know.
    t.is((await stack.destroy(['-target=module.databases.terraform_data.application["away_dropped"]'])).code, 0)
    t.deepEqual(await there(), ['away_dropped_dev_db', 'away_kept_dev_db', 'away_lost_dev_db'])
    t.is((await stack.destroy()).code, 0)
    t.deepEqual(await there(), ['away_kept_dev_db'])
    t.deepEqual(await stack.addresses(), [])
  },
)

test.serial(
  'an instance that is gone for good: a destroy that retains needs no server, the end included',
  async (t) => {
    const { proxy, stack, there } = await behindProxy(t, 'over')
    proxy.die()
    t.is((await stack.destroy()).scriptExit, 6)
    t.is((await stack.destroy([], { RDS_CLEANUP_POLICY: 'retain' })).code, 0)
    t.deepEqual(await stack.addresses(), [])
    t.is((await there()).length, 3)
  },
)

test.serial(
  'a snapshot that fails: exit status 5, nothing dropped, the login closed, the removal pending; the next apply converges',
  async (t) => {
    const { server, aws, declare } = given()
    const stack = await declare(
      t,
      { saved: { cleanup_policy: 'snapshot-and-delete' }, stays: {} },
      { instance: { host: server.host, port: server.port, identifier: 'snapped' } },
    )
    await stack.applyOk()
    const before = await dump(server)
    aws.putInstance('snapped')
    aws.snapshotsTake({ milliseconds: 0, outcome: 'failed' })
    stack.applications = { stays: {} }
    t.is((await stack.apply()).scriptExit, 5)
    const changes = difference(before, await dump(server))
    t.deepEqual(
      changes.map((line) =>
        /^([+-]) roles:.*"rolname":"saved_dev_user".*"rolcanlogin":(true|false)/.exec(line)?.slice(1),
      ),
      [
        ['-', 'true'],
        ['+', 'false'],
      ],
    )
    t.deepEqual(await markersOf(stack), ['stays'], 'what is pending stands in the tag')
    aws.snapshotsTake({ milliseconds: 0 })
    await stack.applyOk()
    t.deepEqual(await server.sql(`SELECT datname FROM pg_database WHERE datname IN ('saved_dev_db', 'stays_dev_db')`), [
      { datname: 'stays_dev_db' },
    ])
    t.is((await stack.plan()).code, 0)
  },
)

test.serial('two stacks on one instance: the destroy of one leaves every row of the other as it was', async (t) => {
  const { server, declare } = given()
  const at = (stack: string): Variables => ({
    stack,
    cleanup_policy: 'delete',
    instance: { host: server.host, port: server.port, identifier: 'shared' },
  })
  const one = await declare(
    t,
    { one: { schemas: ['public', 'mart'] }, one_reader: { database_name: 'one_dev_db', access_level: 'reader' } },
    at('one'),
  )
  await one.applyOk()
  const before = await dump(server)
  const two = await declare(
    t,
    { two: { extensions: ['pgcrypto'] }, two_editor: { database_name: 'two_dev_db', access_level: 'editor' } },
    at('two'),
  )
  await two.applyOk()
  t.is((await two.destroy()).code, 0)
  t.deepEqual(difference(before, await dump(server)), [])
  t.is((await one.plan()).code, 0)
})

test.serial(
  'a missing secret is told once as it happens, and once more where Terraform prints the output again',
  async (t) => {
    const { aws, declare } = given()
    const stack = await declare(t, { told: {} })
    aws.removeSecret('platform/dev/told/postgres')
    const { code, output } = await stack.apply()
    t.is(code, 1)
    const [live = '', error = ''] = output.split(/Error: local-exec provisioner error/)
    for (const printed of [live, error]) {
      t.is(printed.split('the secret does not exist').length - 1, 1, output)
      t.is(printed.split('! told: platform/dev/told/postgres: ').length - 1, 1, output)
      t.regex(printed, /failed \(exit 5\): nothing changed|failed \(exit 5\): 1 failed/)
    }
  },
)
