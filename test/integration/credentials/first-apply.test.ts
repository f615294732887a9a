/** AWS in the first apply of a stack: what was made seconds ago is not there yet (src/README.md: What AWS does not know yet). */
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { bedFor, type Entry, VERSIONS } from '../../support/provision.ts'

const bed = bedFor(VERSIONS.at(-1) ?? 18)
test.afterEach.always(() => {
  bed().aws.heal()
})

/** What the module gives where the state was made in this apply, or in another one long ago. */
const NEW: Entry = {
  get stack_made_at() {
    return new Date(Date.now() - 600_000).toISOString()
  },
}
const OLD: Entry = { stack_made_at: '2026-01-01T00:00:00Z' }

test.serial('a secret that is denied, and one that does not exist yet, for 3 s: the first apply waits', async (t) => {
  const { aws } = bed()
  const stack = bed().declare({ early: {}, late: {} }, { ...NEW, aws_region: 'eu-west-1' })
  stack.setPassword('early', 'a-password-1')
  aws.denySecret(stack.secretId('early'))
  stack.setPassword('late', 'a-password-2')
  aws.removeSecret(stack.secretId('late'))
  const told: string[] = []
  const run = stack.applyOk({
    progress: (line) => {
      told.push(line)
    },
  })
  await sleep(3_000)
  aws.denySecret(stack.secretId('early'), false)
  stack.setPassword('late', 'another-1')
  const { audit } = await run
  t.is(audit.run.outcome, 'changed')
  t.true(
    told.some((line) => line.includes(stack.secretId('early')) && line.includes('30 s')),
    told.join('\n'),
  )
  t.is(await stack.answer('late', 'SELECT 1'), 'ok')
})

test.serial('so it does for a role that may not be assumed yet', async (t) => {
  const { aws } = bed()
  const stack = bed().declare(
    { assumed: {} },
    { ...NEW, assume_role_arn: 'arn:aws:iam::123456789012:role/provisioner' },
  )
  aws.deny('AssumeRole')
  const run = stack.applyOk()
  await sleep(3_000)
  aws.heal()
  t.is((await run).audit.run.actor?.arn, 'arn:aws:sts::123456789012:assumed-role/provisioner/rds-provision')
})

test.serial('every other apply is refused at once, and so is a run by hand', async (t) => {
  for (const variables of [OLD, {}]) {
    const stack = bed().declare({ refused: {} }, variables)
    stack.setPassword('refused', 'a-password-1')
    bed().aws.denySecret(stack.secretId('refused'))
    const started = Date.now()
    const { audit } = await stack.apply()
    t.is(audit.run.exit_code, 5)
    t.deepEqual(audit.run.error_codes, ['secret_denied'])
    t.true(Date.now() - started < 10_000)
  }
})
