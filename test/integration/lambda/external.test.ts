/** `plan --external` of a declaration with a runner: the function looks, and says what would stop the run too. */
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { execa } from 'execa'
import { putFunction, walledEnv } from '../../support/lambda.ts'
import { bedFor } from '../../support/provision.ts'

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))
const bed = bedFor(16)

test.serial('what would stop the run is told as what differs, as on a runner', async (t) => {
  const { arn } = putFunction(bed())
  const stack = bed().declare({ ext: {} }, { stack: 'ext', runner: { function: arn } })
  const look = async (): Promise<unknown> => {
    const { stdout } = await execa(
      process.execPath,
      [`--import=${import.meta.resolve('tsx')}`, MAIN, 'plan', '--external'],
      {
        env: { ...bed().aws.env, ...walledEnv(bed()), PATH: process.env['PATH'] ?? '' },
        extendEnv: false,
        input: JSON.stringify({ declaration: JSON.stringify(stack.input()) }),
      },
    )
    return JSON.parse(stdout)
  }
  await stack.applyOk()
  t.deepEqual(await look(), { differs: 'false', lines: 'nothing differs' })
  stack.applications = { ext: { connection_limit: 5 } }
  t.like(await look(), { differs: 'true' })
  stack.applications = { ext: { database_name: 'rdsadmin' } }
  t.deepEqual(await look(), {
    differs: 'true',
    lines: 'ext: reserved names: the database name "rdsadmin" belongs to the server or to RDS. Choose another name.',
  })
})
