/** The module's own files: formatted, documented, its examples call it as it wants to be called. */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { execa } from 'execa'
import { MODULE, prepareTerraform } from '../../support/terraform.ts'
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
  complete: 'keycloak',
  'durable-audit': 'keycloak',
  'existing-instance': 'keycloak',
  minimal: 'keycloak',
  'one-login-many-databases': 'shop_tenant_50',
  'private-instance': 'keycloak',
  'several-instances': 'keycloak',
}
for (const [example, application] of Object.entries(EXAMPLES)) {
  test(`example ${example}: the call of the module plans`, async (t) => {
    const { program, env } = await prepareTerraform()
    const folder = await mkdtemp(join(tmpdir(), 'rds-provision-example-'))
    await copyModule(folder, 'module')
    for (const file of ['variables.tf', 'databases.tf']) {
      await writeFile(join(folder, file), withoutAws(await readFile(join(MODULE, 'examples', example, file), 'utf8')))
    }
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

/** A configuration with its data sources taken out and each reference to AWS replaced by a constant of the same type. */
function withoutAws(configuration: string): string {
  return configuration
    .replaceAll(/^data "[\s\S]*?^\}\n/gm, '')
    .replaceAll(/\b(?:data\.)?aws_\w+\.\w+(?:\[each\.key\])?((?:\.\w+(?:\[0\])?)*)/g, (_, path: string) => {
      if (path === '') return '{}'
      return path.endsWith('.port') ? '5432' : '"constant"'
    })
    .replace('module.runner.runner', '{ function = "constant" }')
    .replace('"../.."', '"./module"')
}
