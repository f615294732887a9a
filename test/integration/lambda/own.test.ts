/** Functions that nobody but AWS asks, as Lambda runs them: the bundle, its handlers, and a declaration of its own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import * as v from 'valibot'
import { ROTATION_STEPS } from '../../../src/lambda/rotation/event.ts'
import type { LambdaFunction } from '../../support/aws.ts'
import { holder } from '../../support/aws/secret-store.ts'
import { bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'

const BUNDLE = fileURLToPath(new URL('../../../terraform-module/dist/rds-provision.mjs', import.meta.url))

const Line = v.object({
  type: v.literal('watch'),
  stack: v.nullable(v.string()),
  attention: v.number(),
  drift: v.number(),
  expiring: v.number(),
  error: v.nullable(v.string()),
  lines: v.array(v.string()),
})

const [version = 16] = VERSIONS.slice(-1)
const bed = bedFor(version)
let count = 0

async function made(t: ExecutionContext, stack: Stack, handler: string, input: Entry = {}): Promise<LambdaFunction> {
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-own-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'declaration.json')
  await writeFile(file, JSON.stringify({ ...stack.input(), ...input }))
  count += 1
  return bed().aws.putFunction(`own-${String(count)}`, {
    file: BUNDLE,
    handler,
    env: {
      _HANDLER: `rds-provision.${handler}`,
      PGSSLROOTCERT: bed().server.caFile,
      RDS_PROVISION_DECLARATION_FILE: file,
      RDS_PROVISION_EXPIRES_WITHIN_DAYS: '30',
    },
  })
}

/** What the function answers, or what it throws. */
async function ask(asked: LambdaFunction, event: object): Promise<string> {
  let text = ''
  const failed = await asked
    .sandbox()
    .invoke(event, { arn: asked.arn, timeoutMs: 60_000, take: (part) => (text += part) })
  return failed === null ? text : failed.details
}

/** The last line of its log. */
async function looked(asked: LambdaFunction): Promise<v.InferOutput<typeof Line>> {
  const event = { 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} }
  const answer = await ask(asked, event)
  if (answer !== 'null') throw new Error(answer)
  const [line = ''] = asked.log.trim().split('\n').slice(-1)
  return v.parse(Line, JSON.parse(line))
}

test.serial('rotate: the four steps, and an error that Secrets Manager sees', async (t) => {
  const stack = bed().declare({ app: { username: 'own_rot', database_name: 'own_rot' } })
  await stack.applyOk()
  const rotator = await made(t, stack, 'rotate')
  const { aws } = bed()
  const id = stack.secretId('app')
  const ClientRequestToken = aws.beginRotation(id)
  const before = aws.valueOf(id, 'AWSCURRENT')
  for (const Step of ROTATION_STEPS)
    t.is(await ask(rotator, { Step, SecretId: aws.arnOf(id), ClientRequestToken }), 'null', Step)
  t.is(holder(aws.stored(id), 'AWSCURRENT')?.id, ClientRequestToken)
  const { password } = v.parse(v.object({ password: v.string() }), JSON.parse(aws.valueOf(id, 'AWSCURRENT') ?? ''))
  t.true(await bed().server.canLogin('own_rot', password, 'own_rot'))
  t.is(aws.valueOf(id, 'AWSPREVIOUS'), before)
  t.false(rotator.log.includes(password))
  const other = { Step: 'createSecret', SecretId: `${aws.arnOf(id)}x`, ClientRequestToken }
  t.regex(await ask(rotator, other), /is the secret of no login that this function rotates/)
  for (const event of [{}, { ...other, Step: 'dropEverything' }, { ...other, ClientRequestToken: 'x' }])
    t.regex(await ask(rotator, event), /this is no event of a rotation by Secrets Manager/)
  t.regex(rotator.log, /"type":"problem".*"code":"rotation"/)
})

test.serial('watch: one line, whether all is well, something differs or ends soon, or nobody can look', async (t) => {
  const soon = new Date(Date.now() + 5 * 86_400_000).toISOString()
  const stack = bed().declare({ app: { username: 'own_watch', database_name: 'own_watch' } })
  await stack.applyOk()
  const watcher = await made(t, stack, 'watch')
  t.like(await looked(watcher), { attention: 0, drift: 0, expiring: 0, error: null, lines: [] })
  await bed().server.sql('ALTER ROLE own_watch CONNECTION LIMIT 3')
  const drifted = await looked(watcher)
  t.like(drifted, { attention: 1, drift: 1, expiring: 0 })
  t.regex(drifted.lines.join('\n'), /connection limit/)
  stack.applications = { app: { username: 'own_watch', database_name: 'own_watch', valid_until: soon } }
  await stack.applyOk()
  const ending = await looked(await made(t, stack, 'watch'))
  t.like(ending, { attention: 1, drift: 0, expiring: 1 })
  t.regex(ending.lines.join('\n'), new RegExp(`own_watch .*: expires ${soon}`))
  const instance = { host: 'localhost', port: 9, identifier: 'db-1' }
  const blind = await looked(await made(t, stack, 'watch', { instance, connect_timeout: 1 }))
  t.like(blind, { attention: 1, drift: 0, expiring: 0 })
  t.regex(blind.error ?? '', /ECONNREFUSED/)
  t.deepEqual(await bed().server.sql("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'own_watch'"), [
    { rolconnlimit: -1 },
  ])
})

test.serial('a function without its declaration says which variable it lacks', async (t) => {
  const watcher = bed().aws.putFunction('own-lost', { file: BUNDLE, handler: 'watch', env: {} })
  t.regex((await looked(watcher)).error ?? '', /RDS_PROVISION_DECLARATION_FILE/)
})
