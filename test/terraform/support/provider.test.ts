/** What a machine hears that lacks a prerequisite. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { findProgram } from '../../support/terraform/program.ts'
import { prepareProvider } from '../../support/terraform/provider.ts'

/** An empty folder that is the whole PATH while the test runs; no program is named otherwise. */
async function onlyPath(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-path-'))
  const { PATH, RDS_PROVISION_TEST_TERRAFORM: named } = process.env
  process.env['PATH'] = folder
  delete process.env['RDS_PROVISION_TEST_TERRAFORM']
  t.teardown(async () => {
    process.env['PATH'] = PATH
    if (named !== undefined) process.env['RDS_PROVISION_TEST_TERRAFORM'] = named
    await rm(folder, { recursive: true, force: true })
  })
  return folder
}

/** A shell script that stands in for a program. */
async function standIn(folder: string, name: string, script: string): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, `#!/bin/sh\n${script}`, { mode: 0o755 })
  return file
}

test.serial('a missing terraform is named', async (t) => {
  await onlyPath(t)
  await t.throwsAsync(findProgram(), {
    message: /^terraform or tofu is needed and not on PATH: install Terraform 1\.4/,
  })
})

test.serial('tofu is found where there is no terraform', async (t) => {
  const folder = await onlyPath(t)
  await standIn(folder, 'tofu', `echo '{"terraform_version":"1.6.0","platform":"linux_amd64"}'`)
  t.deepEqual(await findProgram(), { command: 'tofu', version: '1.6.0', platform: 'linux_amd64' })
})

test.serial('without registry and without go, both are named, and the next attempt starts afresh', async (t) => {
  const folder = await onlyPath(t)
  const command = await standIn(folder, 'terraform', 'echo "no such host" >&2; exit 1')
  const cache = join(folder, 'cache')
  const program = { command, version: '1.11.4', platform: 'linux_amd64' }
  await t.throwsAsync(prepareProvider(program, cache), {
    message: /registry that cannot be reached, and go, to build it, is not on PATH: install Go.*\nno such host/,
  })
  await t.throwsAsync(prepareProvider(program, cache), { message: /install Go/ })
})

test.serial('what the registry gives becomes the mirror, once', async (t) => {
  const folder = await onlyPath(t)
  const command = await standIn(
    folder,
    'terraform',
    '/bin/mkdir -p .terraform/providers/example.org/hashicorp/null && echo x >> .terraform/providers/example.org/hashicorp/null/plugin',
  )
  const cache = join(folder, 'cache')
  const program = { command, version: '1.11.4', platform: 'linux_amd64' }
  const [one, two] = await Promise.all([prepareProvider(program, cache), prepareProvider(program, cache)])
  t.is(one, two)
  t.true((await readFile(one, 'utf8')).includes(JSON.stringify(join(cache, 'mirror'))))
  t.is(await readFile(join(cache, 'mirror', 'example.org', 'hashicorp', 'null', 'plugin'), 'utf8'), 'x\n')
})
