/** Transactions in halves, round what vanished. */
import test from 'ava'
import { runDivided } from '../../../src/execute/divide.ts'
import type { TransactionOutcome } from '../../../src/execute/transaction.ts'
import { Statement } from '../../../src/model/statement.ts'
import type { AtomicTransaction, Step } from '../../../src/model/step.ts'
import { StatementError } from '../../../src/server/session.ts'
import { sampleStep } from '../../support/sample-step.ts'

function transactionOf(objects: readonly string[]): AtomicTransaction {
  const statement = Statement.ofList({ head: 'GRANT SELECT ON TABLE', objects, tail: 'TO g' }, null)
  const change = { on: 'table', schema: null, granted: ['SELECT'] } as const
  const step: Step = { ...sampleStep([statement]), privileges: [{ statement, change }] }
  const middle = Math.ceil(objects.length / 2)
  const halves = (): AtomicTransaction[] => [objects.slice(0, middle), objects.slice(middle)].map(transactionOf)
  return { kind: 'atomic', steps: [step], ...(objects.length > 1 && { halves }) }
}

const objectsOf = ({ steps }: AtomicTransaction): readonly string[] => steps[0]?.statements[0]?.objects ?? []

/** Refuses what names one of these, with the code that stands there. */
function serverWithout(gone: Readonly<Record<string, string>>, routine = '') {
  const applied: string[] = []
  let tries = 0
  const run = (transaction: AtomicTransaction): Promise<TransactionOutcome> => {
    tries += 1
    const [step] = transaction.steps
    const name = objectsOf(transaction).find((object) => gone[object] !== undefined)
    if (name === undefined || step === undefined) {
      applied.push(...objectsOf(transaction))
      return Promise.resolve({ kind: 'applied', applied: [] })
    }
    const said = { code: gone[name] ?? '', message: 'no', routine, detail: '', hint: '', context: '' }
    const error = new StatementError(0, said, null)
    return Promise.resolve({ kind: 'refused', culprit: step, others: [], error, applied: [] })
  }
  return { run, applied, tries: () => tries }
}

const NAMES = Array.from({ length: 16 }, (_, index) => `t${String(index)}`)
const always = (): Promise<boolean> => Promise.resolve(true)

for (const [code, routine] of [
  ['42P01', ''],
  ['42883', ''],
  ['XX000', 'ExecGrant_Relation'],
  ['XX000', 'expand_all_col_privileges'],
] as const)
  test(`${code} ${routine}: all but what vanished is done, and little is tried for it`, async (t) => {
    const server = serverWithout({ t5: code }, routine)
    const { outcomes, notBegun } = await runDivided(transactionOf(NAMES), server.run, always)
    t.deepEqual(
      server.applied,
      NAMES.filter((name) => name !== 't5'),
    )
    t.is(outcomes.filter(({ kind }) => kind === 'refused').length, 1)
    t.deepEqual(notBegun, [])
    t.is(server.tries(), 9)
  })

for (const code of ['42501', '55P03', 'XX000'])
  test(`${code} is no sign of it: nothing is divided`, async (t) => {
    const server = serverWithout({ t5: code }, 'select_best_grantor')
    const { outcomes } = await runDivided(transactionOf(NAMES), server.run, always)
    t.deepEqual([outcomes.length, server.tries(), server.applied], [1, 1, []])
  })

test('where all is gone, another look is cheaper', async (t) => {
  const many = Array.from({ length: 500 }, (_, index) => `t${String(index)}`)
  const server = serverWithout(Object.fromEntries(many.map((name) => [name, '42P01'])))
  await runDivided(transactionOf(many), server.run, always)
  t.true(server.tries() < 200, String(server.tries()))
})

test('an interrupted run begins no other half, and says so', async (t) => {
  const server = serverWithout({ t0: '42P01' })
  const { outcomes, notBegun } = await runDivided(transactionOf(NAMES), server.run, () => Promise.resolve(false))
  t.deepEqual([outcomes, server.tries()], [[], 1])
  t.deepEqual(
    notBegun.flatMap(({ statements }) => statements.flatMap(({ objects }) => objects)),
    NAMES,
  )
})
