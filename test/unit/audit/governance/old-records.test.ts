/** Periods from the data of new records are those from the statements, from which records without the data are read. */
import test from 'ava'
import fc from 'fast-check'
import { parseRecord, type RecordedRun } from '../../../../src/audit/governance/entry.ts'
import { followAccess } from '../../../../src/audit/governance/periods.ts'
import { toDraft } from '../../../../src/execute/draft.ts'
import type { AuditRecord } from '../../../../src/model/audit.ts'
import { type AclItem, type DefaultAcl, type Interior, type SchemaState } from '../../../../src/model/catalog.ts'
import type { Declaration } from '../../../../src/model/declaration.ts'
import type { RemovalFacts } from '../../../../src/model/removal.ts'
import { planSteps, type Step } from '../../../../src/model/step.ts'
import { makePlan } from '../../../../src/plan/plan.ts'
import { planDrops, planRevocation } from '../../../../src/plan/removal.ts'
import { planRoleEnds } from '../../../../src/plan/removal-ends.ts'
import { actual, database, declare, input, interior, role, tagOf } from '../../plan/sample.ts'
import { auditRun } from '../../report/sample.ts'
import { DONE, recorder, RUN } from '../sample.ts'

const SCHEMAS = ['public', 'app', 'odd "IN SCHEMA" x', 'a, b']
const GUESTS = ['g', 'h'] as const
const TABLE_PRIVILEGES = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']

interface Round {
  /** null: no longer declared. */
  readonly levels: Readonly<Record<(typeof GUESTS)[number], 'editor' | 'reader' | null>>
  /** Also whether `g` moved to the other database. */
  readonly isMoved: boolean
  readonly schemas: readonly string[]
  readonly defaultAcl: readonly DefaultAcl[]
  /** Who has all of an editor by default, in every schema. */
  readonly editors: readonly string[]
  /** Whether roles and databases are there already. */
  readonly isNew: boolean
  readonly leaving: readonly string[]
}

const level = fc.constantFrom('editor', 'reader', null)
const round: fc.Arbitrary<Round> = fc.record({
  levels: fc.record({ g: level, h: level }),
  isMoved: fc.boolean(),
  schemas: fc.uniqueArray(fc.constantFrom(...SCHEMAS), { minLength: 1 }),
  defaultAcl: fc.array(
    fc.record({
      creator: fc.constantFrom('o', 'o', 'x'),
      schema: fc.constantFrom(...SCHEMAS, null),
      objectClass: fc.constantFrom('table', 'table', 'sequence', 'function'),
      grantee: fc.constantFrom(...GUESTS),
      privilege: fc.constantFrom(...TABLE_PRIVILEGES),
    }),
    { maxLength: 12 },
  ),
  editors: fc.subarray([...GUESTS]),
  isNew: fc.boolean(),
  leaving: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.subarray(['g', 'h', 'o'], { minLength: 1 }) },
  ),
})

function declarationOf({ levels, isMoved, schemas }: Round): Declaration {
  const guests = GUESTS.flatMap((name) => {
    const access = levels[name]
    const home = isMoved && name === 'g' ? 'e' : 'd'
    return access === null ? [] : [[name, { username: name, database_name: home, access_level: access }] as const]
  })
  return declare({
    o: { username: 'o', database_name: 'd', schemas },
    x: { username: 'x', database_name: 'e' },
    ...Object.fromEntries(guests),
  })
}

function insideOf(found: Round): Interior {
  const acl: AclItem[] = ['CREATE', 'USAGE'].map((privilege) => ({ grantor: 'o', grantee: 'o', privilege }))
  const schemas = found.schemas.map((name): [string, SchemaState] => [
    name,
    { name, owner: 'o', acl, objects: 0, foreignObjects: 0 },
  ])
  return interior('d', { schemas: new Map(schemas), defaultAcl: defaultsOf(found) })
}

function defaultsOf({ defaultAcl, editors, schemas }: Round): DefaultAcl[] {
  const full = editors.flatMap((grantee) =>
    schemas.flatMap((schema) =>
      TABLE_PRIVILEGES.map(
        (privilege) => ({ creator: 'o', schema, objectClass: 'table', grantee, privilege }) as const,
      ),
    ),
  )
  return [...defaultAcl, ...full]
}

const KEYWORDS = {
  schema: 'SCHEMAS',
  table: 'TABLES',
  sequence: 'SEQUENCES',
  function: 'ROUTINES',
} as const

/** What one run does: it applies, or it removes logins (with `o` its database). */
function stepsOf(found: Round): Step[] {
  const declaration = declarationOf(found)
  const state = {
    roles: ['o', 'x', ...GUESTS].map((name) => role(name, { comment: tagOf(name) })),
    databases: [database('d', 'o'), database('e', 'x')],
    interiors: [insideOf(found), interior('e')],
    cluster: { holders: new Map([['d', new Set(GUESTS)]]) },
  }
  if (found.leaving.length === 0) return planSteps(makePlan(input(declaration, found.isNew ? {} : state)))
  const holder = { database: 'd', grantor: 'o', isTemporary: false }
  const facts: RemovalFacts = {
    holdings: GUESTS.flatMap((grantee) => [
      { ...holder, grantee, keyword: 'TABLE', identity: 'app.things' },
      { ...holder, grantee, keyword: 'DATABASE', identity: 'd' },
    ]),
    defaults: defaultsOf(found).map((item) => ({ ...item, database: 'd', keyword: KEYWORDS[item.objectClass] })),
    obstacles: [],
    unseen: new Map(),
    tenants: new Map(),
    sessions: [],
    canSignal: true,
  }
  const departures = found.leaving.map((name) => {
    const drops = name === 'o' ? 'd' : null
    return { application: name, username: name, database: 'd', drops, policy: 'delete' } as const
  })
  const removal = { declaration, cluster: actual(state).cluster, departures, facts, startedAt: new Date(0) }
  return [planRevocation(removal), planDrops(removal), planRoleEnds(removal)].flatMap(planSteps)
}

/** A run a day; the records are as a file gives them back. */
function recordRuns(rounds: readonly Round[], change: (record: AuditRecord) => AuditRecord): RecordedRun[] {
  return rounds.map((found, day) => {
    const ids = { runId: `run-${day}`, buildId: `${day}` }
    const book = recorder({ identity: { ...RUN, ...ids }, now: () => new Date(Date.UTC(2026, 0, 1 + day)) })
    for (const step of stepsOf(found)) book.record(toDraft(step, step.statements, 1, ''))
    const { records } = book.finish(DONE)
    const read = records.flatMap((record) => {
      const { value } = parseRecord(JSON.parse(JSON.stringify(record)))
      return value === null ? [] : [value]
    })
    return { run: auditRun({ run_id: ids.runId, build_id: ids.buildId }), records: read.map(change) }
  })
}

function withoutAccess({ access: _access, ...record }: AuditRecord): AuditRecord {
  return record
}

test('periods from data alone equal periods from statements alone', (t) => {
  const told = new Set<string>()
  fc.assert(
    fc.property(fc.array(round, { minLength: 1, maxLength: 4 }), (rounds) => {
      const fromData = followAccess(recordRuns(rounds, (record) => ({ ...record, statements: [] })))
      t.deepEqual(fromData, followAccess(recordRuns(rounds, withoutAccess)))
      for (const { may, until } of fromData)
        told.add(`${may.split(' in ')[0] ?? ''}, ${until === null ? 'lasts' : 'ended'}`)
    }),
    { numRuns: 120 },
  )
  const access = ['log in', 'own it: create objects, read and write rows', 'read', 'read and write rows']
  for (const may of access)
    for (const end of ['lasts', 'ended'])
      t.true(
        [...told].some((text) => text === `${may}, ${end}`),
        `${may}, ${end}`,
      )
})

test('old and new records of one login follow each other', (t) => {
  const base = {
    levels: { g: null, h: null },
    isMoved: false,
    schemas: ['app'],
    defaultAcl: [],
    editors: [],
    isNew: true,
    leaving: [],
  } as const
  const [made, lowered] = [
    recordRuns([{ ...base, levels: { g: 'editor', h: null } }], withoutAccess),
    recordRuns([base, { ...base, isNew: false, levels: { g: 'reader', h: null }, editors: ['g'] }], (record) => record),
  ]
  const guest = followAccess([...made, ...lowered.slice(1)]).filter(
    ({ username, database }) => username === 'g' && database === 'd',
  )
  t.deepEqual(
    guest.map(({ may, sinceBuild, untilBuild }) => [may, sinceBuild, untilBuild]),
    [
      ['read and write rows in app', '0', '1'],
      ['read in app', '1', null],
    ],
  )
})

test('a record whose access is out of shape is not read; one without it is', (t) => {
  const [run] = recordRuns(
    [
      {
        levels: { g: null, h: null },
        isMoved: false,
        schemas: ['app'],
        defaultAcl: [],
        editors: [],
        isNew: true,
        leaving: [],
      },
    ],
    (one) => one,
  )
  const [record] = run?.records ?? []
  t.deepEqual(parseRecord(record).value, record)
  const access = { level: 'reader', changes: [{ on: 'table', schema: null, granted: ['SELECT'] }] }
  t.deepEqual(parseRecord({ ...record, access }).value, { ...record, access })
  for (const wrong of [
    null,
    {},
    { level: 'reader', changes: [{ on: 'tables', schema: null }] },
    { level: 'all', changes: [] },
  ])
    t.regex(parseRecord({ ...record, access: wrong }).problem ?? '', /^access/)
})
