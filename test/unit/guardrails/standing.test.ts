import test from 'ava'
import { checkStanding } from '../../../src/guardrails/standing.ts'
import type { CleanupPolicy } from '../../../src/model/declaration.ts'
import { actual, declare, role, tagOf } from '../plan/sample.ts'
import { said } from './sample.ts'

const CLAIM = 'claim-1'

const standing = (fields: object, policy: CleanupPolicy | null = null, claim: string | null = CLAIM): string[] =>
  said(
    checkStanding(
      { ...declare({}), claim },
      actual({ roles: [role('u', { comment: tagOf('a', { Claim: CLAIM, CleanupPolicy: 'delete', ...fields }) })] })
        .cluster,
      policy,
    ),
  )

const text = (policy: string): string =>
  `a/standing_application: the state is about to end, and the removal of u (${policy}) was not asked for. Where terraform_data.stack is only being replaced: apply without that. Where a is to go: rds-provision destroy --application a --claim claim-1, then run again. Where it is to stay: RDS_CLEANUP_POLICY=retain in the environment of the run, which keeps what is pending too.`

test('a state does not end while an application stands whose policy would remove it', (t) => {
  for (const policy of ['delete', 'snapshot-and-delete', 'disable'])
    t.deepEqual(standing({ CleanupPolicy: policy }), [text(policy)])
  for (const policy of ['retain', 'release', undefined]) t.deepEqual(standing({ CleanupPolicy: policy }), [])
})

test('RDS_CLEANUP_POLICY says it for all', (t) => {
  t.deepEqual(standing({}, 'retain'), [])
  t.deepEqual(standing({}, 'release'), [])
  t.deepEqual(standing({ CleanupPolicy: 'retain' }, 'disable'), [text('disable')])
})

test('what another state claims, nobody claims, or is asked to go already holds up nothing', (t) => {
  t.deepEqual(standing({ Claim: 'claim-2' }), [])
  t.deepEqual(standing({ Claim: undefined }), [])
  t.deepEqual(standing({ Claim: undefined }, null, null), [])
  const removal = { Policy: 'delete', BuildId: 'b1', At: '2026-01-01T00:00:00.000Z', Approved: true }
  t.deepEqual(standing({ Removal: { a: removal } }), [])
  t.deepEqual(standing({ Removal: { b: removal } }), [text('delete')], 'the removal of another login of this role')
  const { cluster } = actual({ roles: [role('u', { comment: 'no tag' })] })
  t.deepEqual(checkStanding({ ...declare({}), claim: CLAIM }, cluster, 'delete'), [])
})
