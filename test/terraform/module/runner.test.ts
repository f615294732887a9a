/** The real Terraform, and a Lambda function that does the runs: what the module passes on, and what markers remember. */
import test from 'ava'
import { putFunction } from '../../support/lambda.ts'
import { instance } from './instance.ts'

const given = instance()
const NOTHING = /Resources: 0 added, 0 changed, 0 destroyed/

test.serial('apply, no change, a taint, and a removal by the marker, all through the function', async (t) => {
  const { server, aws, declare } = given()
  const made = putFunction({ server, aws })
  const stack = await declare(
    t,
    { far: { cleanup_policy: 'delete' }, near: {} },
    { runner: { function: made.arn }, cleanup_policy: 'delete' },
  )
  const asked = (): number => aws.callsTo('InvokeWithResponseStream').length
  await stack.applyOk()
  t.is(asked(), 1)
  t.is((await stack.outputs())['changed'], true)
  const { run } = await stack.lastAudit()
  t.regex(run.executed_as?.arn ?? '', /-role\//)
  t.true(aws.callsTo('GetSecretValue', 'BatchGetSecretValue').every(({ caller }) => caller.accessKeyId !== 'AKIATEST'))
  t.regex((await stack.applyOk()).output, NOTHING)
  t.is(asked(), 1)
  await stack.taint()
  await stack.applyOk()
  t.is(asked(), 2)
  t.is((await stack.outputs())['changed'], false)
  delete stack.applications['far']
  await stack.applyOk()
  t.true(asked() >= 4)
  t.deepEqual(await server.sql("SELECT 1 FROM pg_database WHERE datname = 'far_dev_db'"), [])
})

test.serial('a runner that comes or goes updates the markers in place, and runs nothing', async (t) => {
  const { server, aws, declare } = given()
  const made = putFunction({ server, aws })
  const stack = await declare(t, { moving: {} })
  await stack.applyOk()
  const before = aws.callsTo('InvokeWithResponseStream').length
  stack.variables['runner'] = { function: made.arn }
  const { output } = await stack.applyOk()
  t.regex(output, /terraform_data\.application\["moving"\]: Modif/)
  t.notRegex(output, /null_resource\.provision: (?:Creat|Destroy)/)
  t.is(aws.callsTo('InvokeWithResponseStream').length, before)
})
