/** STS out of reach, as in a subnet with endpoints for secrets alone (src/README.md: Calls that do not answer). */
import test from 'ava'
import { bedFor, VERSIONS } from '../../support/provision.ts'
import { told } from '../../support/removal.ts'

const bed = bedFor(VERSIONS.at(-1) ?? 18)
test.afterEach.always(() => {
  bed().aws.heal()
})

const WHOLE_ARN = 'arn:aws:sts::123456789012:assumed-role/deployer/test'
const UNKNOWN = { arn: 'unknown', account: 'unknown' }

test.serial('in dev the run goes on with a warning, and its actor is unknown', async (t) => {
  const stack = bed().declare({ nobody: {} })
  bed().aws.fail('GetCallerIdentity', { code: 'ServiceUnavailable', status: 503 })
  const outcome = await stack.applyOk()
  t.deepEqual(outcome.audit.run.actor, UNKNOWN)
  t.is(told(outcome).filter((line) => line.includes('identify')).length, 1)
  const [warning] = outcome.records.filter(({ action }) => action === 'identify')
  t.like(warning, { object: 'admin', status: 'warning', application: null })
  t.regex(warning?.message ?? '', /actor of the run is unknown: AWS STS.*ServiceUnavailable.*expected_account/)
  bed().aws.heal()
  const { audit } = await stack.applyOk()
  t.is(audit.run.actor?.arn, WHOLE_ARN)
  t.is(audit.summary.warning, 0)
})

test.serial('it is waited for 20 s and no longer', async (t) => {
  const stack = bed().declare({ silent: {} })
  bed().aws.delay('GetCallerIdentity', 60_000)
  const started = Date.now()
  const { audit } = await stack.applyOk()
  t.deepEqual(audit.run.actor, UNKNOWN)
  t.true(Date.now() - started >= 20_000)
  t.true(Date.now() - started < 30_000)
})

test.serial('it ends a run outside of dev, one that has to be in an account, and one that STS refuses', async (t) => {
  bed().aws.fail('GetCallerIdentity', { code: 'ServiceUnavailable', status: 503 })
  const staging = bed().declare({ staged: {} }, { environment: 'staging' })
  staging.env = { ALLOW_DB_PROVISION: 'true' }
  const expecting = bed().declare({ expected: {} }, { expected_account: '123456789012' })
  for (const stack of [staging, expecting]) {
    const { audit } = await stack.apply()
    t.deepEqual([audit.run.exit_code, audit.run.error_codes, audit.run.actor], [5, ['aws_unreachable'], null])
  }
  bed().aws.heal()
  bed().aws.fail('GetCallerIdentity', { code: 'ExpiredToken', status: 403 })
  const { audit } = await bed().declare({ expired: {} }).apply()
  t.deepEqual([audit.run.exit_code, audit.run.error_codes], [5, ['aws_credentials']])
})
