/** How steps inside a database become transactions. */
import test from 'ava'
import type { AtomicTransaction, PrivilegeStatement, Step } from '../../../src/model/step.ts'
import { partsOf } from '../../../src/model/step.ts'
import { accessStep } from '../../../src/plan/access-change.ts'
import { transactionsInside } from '../../../src/plan/parts.ts'
import { grantByDefault, grantOnObjects, revokeOnObjects } from '../../../src/sql/interior.ts'
import { declare, input } from './sample.ts'

const { server } = input(declare({})).actual.cluster
const ABOUT = { application: 'g', database: 'd', username: 'g', object: 'grant' } as const

function tables(count: number, from = 0): PrivilegeStatement['statement'] {
  const objects = Array.from({ length: count }, (_, index) => ({
    schema: 's',
    name: `t${String(index + from)}`,
    objectClass: 'table' as const,
    args: null,
  }))
  return grantOnObjects(objects, ['SELECT'], 'g', 'o')
}

function step(kind: Step['kind'], items: readonly PrivilegeStatement[]): Step {
  return accessStep(ABOUT, kind, 'grant', kind.startsWith('revoke') ? 'removed' : 'created', kind, 'reader', items, 's')
}

const granted = (count: number, from = 0): PrivilegeStatement => ({
  statement: tables(count, from),
  change: { on: 'table', schema: 's', granted: ['SELECT'] },
})
const revoked: PrivilegeStatement = {
  statement: revokeOnObjects([{ schema: 's', name: 'x', objectClass: 'table', args: null }], ['INSERT'], 'g', 'o'),
  change: { on: 'table', schema: 's', revoked: ['INSERT'] },
}
const byDefault: PrivilegeStatement = {
  statement: grantByDefault('o', 's', 'table', ['SELECT'], 'g'),
  change: { on: 'table', schema: 's', granted: ['SELECT'] },
}

/** How many objects each statement of each step names. */
function sizes(transactions: readonly AtomicTransaction[]): string[][] {
  return transactions.map(({ steps }) =>
    steps.map(
      ({ kind, privileges = [] }) => `${kind} ${privileges.map((item) => item.statement.objects.length).join()}`,
    ),
  )
}

test('what names 500 objects at most is one transaction', (t) => {
  const steps = [step('grant_privileges', [granted(200), granted(200, 200)]), step('revoke_privileges', [revoked])]
  t.deepEqual(sizes(transactionsInside(server, steps)), [['grant_privileges 200,200', 'revoke_privileges 1']])
  t.deepEqual(transactionsInside(server, []), [])
})

test('more comes in parts: what names none, then what is taken away, then what is given', (t) => {
  const steps = [
    step('grant_privileges', [byDefault, granted(200), granted(200, 200), granted(200, 400)]),
    step('revoke_privileges', [revoked]),
    step('grant_default_privileges', [byDefault]),
  ]
  const transactions = transactionsInside(server, steps)
  t.deepEqual(sizes(transactions), [
    ['grant_privileges 0', 'grant_default_privileges 0'],
    ['revoke_privileges 1', 'grant_privileges 200', 'grant_privileges 200'],
    ['grant_privileges 200'],
  ])
  t.deepEqual(
    transactions.flatMap((transaction) => transaction.steps.map(({ message }) => message)).slice(3),
    [1, 2, 3].map((part) => `grant_privileges, part ${String(part)} of 3`),
  )
  t.deepEqual(
    transactions.map(({ steps: [first] }) => first?.statements.at(0)?.redacted),
    transactions.map(() => 'GRANT "o" TO "admin" WITH INHERIT FALSE, SET TRUE'),
  )
})

test('halves go down to the single object, and each says what it changes', (t) => {
  const names: string[] = []
  const walk = (transaction: AtomicTransaction): void => {
    if (transaction.halves !== undefined) {
      transaction.halves().forEach(walk)
      return
    }
    for (const { access, privileges = [] } of transaction.steps) {
      t.is(access?.changes.length, 1)
      names.push(...privileges.flatMap(({ statement }) => statement.objects))
    }
  }
  transactionsInside(server, [
    step('grant_privileges', [byDefault, granted(5)]),
    step('revoke_privileges', [revoked]),
  ]).forEach(walk)
  t.deepEqual(names, ['"s"."t0"', '"s"."t1"', '"s"."t2"', '"s"."t3"', '"s"."t4"', '"s"."x"'])
})

test('a part of a step is found again by the objects that it names', (t) => {
  const open = new Set(partsOf(step('grant_privileges', [granted(2, 2)])))
  const isOpen = (item: Step): boolean => partsOf(item).some((part) => open.has(part))
  t.true(isOpen(step('grant_privileges', [granted(2, 3)])))
  t.false(isOpen(step('grant_privileges', [granted(2)])))
  t.false(isOpen(step('grant_privileges', [byDefault])))
})
