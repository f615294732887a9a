/** What a run leaves of the plan that it carries out, and what the next one takes it for (src/README.md: What was approved). */
import test from 'ava'
import type { RoleState } from '../../../src/model/catalog.ts'
import type { Declaration } from '../../../src/model/declaration.ts'
import { planSteps, type Step } from '../../../src/model/step.ts'
import { findBegun, planMark } from '../../../src/plan/approved-plan.ts'
import { makePlan } from '../../../src/plan/plan.ts'
import { declare, input, role, tagOf } from './sample.ts'

const DIGEST = 'a'.repeat(64)

const DECLARED = { shop: {}, ro: { database_name: 'shop_dev_db', access_level: 'reader' } }

function rolesOf(...roles: readonly RoleState[]): ReadonlyMap<string, RoleState> {
  return new Map(roles.map((item) => [item.name, item]))
}

function marked(declaration: Declaration, mark = planMark(declaration, DIGEST)): ReadonlyMap<string, RoleState> {
  return rolesOf(role('ro_dev_user', { comment: tagOf('ro', { ApprovedPlan: mark }) }), role('shop_dev_user'))
}

test('the mark is that of the digest and of what is declared of applications, and of nothing of a run', (t) => {
  const declaration = declare(DECLARED)
  const mark = planMark(declaration, DIGEST)
  t.is(planMark(declare(DECLARED, { connect_timeout: 7, build_id: '9', lock_timeout: 3, claim: 'c' }), DIGEST), mark)
  t.not(planMark(declaration, 'b'.repeat(64)), mark)
  t.not(planMark(declare({ ...DECLARED, shop: { connection_limit: 3 } }), DIGEST), mark)
  t.not(planMark(declare({ ...DECLARED, shop: { settings: { work_mem: '9MB' } } }), DIGEST), mark)
  t.not(planMark(declare({ ...DECLARED, shop: { valid_until: '2040-01-01T00:00:00Z' } }), DIGEST), mark)
})

test('begun is a plan whose mark a role of this stack has; for another declaration it is changed', (t) => {
  const declaration = declare(DECLARED)
  const found = (roles: ReadonlyMap<string, RoleState>): unknown => findBegun(declaration, roles, { digest: DIGEST })
  t.is(found(marked(declaration)), 'begun')
  t.is(found(marked(declaration, `${DIGEST}/${'0'.repeat(64)}`)), 'changed')
  t.is(found(marked(declaration, `${planMark(declaration, DIGEST)}/done`)), 'done')
  t.is(found(marked(declaration, planMark(declaration, 'b'.repeat(64)))), null)
  t.is(found(rolesOf(role('ro_dev_user'))), null)
  const stranger = tagOf('ro', { Stack: 'other', ApprovedPlan: planMark(declaration, DIGEST) })
  t.is(found(rolesOf(role('ro_dev_user', { comment: stranger }))), null, 'the tag of another stack proves nothing')
  t.is(found(rolesOf(role('anna', { comment: tagOf('ro', { ApprovedPlan: planMark(declaration, DIGEST) }) }))), null)
})

function markOf(steps: readonly Step[], application: string): string[] {
  const texts = steps.filter((step) => step.application === application).flatMap(({ statements }) => statements)
  return texts.flatMap(({ redacted }) => /"ApprovedPlan":"([^"]+)"/.exec(redacted)?.[1] ?? [])
}

test('of new roles the first carries the mark from its first moment, and no step more is made for it', (t) => {
  const declaration = declare(DECLARED)
  const approvedPlan = planMark(declaration, DIGEST)
  const steps = planSteps(makePlan({ ...input(declaration), approvedPlan }))
  t.false(steps.some(({ kind }) => kind === 'note_approved_plan'))
  const made = steps.filter(({ kind }) => kind === 'create_role')
  t.deepEqual([markOf(made, 'ro'), markOf(made, 'shop')], [[approvedPlan], []])
  const without = planSteps(makePlan(input(declaration)))
  t.deepEqual([...markOf(without, 'ro'), ...markOf(without, 'shop')], [])
})

test('a role that is ours already is told first of all that the plan is begun, and once nothing is left that it is done', (t) => {
  const declaration = declare({ none: { access_level: 'none', connection_limit: 5 } })
  const approvedPlan = planMark(declaration, DIGEST)
  const plan = (
    connectionLimit: number,
    mark: string | undefined,
    leftOut: readonly string[] = [],
  ): readonly Step[] => {
    const comment = tagOf('none', { CleanupPolicy: 'disable', ApprovedPlan: mark })
    const roles = [role('none_dev_user', { connectionLimit, comment })]
    const logins = { none: { kind: 'password_right', note: null } } as const
    const given = input(declaration, { roles, logins })
    return planSteps(makePlan({ ...given, approvedPlan, leftOut: new Set(leftOut) }))
  }
  t.deepEqual(
    plan(5, undefined).map(({ kind }) => kind),
    [],
    'nothing to do is nothing to begin',
  )
  t.deepEqual(markOf(plan(1, undefined), 'none'), [approvedPlan], 'its own tag says it, in the same transaction')
  const ended = plan(5, approvedPlan)
  t.deepEqual(
    ended.map(({ kind }) => kind),
    ['end_approved_plan'],
  )
  t.deepEqual(markOf(ended, 'none'), [`${approvedPlan}/done`])
  t.deepEqual(plan(5, `${approvedPlan}/done`), [])
  t.deepEqual(plan(5, approvedPlan, ['none']), [], 'what is left out may be left to do')
})
