/** The README's ten lines of HCL, applied by the real Terraform, and what it prints there. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { REGION, startAws } from '../support/aws.ts'
import { codeBlocks, readDocument, ROOT } from '../support/documents.ts'
import { startServer } from '../support/postgres.ts'
import { screenIn, withScreen } from '../support/screens.ts'
import { ADMIN_SECRET, makeStack, MASTER_SECRET, MODULE } from '../support/terraform.ts'

const README = join(ROOT, 'README.md')
const BUILD = '4711'
const isWriting = process.env['RDS_PROVISION_SCREENS'] === 'write'

/** Of Terraform's output what the script said, and how it ended; what differs from run to run is made alike. */
function shown(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => /\(local-exec\): (?!Executing)|^Apply complete/.test(line))
    .map((line) => line.replace(/run [0-9a-f-]{36}/, 'run …').replace(/ in \d+\.\d s /, ' in 0.4 s '))
}

test('what stands in the README works, and prints what stands there', async (t) => {
  const server = await startServer({ version: 17, createAdmin: false })
  t.teardown(() => server.stop())
  const aws = await startAws()
  t.teardown(() => aws.stop())
  aws.putLogin(MASTER_SECRET, server.master.user, server.master.password)
  aws.putLogin(ADMIN_SECRET, 'platform_provisioner', 'a')
  aws.putLogin('platform/dev/keycloak/postgres', 'keycloak_dev_user', 'k')
  aws.putLogin('platform/dev/reports/postgres', 'reports_dev_user', 'r')
  const stack = await makeStack({ server, aws, applications: {} })
  t.teardown(() => stack.remove())
  stack.env = { ...stack.env, RDS_PROVISION_BUILD_ID: BUILD, AWS_REGION: REGION }

  const [call] = codeBlocks(readDocument('README.md')).filter(({ language }) => language === 'hcl')
  const configuration = (call?.text ?? '')
    .replace('"../.."', JSON.stringify(MODULE))
    .replace('data.aws_db_instance.main.address', JSON.stringify(server.host))
    .replace('data.aws_db_instance.main.port', String(server.port))
    .replace('data.aws_db_instance.main.master_user_secret[0].secret_arn', JSON.stringify(MASTER_SECRET))
    .replace(/^ {2}environment/m, `  tls = { ca_file = ${JSON.stringify(server.caFile)} }\n$&`)
  await writeFile(join(stack.folder, 'main.tf'), configuration)
  t.is((await stack.terraform(['init', '-no-color'])).code, 0)
  const { code, output } = await stack.terraform(['apply', '-no-color', '-auto-approve'])
  t.is(code, 0, output)

  const printed = shown(output)
  if (isWriting) {
    const text = `$ terraform apply\n${printed.join('\n')}\n`
    await writeFile(README, withScreen(await readFile(README, 'utf8'), 'terraform apply', text))
  }
  const stated = screenIn(await readFile(README, 'utf8'), 'terraform apply')
    .split('\n')
    .filter((line) => line !== '')
  // Four connections work at the same time: the order of the lines between differs.
  t.deepEqual(stated.slice(1).sort(), printed.sort())
})
