/** The module as users have it, out of the history of git. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { FORMER, unpackModule } from './unpack.ts'

/** A folder that goes with the tests of a file, and the former module in it. */
export function formerModule(): () => { readonly folder: string; readonly module: string } {
  let folder = ''
  let module = ''
  test.serial.before('the former module', async () => {
    folder = await mkdtemp(join(tmpdir(), 'rds-provision-upgrade-'))
    module = await unpackModule(FORMER, folder)
  })
  test.after.always('remove it', () => rm(folder, { recursive: true, force: true }))
  return () => ({ folder, module })
}
