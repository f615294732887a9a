/** The module's own files: formatted, documented, its examples call it as it wants to be called. */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { execa } from 'execa'
import { MODULE, prepareTerraform } from '../../support/terraform.ts'
import { writeExample } from './examples.ts'
import { copyModule } from './rig.ts'
import { currentReadme, README } from './reference.ts'

test('the sources are formatted', async (t) => {
  const { program, env } = await prepareTerraform()
  const { stdout } = await execa(program.command, ['fmt', '-check', '-recursive', MODULE], { env, reject: false })
  t.is(stdout, '')
})

test('the tables of the README are what the sources say', async (t) => {
  const readme = await readFile(README, 'utf8')
  t.is(readme, await currentReadme(readme), 'run npx tsx test/terraform/module/update-readme.ts')
  for (const variable of ['application_databases', 'connect_through', 'secret_versions'])
    t.regex(readme, new RegExp(`^\\| \`${variable}\` \\| .+ \\| .+ \\| .+ \\|$`, 'm'))
})

/**
 * Where the AWS provider can be had, `terraform validate` in the example's folder is the full check. Without it the call
 * of the module is planned, with what comes from AWS replaced by constants.
 */
const EXAMPLES = {
  aurora: 'keycloak',
  'bi-login': 'bi_billing',
  complete: 'keycloak',
  'durable-audit': 'keycloak',
  'existing-instance': 'keycloak',
  minimal: 'keycloak',
  monitoring: 'monitoring',
  'one-login-many-databases': 'shop_tenant_50',
  'owner-group': 'shop_deploy',
  'people-and-groups': 'ben',
  'private-instance': 'keycloak',
  'several-instances': 'keycloak',
}
for (const [example, application] of Object.entries(EXAMPLES)) {
  test(`example ${example}: the call of the module plans`, async (t) => {
    const { program, env } = await prepareTerraform()
    const folder = await mkdtemp(join(tmpdir(), 'rds-provision-example-'))
    await copyModule(folder, 'module')
    await writeExample(folder, example)
    const run = (...args: string[]) =>
      execa(program.command, [...args, '-no-color'], {
        cwd: folder,
        env: { ...env, CHECKPOINT_DISABLE: '1' },
        reject: false,
        all: true,
      })
    await run('init')
    const { exitCode, all } = await run('plan')
    t.is(exitCode, 0, all)
    t.regex(all, new RegExp(`terraform_data\\.application\\["${application}"\\] will be created`))
    await rm(folder, { recursive: true })
  })
}

test('every example is listed', async (t) => {
  const readme = await readFile(README, 'utf8')
  for (const example of await readdir(join(MODULE, 'examples')))
    t.true(readme.includes(`(examples/${example})`), example)
})
