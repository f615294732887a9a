/**
 * A stack that the former module has applied, with its bundle, goes on with today's: its state, markers, tags, audits and
 * governance files are read, and nothing changes but what `changes.ts` lists.
 */
import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { difference, type Dump, dump } from '../support/catalogs.ts'
import { MODULE, type Stack, type Variables } from '../support/terraform.ts'
import { instance } from '../terraform/module/instance.ts'
import { without } from '../terraform/module/leavers.ts'
import { callModule, fill, inShapeOf, makeLegacy, report, sectionsOf, writeDeclaration } from './bed.ts'
import { formerModule } from './former.ts'
import { plannedChanges, removed } from './plan.ts'
import { assertRows, upgrade } from './steps.ts'
import { unpackModule } from './unpack.ts'

const given = instance()
const former = formerModule()

/** Every level, and what an entry may ask for; `legacy` is a login with a database from before. */
const SHOP = {
  schemas: ['public', 'mart'],
  extensions: ['pgcrypto'],
  settings: { search_path: ['mart', 'public'], statement_timeout: '30s' },
  connection_limit: 20,
}
const APPLICATIONS: Readonly<Record<string, Variables>> = {
  shop: SHOP,
  shop_editor: { database_name: 'shop_dev_db', access_level: 'editor', cleanup_policy: 'delete' },
  shop_reader: { database_name: 'shop_dev_db', access_level: 'reader', cleanup_policy: 'retain' },
  cart: { cleanup_policy: 'delete', can_create_databases: true, valid_until: '2099-01-01T00:00:00Z' },
  cart_reader: { database_name: 'cart_dev_db', access_level: 'reader', cleanup_policy: 'delete' },
  news: { cleanup_policy: 'delete', database_connection_limit: 30 },
  adopted: { username: 'legacy', database_name: 'legacy', adopt_existing: true },
}
const CART = [
  { username: 'cart_dev_user', database: 'cart_dev_db', isOwner: true },
  { username: 'cart_reader_dev_user', database: 'cart_dev_db', isOwner: false },
]
const SHOP_EDITOR = { username: 'shop_editor_dev_user', database: 'shop_dev_db', isOwner: false }
const NEWS = { username: 'news_dev_user', database: 'news_dev_db', isOwner: true }

test.serial(
  'nothing changes but what is listed; markers, audits and governance files are read; removals work',
  async (t) => {
    const { server, declare } = given()
    await makeLegacy(given(), 'legacy')
    const governance = join(former().folder, 'governance')
    const stack = await declare(t, APPLICATIONS, { governance_dir: governance, stack: 'whole', build_id: 'build-100' })
    await callModule(stack, former().module)
    await stack.applyOk()
    await fill(given(), { shop_dev_db: 'shop_dev_user', cart_dev_db: 'cart_dev_user', news_dev_db: 'news_dev_user' })
    // A second run, so that there is an access over time, and a third, so that the last run is one that found nothing to do.
    stack.applications['shop'] = { ...SHOP, settings: { search_path: ['mart', 'public'] } }
    stack.applications['shop_reader'] = { ...APPLICATIONS['shop_reader'], valid_until: '2099-01-01T00:00:00Z' }
    stack.variables['build_id'] = 'build-101'
    await stack.applyOk()
    t.is((await stack.plan()).code, 0)
    const before = await dump(server)
    const outputs = await stack.outputs()

    await readsFiles(t, stack, governance)
    await callModule(stack, MODULE)
    await stack.applyOk(['-refresh-only'])
    const { databases, changed = null, audit = null } = await stack.outputs()
    t.deepEqual(databases, outputs['databases'])
    // The audit is in another resource now, which the apply makes.
    t.deepEqual([audit, changed], [null, null])
    await upgrade(t, { server, stack, former: former().module, before })

    const declaration = await writeDeclaration(stack)
    await report(MODULE, given(), ['--input', declaration, '--connect', '--verify'])
    await removeAndDestroy(t, stack, before)
    await report(MODULE, given(), ['--governance-dir', governance, '--verify'])
  },
)

test.serial(
  'a removal in the same apply as the upgrade: by the policy that the former module has put down',
  async (t) => {
    const { server, declare } = given()
    const stack = await declare(t, {
      dropped: { cleanup_policy: 'delete' },
      guest: { database_name: 'stays_dev_db', access_level: 'reader', cleanup_policy: 'delete' },
      kept: {},
      stays: {},
    })
    await callModule(stack, former().module)
    await stack.applyOk()
    const before = await dump(server)
    await callModule(stack, MODULE)
    stack.applications = { stays: {} }
    t.deepEqual(removed(await plannedChanges(stack)), ['dropped', 'guest', 'kept'])
    await stack.applyOk()
    const gone = [
      { username: 'dropped_dev_user', database: 'dropped_dev_db', isOwner: true },
      { username: 'guest_dev_user', database: 'stays_dev_db', isOwner: false },
    ]
    assertRows(t, without(before, gone), await dump(server))
    t.is((await stack.plan()).code, 0)
  },
)

test.serial(
  'a destroy as the first thing after the upgrade: a cycle, and nothing runs; after an apply it works',
  async (t) => {
    const { server, declare } = given()
    const stack = await declare(t, {
      left: {},
      ended: { cleanup_policy: 'delete' },
      ended_editor: { database_name: 'ended_dev_db', access_level: 'editor', cleanup_policy: 'delete' },
    })
    await callModule(stack, former().module)
    await stack.applyOk()
    const before = await dump(server)
    const addresses = await stack.addresses()
    const audits = await readdir(stack.auditDir)
    await callModule(stack, MODULE)
    // By the state the markers wait for the provisioning, by the module the provisioning waits for them.
    const cycle = await stack.destroy()
    t.is(cycle.code, 1)
    t.regex(cycle.text, /Error: Cycle/)
    t.deepEqual(difference(before, await dump(server)), [])
    t.deepEqual([await stack.addresses(), await readdir(stack.auditDir)], [addresses, audits])
    await stack.applyOk()
    const { code, output } = await stack.destroy()
    t.is(code, 0, output)
    const gone = [
      { username: 'ended_dev_user', database: 'ended_dev_db', isOwner: true },
      { username: 'ended_editor_dev_user', database: 'ended_dev_db', isOwner: false },
    ]
    assertRows(t, without(before, gone), await dump(server))
    t.deepEqual(await stack.addresses(), [])
  },
)

test('a commit that the clone does not have: what to fetch', async (t) => {
  const unknown = '0123456789'.repeat(4)
  await t.throwsAsync(unpackModule(unknown, former().folder), {
    message: /^The upgrade tests apply .* commit (0123456789){4}, which .* not have[^]*`git fetch --unshallow`/,
  })
})

/** Today's program reads from the former's files what the former's own program does, and finds them whole. */
async function readsFiles(t: ExecutionContext, stack: Stack, governance: string): Promise<void> {
  const files = join(former().folder, 'as-left')
  await cp(governance, files, { recursive: true })
  await report(MODULE, given(), ['--governance-dir', files, '--verify'])
  for (const source of [['--governance-dir', files] as const, ['--audit-dir', stack.auditDir] as const]) {
    const told = await sectionsOf(former().module, given(), source)
    t.true(
      Object.values(told).every((rows) => rows.length > 0),
      JSON.stringify(told),
    )
    t.deepEqual(inShapeOf(told, await sectionsOf(MODULE, given(), source)), told, source[0])
  }
}

async function removeAndDestroy(t: ExecutionContext, stack: Stack, before: Dump): Promise<void> {
  const { server } = given()
  const { shop = {}, news = {}, adopted = {} } = stack.applications
  stack.applications = { shop, news, adopted }
  t.deepEqual(removed(await plannedChanges(stack)), ['cart', 'cart_reader', 'shop_editor', 'shop_reader'])
  await stack.applyOk()
  const gone = [...CART, SHOP_EDITOR]
  assertRows(t, without(before, gone), await dump(server))
  t.is((await stack.plan()).code, 0)
  const { code, output } = await stack.destroy()
  t.is(code, 0, output)
  assertRows(t, without(before, [...gone, NEWS]), await dump(server))
  t.deepEqual(await stack.addresses(), [])
}
