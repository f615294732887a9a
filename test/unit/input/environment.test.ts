import test from 'ava'
import { awsCorrections, readEnvironment } from '../../../src/input/environment.ts'

const NOTHING = {
  allowProvision: false,
  approvedDigest: null,
  refusedApproval: null,
  planFile: null,
  allowDestroy: false,
  allowTakeover: false,
  claim: null,
  cleanupPolicy: null,
  logFormat: 'text',
  input: null,
  auditFile: null,
  buildId: null,
  runId: null,
  problems: [],
}

test('nothing set, or set to nothing', (t) => {
  t.deepEqual<unknown, unknown>(readEnvironment({}), NOTHING)
  const empty = Object.fromEntries(
    [
      'ALLOW_DB_PROVISION',
      'ALLOW_DB_DESTROY',
      'ALLOW_DB_TAKEOVER',
      'RDS_PROVISION_CLAIM',
      'RDS_CLEANUP_POLICY',
      'RDS_PROVISION_LOG',
      'RDS_PROVISION_INPUT',
      'RDS_PROVISION_AUDIT_FILE',
      'RDS_PROVISION_PLAN_FILE',
      'RDS_PROVISION_BUILD_ID',
      'RDS_PROVISION_RUN_ID',
      'TF_VAR_build_id',
      'TF_VAR_run_id',
    ].map((name) => [name, '']),
  )
  t.deepEqual<unknown, unknown>(readEnvironment(empty), NOTHING)
})

test('everything set', (t) => {
  const env = {
    ALLOW_DB_PROVISION: 'true',
    ALLOW_DB_DESTROY: 'true',
    ALLOW_DB_TAKEOVER: 'true',
    RDS_PROVISION_CLAIM: 'c1',
    RDS_CLEANUP_POLICY: 'snapshot-and-delete',
    RDS_PROVISION_LOG: 'json',
    RDS_PROVISION_INPUT: '{}',
    RDS_PROVISION_AUDIT_FILE: 'a.json',
    RDS_PROVISION_PLAN_FILE: 'p.json',
    RDS_PROVISION_BUILD_ID: 'b1',
    RDS_PROVISION_RUN_ID: 'r1',
    TF_VAR_build_id: 'b2',
    TF_VAR_run_id: 'r2',
  }
  t.deepEqual<unknown, unknown>(readEnvironment(env), {
    allowProvision: true,
    approvedDigest: null,
    refusedApproval: null,
    planFile: 'p.json',
    allowDestroy: true,
    allowTakeover: true,
    claim: 'c1',
    cleanupPolicy: 'snapshot-and-delete',
    logFormat: 'json',
    input: '{}',
    auditFile: 'a.json',
    buildId: 'b1',
    runId: 'r1',
    problems: [],
  })
  t.like(readEnvironment({ ...env, RDS_PROVISION_BUILD_ID: '', RDS_PROVISION_RUN_ID: undefined }), {
    buildId: 'b2',
    runId: 'r2',
  })
})

test('a plan is approved by its digest; any other value but true approves nothing, and is kept to be named', (t) => {
  const digest = '0123456789abcdef'.repeat(4)
  const found = (value: string): unknown => {
    const { allowProvision, approvedDigest, refusedApproval } = readEnvironment({ ALLOW_DB_PROVISION: value })
    return [allowProvision, approvedDigest, refusedApproval]
  }
  t.deepEqual(found(`plan:${digest}`), [true, digest, null])
  t.deepEqual(found('true'), [true, null, null])
  for (const value of ['TRUE', '1', 'plan:', `plan:${digest}0`, `PLAN:${digest}`, ` plan:${digest}`, digest])
    t.deepEqual(found(value), [false, null, value])
})

test('of a word that is near one of those that there are, the remedy names that one', (t) => {
  const remedies = readEnvironment({ RDS_PROVISION_LOG: 'jsn', RDS_CLEANUP_POLICY: 'keep' }).problems
  t.deepEqual(
    remedies.map(({ field, remedy }) => `${field}: ${remedy}`),
    [
      'RDS_CLEANUP_POLICY: Use one of retain, disable, release, delete, snapshot-and-delete, or unset it.',
      'RDS_PROVISION_LOG: Use one of text, verbose, json, or unset it. Did you mean "json"?',
    ],
  )
})

test('a takeover is allowed by true alone; everything else, and what is no claim, is refused by name', (t) => {
  for (const value of ['TRUE', 'false', '1', ' true']) {
    const { allowTakeover, problems } = readEnvironment({ ALLOW_DB_TAKEOVER: value })
    t.false(allowTakeover)
    t.deepEqual(
      problems.map(({ field, message, remedy }) => [field, message, remedy]),
      [['ALLOW_DB_TAKEOVER', `${JSON.stringify(value)} is not accepted.`, 'Only true counts; or unset it.']],
    )
  }
  t.like(readEnvironment({ RDS_PROVISION_CLAIM: '$(id)' }).problems[0], { field: 'RDS_PROVISION_CLAIM' })
})

for (const value of ['TRUE', 'True', '1', 'yes', 'true ', ' true']) {
  test(`${JSON.stringify(value)} is no approval, and no error`, (t) => {
    t.like(readEnvironment({ ALLOW_DB_PROVISION: value, ALLOW_DB_DESTROY: value }), {
      allowProvision: false,
      allowDestroy: false,
    })
  })
}

test('unknown words and ids that cannot be are told, all at once', (t) => {
  const { problems, ...rest } = readEnvironment({
    RDS_CLEANUP_POLICY: 'drop',
    RDS_PROVISION_LOG: 'JSON',
    RDS_PROVISION_BUILD_ID: 'a\nb',
    TF_VAR_run_id: ' x',
  })
  t.deepEqual(
    problems.map(({ field }) => field),
    ['RDS_CLEANUP_POLICY', 'RDS_PROVISION_LOG', 'RDS_PROVISION_BUILD_ID', 'TF_VAR_run_id'],
  )
  t.like(rest, { cleanupPolicy: null, logFormat: 'text' })
})

test('for the AWS SDK too, empty is not set, and the region may stand under its older name', (t) => {
  const corrected = (env: Parameters<typeof awsCorrections>[0]): unknown => Object.fromEntries(awsCorrections(env))
  t.deepEqual(corrected({}), {})
  t.deepEqual(corrected({ AWS_PROFILE: '', AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-1', PATH: '' }), {
    AWS_PROFILE: null,
    AWS_REGION: 'eu-west-1',
  })
  t.deepEqual(corrected({ AWS_REGION: 'eu-west-2', AWS_DEFAULT_REGION: 'eu-west-1' }), { AWS_REGION: 'eu-west-2' })
  t.deepEqual(corrected({ AWS_REGION: '', AWS_DEFAULT_REGION: '' }), { AWS_REGION: null, AWS_DEFAULT_REGION: null })
})
