/** A database that the master makes extensions in (src/README.md: The master in a database). */
import test from 'ava'
import type { AvailableExtension, Cluster, DatabaseState } from '../../../src/model/catalog.ts'
import type { Declaration } from '../../../src/model/declaration.ts'
import { withRequired } from '../../../src/model/extensions.ts'
import { type Job, stepsOf } from '../../../src/model/step.ts'
import { isUntouched, isWithheld, letIn } from '../../../src/model/withheld.ts'
import { checkExtensions } from '../../../src/guardrails/extensions.ts'
import { planSteps } from '../../../src/model/step.ts'
import { makePlan } from '../../../src/plan/plan.ts'
import { actual, ADMIN, database, declare, input, interior, role, type State, tagOf } from './sample.ts'

const available = (name: string, fields: Partial<AvailableExtension> = {}): [string, AvailableExtension] => [
  name,
  { name, trusted: false, requires: [], schema: null, ...fields },
]
const EXTENSIONS = new Map([
  available('cube', { trusted: true }),
  available('distance', { requires: ['cube'] }),
  available('server'),
  available('over', { requires: ['server'] }),
  available('crypto', { trusted: true }),
  available('fixed', { schema: 'its_own' }),
])
const CLUSTER: Partial<Cluster> = { extensions: EXTENSIONS }
const MASTER = { master_secret_id: 'master' }
const OWNER = { username: 'o', database_name: 'd' }

function declared(entry: object, variables: object = MASTER): Declaration {
  return declare({ o: { ...OWNER, ...entry } }, variables)
}

/** Stage and statements of each job, those of tags shortened. */
function jobsOf(declaration: Declaration, state: State, master: string | null = 'boss'): string[][] {
  const { jobs } = makePlan({ ...input(declaration, { cluster: CLUSTER, ...state }), master })
  return jobs
    .filter(({ stage }) => stage !== 'roles')
    .map((job) => [
      `${job.stage}${job.asMaster === true ? ' as master' : ''} in ${String(job.connectTo)}`,
      ...texts(job),
    ])
}

function texts({ transactions }: Job): string[] {
  return transactions.flatMap((transaction) => {
    const around = transaction.kind === 'bare' ? transaction.before : []
    return [...around, ...stepsOf(transaction).flatMap(({ statements }) => statements)].map(({ redacted }) =>
      short(redacted),
    )
  })
}

function short(sql: string): string {
  const fields = ['WithheldFor', 'AdmittedMaster', 'OwnedDatabase', 'PendingDatabase'].filter((field) =>
    sql.includes(field),
  )
  return sql.replace(/IS '\{.*/, `IS ${fields.join(' ') || 'tag'}`)
}

const withheld = (fields: Partial<DatabaseState> = {}): DatabaseState => {
  const item = (grantee: string, privilege: string) => ({ grantor: ADMIN, grantee, privilege })
  return database('d', ADMIN, {
    comment: tagOf('o', { WithheldFor: 'o', AdmittedMaster: 'boss' }),
    acl: [...['CONNECT', 'CREATE', 'TEMPORARY'].map((privilege) => item(ADMIN, privilege)), item('o', 'CREATE')],
    ...fields,
  })
}
const PENDING = role('o', { comment: tagOf('o', { PendingDatabase: 'd' }) })

test('a new database is the admin’s until the master has made its extensions', (t) => {
  t.deepEqual(jobsOf(declared({ schemas: ['app'], extensions: ['distance', 'crypto', 'fixed'] }), {}), [
    [
      'databases in null',
      `CREATE DATABASE "d" OWNER "${ADMIN}" TEMPLATE template0 ALLOW_CONNECTIONS false`,
      'REVOKE ALL ON DATABASE "d" FROM PUBLIC',
      'GRANT CREATE ON DATABASE "d" TO "o"',
      'ALTER DATABASE "d" ALLOW_CONNECTIONS true',
      `COMMENT ON DATABASE "d" IS WithheldFor`,
      'GRANT CONNECT, CREATE ON DATABASE "d" TO "boss"',
      `COMMENT ON DATABASE "d" IS WithheldFor AdmittedMaster`,
    ],
    [
      'foundations in d',
      `GRANT "o" TO "${ADMIN}" WITH INHERIT FALSE, SET TRUE`,
      'CREATE SCHEMA "app"',
      'CREATE EXTENSION "cube" SCHEMA "app" CASCADE',
      `REVOKE "o" FROM "${ADMIN}" GRANTED BY "${ADMIN}"`,
    ],
    [
      'extensions as master in d',
      'CREATE EXTENSION "distance" SCHEMA "app" CASCADE',
      'CREATE EXTENSION "fixed" CASCADE',
    ],
    [
      'handover in null',
      `GRANT "o" TO "${ADMIN}" WITH INHERIT FALSE, SET TRUE`,
      'REVOKE ALL ON DATABASE "d" FROM "boss"',
      'ALTER DATABASE "d" OWNER TO "o"',
      `GRANT CONNECT ON DATABASE "d" TO "${ADMIN}"`,
      'COMMENT ON DATABASE "d" IS tag',
      'COMMENT ON ROLE "o" IS OwnedDatabase',
      `REVOKE "o" FROM "${ADMIN}" GRANTED BY "${ADMIN}"`,
    ],
    [
      'interiors in d',
      `GRANT "o" TO "${ADMIN}" WITH INHERIT FALSE, SET TRUE`,
      'CREATE EXTENSION "crypto" SCHEMA "app" CASCADE',
      `REVOKE "o" FROM "${ADMIN}" GRANTED BY "${ADMIN}"`,
    ],
  ])
})

test('without extensions of the master, or without a master, nothing is withheld', (t) => {
  const stages = (declaration: Declaration, master: string | null): string[] =>
    jobsOf(declaration, {}, master).map(([stage = '']) => stage)
  t.deepEqual(stages(declared({ extensions: ['crypto'] }), 'boss'), ['databases in null', 'interiors in d'])
  t.deepEqual(stages(declared({ extensions: ['distance'] }), null), ['databases in null', 'interiors in d'])
})

test('what was cut off goes on: first it is opened, then seen, then done', (t) => {
  const declaration = declared({ extensions: ['server'] })
  const roles = [PENDING]
  const shut = withheld({ comment: null, allowConnections: false, acl: [] })
  t.deepEqual(
    jobsOf(declaration, { roles, databases: [shut] }).map(([stage]) => stage),
    ['databases in null'],
  )
  const closedAgain = withheld({ allowConnections: false })
  t.deepEqual(jobsOf(declaration, { roles, databases: [closedAgain] }), [
    [
      'databases in null',
      'ALTER DATABASE "d" ALLOW_CONNECTIONS true',
      'GRANT CONNECT, CREATE ON DATABASE "d" TO "boss"',
    ],
  ])
  const open = { roles, databases: [withheld()], interiors: [interior('d')] }
  t.deepEqual(
    jobsOf(declaration, open).map(([stage]) => stage),
    ['databases in null', 'extensions as master in d', 'handover in null'],
  )
  const item = (privilege: string) => ({ grantor: ADMIN, grantee: 'boss', privilege })
  const admitted = withheld({ acl: [...withheld().acl, item('CONNECT'), item('CREATE')] })
  const made = interior('d', { extensions: new Map([['server', { name: 'server', owner: 'boss' }]]) })
  const [handover = [], ...none] = jobsOf(declaration, { roles, databases: [admitted], interiors: [made] }, null)
  t.deepEqual(none, [])
  t.deepEqual(handover.slice(0, 4), [
    'handover in null',
    `GRANT "o" TO "${ADMIN}" WITH INHERIT FALSE, SET TRUE`,
    'REVOKE ALL ON DATABASE "d" FROM "boss"',
    'ALTER DATABASE "d" OWNER TO "o"',
  ])
})

test('of one that stays withheld the master is shown out, and nobody else', (t) => {
  const declaration = declared({ extensions: ['server'] })
  const item = (grantee: string) => ({ grantor: ADMIN, grantee, privilege: 'CONNECT' })
  const left = withheld({ acl: [...withheld().acl, item('boss'), item('friend')] })
  const plan = (declared: Declaration, leftOut: readonly string[]): string[] =>
    planSteps(
      makePlan({
        ...input(declared, { roles: [PENDING], databases: [left], cluster: CLUSTER }),
        leftOut: new Set(leftOut),
      }),
    ).flatMap(({ statements }) => statements.map(({ redacted }) => redacted))
  t.deepEqual(plan(declaration, ['o']), ['REVOKE ALL ON DATABASE "d" FROM "boss"'])
  t.deepEqual(plan(declare({}, MASTER), []), ['REVOKE ALL ON DATABASE "d" FROM "boss"'])
  t.deepEqual(plan(declare({}, { ...MASTER, stack: 'other' }), []), [], 'another stack’s is left alone')
})

test('the owner’s tag says that a database waits for it, also where another was there before', (t) => {
  const declaration = declared({ extensions: ['server'], recreate_missing: true })
  const roles = [role('o', { comment: tagOf('o', { OwnedDatabase: 'd' }) })]
  const { jobs } = makePlan({ ...input(declaration, { roles, cluster: CLUSTER }), master: 'boss' })
  const [first] = jobs
  t.deepEqual(first === undefined ? [] : texts(first), ['COMMENT ON ROLE "o" IS OwnedDatabase PendingDatabase'])
})

test('which database is withheld, only what an admin can write decides', (t) => {
  const declaration = declared({ extensions: ['server'] })
  const [own] = declaration.databases
  if (own === undefined) return t.fail()
  const of = (state: DatabaseState, owner = PENDING): [boolean, boolean] => {
    const { cluster } = actual({ roles: [owner], databases: [state], cluster: CLUSTER })
    return [isWithheld(declaration, cluster, own), isUntouched(declaration, cluster, own)]
  }
  const [YES, NO] = [
    [true, true],
    [false, false],
  ]
  t.deepEqual(of(withheld()), YES)
  t.deepEqual(of(withheld({ owner: 'o' })), NO, 'its owner may write any comment')
  t.deepEqual(of(withheld({ owner: 'stranger' })), NO)
  t.deepEqual(of(withheld({ comment: tagOf('o', { WithheldFor: 'somebody' }) })), NO)
  t.deepEqual(of(withheld({ comment: tagOf('o', { WithheldFor: 'o', Stack: 'other' }) })), NO)
  t.deepEqual(of(withheld({ comment: 'a person’s own' })), NO)
  t.deepEqual(of(withheld({ comment: null })), NO, 'it took connections')
  t.deepEqual(of(withheld({ comment: null, allowConnections: false })), YES)
  const had = role('o', { comment: tagOf('o', { OwnedDatabase: 'd' }) })
  t.deepEqual(of(withheld({ comment: null, allowConnections: false }), had), NO, 'nothing waits for it')
  for (const grantee of ['', 'o', 'friend']) {
    const acl = [...withheld().acl, { grantor: ADMIN, grantee, privilege: 'CONNECT' }]
    t.deepEqual(of(withheld({ acl })), [true, false], `${grantee} may have been there`)
    const { cluster } = actual({ roles: [PENDING] })
    t.deepEqual(letIn(cluster, 'o', withheld({ acl })), { masters: [], visitors: [grantee] })
  }
})

test('what the guardrail lets pass, and what it prints in which order', (t) => {
  const check = (entry: object, state: State, variables: object = MASTER): string[] => {
    const declaration = declared(entry, variables)
    const { cluster, interiors } = actual({ cluster: CLUSTER, ...state })
    const { databases } = declaration
    return databases.flatMap((item) =>
      checkExtensions(declaration, item, interiors.get(item.name), cluster).map(
        ({ message, remedy }) => `${message} ${remedy}`,
      ),
    )
  }
  const there = {
    roles: [role('o', { comment: tagOf('o') })],
    databases: [database('d', 'o')],
    interiors: [interior('d')],
  }
  t.deepEqual(check({ extensions: ['over'] }, {}), [])
  t.deepEqual(check({ extensions: ['crypto'] }, there), [])
  t.regex(check({ extensions: ['absent', 'over'] }, {})[0] ?? '', /^the server has no extension absent/)
  const [without = ''] = check({ extensions: ['over'] }, {}, {})
  t.regex(
    without,
    /could install server, over \(not trusted\)\. Give master_secret_id, .* Or apply without that first\./,
  )
  t.regex(without, /CREATE EXTENSION "server" .*; CREATE EXTENSION "over" /, 'what is required comes first')
  const [used = ''] = check({ extensions: ['server'] }, there)
  t.regex(used, /nobody else was before, and others have used d: .*\. Look at what is in the schema public of d/)
  t.notRegex(check({ extensions: ['server'] }, there, {})[0] ?? '', /nobody else/)
})

test('an extension comes after what it requires, and in a circle once', (t) => {
  t.deepEqual(withRequired(['over', 'distance', 'server'], EXTENSIONS), ['server', 'over', 'cube', 'distance'])
  const circle = new Map([available('a', { requires: ['b'] }), available('b', { requires: ['a'] })])
  t.deepEqual(withRequired(['a'], circle), ['b', 'a'])
})
