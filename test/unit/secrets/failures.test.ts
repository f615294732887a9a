/** What AWS tells by a text alone, and what is said of a text that nobody knows. */
import test from 'ava'
import { partitionOf, partitionOfArn } from '../../../src/model/partition.ts'
import type { AwsCode } from '../../../src/model/problem.ts'
import { type CallPlace, describePlace, toAwsError, toAwsFailure } from '../../../src/secrets/aws-failure.ts'
import { secretProblem } from '../../../src/secrets/secret-failure.ts'

const PLACE: CallPlace = { action: 'GetSecretValue', region: 'eu-west-1', endpoint: 'aws.example' }

const REFUSALS: readonly (readonly [name: string, message: string, code: AwsCode])[] = [
  ['ResourceNotFoundException', "Secrets Manager can't find the specified secret.", 'secret_not_found'],
  [
    'ResourceNotFoundException',
    "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    'secret_empty',
  ],
  ['AccessDeniedException', 'Access to KMS is not allowed', 'secret_undecryptable'],
  ['AccessDeniedException', 'User: x is not authorized to perform: secretsmanager:GetSecretValue', 'secret_denied'],
  [
    'InvalidRequestException',
    "You can't perform this operation on the secret because it was marked for deletion.",
    'secret_pending_deletion',
  ],
  ['InvalidRequestException', 'Nobody knows this text.', 'secret_refused'],
  ['DecryptionFailure', 'Nobody knows this text.', 'secret_undecryptable'],
]

test('refusals of one name are told apart by their text; one that is not known is told as it came', (t) => {
  for (const [name, message, code] of REFUSALS) {
    const problem = secretProblem('a', { name, message, status: 400, place: PLACE })
    t.is(problem?.code, code, message)
    t.true(problem?.message.includes('GetSecretValue in eu-west-1 at aws.example'), problem?.message)
    if (code === 'secret_refused')
      t.is(problem?.message, `${name} (GetSecretValue in eu-west-1 at aws.example: ${message})`)
  }
})

test('a role that may not be assumed, and a region that is missing, concern every secret', (t) => {
  const denied = 'User: x is not authorized to perform: sts:AssumeRole on resource: y'
  t.is(secretProblem('a', { name: 'AccessDenied', message: denied, status: 403, place: PLACE }), null)
  const codes = (error: Error): readonly string[] =>
    toAwsError(toAwsFailure(error, PLACE), 'Secrets Manager').problems.map(({ code }) => code)
  t.deepEqual(codes(Object.assign(new Error(denied), { name: 'AccessDenied' })), ['assume_role_denied'])
  t.deepEqual(codes(new Error('Region is missing')), ['aws_region_missing'])
})

test('a name that is none is told with the region that it was made of', (t) => {
  const error = Object.assign(new Error('getaddrinfo ENOTFOUND aws.example'), { code: 'ENOTFOUND' })
  const remedyAt = (place: CallPlace | null): string | undefined =>
    toAwsError(toAwsFailure(error, place), 'Secrets Manager').problems[0]?.remedy
  const path = 'Check the network path to the service (endpoint, proxy, VPC endpoint) and run again.'
  t.is(remedyAt({ ...PLACE, region: 'eu-west-9' }), `Check that eu-west-9 is a region of AWS. ${path}`)
  t.is(remedyAt(null), path)
  const arn = 'arn:aws:secretsmanager:eu-west-9:123456789012:secret:a-AbCdEf'
  const failure = toAwsFailure(error, { ...PLACE, region: 'eu-west-9' })
  t.like(secretProblem(arn, failure, 'eu-west-1'), {
    field: arn,
    code: 'aws_unreachable',
    remedy: `The secret's ARN says eu-west-9: correct it where that is wrong. Check that eu-west-9 is a region of AWS. ${path}`,
  })
  t.is(secretProblem('a', failure, 'eu-west-9'), null)
  t.is(secretProblem(arn, failure, null), null)
})

test('each partition is told by the name of its regions', (t) => {
  const regions: Readonly<Record<string, string>> = {
    'eu-west-1': 'aws',
    'us-east-1': 'aws',
    'eusc-de-east-1': 'aws-eusc',
    'cn-northwest-1': 'aws-cn',
    'us-gov-east-1': 'aws-us-gov',
    'us-iso-east-1': 'aws-iso',
    'us-isob-east-1': 'aws-iso-b',
    'eu-isoe-west-1': 'aws-iso-e',
    'us-isof-south-1': 'aws-iso-f',
  }
  for (const [region, partition] of Object.entries(regions)) t.is(partitionOf(region), partition, region)
  t.is(partitionOfArn('arn:aws-us-gov:iam::123456789012:role/a'), 'aws-us-gov')
  t.is(partitionOfArn('platform/dev/a'), null)
})

test('what is not known of a call is left out', (t) => {
  t.is(describePlace(PLACE), 'GetSecretValue in eu-west-1 at aws.example')
  t.is(describePlace({ ...PLACE, endpoint: null }), 'GetSecretValue in eu-west-1')
  t.is(describePlace({ ...PLACE, region: null, endpoint: null }), 'GetSecretValue')
})
