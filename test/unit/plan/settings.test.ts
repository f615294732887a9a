/** Settings of a login in its database: set, kept, taken back, told of; and whom a session acts as. */
import test from 'ava'
import type { Parameter, StoredSetting } from '../../../src/model/catalog.ts'
import { planSteps } from '../../../src/model/step.ts'
import type { PlanInput } from '../../../src/plan/context.ts'
import { makePlan } from '../../../src/plan/plan.ts'
import { ADMIN, database, declare, input, interior, membership, role, tagOf } from './sample.ts'

const RIGHT = { kind: 'password_right', note: null } as const
const stored = (name: string, value: string, where: string | null = 'd', who = 'u'): StoredSetting => ({
  database: where,
  role: who,
  name,
  value,
})
/** What only a superuser may set. */
const PARAMETERS = new Map<string, Parameter>(
  [
    { name: 'log_statement', context: 'superuser' },
    { name: 'work_mem', context: 'user' },
  ].map((item) => [item.name, item]),
)

interface Case {
  readonly entry?: object
  readonly settings?: readonly StoredSetting[]
  readonly run?: Partial<PlanInput>
  /** The admin's right over the clone. */
  readonly mayAdminister?: boolean
}

function planned({ entry = {}, settings = [], run = {}, mayAdminister = true }: Case) {
  const declaration = declare({
    o: { username: 'o', database_name: 'd' },
    u: { username: 'u', database_name: 'd', access_level: 'reader', ...entry },
  })
  const roles = ['o', 'u', 'u_clone'].map((name) => role(name, { comment: name === 'u_clone' ? null : tagOf(name) }))
  const owned = database('d', 'o', { comment: tagOf('o', { SecretVersionId: undefined }) })
  const reads = { grantor: 'o', grantee: 'u', privilege: 'CONNECT' }
  const given = input(declaration, {
    roles,
    databases: [{ ...owned, acl: [...owned.acl, reads] }],
    interiors: [interior('d')],
    logins: { o: RIGHT, u: RIGHT },
    cluster: {
      settings,
      parameters: PARAMETERS,
      memberships: (mayAdminister ? ['o', 'u', 'u_clone'] : ['o', 'u']).map((name) =>
        membership(name, ADMIN, { admin: true, inherit: false, set: false }),
      ),
    },
  })
  return makePlan({ ...given, ...run })
}

/** `kind: statement` of each step on a setting, ` (x loses)` where a session has to end by it. */
const steps = (given: Case): string[] =>
  planSteps(planned(given)).flatMap(({ kind, object, statements, loser }) =>
    object === 'setting' ? [`${kind}: ${statements.join('; ')}${loser === undefined ? '' : ` (${loser} loses)`}`] : [],
  )
const told = (given: Case): string[] =>
  planned(given)
    .findings.filter(({ object }) => object === 'setting')
    .map(({ status, message }) => `${status}: ${message}`)

const SET = 'ALTER ROLE "u" IN DATABASE "d" SET'
const RESET = 'ALTER ROLE "u" IN DATABASE "d" RESET'

test('what is declared is set where it differs, and what is not is taken back, but for what is kept', (t) => {
  const of = (settings: object, there: readonly StoredSetting[], more: object = {}): string[] =>
    steps({ entry: { settings, ...more }, settings: there })
  t.deepEqual(of({ work_mem: '4MB' }, [stored('work_mem', '4MB')]), [])
  t.deepEqual(of({ work_mem: '4MB' }, [stored('Work_Mem', '4MB')]), [])
  t.deepEqual(of({ work_mem: '4MB' }, [stored('work_mem', '4MB', 'other')]), [`set_setting: ${SET} "work_mem" = '4MB'`])
  t.deepEqual(of({ work_mem: '4MB' }, [stored('work_mem', '5MB')]), [`set_setting: ${SET} "work_mem" = '4MB'`])
  t.deepEqual(of({}, [stored('work_mem', '5MB'), stored('jit', 'off')]), [
    `reset_setting: ${RESET} "jit"`,
    `reset_setting: ${RESET} "work_mem"`,
  ])
  t.deepEqual(of({}, [stored('work_mem', '5MB')], { undeclared: 'keep' }), [])
  t.deepEqual(of({}, [stored('log_statement', 'all')]), [], 'a login alone cannot set it')
  t.deepEqual(of({}, [stored('x\udc80', 'y')]), [], 'no statement can name it')
  t.deepEqual(of({}, [stored('work_mem', '5MB', null)]), [], 'not in this database')
  t.deepEqual(of({}, [stored('work_mem', '5MB', 'd', 'x')]), [])
})

test('a list is compared item by item, as the server stores it', (t) => {
  const of = (items: readonly string[], value: string): number =>
    steps({ entry: { settings: { search_path: items } }, settings: [stored('search_path', value)] }).length
  t.is(of(['a', 'b c', 'x"y'], 'a, "b c", "x""y"'), 0)
  t.is(of(['a', 'b'], 'a,b'), 0)
  for (const value of ['a', 'a, b, c', 'b, a', 'a, x', '"a, b"']) t.is(of(['a', 'b'], value), 1, value)
})

test('a session acts as the role that is declared, and ends where that changes', (t) => {
  const as = (actsAs: string | null, now: string | null, mode = 'report'): string[] =>
    steps({
      entry: { undeclared: mode, ...(actsAs !== null && { acts_as: actsAs }) },
      settings: now === null ? [] : [stored('role', now)],
    })
  t.deepEqual(as(null, null), [])
  t.deepEqual(as('o', null), [`act_as: ${SET} "role" = 'o'`])
  t.deepEqual(as('o', 'o'), [])
  t.deepEqual(as('o', 'x'), [`act_as: ${SET} "role" = 'o' (u loses)`])
  t.deepEqual(as(null, 'x'), [`reset_setting: ${RESET} "role" (u loses)`])
  t.deepEqual(as(null, 'x', 'keep'), [])
  t.deepEqual(as('o', 'x', 'keep'), [`act_as: ${SET} "role" = 'o' (u loses)`])
})

test('what is set for all databases, or cannot be taken back, is told of with what undoes it', (t) => {
  const everywhere = (list: string, ways: string): string =>
    `skipped: u has ${list} set for all databases, outside of this declaration and left alone; to undo it, ${ways}`
  t.deepEqual(told({}), [])
  t.deepEqual(told({ settings: [stored('work_mem', '4MB', null)] }), [
    everywhere('work_mem', `as ${ADMIN}: ALTER ROLE "u" RESET "work_mem";`),
  ])
  t.deepEqual(told({ settings: [stored('work_mem', '4MB', null), stored('Log_Statement', 'all', null)] }), [
    everywhere(
      'work_mem, Log_Statement',
      `as ${ADMIN}: ALTER ROLE "u" RESET "work_mem"; and as a superuser: ALTER ROLE "u" RESET "Log_Statement";`,
    ),
  ])
  const declared = { settings: { work_mem: '4MB' } }
  t.deepEqual(told({ entry: declared, settings: [stored('WORK_MEM', '5MB', null)] }), [], 'the declared one counts')
  const locked = { settings: [stored('log_statement', 'all')] }
  t.deepEqual(told(locked), [
    `warning: u has log_statement = all set in d, which is not declared and left alone: a login alone cannot set it, and who set it can take it away, on RDS the master; as a superuser: ${RESET} "log_statement";`,
  ])
  t.deepEqual(told({ ...locked, entry: { undeclared: 'keep' } }), [])
  t.deepEqual(told({ settings: [stored('log_statement', 'all', 'other')] }), [])
  t.deepEqual(told({ settings: [stored('work_mem', '4MB')] }), [], 'that one is taken back')
  const unnamed =
    'warning: u has settings whose names are no text in UTF-8 (x\\x80): they were neither checked nor reset; let whoever set them reset them, over a connection in the encoding that they were named in'
  for (const where of ['d', null]) t.deepEqual(told({ settings: [stored('x\udc80', 'y', where)] }), [unnamed])
  t.deepEqual(told({ settings: [stored('x\udc80', 'y', 'other')] }), [])
})

test('the clone of a rotation acts as the application’s role, or as the one that it acts as', (t) => {
  const facts = (clone: string | null): Partial<PlanInput> => ({
    secrets: new Map([['u', { versionId: 'v1', clone, verifier: null }]]),
  })
  const statement = (actor: string): string => `ALTER ROLE "u_clone" IN DATABASE "d" SET "role" = '${actor}'`
  const run = facts('u_clone')
  t.deepEqual(steps({ run: facts(null) }), [])
  t.deepEqual(steps({ run }), [`act_as: ${statement('u')}`])
  t.deepEqual(steps({ run, entry: { acts_as: 'o' }, settings: [stored('role', 'o')] }), [`act_as: ${statement('o')}`])
  t.deepEqual(steps({ run, settings: [stored('role', 'u', 'd', 'u_clone')] }), [])
  for (const other of [
    stored('role', 'x', 'd', 'u_clone'),
    stored('role', 'u', 'other', 'u_clone'),
    stored('jit', 'u', 'd', 'u_clone'),
  ])
    t.deepEqual(steps({ run, settings: [other] }), [`act_as: ${statement('u')}`])
  t.deepEqual(told({ run }), [])
  t.deepEqual(steps({ run, mayAdminister: false }), [])
  t.deepEqual(told({ run, mayAdminister: false }), [
    `warning: what u_clone creates belongs to it and not to u. Only a superuser can (nobody administers it): ${statement('u')};`,
  ])
})
