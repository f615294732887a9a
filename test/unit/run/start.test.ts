/** What is wrong before anything is read: told all at once, and in an audit that says what the run was about. */
import test from 'ava'
import { readEnvironment, type Variables } from '../../../src/input/environment.ts'
import type { AuditDocument } from '../../../src/model/audit.ts'
import type { Effect } from '../../../src/model/effect.ts'
import { digestOf } from '../../../src/plan/effects.ts'
import { start, type StartedRun, startRun } from '../../../src/run/start.ts'
import { endUnusable } from '../../../src/run/end/unusable.ts'

const DECLARATION = {
  environment: 'prod',
  instance: { host: 'db-1.example' },
  admin_secret_id: 'platform/prod/admin',
  build_id: '7',
  run_id: 'r',
  application_databases: { shop: {} },
}

function begin(declaration: object, variables: Variables = {}): Promise<StartedRun> {
  const environment = readEnvironment({
    ...variables,
    RDS_PROVISION_RUN_ID: 'run',
    RDS_PROVISION_INPUT: JSON.stringify(declaration),
  })
  // Travis CI, without numbers: no CI system that has ids is around, whatever runs this test.
  return startRun({
    command: 'apply',
    inputFile: null,
    claim: null,
    variables: { TRAVIS: 'true' },
    environment,
    cwd: '.',
    startedAt: new Date(0),
    needsBuildId: () => true,
  })
}

function auditOf(begun: StartedRun): AuditDocument {
  if (begun.error === null) throw new Error('the input can be used')
  return endUnusable(begun, { now: () => new Date(0), sinks: [] }).document
}

test('variables of the run, fields, the build id and the approval are wrong: one error, all of it', async (t) => {
  const { error } = await begin(
    { ...DECLARATION, build_id: null, application_databases: { shop: { acces_level: 'reader' } } },
    { RDS_CLEANUP_POLICY: 'nuke', RDS_PROVISION_LOG: 'xml' },
  )
  t.deepEqual(
    error?.problems.map(({ application, field }) => [application, field]),
    [
      [null, 'RDS_CLEANUP_POLICY'],
      [null, 'RDS_PROVISION_LOG'],
      ['shop', 'acces_level'],
      [null, 'build_id'],
      [null, 'approval'],
    ],
  )
})

test('a build id that is refused is not called missing too', async (t) => {
  const { error } = await begin({ ...DECLARATION, build_id: 'a\nb' }, { ALLOW_DB_PROVISION: 'true' })
  t.deepEqual(
    error?.problems.map(({ field, message }) => [field, message]),
    [['build_id', '"a\\nb" is not accepted.']],
  )
})

for (const [title, declaration, variables] of [
  ['without a build id', { ...DECLARATION, build_id: null }, {}],
  ['with an unknown variable', DECLARATION, { RDS_CLEANUP_POLICY: 'nuke' }],
  ['with a misspelled field', { ...DECLARATION, application_databases: { shop: { acces_level: 'reader' } } }, {}],
] as const) {
  test(`the audit of a run ${title} stands alone`, async (t) => {
    const { run, records } = auditOf(await begin(declaration, variables))
    t.like(run, {
      environment: 'prod',
      cluster_name: 'db-1',
      instance: { identifier: 'db-1', host: 'db-1.example', port: 5432 },
      approval: 'missing',
      outcome: 'failed',
      exit_code: 3,
    })
    t.not(run.build_id, '')
    t.deepEqual(
      records.map(({ object, status, application, database, username, environment }) => [
        object,
        status,
        application,
        database,
        username,
        environment,
      ]),
      [['admin', 'skipped', null, null, null, 'prod']],
    )
  })
}

test('names that could not be read are in no record', async (t) => {
  const { records } = auditOf(
    await begin({ ...DECLARATION, application_databases: { shop: { username: 'a\nb' }, till: {} } }),
  )
  t.deepEqual(
    records.map(({ action, message }) => [action, message]),
    [['not begun', 'not begun: nothing was changed; this concerns till']],
  )
})

test('of an input whose environment cannot be read nothing is claimed', async (t) => {
  const { run, records } = auditOf(await begin({ ...DECLARATION, environment: 'production' }))
  t.like(run, { environment: null, cluster_name: null, instance: null, exit_code: 3 })
  t.deepEqual(records, [])
})

test('nor that it needed no approval', async (t) => {
  t.is(auditOf(await begin({ ...DECLARATION, environment: 'production' })).run.approval, 'missing')
  t.is(
    auditOf(await begin({ ...DECLARATION, environment: 'production' }, { ALLOW_DB_PROVISION: 'true' })).run.approval,
    'approved',
  )
})

test('a program gives ids and approval itself: nothing is read from its environment or a CI system', async (t) => {
  const input = JSON.stringify({ ...DECLARATION, build_id: null, run_id: null })
  const begun = await start({ command: 'apply', input, buildId: '8', runId: 'mine', allowProvision: true })
  t.is(begun.error, null)
  t.like(begun.identity, { command: 'apply', buildId: '8', runId: 'mine', approval: 'approved' })
  t.regex(begun.identity.inputSha256, /^[0-9a-f]{64}$/)
  const declared = await start({ command: 'apply', input: JSON.stringify(DECLARATION), buildId: '8', runId: 'mine' })
  t.like(declared.identity, { buildId: '7', runId: 'r', approval: 'missing' })
})

test('what a program gives is checked like the variables of a run', async (t) => {
  const input = JSON.stringify({ ...DECLARATION, build_id: null, run_id: null })
  const refused = await start({ command: 'apply', input, buildId: 'a\nb', runId: '', allowProvision: true })
  t.deepEqual(
    refused.error?.problems.map(({ field, code }) => [field, code]),
    [
      ['buildId', 'invalid_value'],
      ['runId', 'invalid_value'],
    ],
  )
  for (const command of ['apply', 'destroy'] as const)
    t.deepEqual(
      (await start({ command, input, allowProvision: true })).error?.problems.map(({ code }) => code),
      ['missing_build_id'],
    )
  t.is((await start({ command: 'plan', input })).error, null)
})

const LIMIT = {
  application: 'shop',
  database: null,
  username: 'shop_u',
  object: 'role',
  rule: 'alter_role',
  detail: null,
} as const

test('effects that are not those of the approved digest are refused, wherever they come from', async (t) => {
  const effects = [{ ...LIMIT, effect: 'limit 1 -> 2' }]
  const input = JSON.stringify(DECLARATION)
  const { parsed } = await start({ command: 'apply', input })
  if (parsed === null) throw new Error('it can be read')
  const digest = digestOf(parsed.declaration, effects)
  const withEffects = (given: readonly Effect[], declaration: object = DECLARATION): Promise<StartedRun> =>
    start({ command: 'apply', input: JSON.stringify(declaration), approvedPlan: { digest, effects: given } })
  t.is((await withEffects(effects)).error, null)
  const forged = [[...effects, { ...LIMIT, effect: 'gets CREATEDB' }], [{ ...LIMIT, effect: 'limit 1 -> 9' }], []]
  for (const given of forged) {
    const { error } = await withEffects(given)
    t.deepEqual(
      error?.problems.map(({ code, field }) => [code, field]),
      [['invalid_value', 'approvedPlan']],
    )
    t.is(error?.exitCode, 3)
  }
  const removal = { command: 'destroy', input, approvedPlan: { digest, effects: [] } } as const
  t.is((await start(removal)).error, null, 'a removal goes by no effects, and nothing but an approval stops one')
  t.regex((await withEffects(effects, { ...DECLARATION, stack: 'other' })).error?.message ?? '', /another one's/)
})
