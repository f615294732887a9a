/** What AWS tells by a text alone, and what is said of a text that nobody knows. */
import test from 'ava'
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

test('what is not known of a call is left out', (t) => {
  t.is(describePlace(PLACE), 'GetSecretValue in eu-west-1 at aws.example')
  t.is(describePlace({ ...PLACE, endpoint: null }), 'GetSecretValue in eu-west-1')
  t.is(describePlace({ ...PLACE, region: null, endpoint: null }), 'GetSecretValue')
})
