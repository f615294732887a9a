/** When the script runs and when it does not: what changes, in place or not (src/README.md: Facts about Terraform). */
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { auditJson } from '../../../src/audit/file.ts'
import type { AuditDocument } from '../../../src/model/audit.ts'
import { documentOf, DONE } from '../../unit/audit/sample.ts'
import { copyModule, END, makeRig, removal, type Rig, words } from './rig.ts'

async function applied(...parameters: Parameters<typeof makeRig>): Promise<Rig> {
  const rig = await makeRig(...parameters)
  await rig.stack.applyOk()
  await rig.calls()
  return rig
}

/** Where an application connects, as `databases` says. */
function connection(app: string): Record<string, unknown> {
  return {
    database: `${app}_dev_db`,
    username: `${app}_dev_user`,
    access_level: 'owner',
    secret_id: `platform/dev/${app}/postgres`,
    host: 'orders.cluster.example.internal',
    port: 5433,
  }
}

/** The outputs that come from the audit. */
function auditOutputs({ databases: _declared, ...others }: Record<string, unknown>): Record<string, unknown> {
  return others
}

test('nothing changed, and a new build or run id alone, plan nothing', async (t) => {
  const { stack } = await applied()
  t.is((await stack.plan()).code, 0)
  stack.variables = { ...stack.variables, build_id: 'build-2', run_id: 'run-2' }
  t.is((await stack.plan()).code, 0)
  await stack.remove()
})

test('what changes without a removal updates the markers in place and destroys nothing', async (t) => {
  const rig = await applied()
  const { stack } = rig
  const instance = { host: 'moved.cluster.example.internal', port: 5432, identifier: 'orders', resource_id: 'db-2' }
  // Replaced are the provisioning, its audit, and what is declared; updated the two markers and the stack.
  const changes = [
    { change: { cleanup_policy: 'delete' }, replaced: 3 },
    { change: { instance }, replaced: 2 },
    { change: { tags: { Team: 'orders' } }, replaced: 3 },
    { change: { stack: 'renamed' }, replaced: 3 },
  ]
  for (const { change, replaced } of changes) {
    stack.variables = { ...stack.variables, ...change }
    const result = await stack.applyOk()
    const count = String(replaced)
    t.regex(result.text, new RegExp(`${count} added, 3 changed, ${count} destroyed`), JSON.stringify(change))
    t.deepEqual(await words(rig), ['apply'], JSON.stringify(change))
  }
  const ways = [
    { connect_through: { host: '127.0.0.1', port: 15432 } },
    { tls: { mode: 'verify-ca' } },
    { audit_dir: 'elsewhere' },
  ]
  for (const way of ways) {
    stack.variables = { ...stack.variables, ...way }
    const result = await stack.applyOk()
    t.regex(result.text, /0 added, 3 changed, 0 destroyed/, JSON.stringify(way))
    t.deepEqual(await words(rig), [], JSON.stringify(way))
  }
  stack.variables = { ...stack.variables, lock_timeout: 5, connect_timeout: 10, max_connections: 2 }
  t.is((await stack.plan()).code, 0, 'what no removal uses changes no marker')
  await stack.remove()
})

test('another version of the module, and another node, run the provisioning and no removal', async (t) => {
  const rig = await applied()
  const { stack } = rig
  const module = await copyModule(stack.folder, 'next')
  await writeFile(join(module, 'dist', 'rds-provision.mjs'), '// a newer bundle\n')
  const declaration = join(module, 'declaration.tf')
  await writeFile(
    declaration,
    (await readFile(declaration, 'utf8')).replace(/schema_version( *)= 1/, 'schema_version$1= 2'),
  )
  const command = join(stack.folder, 'other-stand-in')
  await cp(join(stack.folder, 'stand-in'), command)
  stack.variables = { ...stack.variables, source: './next', node_command: command }
  await stack.prepare()
  t.is((await stack.terraform(['init', '-no-color'])).code, 0)
  const result = await stack.applyOk()
  t.regex(result.text, /3 added, 3 changed, 3 destroyed/)
  t.deepEqual(await words(rig), ['apply'])
  t.is((await stack.plan()).code, 0)
  delete stack.applications['keycloak']
  await stack.applyOk()
  const [request] = await rig.calls()
  t.is(request?.input['schema_version'], 2)
  t.is(request?.bundle, 'next/dist/rds-provision.mjs')
  await stack.remove()
})

test('secret versions, the resource id, taint and always_run run it again', async (t) => {
  const rig = await applied()
  const { stack } = rig
  stack.variables['secret_versions'] = { keycloak: 'v2', nested: { other: 1 } }
  await stack.applyOk()
  t.deepEqual(await words(rig), ['apply'])
  await stack.taint()
  await stack.applyOk([], { STAND_IN_OUTCOME: 'no_change' })
  t.deepEqual(await words(rig), ['apply'])
  t.is((await stack.outputs())['changed'], false)
  t.is((await stack.plan()).code, 0)
  stack.variables['always_run'] = true
  await stack.applyOk()
  await stack.applyOk()
  t.deepEqual(await words(rig), ['apply', 'apply'])
  await stack.remove()
})

test('`changed` is what the audit says of the run, whatever stands in its strings', async (t) => {
  const { stack } = await makeRig({ a: {} }, { always_run: true })
  const document = (outcome: 'changed' | 'no_change'): AuditDocument =>
    documentOf(
      [
        {
          message: '"outcome": "changed"',
          statements: ['"outcome":"changed"', '\\"outcome": "changed"', 'outcome', 'changed'],
        },
      ],
      {},
      { ...DONE, outcome },
    )
  const both: boolean[] = []
  for (const text of [
    auditJson(document('changed')),
    auditJson(document('no_change')),
    JSON.stringify(document('changed')),
    JSON.stringify(document('no_change')),
  ]) {
    await stack.applyOk([], { STAND_IN_AUDIT: text })
    both.push((await stack.outputs())['changed'] === true)
  }
  t.deepEqual(both, [true, false, true, false])
  await stack.remove()
})

test('a removed key runs its removal once; taint of a marker none; -replace and destroy do, and the end comes last', async (t) => {
  const rig = await applied({ a: {}, b: {}, c: {} })
  const { stack } = rig
  await stack.taint('terraform_data.application["b"]')
  await stack.applyOk()
  // The marker is another one, which the run puts down in the tag.
  t.deepEqual(await words(rig), ['apply'])
  await stack.applyOk(['-replace=module.databases.terraform_data.application["b"]'])
  t.deepEqual(await words(rig), [removal('b'), 'apply'], 'the run takes back what is declared')
  delete stack.applications['a']
  await stack.applyOk()
  t.deepEqual(await words(rig), [removal('a'), 'apply'])
  t.is((await stack.plan()).code, 0)
  await stack.destroy()
  const removals = await words(rig)
  t.deepEqual([removals.slice(0, 2).sort(), removals.slice(2)], [[removal('b'), removal('c')], [END]])
  t.deepEqual(await stack.addresses(), [])
  await stack.remove()
})

test('the policy that counts is the last applied one', async (t) => {
  const { stack, calls } = await applied({ a: { cleanup_policy: 'delete' }, b: {} })
  stack.applications = { b: {} }
  stack.variables['cleanup_policy'] = 'retain'
  await stack.applyOk()
  const [request] = await calls()
  t.like(request?.input['application_databases'], { a: { cleanup_policy: 'delete' } })
  t.is(request?.words, 'DROPS a_dev_db, login a_dev_user')
  await stack.remove()
})

test('a failed run is tried again, and the outputs still speak of the one before', async (t) => {
  const rig = await applied({ a: {} })
  const { stack } = rig
  const before = await stack.outputs()
  stack.applications['b'] = {}
  const failed = await stack.apply([], { STAND_IN_EXIT: '4' })
  t.is(failed.scriptExit, 4)
  const { databases, ...others } = await stack.outputs()
  t.deepEqual(others, auditOutputs(before))
  t.deepEqual(databases, { a: connection('a'), b: connection('b') }, 'what is known at plan is stored as planned')
  t.true(
    (await stack.addresses()).some((address) => address.includes('"b"')),
    'the marker is there before the run, so that what a failed run has begun can be removed',
  )
  await stack.applyOk()
  t.deepEqual(await words(rig), ['apply', 'apply'])
  t.not((await stack.outputs())['audit_file'], before['audit_file'])
  t.is((await stack.plan()).code, 0)
  await stack.remove()
})

test('a refused removal stays in the state, stops the provisioning of that apply, and is tried again', async (t) => {
  const rig = await applied({ a: {}, b: {} })
  const { stack } = rig
  delete stack.applications['a']
  const refused = await stack.apply([], { STAND_IN_EXIT: '4' })
  t.is(refused.scriptExit, 4)
  t.deepEqual(await words(rig), [removal('a')])
  t.true((await stack.addresses()).some((address) => address.includes('"a"')))
  await stack.applyOk()
  t.deepEqual(await words(rig), [removal('a'), 'apply'])
  t.is((await stack.plan()).code, 0)
  await stack.remove()
})

test('a refused removal or destroy that is taken back: the outputs are the same until the next run, which comes with the next apply', async (t) => {
  const rig = await applied({ a: {}, b: {} })
  const { stack } = rig
  const provisionedAgain = async (): Promise<void> => {
    await rm(join(stack.folder, '.rds-provision'), { recursive: true })
    await rig.calls()
    await stack.applyOk()
    const [call, ...others] = await rig.calls()
    t.deepEqual([call?.args, others], [['apply'], []])
    t.like((await stack.outputs())['audit'], { run: { id: call?.audit } })
    t.is((await stack.plan()).code, 0)
  }
  const before = await stack.outputs()
  delete stack.applications['a']
  t.is((await stack.apply([], { STAND_IN_EXIT: '4' })).scriptExit, 4)
  t.deepEqual(auditOutputs(await stack.outputs()), auditOutputs(before))
  stack.applications['a'] = {}
  await provisionedAgain()
  t.is((await stack.destroy([], { STAND_IN_EXIT: '4' })).scriptExit, 4)
  t.deepEqual(await stack.outputs(), {})
  await provisionedAgain()
  await stack.remove()
})

test('outputs survive a runner without the audit file, and a refresh', async (t) => {
  const rig = await applied({ a: {} })
  const { stack } = rig
  const before = await stack.outputs()
  await rm(join(stack.folder, '.rds-provision'), { recursive: true })
  t.is((await stack.plan()).code, 0)
  await stack.applyOk(['-refresh-only'])
  await stack.applyOk()
  t.deepEqual(await stack.outputs(), before)
  t.deepEqual(await words(rig), [])
  await stack.remove()
})

test('a plan file is applied on another runner with no audit folder', async (t) => {
  const rig = await applied({ a: {} })
  const { stack } = rig
  stack.applications['b'] = {}
  t.is((await stack.plan(['-out=saved.plan'])).code, 2)
  await rm(join(stack.folder, '.rds-provision'), { recursive: true })
  t.is((await stack.terraform(['apply', '-no-color', 'saved.plan'])).code, 0)
  const [call] = await rig.calls()
  t.like((await stack.outputs())['audit'], { run: { id: call?.audit } })
  await stack.remove()
})

test('a run that a targeted apply has done shows in the outputs after the next whole one', async (t) => {
  const rig = await applied({ a: {} })
  const { stack } = rig
  stack.applications['b'] = {}
  await stack.applyOk(['-target=module.databases.null_resource.provision'])
  const [call] = await rig.calls()
  await stack.applyOk()
  t.deepEqual(await words(rig), [])
  t.like((await stack.outputs())['audit'], { run: { id: call?.audit } })
  t.is((await stack.plan()).code, 0)
  await stack.remove()
})

test('the output `databases` is known at plan; an audit that was never written is null', async (t) => {
  const { stack } = await makeRig({ a: {} }, { node_command: 'true' })
  await stack.applyOk()
  const outputs = await stack.outputs()
  t.is(outputs['audit'] ?? null, null)
  t.is(outputs['changed'], false)
  t.deepEqual(outputs['databases'], { a: connection('a') })
  await stack.remove()
})
