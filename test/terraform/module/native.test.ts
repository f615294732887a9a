/** The module's own tests, for `terraform test` (Terraform 1.6, OpenTofu 1.6). */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { execa } from 'execa'
import { MODULE, prepareTerraform } from '../../support/terraform.ts'
import { copyModule } from './rig.ts'

test('the native tests pass', async (t) => {
  const { program, env } = await prepareTerraform()
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-native-'))
  const module = await copyModule(folder, 'module')
  await cp(join(MODULE, 'tests'), join(module, 'tests'), { recursive: true })
  const run = (...args: string[]) =>
    execa(program.command, [...args, '-no-color'], {
      cwd: module,
      env: { ...env, CHECKPOINT_DISABLE: '1' },
      reject: false,
      all: true,
    })
  await run('init')
  const { exitCode, all } = await run('test')
  t.is(exitCode, 0, all)
  t.regex(all, /Success! [1-9]\d+ passed, 0 failed/)
  await rm(folder, { recursive: true })
})
