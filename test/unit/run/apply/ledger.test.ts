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

/** A ledger that these steps were lost to, sent in one transaction, and what it tells. */
function ledgerOf(unknown: readonly Step[]): { ledger: Ledger; records: AuditRecord[] } {
  const records: AuditRecord[] = []
  const ledger = new Ledger(declare({}), recorder({ sinks: [(record) => records.push(record)] }))
  ledger.unknown = [unknown]
  return { ledger, records }
}

const NOBODY: ReadonlySet<string> = new Set()
const ALL_SEEN = { leftOut: NOBODY, unseen: NOBODY, keptShut: NOBODY }
const THERE: ReadonlySet<string> = new Set(['shop_dev_db'])

/** What is told of these steps, sent in one transaction, where the next plan holds those. */
function told(unknown: readonly Step[], next: readonly Step[]): string[] {
  const { ledger, records } = ledgerOf(unknown)
  ledger.settle(planOf(next), ALL_SEEN)
  return records.map(({ action }) => action)
}

test('what the next plan no longer needs took effect; what it needs did not', (t) => {
  t.deepEqual(told([ADMIT, TAG], []), ['admit', 'tag'])
  t.deepEqual(told([ADMIT, TAG], [ADMIT, TAG]), [])
})

test('a transaction took effect as a whole or not at all: a step of it that is planned otherwise by now is not claimed', (t) => {
  t.deepEqual(told([ADMIT, TAG], [ADMIT]), [])
})

test('what the server went on with when its client was gone is told once somebody finds it', (t) => {
  const { ledger, records } = ledgerOf([ADMIT])
  const again = planOf([ADMIT])
  ledger.settle(again, ALL_SEEN)
  const nothing = { failures: [], skipped: [], unknown: [], lost: null }
  ledger.resend(again, { ...nothing, failures: [{ step: ADMIT, code: '42P04', message: 'it exists' }] })
  t.deepEqual(records, [])
  ledger.settle(planOf([]), ALL_SEEN)
  t.deepEqual(
    records.map(({ action }) => action),
    ['admit'],
  )
})

test('what was sent again and done is told by that, and not twice', (t) => {
  const { ledger, records } = ledgerOf([ADMIT])
  const again = planOf([ADMIT])
  ledger.settle(again, ALL_SEEN)
  ledger.resend(again, { failures: [], skipped: [], unknown: [], lost: null })
  ledger.settle(planOf([]), ALL_SEEN)
  t.deepEqual(records, [])
})

test('the tag of a database that is there by now is planned as an adoption: that is the same tag', (t) => {
  t.deepEqual(
    told([TAG], [{ ...TAG, object: 'database', kind: 'adopt_database', action: 'adopt', status: 'updated' }]),
    [],
  )
})

test('of a database that nobody could look into nothing is known, before somebody has or its application is given up', (t) => {
  const revoke: Step = { ...TAG, object: 'grant', kind: 'revoke_privileges', target: 'public', loser: 'ed_dev_user' }
  const { ledger, records } = ledgerOf([revoke])
  ledger.settle(planOf([]), { ...ALL_SEEN, unseen: THERE })
  t.deepEqual(records, [])
  t.deepEqual(
    [...ledger.losses.values()].map(({ login }) => login),
    ['ed_dev_user'],
  )
  ledger.settle(planOf([]), { ...ALL_SEEN, leftOut: new Set(['shop']), unseen: THERE })
  t.deepEqual(
    records.map(({ status, code }) => [status, code]),
    [['failed', 'connection_lost']],
  )
  t.deepEqual(ledger.unknown, [])
})

test('what the look finds afterwards is told as it is; a role needs no look', (t) => {
  const seen = ledgerOf([TAG])
  seen.ledger.settle(planOf([]), { ...ALL_SEEN, unseen: THERE })
  seen.ledger.settle(planOf([]), ALL_SEEN)
  t.deepEqual(
    seen.records.map(({ status }) => status),
    ['created'],
  )
  const role = ledgerOf([{ ...TAG, object: 'role', kind: 'alter_role' }])
  role.ledger.settle(planOf([]), { ...ALL_SEEN, unseen: THERE })
  t.deepEqual(
    role.records.map(({ status }) => status),
    ['created'],
  )
  const open = ledgerOf([TAG])
  open.ledger.settle(planOf([TAG]), { ...ALL_SEEN, unseen: THERE })
  t.deepEqual([open.records, open.ledger.unknown], [[], [[TAG]]], 'it may be under way')
})

test('of a database that is kept shut the tag is planned without a look, and what is inside of it is not', (t) => {
  const shut = { ...ALL_SEEN, unseen: THERE, keptShut: THERE }
  const tag = ledgerOf([TAG])
  tag.ledger.settle(planOf([]), shut)
  t.deepEqual(
    tag.records.map(({ action, status }) => [action, status]),
    [['tag', 'created']],
  )
  t.deepEqual(tag.ledger.unknown, [])
  const setting = ledgerOf([{ ...TAG, object: 'setting', kind: 'set_setting' }])
  setting.ledger.settle(planOf([]), shut)
  t.deepEqual(setting.records, [])
})
