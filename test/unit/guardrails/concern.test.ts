/** Whom a problem stops: what is managed already stops itself, a new claim that cannot be made stops the run. */
import test from 'ava'
import { sortByConcern } from '../../../src/guardrails/concern.ts'
import type { Problem, ProblemCode } from '../../../src/model/problem.ts'
import { actual, database, declare, role, type State, tagOf } from '../plan/sample.ts'

const ENTRIES = {
  own: { username: 'own', database_name: 'd' },
  read: { username: 'read', database_name: 'd', access_level: 'reader' },
  other: { username: 'other', database_name: 'e' },
}
const NEW: State = {}
const owned = (fields: object = { OwnedDatabase: 'd' }): State => ({
  roles: [role('own', { comment: tagOf('own', fields) })],
})

function problem(application: string | null, code: ProblemCode = 'owner_mismatch'): Problem {
  return { application, code, field: code, message: '.', remedy: '.' }
}

/** Whom it stops: the run, or that application. */
function stops(state: State, application: string | null, code?: ProblemCode): string {
  const { run, applications } = sortByConcern(declare(ENTRIES), actual(state).cluster, [problem(application, code)])
  return run.length > 0 ? 'run' : [...applications.keys()].join()
}

test('a new claim stops the run; something managed stops itself', (t) => {
  t.is(stops(NEW, 'own'), 'run')
  t.is(stops(owned(), 'own'), 'own')
  t.is(stops(owned(), 'other'), 'run')
})

test('another login stops itself where the database is managed, new or not', (t) => {
  t.is(stops(NEW, 'read', 'unmanaged_role'), 'run')
  t.is(stops(owned(), 'read', 'unmanaged_role'), 'read')
})

test('what concerns the whole run, or the declaration itself, stops the run', (t) => {
  t.is(stops(owned(), null), 'run')
  for (const code of ['approval', 'endpoint', 'reserved_name', 'naming'] as const)
    t.is(stops(owned(), 'own', code), 'run')
})

test('an owner that is declared with another database claims it anew; a tag from before 1.1 does not tell', (t) => {
  t.is(stops(owned({ OwnedDatabase: 'before' }), 'own'), 'run')
  t.is(stops(owned({}), 'own'), 'own')
})

test("the owner's tag decides, whatever the database's says, which its owner can change", (t) => {
  const state = { ...owned(), databases: [database('d', 'somebody', { comment: 'mine' })] }
  t.is(stops(state, 'own'), 'own')
})

test('where the comment on the role was overwritten, the database still carries our tag', (t) => {
  const comment = tagOf('own', { SecretVersionId: undefined })
  const overwritten = [role('own', { comment: 'by hand' })]
  t.is(stops({ roles: overwritten, databases: [database('d', 'own', { comment })] }, 'own', 'unmanaged_role'), 'own')
  t.is(stops({ roles: overwritten, databases: [database('d', 'own')] }, 'own', 'unmanaged_role'), 'run')
  t.is(stops({ roles: overwritten, databases: [database('d', 'x', { comment })] }, 'own', 'unmanaged_role'), 'run')
})

test('a role of another entry that is still declared is claimed anew; one of a key that is gone is not', (t) => {
  const tagged = (application: string): State => ({ roles: [role('own', { comment: tagOf(application) })] })
  t.is(stops(tagged('other'), 'own', 'foreign_claim'), 'run')
  t.is(stops(tagged('before'), 'own'), 'own')
})

test('a role that was renamed or dropped is managed still, as its tag or that of the database says', (t) => {
  const tagged = { comment: tagOf('own') }
  t.is(stops({ roles: [role('by_hand', tagged)], databases: [database('d', 'by_hand')] }, 'own'), 'own')
  t.is(stops({ roles: [role('x')], databases: [database('d', 'x', tagged)] }, 'own'), 'own')
  t.is(stops({ roles: [role('x')], databases: [database('d', 'x', { comment: tagOf('other') })] }, 'own'), 'run')
})

test("another stack's tag is no claim of ours", (t) => {
  t.is(stops(owned({ Stack: 'theirs' }), 'own', 'foreign_claim'), 'run')
  t.is(stops(owned({ Environment: 'prod' }), 'own', 'foreign_claim'), 'run')
})
