import test from 'ava'
import { InvalidInputError } from '../../../src/errors.ts'
import { idsAreGiven, resolveRun } from '../../../src/input/run-identity.ts'
import type { RunFacts } from '../../../src/input/run-identity.ts'
import type { Command } from '../../../src/model/run.ts'
import { fieldsOf } from './sample.ts'

const NONE = { buildId: null, runId: null }
const NOTHING_ALLOWED = {
  ...NONE,
  allowProvision: false,
  refusedApproval: null,
  allowDestroy: false,
  allowTakeover: false,
  cleanupPolicy: null,
}
const FACTS: RunFacts = {
  command: 'apply',
  environment: 'dev',
  declared: NONE,
  variables: NOTHING_ALLOWED,
  approvedPlan: null,
  ci: NONE,
  startedAt: new Date(0),
  uuid: 'uuid',
  toolVersion: '1.0.0',
  inputSha256: 'abc',
  needsBuildId: true,
}

test('ids come from the variable, else the environment, else the CI system', (t) => {
  const ci = { buildId: 'b-ci', runId: 'r-ci' }
  const variables = { ...NOTHING_ALLOWED, buildId: 'b-env', runId: 'r-env' }
  const declared = { buildId: 'b-var', runId: 'r-var' }
  t.like(resolveRun({ ...FACTS, ci, variables, declared }), declared)
  t.like(resolveRun({ ...FACTS, ci, variables }), { buildId: 'b-env', runId: 'r-env' })
  t.like(resolveRun({ ...FACTS, ci }), ci)
})

test('with no ids at all, dev builds are local and carry the run id', (t) => {
  t.deepEqual(resolveRun(FACTS), {
    runId: 'uuid',
    buildId: 'local-uuid',
    command: 'apply',
    approval: 'not_required',
    approvedPlan: null,
    refusedApproval: null,
    cleanupPolicy: null,
    mayDelete: true,
    takesOver: false,
    startedAt: new Date(0),
    toolVersion: '1.0.0',
    inputSha256: 'abc',
  })
})

for (const environment of ['test', 'staging', 'prod'] as const) {
  test(`${environment} needs a build id, unless nothing will change`, (t) => {
    t.deepEqual(
      fieldsOf(() => resolveRun({ ...FACTS, environment })),
      ['-/build_id'],
    )
    t.is(resolveRun({ ...FACTS, environment, needsBuildId: false }).buildId, 'local-uuid')
    t.is(resolveRun({ ...FACTS, environment, declared: { buildId: '7', runId: null } }).buildId, '7')
  })

  test(`${environment} needs approval`, (t) => {
    const facts = { ...FACTS, environment, declared: { buildId: '7', runId: null } }
    t.is(resolveRun(facts).approval, 'missing')
    t.is(resolveRun({ ...facts, variables: { ...FACTS.variables, allowProvision: true } }).approval, 'approved')
  })

  test(`${environment} deletes only where provisioning and destroying are both allowed`, (t) => {
    const facts = { ...FACTS, environment, declared: { buildId: '7', runId: null } }
    for (const allowProvision of [false, true])
      for (const allowDestroy of [false, true])
        t.is(
          resolveRun({ ...facts, variables: { ...FACTS.variables, allowProvision, allowDestroy } }).mayDelete,
          allowProvision && allowDestroy,
        )
  })
}

test('of an input that could not be read no build id is asked, and nothing is deleted', (t) => {
  t.like(resolveRun({ ...FACTS, environment: null }), { buildId: 'local-uuid', approval: 'missing', mayDelete: false })
})

test('a removal sees no variables of Terraform, so its remedy names none', (t) => {
  const remedyOf = (command: Command): string | undefined =>
    t.throws(() => resolveRun({ ...FACTS, environment: 'prod', command }), { instanceOf: InvalidInputError })
      .problems[0]?.remedy
  t.is(remedyOf('apply'), 'Set the variable build_id, or RDS_PROVISION_BUILD_ID in the environment of the run.')
  t.is(
    remedyOf('destroy'),
    'Set RDS_PROVISION_BUILD_ID in the environment of the run: a removal does not see the variable build_id.',
  )
})

test('the CI system is asked only where an id is missing', (t) => {
  t.true(idsAreGiven({ buildId: 'b', runId: null }, { buildId: null, runId: 'r' }))
  t.false(idsAreGiven({ buildId: 'b', runId: null }, NONE))
  t.false(idsAreGiven({ buildId: null, runId: 'r' }, NONE))
})
