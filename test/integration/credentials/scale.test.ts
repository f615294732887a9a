/** A thousand secrets: fifty calls, and every one read, whatever the service does meanwhile. */
import test from 'ava'
import { createSecretReader } from '../../../src/secrets/aws-secret-reader.ts'
import { type Aws, AWS_SETTINGS as SETTINGS, REGION, startAws } from '../../support/aws.ts'

const COUNT = 1000

let aws: Aws
let ids: string[]

test.before(async () => {
  aws = await startAws()
  Object.assign(process.env, aws.env)
  // Every tenth belongs to another account, and is named by its ARN.
  ids = Array.from({ length: COUNT }, (_, index) =>
    index % 10 === 0
      ? `arn:aws:secretsmanager:${REGION}:222222222222:secret:team/app-${String(index)}-AbCdEf`
      : `team/app-${String(index)}`,
  )
  for (const [index, id] of ids.entries()) aws.putLogin(id, `user_${String(index)}`, `password ${String(index)}`)
})
test.beforeEach(() => {
  aws.heal()
  aws.calls.length = 0
})
test.after.always(() => aws.stop())

/** Reads them all, and says which did not come with their own password. */
async function wrongOnes(): Promise<string[]> {
  const { credentials, problems } = await createSecretReader(SETTINGS).readCurrent(ids)
  return [
    ...problems.keys(),
    ...ids.filter((id, index) => credentials.get(id)?.password.reveal() !== `password ${String(index)}`),
  ]
}

test.serial('in fifty calls', async (t) => {
  t.deepEqual(await wrongOnes(), [])
  t.is(aws.callsTo('BatchGetSecretValue').length, COUNT / 20)
  t.is(aws.callsTo('GetSecretValue').length, 0)
})

test.serial('where calls are throttled, fail and break off, each of those again', async (t) => {
  aws.throttle('BatchGetSecretValue', 3)
  aws.fail('BatchGetSecretValue', { code: 'InternalServiceError', status: 500, times: 2 })
  aws.reset('BatchGetSecretValue', 1)
  t.deepEqual(await wrongOnes(), [])
  t.is(aws.callsTo('BatchGetSecretValue').length, COUNT / 20 + 6)
})

test.serial('one by one where the batch is denied', async (t) => {
  aws.deny('BatchGetSecretValue')
  t.deepEqual(await wrongOnes(), [])
  t.is(aws.callsTo('GetSecretValue').length, COUNT)
})

test.serial('those that may not be read are named, all of them, and the others come in their batches', async (t) => {
  const denied = ids.filter((_, index) => index % 100 === 7)
  for (const id of denied) aws.denySecret(id)
  t.deepEqual((await wrongOnes()).sort(), [...denied, ...denied].sort())
  t.is(aws.callsTo('GetSecretValue').length, denied.length)
  for (const id of denied) aws.denySecret(id, false)
})
