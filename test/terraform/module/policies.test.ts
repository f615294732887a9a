/** What a policy engine sees of the module in a plan, and what the policy that comes with it lets pass. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import * as v from 'valibot'
import { MODULE } from '../../support/terraform.ts'
import { makeRig } from './rig.ts'

const Provisioner = v.object({ type: v.string(), expressions: v.record(v.string(), v.unknown()) })
const Resource = v.object({ address: v.string(), type: v.string(), provisioners: v.optional(v.array(Provisioner), []) })
const Call = v.object({ source: v.string(), module: v.object({ resources: v.array(Resource) }) })
const Plan = v.object({
  configuration: v.object({ root_module: v.object({ module_calls: v.record(v.string(), Call) }) }),
})

test('a plan shows what the module runs, and the policy names that and no more', async (t) => {
  const { stack } = await makeRig()
  t.teardown(() => stack.remove())
  await stack.plan(['-out', 'plan.bin'])
  const { stdout } = await stack.terraform(['show', '-json', 'plan.bin'])
  const [call] = Object.values(v.parse(Plan, JSON.parse(stdout)).configuration.root_module.module_calls)
  t.is(call?.source, './module')
  const resources = call?.module.resources ?? []
  const risky = resources.filter(({ type, provisioners }) => type === 'null_resource' || provisioners.length > 0)
  const policy = await readFile(join(MODULE, 'policies', 'local_exec.rego'), 'utf8')
  const [, named = ''] = /^allowed_resources := \{(.*)\}$/m.exec(policy) ?? []
  t.deepEqual(risky.map(({ address }) => JSON.stringify(address)).sort(), named.split(', ').sort())
  const provisioners = risky.flatMap((resource) => resource.provisioners)
  t.deepEqual(
    provisioners.map(({ type }) => type),
    ['local-exec', 'local-exec', 'local-exec'],
  )
  t.deepEqual(
    provisioners.map(({ expressions }) => [expressions['command'], Object.keys(expressions).sort()]),
    [
      [{ constant_value: 'apply' }, ['command', 'environment', 'interpreter']],
      [{ references: ['each.key'] }, ['command', 'environment', 'interpreter']],
      [{ references: ['self.id', 'self'] }, ['command', 'environment', 'interpreter']],
    ],
  )
})
