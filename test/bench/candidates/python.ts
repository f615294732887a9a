/**
 * The Python script that this project replaces, from a copy that the caller has (`rds_provision.py`, with `boto3` and
 * `psycopg2` at hand). It runs as a superuser, since it fails for everybody else, and grants in the master's database.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { REGION } from '../../support/aws.ts'
import type { Bed } from '../bed.ts'
import type { Runner } from '../measure.ts'

const MASTER_SECRET = 'goldenpath/dev/rds/master'

/** @param script path of rds_provision.py */
export async function pythonRunner(bed: Bed, script: string): Promise<Runner> {
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-bench-'))
  const { user, password } = bed.server.master
  await bed.server.sql(`ALTER ROLE ${user} SUPERUSER`)
  bed.aws.putSecret(MASTER_SECRET, {
    host: 'localhost',
    port: bed.proxy.port,
    username: user,
    password,
    dbname: 'postgres',
  })
  for (const { application, username, password: own } of bed.logins)
    bed.aws.putLogin(`goldenpath/dev/${application}/postgres`, username, own)
  const variables = join(folder, 'terraform.tfvars')
  await writeFile(variables, declaration(bed))
  const run = async (): Promise<null> => {
    const args = [
      script,
      '--env',
      'dev',
      '--tfvars',
      variables,
      '--master-secret',
      MASTER_SECRET,
      '--region',
      REGION,
      '--audit-output',
      join(folder, 'audit.csv'),
    ]
    await execa('python3', args, { env: bed.aws.env })
    return null
  }
  return { works: { cold: run, again: run }, remove: () => rm(folder, { recursive: true, force: true }) }
}

function declaration({ logins }: Bed): string {
  const entries = logins.map(
    ({ application, database, username }) =>
      `  ${application} = {\n    database_name = "${database}"\n    username      = "${username}"\n  }`,
  )
  return `application_databases = {\n${entries.join('\n')}\n}\n`
}
