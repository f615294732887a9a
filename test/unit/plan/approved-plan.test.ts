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

test('where no tag is written first, a step of its own comes first of all, of the first role that is ours', (t) => {
  const entry = (username: string, fields: object = {}): object => ({ username, access_level: 'none', ...fields })
  const declaration = declare({ a: entry('u'), b: entry('v', { can_login: false }) })
  const mark = planMark(declaration, DIGEST)
  const plan = (roles: readonly RoleState[], noted: string | null = mark): readonly Step[] => {
    const login = { kind: 'password_right', note: null } as const
    return planSteps(makePlan({ ...input(declaration, { roles, logins: { a: login } }), approvedPlan: noted }))
  }
  const own = (name: string, application: string, fields: object = {}): RoleState =>
    role(name, { comment: tagOf(application, { CleanupPolicy: 'disable', ...fields }) })
  const kinds = (steps: readonly Step[]): string[] =>
    steps.map(({ kind, application }) => `${kind} ${application ?? ''}`)
  const opens = plan([own('u', 'a'), own('v', 'b')])
  t.deepEqual(kinds(opens)[0], 'note_approved_plan a', 'the tag that b writes is not that of the bearer')
  t.deepEqual(markOf(opens, 'a'), [mark])
  const [first] = opens
  t.regex(first?.message ?? '', new RegExp(`^role u remembers that the approved plan is begun: ${DIGEST}$`))
  t.false(kinds(plan([own('u', 'a', { ApprovedPlan: mark }), own('v', 'b')])).includes('note_approved_plan a'))
  t.false(kinds(plan([own('u', 'a'), own('v', 'b')], null)).includes('note_approved_plan a'))
})

test('where something is left out, no plan is said to be done, of whichever role', (t) => {
  const declaration = declare({
    a: { username: 'u', access_level: 'none' },
    b: { username: 'v', access_level: 'none' },
  })
  const mark = planMark(declaration, DIGEST)
  const roles = ['a', 'b'].map((name) =>
    role(name === 'a' ? 'u' : 'v', { comment: tagOf(name, { CleanupPolicy: 'disable', ApprovedPlan: mark }) }),
  )
  const right = { kind: 'password_right', note: null } as const
  const plan = (...leftOut: readonly string[]): string[] =>
    planSteps(
      makePlan({ ...input(declaration, { roles, logins: { a: right, b: right } }), leftOut: new Set(leftOut) }),
    ).map(({ kind, username }) => `${kind} ${username ?? ''}`)
  t.deepEqual(plan(), ['end_approved_plan u', 'end_approved_plan v'])
  t.deepEqual(plan('b'), [])
})
