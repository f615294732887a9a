/**
 * Two states with one declaration under the real Terraform (src/README.md: One application, one state), and a state that
 * was lost.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { difference, type Dump, dump } from '../../support/catalogs.ts'
import type { Stack, Variables } from '../../support/terraform.ts'
import { instance } from './instance.ts'
import { configure, END, makeRig, removal, words } from './rig.ts'

const given = instance()
const STACK = 'terraform_data.stack'
const DELETED: Variables = { cleanup_policy: 'delete' }

/** The claim in the tag of a role. */
async function claimOf(role: string): Promise<unknown> {
  const [row] = await given().server.sql(
    `SELECT shobj_description(oid, 'pg_authid')::json ->> 'Claim' AS claim FROM pg_roles WHERE rolname = $1`,
    [role],
  )
  return row?.['claim']
}

/** Catalogs without the ids of markers in tags, and the build that wrote them. */
function withoutMarkers(dumped: Dump): Dump {
  const ids = /,?\\"(?:Marker\\":\{[^}]*\}|UpdatedByBuildId\\":\\"[^"\\]*\\")/g
  return new Map([...dumped].map(([catalog, rows]) => [catalog, rows.map((row) => row.replaceAll(ids, ''))]))
}

async function forget(stack: Stack): Promise<void> {
  for (const file of ['terraform.tfstate', 'terraform.tfstate.backup'])
    await rm(join(stack.folder, file), { force: true })
}

test.serial('R2: another workspace and another root, with one declaration and one stack', async (t) => {
  const { server, declare } = given()
  const applications = { r2: DELETED }
  const first = await declare(t, applications, { stack: 'r2' })
  await first.applyOk()
  const before = await dump(server)
  const second = await declare(t, applications, { stack: 'r2' })
  // The secret is written anew for each root; the password is the first one's no more, and nothing may set it.
  for (const refused of [await second.apply(), await second.apply()]) {
    t.is(refused.scriptExit, 4)
    t.regex(refused.text, /the role r2_dev_user belongs to the stack "r2" .*workspace default, claimed in build/)
  }
  t.is((await second.destroy()).code, 0)
  t.deepEqual(difference(before, await dump(server)), [])

  t.is((await first.terraform(['workspace', 'new', 'second'])).code, 0)
  t.is((await first.apply()).scriptExit, 4)
  t.is((await first.destroy()).code, 0)
  t.deepEqual(difference(before, await dump(server)), [])
  t.is((await first.terraform(['workspace', 'select', 'default'])).code, 0)
  t.is((await first.plan()).code, 0)
  t.is((await first.destroy()).code, 0)
})

test.serial(
  'a state that was lost gets its claim back by import: no run is refused, and the plan after it is empty',
  async (t) => {
    const { server, declare } = given()
    const stack = await declare(t, {
      lost: DELETED,
      lost_reader: { database_name: 'lost_dev_db', access_level: 'reader' },
    })
    await stack.applyOk()
    const claim = await claimOf('lost_dev_user')
    t.regex(String(claim), /^[0-9a-f]{8}-/)
    const before = await dump(server)
    const address = `module.databases.${STACK}`
    await forget(stack)
    for (const isEmpty of [true, false]) {
      if (!isEmpty) {
        // As the message says: the refused run has left a claim of its own.
        t.is((await stack.apply()).scriptExit, 4)
        t.is((await stack.terraform(['state', 'rm', address])).code, 0)
      }
      const imported = await stack.terraform(['import', '-no-color', address, String(claim)])
      t.is(imported.code, 0, imported.output)
      await stack.applyOk()
      // The markers are others, and the tags say so; nothing else is written.
      t.deepEqual(difference(withoutMarkers(before), withoutMarkers(await dump(server))), [])
      t.is((await stack.plan()).code, 0)
      await forget(stack)
    }
  },
)

test.serial(
  'a state in which nothing is removed ends outside of dev without its secret, a build id or an approval',
  async (t) => {
    const { server, aws, declare } = given()
    const secret = 'platform/claims/admin'
    aws.putLogin(secret, server.admin.user, server.admin.password)
    const stack = await declare(t, { ends: {} }, { environment: 'prod', stack: 'ends', admin_secret_id: secret })
    await stack.applyOk([], { ALLOW_DB_PROVISION: 'true' })
    const before = await dump(server)
    aws.removeSecret(secret)
    delete stack.variables['build_id']
    const ended = await stack.destroy()
    t.is(ended.code, 0, ended.output)
    t.regex(ended.text, /keeps the claim [0-9a-f-]{36}, which a later apply takes over with ALLOW_DB_TAKEOVER=true/)
    t.deepEqual(difference(before, await dump(server)), [])
    t.deepEqual(await stack.addresses(), [])
  },
)

test('when the state was begun goes with the input of every apply, and is not known of a claim that was imported', async (t) => {
  const rig = await makeRig({ a: {} })
  const began = Date.now()
  await rig.stack.applyOk()
  await rig.stack.taint('null_resource.provision')
  await rig.stack.applyOk()
  const [first, second] = await rig.calls()
  const madeAt = first?.input['stack_made_at']
  t.true(Math.abs(Date.parse(String(madeAt)) - began) < 60_000, String(madeAt))
  t.is(second?.input['stack_made_at'], madeAt)
  const address = 'module.databases.terraform_data.stack'
  t.is((await rig.stack.terraform(['state', 'rm', address])).code, 0)
  t.is((await rig.stack.terraform(['import', address, String(first?.input['claim'])])).code, 0)
  // What the end of the state needs is given to it in place, and nothing runs for that.
  t.regex((await rig.stack.applyOk()).text, /0 added, 1 changed, 0 destroyed/)
  t.deepEqual(await rig.calls(), [])
  t.is((await rig.stack.plan()).code, 0)
  await rig.stack.taint('null_resource.provision')
  await rig.stack.applyOk()
  const [imported] = await rig.calls()
  t.like(imported?.input, { claim: first?.input['claim'], stack_made_at: null })
  await rig.stack.remove()
})

test('the claim goes with the input, the markers and the triggers, ends with the state, and nothing that people read waits for it', async (t) => {
  const rig = await makeRig({ a: {} })
  await configure(
    rig,
    `
module "databases" {
  source                = "./module"
  environment           = "dev"
  instance              = { host = "db.example.internal" }
  admin_secret_id       = "admin"
  node_command          = "NODE"
  build_id              = "b1"
  application_databases = { a = {} }
}
output "claim" { value = module.databases.claim }
output "databases" { value = module.databases.databases }
`,
  )
  const planned = await rig.stack.terraform(['plan', '-no-color'])
  t.regex(planned.text, /database += "a_dev_db"/)
  t.regex(planned.text, /claim += \(known after apply\)/)
  t.is((await rig.stack.terraform(['apply', '-no-color', '-auto-approve'])).code, 0)
  const { claim } = await rig.stack.outputs()
  const [applied] = await rig.calls()
  t.deepEqual(
    [applied?.input['claim'], applied?.input['workspace'], applied?.input['stack']],
    [claim, 'default', 'db/dev'],
  )
  t.is((await rig.stack.terraform(['plan', '-no-color', '-detailed-exitcode'])).code, 0)
  // A claim that is another one is noticed at once, not by the next change.
  await rig.stack.taint(STACK)
  t.is((await rig.stack.terraform(['apply', '-no-color', '-auto-approve'])).code, 0)
  const [again] = await rig.calls()
  t.deepEqual(again?.args, ['apply'])
  t.not(again?.input['claim'], claim)

  t.is((await rig.stack.terraform(['workspace', 'new', 'blue'])).code, 0)
  t.is((await rig.stack.terraform(['apply', '-no-color', '-auto-approve'])).code, 0)
  const [blue] = await rig.calls()
  t.deepEqual([blue?.input['workspace'], blue?.input['stack']], ['blue', 'db/dev/blue'])
  t.is((await rig.stack.terraform(['destroy', '-no-color', '-auto-approve'])).code, 0)
  t.deepEqual(await words(rig), [removal('a'), END])
  await rig.stack.remove()
})
