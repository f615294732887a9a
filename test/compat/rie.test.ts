/**
 * The zip that modules/lambda-runner makes, in AWS's own Runtime Interface Emulator, with a real server behind it.
 * `npm run test:compat -- postgres`
 */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { execa } from 'execa'
import { emulate, EMULATED_ARN } from '../support/compat/rie.ts'
import { auditOf, permitFor, walledEnv } from '../support/lambda.ts'
import { Bed } from '../support/provision.ts'
import { MODULE } from '../support/terraform.ts'
import { prepareSchemas } from '../support/terraform/schemas.ts'

const ROOT = `module "runner" {
  source      = "./module/modules/lambda-runner"
  vpc_id      = "vpc-0123456789abcdef0"
  subnet_ids  = ["subnet-0123456789abcdef0"]
  secret_arns = ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:a"]
  permits     = [{ environments = ["dev"], stacks = ["*"], instances = ["*"], callers = ["*"] }]
}
`

/** As `terraform plan` leaves it, unpacked. @returns the folder of the code */
async function unpackedZip(folder: string): Promise<string> {
  const { program, env } = await prepareSchemas()
  await cp(MODULE, join(folder, 'module'), { recursive: true, filter: (path) => !path.includes('/.terraform') })
  await writeFile(join(folder, 'main.tf'), ROOT)
  for (const args of [['init'], ['plan', '-input=false']])
    await execa(program.command, args, { cwd: folder, env: { ...env, CHECKPOINT_DISABLE: '1' } })
  const code = join(folder, 'code')
  await execa('python3', ['-m', 'zipfile', '-e', join(folder, '.rds-provision', 'rds-provision.zip'), code])
  return code
}

test('it runs in AWS’s emulator: an apply, and one that finds nothing to do', async (t) => {
  t.timeout(600_000)
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-rie-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const bed = await Bed.start({ version: 16 })
  t.teardown(() => bed.stop())
  const emulated = await emulate(await unpackedZip(folder), 'rds-provision.handler', {
    ...bed.aws.env,
    ...bed.aws.putCaller('emulated'),
    RDS_PROVISION_PERMITS: JSON.stringify([permitFor(bed)]),
  })
  t.teardown(emulated.stop)
  const stack = bed.declare({ app: {} })
  const apply = () =>
    stack.bundle(['apply', '--runner', EMULATED_ARN], {
      ...walledEnv(bed),
      AWS_ENDPOINT_URL_LAMBDA: emulated.endpoint,
      RDS_PROVISION_LOG: 'json',
      RDS_PROVISION_AUDIT_FILE: '/dev/null',
    })
  const first = await apply()
  t.is(first.code, 0, `${first.stdout}\n${first.stderr}\n${emulated.log()}`)
  const { run, records } = auditOf(first)
  t.is(run.outcome, 'changed')
  t.is(run.executed_as?.arn, 'arn:aws:sts::123456789012:assumed-role/emulated/test')
  t.true(records.some(({ object, status }) => object === 'database' && status === 'created'))
  t.is(auditOf(await apply()).run.outcome, 'no_change')
})
