/** Regions and partitions that do not fit: what is told, of which secret, and what helps (src/README.md: Partitions and regions). */
import test from 'ava'
import type { AwsSettings } from '../../../src/model/declaration.ts'
import type { Problem } from '../../../src/model/problem.ts'
import { createSecretReader } from '../../../src/secrets/aws-secret-reader.ts'
import { iamToken } from '../../../src/secrets/iam-token.ts'
import { readActor } from '../../../src/secrets/identity.ts'
import { type Aws, AWS_SETTINGS as SETTINGS, startAws } from '../../support/aws.ts'
import { keyPrefix } from '../../support/aws/place.ts'
import { problemsOf } from '../../support/aws/problems.ts'

const CHINA = 'arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:china-AbCdEf'
const GOV = 'arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:gov-AbCdEf'
const CHINESE_ROLE = 'arn:aws-cn:iam::123456789012:role/provisioner'
const QUICK = { connect: 1_000, request: 1_000, call: 8_000 }

let aws: Aws
test.before(async () => {
  aws = await startAws()
})
test.beforeEach(() => {
  aws.heal()
  aws.calls.length = 0
  Object.assign(process.env, aws.env)
})
test.after.always(() => aws.stop())

/** What is wrong with each secret; what could be read is left out. */
async function problemOf(id: string, settings: AwsSettings = SETTINGS): Promise<Problem | undefined> {
  return (await createSecretReader(settings, QUICK).readCurrent([id])).problems.get(id)
}

const endpoint = (): string => new URL(aws.endpoint).host

test.serial('secrets of another partition are named, each, and the others are read', async (t) => {
  aws.putLogin(CHINA, 'u', 'p')
  aws.putLogin(GOV, 'u', 'p')
  aws.putLogin('near', 'u', 'p')
  const reader = createSecretReader(SETTINGS)
  const { credentials, problems } = await reader.readCurrent([CHINA, 'near', GOV])
  t.deepEqual([...credentials.keys()], ['near'])
  t.deepEqual(problems.get(CHINA), {
    application: null,
    code: 'aws_wrong_partition',
    field: CHINA,
    message:
      'the secret is of the partition aws-cn, and the run of aws, as its region eu-west-1 says. ' +
      `AWS Secrets Manager: BatchGetSecretValue in cn-north-1 at ${endpoint()}: UnrecognizedClientException: The security token included in the request is invalid.`,
    remedy: 'Name a secret of aws, or run in a region of aws-cn with credentials of it: none count in both.',
  })
  t.like(problems.get(GOV), { code: 'aws_wrong_partition', field: GOV })
  const [problem] = await problemsOf(reader.readStage(CHINA, 'AWSCURRENT'))
  t.like(problem, { code: 'aws_wrong_partition', field: CHINA })
})

test.serial('what is advised works: in a region of that partition, with keys of it', async (t) => {
  aws.putLogin(CHINA, 'u', 'in China')
  process.env['AWS_ACCESS_KEY_ID'] = keyPrefix('AKIA', 'aws-cn')
  const settings = { ...SETTINGS, region: 'cn-north-1' }
  const { credentials } = await createSecretReader(settings).readCurrent([CHINA, 'china'])
  t.deepEqual(
    [...credentials.values()].map(({ password }) => password.reveal()),
    ['in China', 'in China'],
  )
  t.is((await readActor({ ...settings, assumeRoleArn: CHINESE_ROLE })).arn.split(':')[1], 'aws-cn')
})

test.serial('an ARN whose partition has no such region is told as that, whatever AWS answers', async (t) => {
  const wrong = 'arn:aws-us-gov:secretsmanager:eu-west-1:123456789012:secret:near-AbCdEf'
  for (const strike of [
    () => undefined,
    () => {
      aws.deny('GetSecretValue')
    },
    () => {
      aws.fail('GetSecretValue', { code: 'ValidationException', status: 400, message: 'Invalid ARN partition' })
    },
  ]) {
    aws.heal()
    strike()
    const problem = await problemOf(wrong)
    t.like(problem, {
      code: 'aws_wrong_partition',
      field: wrong,
      remedy: "Copy the secret's ARN from Secrets Manager.",
    })
    t.regex(problem?.message ?? '', /^the ARN names the partition aws-us-gov, and eu-west-1 is a region of aws \(/)
  }
})

test.serial('a region that is none: of one secret it is named, of the run it is one error', async (t) => {
  aws.putLogin('near', 'u', 'p')
  const nowhere = 'arn:aws:secretsmanager:eu-west-9:123456789012:secret:nowhere-AbCdEf'
  const { credentials, problems } = await createSecretReader(SETTINGS).readCurrent([nowhere, 'near'])
  t.deepEqual([...credentials.keys()], ['near'])
  t.like(problems.get(nowhere), {
    code: 'aws_wrong_region',
    field: nowhere,
    remedy: "Correct the region in the secret's ARN.",
  })
  const settings = { ...SETTINGS, region: 'eu-west-9' }
  for (const work of [createSecretReader(settings).readCurrent(['near', 'far']), readActor(settings)]) {
    const [problem, ...others] = await problemsOf(work)
    t.like(problem, { code: 'aws_wrong_region', field: 'aws_region' })
    t.regex(problem?.message ?? '', /in eu-west-9 at .*scoped to a valid region/)
    t.regex(problem?.remedy ?? '', /^Set aws_region/)
    t.deepEqual(others, [])
  }
})

test.serial(
  'keys that a region does not know: also its partition, or that it is not enabled, may be why',
  async (t) => {
    for (const region of ['us-gov-west-1', 'me-south-1']) {
      const [problem, ...others] = await problemsOf(readActor({ ...SETTINGS, region }))
      t.like(problem, { code: 'aws_credentials', field: 'AWS credentials' })
      t.regex(problem?.remedy ?? '', new RegExp(`${region} is of another partition than their account, or not enabled`))
      t.deepEqual(others, [])
    }
    const disabled = 'arn:aws:secretsmanager:me-south-1:123456789012:secret:closed-AbCdEf'
    const problem = await problemOf(disabled)
    t.like(problem, { code: 'aws_credentials', field: disabled })
    t.regex(problem?.remedy ?? '', /^The secret's ARN says me-south-1: .* not enabled for it/)
  },
)

test.serial('a role of another partition is told as that, whatever AWS answers, once for all secrets', async (t) => {
  for (const id of ['near', 'far']) aws.putLogin(id, 'u', 'p')
  const settings = { ...SETTINGS, assumeRoleArn: CHINESE_ROLE }
  const host = 'db.abc.eu-west-1.rds.amazonaws.com'
  for (const strike of [
    () => undefined,
    () => {
      aws.deny('AssumeRole')
    },
  ]) {
    aws.heal()
    strike()
    for (const work of [createSecretReader(settings).readCurrent(['near', 'far']), readActor(settings)]) {
      const [problem, ...others] = await problemsOf(work)
      t.like(problem, { code: 'aws_wrong_partition', field: 'assume_role_arn' })
      t.regex(problem?.message ?? '', /The role is of the partition aws-cn, and eu-west-1 is a region of aws\.$/)
      t.regex(problem?.remedy ?? '', /^Name a role of aws in assume_role_arn/)
      t.deepEqual(others, [])
    }
  }
  const token = iamToken({ endpoint: { host, port: 5432 }, username: 'u', aws: settings })
  t.like((await problemsOf(token))[0], { field: 'assume_role_arn' })
})

test.serial('whatever else STS has against a role is told of the role, not of the secrets', async (t) => {
  aws.putLogin('near', 'u', 'p')
  aws.fail('AssumeRole', {
    code: 'RegionDisabledException',
    status: 403,
    message: 'STS is not activated in this region',
  })
  const settings = { ...SETTINGS, assumeRoleArn: 'arn:aws:iam::123456789012:role/provisioner' }
  for (const work of [createSecretReader(settings).readCurrent(['near']), readActor(settings)]) {
    const [problem, ...others] = await problemsOf(work)
    t.like(problem, { code: 'assume_role_denied', field: 'assume_role_arn' })
    t.regex(problem?.message ?? '', /RegionDisabledException: STS is not activated/)
    t.deepEqual(others, [])
  }
})
