/**
 * The Terraform provider `cyrilgdn/postgresql`, from a binary that the caller has: seven resources for each application, as
 * its documentation composes them (role, database, two grants on it, one on the schema, two default privileges).
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import type { Program } from '../../support/terraform/program.ts'
import type { Bed } from '../bed.ts'
import type { Runner } from '../measure.ts'

const SOURCE = 'cyrilgdn/postgresql'

/** @param binary path of terraform-provider-postgresql */
export async function providerRunner(bed: Bed, program: Program, binary: string): Promise<Runner> {
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-bench-'))
  await writeFile(join(folder, 'main.tf.json'), JSON.stringify(configuration(bed)))
  await writeFile(
    join(folder, 'terraform.rc'),
    `provider_installation {\n  dev_overrides {\n    ${JSON.stringify(SOURCE)} = ${JSON.stringify(dirname(binary))}\n  }\n  direct {}\n}\n`,
  )
  const run = async (...args: string[]): Promise<null> => {
    const env = {
      PATH: process.env['PATH'],
      HOME: folder,
      TF_CLI_CONFIG_FILE: join(folder, 'terraform.rc'),
      CHECKPOINT_DISABLE: '1',
      TF_IN_AUTOMATION: '1',
    }
    await execa(program.command, args, { cwd: folder, env, extendEnv: false })
    return null
  }
  const apply = (): Promise<null> => run('apply', '-no-color', '-auto-approve')
  return {
    works: { cold: apply, again: apply, plan: () => run('plan', '-no-color') },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

function configuration(bed: Bed): object {
  const { user, password } = bed.server.admin
  const each = { for_each: '${local.applications}' }
  const role = '${postgresql_role.login[each.key].name}'
  const database = '${postgresql_database.own[each.key].name}'
  const grant = { ...each, database }
  const defaults = { ...grant, role, owner: role, schema: 'public' }
  return {
    terraform: { required_providers: { postgresql: { source: SOURCE } } },
    provider: {
      postgresql: {
        host: 'localhost',
        port: bed.proxy.port,
        username: user,
        password,
        database: 'postgres',
        superuser: false,
        sslmode: 'verify-full',
        sslrootcert: bed.server.caFile,
      },
    },
    locals: {
      applications: Object.fromEntries(bed.logins.map(({ application, password: own }) => [application, own])),
    },
    resource: {
      postgresql_role: { login: { ...each, name: '${each.key}_dev_user', login: true, password: '${each.value}' } },
      postgresql_database: { own: { ...each, name: '${each.key}_dev_db', owner: role, template: 'template0' } },
      postgresql_grant: {
        public_database: { ...grant, role: 'public', object_type: 'database', privileges: [] },
        own_database: { ...grant, role, object_type: 'database', privileges: ['CONNECT', 'CREATE', 'TEMPORARY'] },
        own_schema: { ...grant, role, schema: 'public', object_type: 'schema', privileges: ['USAGE', 'CREATE'] },
      },
      postgresql_default_privileges: {
        tables: { ...defaults, object_type: 'table', privileges: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] },
        sequences: { ...defaults, object_type: 'sequence', privileges: ['USAGE', 'SELECT', 'UPDATE'] },
      },
    },
  }
}
