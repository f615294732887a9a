/**
 * What Terraform itself costs: as many bare terraform_data over a local map of strings like the module's markers, and one
 * null_resource that depends on them and starts a program, as the module's provisioning does.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Terraform } from '../support/terraform.ts'
import type { Bed, Login } from './bed.ts'
import { keepStateBehind } from '../support/terraform/state-server.ts'
import type { StatePlace } from './candidates/terraform.ts'
import type { Runner } from './measure.ts'

export async function bareRunner(bed: Bed, { program, env }: Terraform, place: StatePlace): Promise<Runner> {
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-bench-'))
  const strings = Object.fromEntries(bed.logins.map((login) => [login.application, markerLike(bed, login)]))
  const triggers = { markers: '${sha256(join(",", [for marker in terraform_data.bare : marker.id]))}' }
  const provisioner = { 'local-exec': { interpreter: ['true'], command: 'apply' } }
  await writeFile(
    join(folder, 'main.tf.json'),
    JSON.stringify({
      locals: { strings },
      resource: {
        terraform_data: { bare: { for_each: '${local.strings}', input: '${each.value}' } },
        null_resource: { provision: { triggers, provisioner } },
      },
    }),
  )
  const state = place === 'http' ? await keepStateBehind(folder) : null
  const run = async (...args: string[]): Promise<null> => {
    await execa(program.command, args, {
      cwd: folder,
      env: { ...env, PATH: process.env['PATH'], HOME: folder, CHECKPOINT_DISABLE: '1' },
      extendEnv: false,
    })
    return null
  }
  await run('init', '-no-color')
  const apply = (...more: string[]): Promise<null> => run('apply', '-no-color', '-auto-approve', ...more)
  return {
    works: {
      cold: () => apply(),
      again: () => apply('-replace=null_resource.provision'),
      plan: () => run('plan', '-no-color'),
    },
    async remove() {
      await state?.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** JSON text, about as long as a marker: Terraform escapes each of its quotes in the state. */
function markerLike({ variables }: Bed, { application, username, database }: Login): string {
  const entry = {
    access_level: 'owner',
    auth: 'password',
    cleanup_policy: 'retain',
    database_name: database,
    secret_id: `platform/dev/${application}/postgres`,
    username,
  }
  const defaults = {
    admin_auth: 'password',
    admin_username: 'platform_provisioner',
    connect_timeout: 300,
    lock_timeout: 300,
    node_command: 'node',
    schema_version: 1,
    workspace: 'default',
  }
  return JSON.stringify({
    ...variables,
    ...defaults,
    cluster_name: 'bench',
    stack: 'bench/dev',
    application_databases: { [application]: entry },
  })
}
