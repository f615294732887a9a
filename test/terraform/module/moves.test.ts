/**
 * What is renamed, moved, counted or taken out: which removals that runs (src/README.md: Markers and destroy
 * provisioners; Order of removal and provisioning).
 */
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { apply, configure, END, makeRig, removal, words } from './rig.ts'

test('a key renamed with `moved`, as the guide prints it, runs no removal', async (t) => {
  const rig = await makeRig({ backstage: { database_name: 'orders', username: 'orders' } })
  await rig.stack.applyOk()
  await rig.calls()
  rig.stack.applications = { portal: { database_name: 'orders', username: 'orders' } }
  await cp(new URL('moved.tf', import.meta.url), join(rig.stack.folder, 'moved.tf'))
  const result = await rig.stack.applyOk()
  t.regex(result.text, /3 added, 1 changed, 3 destroyed/)
  t.deepEqual(await words(rig), ['apply'])
  t.is((await rig.stack.plan()).code, 0)
  await rig.stack.remove()
})

test('a key renamed without `moved`: the removal asks first, and the run that knows all comes second', async (t) => {
  const rig = await makeRig({ old: { database_name: 'orders', username: 'orders' } })
  await rig.stack.applyOk()
  await rig.calls()
  rig.stack.applications = { new: { database_name: 'orders', username: 'orders' } }
  await rig.stack.applyOk()
  t.deepEqual(await words(rig), [removal('old'), 'apply'])
  t.is((await rig.stack.plan()).code, 0)
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
  t.regex((await rig.stack.terraform(['plan', '-no-color'])).text, /6 to add, 0 to change, 6 to destroy/)
  await configure(rig, counted('databases', 'count = 1') + to0)
  t.regex((await apply(rig)).text, /0 added, 0 changed, 0 destroyed/)
  t.deepEqual(await words(rig), [])
  await configure(rig, counted('databases', 'count = 0') + to0)
  t.is((await apply(rig)).code, 0)
  const removals = await words(rig)
  t.deepEqual([removals.slice(0, 2).sort(), removals.slice(2)], [[removal('a'), removal('b')], [END]])
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
  t.regex((await apply(rig)).text, /0 added, 0 changed, 6 destroyed/)
  t.deepEqual(await words(rig), [])
  t.deepEqual(await rig.stack.addresses(), [])
  await rig.stack.remove()
})

test('a targeted destroy of one marker takes the provisioning and its audit along; the next apply runs again', async (t) => {
  const rig = await makeRig({ a: {}, b: {} })
  await rig.stack.applyOk()
  await rig.calls()
  const destroyed = await rig.stack.destroy(['-target=module.databases.terraform_data.application["a"]'])
  t.regex(destroyed.text, /Resources: 3 destroyed/)
  t.deepEqual(await words(rig), [removal('a')])
  await rm(join(rig.stack.folder, '.rds-provision'), { recursive: true })
  await rig.stack.applyOk()
  const [call, ...others] = await rig.calls()
  t.deepEqual([call?.args, others], [['apply'], []])
  t.like((await rig.stack.outputs())['audit'], { run: { id: call?.audit } })
  t.is((await rig.stack.plan()).code, 0)
  await rig.stack.remove()
})

test('a targeted destroy of the audit, of the provisioning and of the declaration runs no removal', async (t) => {
  const rig = await makeRig({ a: {}, b: {} })
  await rig.stack.applyOk()
  await rig.calls()
  for (const [address, count, runs] of [
    ['null_resource.audit', 1, []],
    ['null_resource.provision', 2, ['apply']],
    ['terraform_data.declaration', 3, ['apply']],
  ] as const) {
    const destroyed = await rig.stack.destroy([`-target=module.databases.${address}`])
    t.regex(destroyed.text, new RegExp(`Resources: ${String(count)} destroyed`), address)
    t.deepEqual(await words(rig), [], address)
    await rig.stack.applyOk()
    t.deepEqual(await words(rig), [...runs], address)
  }
  await rig.stack.remove()
})

test('the audit or the provisioning, targeted, takes along what it waits for: the removals too', async (t) => {
  for (const target of ['null_resource.audit', 'null_resource.provision']) {
    const rig = await makeRig({ a: {}, b: {} })
    await rig.stack.applyOk()
    await rig.calls()
    rig.stack.applications = { b: {} }
    await rig.stack.applyOk([`-target=module.databases.${target}`])
    const [first, second, ...others] = await rig.calls()
    t.deepEqual([first?.args.slice(0, 2), second?.args, others], [['destroy', '--request'], ['apply'], []], target)
    await rig.stack.applyOk()
    t.like((await rig.stack.outputs())['audit'], { run: { id: second?.audit } })
    t.deepEqual(await words(rig), [])
    t.is((await rig.stack.plan()).code, 0)
    await rig.stack.remove()
  }
})

test('a marker, targeted, is destroyed alone; the next whole apply runs the provisioning', async (t) => {
  const rig = await makeRig({ a: {}, b: {} })
  await rig.stack.applyOk()
  await rig.calls()
  rig.stack.applications = { b: {} }
  await rig.stack.applyOk(['-target=module.databases.terraform_data.application["a"]'])
  t.deepEqual(await words(rig), [removal('a')])
  await rig.stack.applyOk()
  t.deepEqual(await words(rig), ['apply'])
  t.is((await rig.stack.plan()).code, 0)
  await rig.stack.remove()
})
