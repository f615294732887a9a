/**
 * How steps become messages to the server, seen by pg-mem: it cannot parse DDL on roles and databases, and shows every
 * text before it parses. What the statements do is tried on real servers only.
 */
import 'reflect-metadata'
import { EventEmitter } from 'node:events'
import test from 'ava'
import type pg from 'pg'
import { newDb } from 'pg-mem'
import { lockWait } from '../../../src/execute/lock-wait.ts'
import { runAtomic } from '../../../src/execute/transaction.ts'
import { Secret } from '../../../src/model/secret.ts'
import type { Step } from '../../../src/model/step.ts'
import type { Statement } from '../../../src/model/statement.ts'
import { Session } from '../../../src/server/session.ts'
import { alterDatabaseLimit } from '../../../src/sql/database.ts'
import { alterRole } from '../../../src/sql/role.ts'
import { sampleStep } from '../../support/sample-step.ts'

const step = (object: Step['object'], statements: readonly Statement[]): Step => sampleStep(statements, { object })

test('a transaction is one message: all statements as they are, the roles switched between them, BEGIN before and COMMIT after; and one that hides a verifier', async (t) => {
  const sent: string[] = []
  const db = newDb()
  db.public.interceptQueries((text) => {
    sent.push(text)
    return []
  })
  const { Client } = db.adapters.createPg() as { Client: new () => pg.Client }
  const client = Object.assign(new Client(), { connection: new EventEmitter() })
  const session = new Session(client, 'postgres', 'admin', { version: 160004, text: '16.4', pid: 1 })
  const steps = [
    step('password', [alterRole('u', { verifier: new Secret('SCRAM') })]),
    step('database', [alterDatabaseLimit('d', 3, 'o'), alterRole('u', { createDb: true })]),
  ]
  const outcome = await runAtomic({ kind: 'atomic', steps }, session, {
    signal: new AbortController().signal,
    lockWait: lockWait(0, false),
  })
  t.deepEqual(sent, [
    [
      'BEGIN',
      `ALTER ROLE "u" PASSWORD 'SCRAM'`,
      'SET LOCAL ROLE "o"',
      'ALTER DATABASE "d" CONNECTION LIMIT 3',
      'RESET ROLE',
      'ALTER ROLE "u" CREATEDB',
      'COMMIT',
    ].join(';\n'),
    'SELECT 1',
  ])
  t.deepEqual(
    outcome.applied.map((applied) => applied.statements.map(String)),
    [[`ALTER ROLE "u" PASSWORD '[redacted]'`], ['ALTER DATABASE "d" CONNECTION LIMIT 3', 'ALTER ROLE "u" CREATEDB']],
  )
})

test('of internal errors only a row that changed meanwhile is tried again', async (t) => {
  const refusals: readonly (readonly [string, string, number])[] = [
    ['simple_heap_update', 'tuple concurrently updated', 6],
    ['simple_heap_delete', 'tuple concurrently deleted', 6],
    ['simple_heap_update', 'tuple already updated by self', 1],
    ['check_role_grantor', 'no possible grantors', 1],
    ['exec_stmt_raise', 'tuple concurrently updated', 1],
  ]
  for (const [routine, message, tries] of refusals) {
    let tried = 0
    const client = Object.assign(new EventEmitter(), {
      connection: new EventEmitter(),
      query: async (text: string) => {
        if (text === 'ROLLBACK') return Promise.resolve({ rows: [] })
        tried += 1
        return Promise.reject(Object.assign(new Error(message), { severity: 'ERROR', code: 'XX000', routine }))
      },
    }) as unknown as pg.Client
    const session = new Session(client, 'postgres', 'admin', { version: 160004, text: '16.4', pid: 1 })
    const steps = [step('role', [alterRole('u', { createDb: true })])]
    const outcome = await runAtomic({ kind: 'atomic', steps }, session, {
      signal: new AbortController().signal,
      lockWait: lockWait(0, false),
    })
    t.is(outcome.kind, 'refused')
    t.is(tried, tries, `${routine}: ${message}`)
  }
})
