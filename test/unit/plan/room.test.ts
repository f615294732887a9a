/** A full database is given room for a look, and what a login loses outside waits until it has lost the inside. */
import test from 'ava'
import type { AclItem, DatabaseState } from '../../../src/model/catalog.ts'
import { type Job, type Plan, stepsOf } from '../../../src/model/step.ts'
import type { PlanInput } from '../../../src/plan/context.ts'
import { makePlan } from '../../../src/plan/plan.ts'
import { planRoomBack } from '../../../src/plan/room.ts'
import { actual, database, declare, input, interior, role, type State, tagOf } from './sample.ts'

const ENTRY = { username: 'o', database_name: 'd', database_connection_limit: 5 }
const DONE = { comment: tagOf('o', { SecretVersionId: undefined }), connectionLimit: 5 }

interface Case {
  readonly entry?: object
  readonly fields?: Partial<DatabaseState>
  readonly isFull?: boolean
  readonly room?: 'wanted' | 'made'
  readonly isThere?: boolean
}

/** `stage kind: statement`, without what a membership takes. */
function texts(jobs: readonly Job[]): string[] {
  return jobs.flatMap(({ stage, transactions }) =>
    transactions
      .flatMap(stepsOf)
      .flatMap(({ kind, statements }) =>
        statements.filter(({ runAs }) => runAs !== null).map(({ redacted }) => `${stage} ${kind}: ${redacted}`),
      ),
  )
}

function unseen({ entry = {}, fields = {}, isFull = true, room, isThere = true }: Case): string[] {
  const state: State = {
    roles: [role('o', { comment: tagOf('o', { OwnedDatabase: 'd' }) })],
    databases: isThere ? [database('d', 'o', { ...DONE, ...fields })] : [],
    logins: { o: { kind: 'password_right', note: null } },
  }
  const given = input(declare({ o: { ...ENTRY, ...entry } }), state)
  const run: PlanInput = {
    ...given,
    actual: { ...given.actual, unseen: isThere ? new Map([['d', { reason: 'why', isFull }]]) : new Map() },
    rooms: new Map(room === undefined ? [] : [['d', room] as const]),
  }
  return texts(makePlan(run).jobs)
}

const MORE = 'databases make_room: ALTER DATABASE "d" CONNECTION LIMIT 15'

test('a full database gets ten connections more for a look, once, and only where its limit is declared', (t) => {
  t.deepEqual(unseen({}), [MORE])
  t.deepEqual(unseen({ isFull: false }), [])
  t.deepEqual(unseen({ isFull: false, room: 'wanted' }), [MORE], 'it was full before')
  t.deepEqual(unseen({ room: 'made' }), [], 'and is full again')
  t.deepEqual(unseen({ entry: { database_connection_limit: undefined }, fields: { connectionLimit: -1 } }), [])
  const none = { entry: { database_connection_limit: 0 }, fields: { connectionLimit: 0 } }
  t.deepEqual(unseen(none), ['databases make_room: ALTER DATABASE "d" CONNECTION LIMIT 10'])
  const kept = { entry: { undeclared: 'keep', database_connection_limit: undefined } }
  t.deepEqual(unseen(kept), [], 'a limit that is kept is not ours to change')
  const other = { fields: { connectionLimit: 3 } }
  t.deepEqual(unseen(other), [MORE], 'not lowered to what is declared in the same run')
  t.deepEqual(unseen({ ...other, isFull: false }), ['databases limit_database: ALTER DATABASE "d" CONNECTION LIMIT 5'])
})

test('of one that is taken over unseen, nothing is taken from its users', (t) => {
  const open = { acl: [...database('d', 'o').acl, { grantor: 'o', grantee: '', privilege: 'CONNECT' }] }
  const adopts = { adopt_existing: true, undeclared: 'report' }
  const shut = ['databases restrict_public: REVOKE CONNECT ON DATABASE "d" FROM PUBLIC']
  t.deepEqual(unseen({ isFull: false, fields: open }), shut)
  t.deepEqual(unseen({ isFull: false, fields: open, entry: adopts }), shut, 'it is ours already')
  t.deepEqual(unseen({ isFull: false, fields: { ...open, comment: null }, entry: adopts }), [])
})

test('what a run gave is taken back where it still stands', (t) => {
  const { databases } = declare({ o: ENTRY })
  const back = (...states: readonly DatabaseState[]): string[] =>
    texts(planRoomBack(actual({ databases: states }).cluster, databases))
  t.deepEqual(back(database('d', 'o', { connectionLimit: 15 })), [
    'closing limit_database: ALTER DATABASE "d" CONNECTION LIMIT 5',
  ])
  t.deepEqual(back(database('d', 'o', { connectionLimit: 5 })), [])
  t.deepEqual(back(), [])
  t.deepEqual(back(database('e', 'o', { connectionLimit: 15 })), [])
})

test('who is to lose something inside is let in only when it has lost that, another at once', (t) => {
  const item = (grantee: string, privilege: string): AclItem => ({ grantor: 'o', grantee, privilege })
  const table = {
    schema: 'public',
    name: 't',
    objectClass: 'table' as const,
    owner: 'o',
    args: null,
    acl: [item('g', 'SELECT'), item('g', 'INSERT')],
    columnAcl: [],
  }
  const reader = (username: string): object => ({ username, database_name: 'd', access_level: 'reader' })
  const plan: Plan = makePlan(
    input(declare({ o: ENTRY, g: reader('g'), h: reader('h') }), {
      roles: ['o', 'g', 'h'].map((name) => role(name, { comment: tagOf(name) })),
      databases: [database('d', 'o', DONE)],
      interiors: [interior('d', { objects: [table] })],
    }),
  )
  t.deepEqual(
    texts(plan.jobs).filter((text) => text.includes('CONNECT') || text.includes('INSERT')),
    [
      'databases grant_privileges: GRANT CONNECT ON DATABASE "d" TO "h"',
      'interiors revoke_privileges: REVOKE INSERT ON TABLE "public"."t" FROM "g"',
      'closing grant_privileges: GRANT CONNECT ON DATABASE "d" TO "g"',
    ],
  )
})
