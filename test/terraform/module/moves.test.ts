/**
 * What is renamed, moved, counted or taken out: which removals that runs (src/README.md: Markers and destroy
 * provisioners; Order of removal and provisioning).
 */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { apply, configure, makeRig, words } from './rig.ts'

test('a key renamed with `moved` runs no removal', async (t) => {
  const rig = await makeRig({ old: { database_name: 'orders', username: 'orders' } })
  await rig.stack.applyOk()
  await rig.calls()
  rig.stack.applications = { new: { database_name: 'orders', username: 'orders' } }
  await writeFile(
    join(rig.stack.folder, 'moved.tf'),
    `moved {
    from = module.databases.terraform_data.application["old"]
    to   = module.databases.terraform_data.application["new"]
  }`,
  )
  const result = await rig.stack.applyOk()
  t.regex(result.text, /2 added, 1 changed, 2 destroyed/)
  t.deepEqual(await words(rig), ['apply'])
  t.is((await rig.stack.plan()).code, 0)
  await rig.stack.remove()
})

test('a key renamed without `moved`: the removal comes first', async (t) => {
  const rig = await makeRig({ old: { database_name: 'orders', username: 'orders' } })
  await rig.stack.applyOk()
  await rig.calls()
  rig.stack.applications = { new: { database_name: 'orders', username: 'orders' } }
  await rig.stack.applyOk()
  t.deepEqual(await words(rig), ['destroy --application old', 'apply'])
  await rig.stack.remove()
})

const counted = (name: string, count: string) =>
  `
module "${name}" {
  source                = "./module"
  COUNT
  environment           = "dev"
  instance              = { host = "one.example.internal" }
  admin_secret_id       = "admin"
  node_command          = "NODE"
  application_databases = { a = {}, b = {} }
}
`.replace('COUNT', count)

test('count, put on later, is a move to [0]: with `moved` it runs nothing, without it the removals; taken to 0 it runs them too', async (t) => {
  const rig = await makeRig()
  const to0 = 'moved {\n from = module.databases\n to = module.databases[0]\n}\n'
  await configure(rig, counted('databases', ''))
  t.is((await apply(rig)).code, 0)
  t.deepEqual(await words(rig), ['apply'])
  await configure(rig, counted('databases', 'count = 1'))
  t.regex((await rig.stack.terraform(['plan', '-no-color'])).text, /5 to add, 0 to change, 5 to destroy/)
  await configure(rig, counted('databases', 'count = 1') + to0)
  t.regex((await apply(rig)).text, /0 added, 0 changed, 0 destroyed/)
  t.deepEqual(await words(rig), [])
  await configure(rig, counted('databases', 'count = 0') + to0)
  t.is((await apply(rig)).code, 0)
  t.deepEqual((await words(rig)).sort(), ['destroy --application a', 'destroy --application b'])
  await rig.stack.remove()
})

test('a module call renamed with `moved` runs nothing; one that is taken out runs nothing either', async (t) => {
  const rig = await makeRig()
  await configure(rig, counted('databases', ''))
  t.is((await apply(rig)).code, 0)
  await rig.calls()
  await configure(rig, counted('platform', '') + 'moved {\n from = module.databases\n to = module.platform\n}\n')
  t.regex((await apply(rig)).text, /0 added, 0 changed, 0 destroyed/)
  t.deepEqual(await words(rig), [])
  await configure(rig, '')
  t.regex((await apply(rig)).text, /0 added, 0 changed, 5 destroyed/)
  t.deepEqual(await words(rig), [])
  t.deepEqual(await rig.stack.addresses(), [])
  await rig.stack.remove()
})

test('a targeted destroy of one marker runs its removal alone, and leaves the audit, which another runner has no file of', async (t) => {
  const rig = await makeRig({ a: {}, b: {} })
  await rig.stack.applyOk()
  await rig.calls()
  const before = await rig.stack.outputs()
  const destroyed = await rig.stack.destroy(['-target=module.databases.terraform_data.application["a"]'])
  t.regex(destroyed.text, /Resources: 1 destroyed/)
  t.deepEqual(await words(rig), ['destroy --application a'])
  await rm(join(rig.stack.folder, '.rds-provision'), { recursive: true })
  await rig.stack.applyOk()
  t.deepEqual(await rig.stack.outputs(), before)
  await rig.stack.remove()
})

test('the audit alone, targeted, runs the provisioning and no removal', async (t) => {
  const rig = await makeRig({ a: {}, b: {} })
  await rig.stack.applyOk()
  await rig.calls()
  rig.stack.applications = { b: {} }
  await rig.stack.applyOk(['-target=module.databases.terraform_data.audit'])
  const [call, ...others] = await rig.calls()
  t.deepEqual([call?.args, others], [['apply'], []])
  t.like((await rig.stack.outputs())['audit'], { run: { id: call?.audit } })
  await rig.stack.applyOk()
  t.deepEqual(await words(rig), ['destroy --application a'])
  await rig.stack.remove()
})
