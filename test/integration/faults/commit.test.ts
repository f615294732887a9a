/** A COMMIT that the server refuses (another tool discards that error): nothing took effect, and the outcome says so. */
import test from 'ava'
import { lockWait } from '../../../src/execute/lock-wait.ts'
import { runAtomic } from '../../../src/execute/transaction.ts'
import { Statement } from '../../../src/model/statement.ts'
import type { Step } from '../../../src/model/step.ts'
import { Session } from '../../../src/server/session.ts'
import { bedFor, VERSIONS } from '../../support/provision.ts'
import { sampleStep } from '../../support/sample-step.ts'

const bed = bedFor(VERSIONS[1] ?? 16)

const NO_WAIT = { signal: new AbortController().signal, lockWait: lockWait(0, false) }

const step = (statement: string): Step => sampleStep([new Statement(statement)])

test.serial('a COMMIT that the server refuses is a refusal of the steps, and the session goes on', async (t) => {
  const { server } = bed()
  await server.sql(
    'CREATE TABLE late (x int UNIQUE DEFERRABLE INITIALLY DEFERRED); GRANT ALL ON late TO platform_provisioner',
  )
  const client = await server.connect({ ...server.admin, database: 'postgres' })
  try {
    const session = new Session(client, 'postgres', server.admin.user, { version: 160004, text: '16.4', pid: 1 })
    const steps = [step('INSERT INTO late VALUES (1)'), step('INSERT INTO late VALUES (1)')]
    const outcome = await runAtomic({ kind: 'atomic', steps }, session, NO_WAIT)
    t.is(outcome.kind, 'refused')
    t.is(outcome.kind === 'refused' ? outcome.error.code : '', '23505')
    t.deepEqual(outcome.applied, [])
    t.deepEqual(await server.sql('SELECT x FROM late'), [])
    const again = await runAtomic({ kind: 'atomic', steps: steps.slice(1) }, session, NO_WAIT)
    t.is(again.kind, 'applied')
  } finally {
    await client.end()
  }
})
