/** Steps whose answer was lost: what the next inspection makes of them. */
import test from 'ava'
import type { AuditRecord } from '../../../../src/model/audit.ts'
import { Statement } from '../../../../src/model/statement.ts'
import type { Plan, Step } from '../../../../src/model/step.ts'
import { Ledger } from '../../../../src/run/apply/ledger.ts'
import { recorder } from '../../audit/sample.ts'
import { declare } from '../../plan/sample.ts'

const TAG: Step = {
  application: 'shop',
  database: 'shop_dev_db',
  username: 'shop_dev_user',
  object: 'tag',
  kind: 'tag_database',
  target: null,
  action: 'tag',
  status: 'created',
  message: 'tag of database shop_dev_db',
  statements: [
    new Statement(`COMMENT ON DATABASE "shop_dev_db" IS '{}'`),
    new Statement('REVOKE "shop_dev_user" FROM "admin"'),
  ],
}
const ADMIT: Step = {
  ...TAG,
  object: 'grant',
  kind: 'admit_admin',
  action: 'admit',
  message: 'admin may look inside shop_dev_db',
  statements: [new Statement('GRANT CONNECT ON DATABASE "shop_dev_db" TO "admin"')],
}

function planOf(steps: readonly Step[]): Plan {
  return {
    findings: [],
    jobs: steps.length === 0 ? [] : [{ stage: 'roles', connectTo: null, transactions: [{ kind: 'atomic', steps }] }],
  }
}

/** What is told of these steps, sent in one transaction, where the next plan holds those. */
function told(unknown: readonly Step[], next: readonly Step[]): string[] {
  const records: AuditRecord[] = []
  const ledger = new Ledger(declare({}), recorder({ sinks: [(record) => records.push(record)] }))
  ledger.unknown = [unknown]
  ledger.settle(planOf(next), new Set())
  return records.map(({ action }) => action)
}

test('what the next plan no longer needs took effect; what it needs did not', (t) => {
  t.deepEqual(told([ADMIT, TAG], []), ['admit', 'tag'])
  t.deepEqual(told([ADMIT, TAG], [ADMIT, TAG]), [])
})

test('a transaction took effect as a whole or not at all: a step of it that is planned otherwise by now is not claimed', (t) => {
  t.deepEqual(told([ADMIT, TAG], [ADMIT]), [])
})

test('the tag of a database that is there by now is planned as an adoption: that is the same tag', (t) => {
  t.deepEqual(
    told([TAG], [{ ...TAG, object: 'database', kind: 'adopt_database', action: 'adopt', status: 'updated' }]),
    [],
  )
})
