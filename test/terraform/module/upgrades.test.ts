/**
 * The guide "Upgrading PostgreSQL" under the real Terraform, as far as a server can be had here: what pg_upgrade leaves is
 * made by hand (test/support/major-upgrade.ts). Servers that are really upgraded: test/compat/pg-upgrade.test.ts.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import type { AuditDocument } from '../../../src/model/audit.ts'
import { codeBlocks, guide, readDocument } from '../../support/documents.ts'
import { launchBundle } from '../../support/launch.ts'
import { HELPER, helperRows, membershipsIn, upgraded } from '../../support/major-upgrade.ts'
import { VERSIONS } from '../../support/provision.ts'
import { ADMIN_SECRET, MASTER_SECRET, parseAudit, type Stack, type Variables } from '../../support/terraform.ts'
import { type Instance, instance } from './instance.ts'

const page = readDocument(guide('upgrading-postgresql'))
const WITH_MASTER: Variables = { master_secret_id: MASTER_SECRET }
const PREPARING: Variables = { ...WITH_MASTER, prepare_major_upgrade: true }
const DELETED: Variables = { cleanup_policy: 'delete' }
const OLD = VERSIONS.find((version) => version < 16)
const NEW = VERSIONS.find((version) => version >= 16)

function putMaster({ aws, server }: Instance): void {
  aws.putSecret(MASTER_SECRET, { username: server.master.user, password: server.master.password })
}

/** What the last run said of the preparation. */
async function preparation(stack: Stack): Promise<string[]> {
  return (await stack.lastAudit()).records
    .filter(({ action }) => action === 'prepare upgrade')
    .map(({ status, message }) => `${status} ${message}`)
}

/** What the last run gave the admin. */
function givenBack({ records }: AuditDocument): string[] {
  return records
    .filter(({ object, action, status }) => object === 'admin' && action === 'grant' && status === 'created')
    .flatMap(({ statements }) => statements)
}

async function helper({ server }: Instance): Promise<unknown[]> {
  return server.sql('SELECT rolcanlogin AS login, rolinherit AS inherit FROM pg_roles WHERE rolname = $1', [HELPER])
}

test('the guide names what the tests below do', (t) => {
  for (const words of ['prepare_major_upgrade', 'taint module.<name>.null_resource.provision', '`resource_id`', HELPER])
    t.true(page.includes(words), words)
})

if (OLD !== undefined) {
  const given = instance(OLD)
  const on = `PostgreSQL ${String(OLD)}: `

  test.serial.before(`${on}the master's secret`, () => {
    putMaster(given())
  })

  test.serial(`${on}one apply prepares for all stacks of the instance, and the plan after it is empty`, async (t) => {
    const { server, aws, declare } = given()
    const other = await declare(t, { neighbour: {} }, { stack: 'other' })
    await other.applyOk()
    const stack = await declare(
      t,
      { shop: {}, look: { database_name: 'shop_dev_db', access_level: 'reader' } },
      PREPARING,
    )
    await stack.applyOk()
    t.deepEqual(await helper(given()), [{ login: false, inherit: false }])
    const names = ['look_dev_user', 'neighbour_dev_user', 'shop_dev_user']
    t.deepEqual(
      await helperRows(server),
      names.map((role) => ({ role, admin: true, inherit: false })),
    )
    for (const role of [HELPER, server.admin.user])
      t.like(await membershipsIn(server, role), [{ member: server.master.user, admin: true }])
    const told = await preparation(stack)
    for (const name of names) t.true(told.includes(`created ${HELPER} administers ${name}`), told.join('\n'))
    t.is((await stack.plan()).code, 0)
    t.is((await other.plan()).code, 0)

    const reads = aws.readsOf(MASTER_SECRET).length
    stack.applications = { ...stack.applications, late: {} }
    aws.putLogin('platform/dev/late/postgres', 'late_dev_user', 'l')
    await stack.applyOk()
    t.true((await helperRows(server)).some(({ role }) => role === 'late_dev_user'))
    t.is(aws.readsOf(MASTER_SECRET).length, reads + 1)
    t.is((await stack.plan()).code, 0)

    await stack.taint()
    await stack.applyOk()
    t.deepEqual(await preparation(stack), [
      `no_change prepared for an upgrade to PostgreSQL 16 or later: ${HELPER} administers 4 managed role(s), and dbmaster administers it`,
    ])
  })

  test.serial(`${on}the command of the guide, by hand`, async (t) => {
    const { server, aws, declare } = given()
    const stack = await declare(t, { byhand: {} }, { stack: 'by-hand' })
    await stack.applyOk()
    const [block] = codeBlocks(page)
    const [, ...words] = (block?.text ?? '').trim().split(' ')
    t.deepEqual(words, ['prepare-upgrade', '--input', 'declaration.json'])
    const file = join(stack.folder, 'declaration.json')
    await writeFile(
      file,
      JSON.stringify({
        instance: { host: server.host, port: server.port, identifier: 'db-1' },
        environment: 'dev',
        admin_secret_id: ADMIN_SECRET,
        ...PREPARING,
        tls: { ca_file: server.caFile },
        application_databases: {},
      }),
    )
    const audit = join(stack.folder, 'audit.json')
    const env = { ...aws.env, RDS_PROVISION_BUILD_ID: 'by-hand' }
    const planned = await launchBundle(['plan', '--input', file], env).ended
    t.is(planned.code, 0, planned.stderr)
    t.regex(planned.stdout, /GRANT "byhand_dev_user" TO "platform_provisioner_upgrade" WITH ADMIN OPTION;/)
    const { code, stdout } = await launchBundle([...words.slice(0, -1), file, '--audit-file', audit], env).ended
    t.is(code, 0, stdout)
    t.true((await helperRows(server)).some(({ role }) => role === 'byhand_dev_user'))
    const { records } = parseAudit(JSON.parse(await readFile(audit, 'utf8')))
    t.regex(
      records.at(-1)?.message ?? '',
      /^prepared for an upgrade to PostgreSQL 16 or later: .* administers \d+ managed role/,
    )
  })

  test.serial(`${on}refused where a managed login goes by IAM, with everything else done`, async (t) => {
    const { server, aws, declare } = given()
    const stack = await declare(t, { token: { auth: 'iam', ...DELETED }, plain: DELETED }, PREPARING)
    aws.putLogin('platform/dev/plain/postgres', 'plain_dev_user', 'p')
    const refused = await stack.apply()
    t.is(refused.scriptExit, 4)
    t.regex(refused.text, /the major upgrade was not prepared: .* these go by IAM: token_dev_user/)
    t.true(await server.canLogin('plain_dev_user', 'p', 'plain_dev_db'))
    stack.variables = { ...stack.variables, prepare_major_upgrade: false }
    await stack.applyOk()
    t.is((await stack.destroy()).code, 0)
  })
}

if (NEW !== undefined) {
  const given = instance(NEW)
  const on = `PostgreSQL ${String(NEW)}: `

  test.serial.before(`${on}the master's secret`, () => {
    putMaster(given())
  })

  test.serial(`${on}preparing does nothing, says so, and the plan after it is empty`, async (t) => {
    const { aws, declare } = given()
    const stack = await declare(t, { newer: {} }, PREPARING)
    await stack.applyOk()
    t.is(aws.readsOf(MASTER_SECRET).length, 1, 'for its username')
    t.deepEqual(await helper(given()), [])
    t.regex((await preparation(stack)).join(), /^skipped nothing to prepare: this is PostgreSQL 1[6-9]\./)
    t.is((await stack.plan()).code, 0)
    stack.variables = { ...stack.variables, prepare_major_upgrade: false }
    await stack.applyOk()
    t.is((await stack.lastAudit()).run.outcome, 'no_change', 'it can go')
    t.is(aws.readsOf(MASTER_SECRET).length, 1)
  })

  for (const way of ['taint', 'resource_id'] as const)
    test.serial(`${on}after an upgrade in place a run comes by ${way}, and the rights are given back`, async (t) => {
      const { server, aws, declare } = given()
      const name = `after_${way}`
      const stack = await declare(t, { [name]: {} }, WITH_MASTER)
      await stack.applyOk()
      await upgraded(server, [`${name}_dev_user`], true)
      t.is((await stack.plan()).code, 0, 'nothing runs on its own')
      const reads = aws.readsOf(MASTER_SECRET).length
      if (way === 'taint') await stack.taint()
      else stack.variables = withInstance(stack, { resource_id: 'db-GREEN' })
      await stack.applyOk()
      t.deepEqual(givenBack(await stack.lastAudit()), [
        `GRANT "${name}_dev_user" TO "platform_provisioner" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`,
      ])
      t.is((await stack.plan()).code, 0)
      t.is(aws.readsOf(MASTER_SECRET).length, reads + 1)
      await stack.taint()
      await stack.applyOk()
      t.is((await stack.lastAudit()).run.outcome, 'no_change')
      t.is(aws.readsOf(MASTER_SECRET).length, reads + 1, 'it is not read from then on')
    })

  test.serial(`${on}a removal that comes first asks the master too`, async (t) => {
    const { server, declare } = given()
    const stack = await declare(t, { goes: DELETED, stays: {} }, WITH_MASTER)
    await stack.applyOk()
    await upgraded(server, ['goes_dev_user', 'stays_dev_user'], true)
    stack.applications = { stays: {} }
    await stack.applyOk()
    t.deepEqual(await server.sql(`SELECT FROM pg_roles WHERE rolname = 'goes_dev_user'`), [])
    t.is((await stack.plan()).code, 0)
  })

  test.serial(`${on}where nobody prepared and the server refuses, the others are done`, async (t) => {
    const { server, aws, declare } = given()
    const stack = await declare(t, { stuck: {} }, WITH_MASTER)
    await stack.applyOk()
    await upgraded(server, ['stuck_dev_user'], false)
    aws.putLogin('platform/dev/fresh/postgres', 'fresh_dev_user', 'f')
    stack.applications = { ...stack.applications, fresh: {} }
    const refused = await stack.apply()
    t.is(refused.scriptExit, 4)
    t.regex(refused.text, /dbmaster tried to give it, and the server refused: permission denied to grant role/)
    t.true(await server.canLogin('fresh_dev_user', 'f', 'fresh_dev_db'))
    await server.sql('GRANT stuck_dev_user TO dbmaster WITH ADMIN TRUE, INHERIT FALSE, SET FALSE')
    await stack.applyOk()
    t.is((await stack.plan()).code, 0)
  })

  test.serial(
    `${on}where the identifier changes, what follows it is written into tags, and nothing else`,
    async (t) => {
      const { declare } = given()
      for (const names of [{ cluster_name: 'orders', stack: 'orders' }, {}]) {
        const isNamed = 'stack' in names
        const name = isNamed ? 'named' : 'following'
        const stack = await declare(t, { [name]: {} }, names)
        await stack.applyOk()
        stack.variables = withInstance(stack, { identifier: `${name}-green`, resource_id: 'db-GREEN' })
        await stack.applyOk()
        const { records } = await stack.lastAudit()
        const changed = records.filter(({ status }) => status !== 'no_change').map(({ object }) => object)
        t.deepEqual(changed, isNamed ? [] : ['tag', 'tag'])
        t.is((await stack.plan()).code, 0)
      }
    },
  )
}

function entry(value: unknown): Variables {
  return Object.fromEntries(typeof value === 'object' && value !== null ? Object.entries(value) : [])
}

function withInstance(stack: Stack, fields: Variables): Variables {
  return { ...stack.variables, instance: { ...entry(stack.variables['instance']), ...fields } }
}
