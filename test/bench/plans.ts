/** What Terraform itself costs: the plan of as many bare terraform_data over a local map of strings of the same size. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Program } from '../support/terraform/program.ts'
import type { Bed } from './bed.ts'
import type { Runner } from './measure.ts'

/** About as long as a marker of the module. */
const STRING = 'x'.repeat(600)

export async function bareRunner(bed: Bed, program: Program): Promise<Runner> {
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-bench-'))
  const strings = Object.fromEntries(bed.logins.map(({ application }) => [application, STRING]))
  await writeFile(join(folder, 'main.tf.json'), JSON.stringify({ locals: { strings }, resource: { terraform_data: { bare: { for_each: '${local.strings}', input: '${each.value}' } } } }))
  const run = async (...args: string[]): Promise<null> => {
    await execa(program.command, args, { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder, CHECKPOINT_DISABLE: '1' }, extendEnv: false })
    return null
  }
  await run('init', '-no-color')
  await run('apply', '-no-color', '-auto-approve')
  return { works: { plan: () => run('plan', '-no-color') }, remove: () => rm(folder, { recursive: true, force: true }) }
}
