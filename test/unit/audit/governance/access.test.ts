import test from 'ava'
import fc from 'fast-check'

import { renderAccess } from '../../../../src/audit/governance/access.ts'
import type { Beginnings } from '../../../../src/audit/governance/starts.ts'
import { replaceSection } from '../../../../src/audit/governance/sections.ts'
import type { AccessMatrix, LoginAccess, OrphanLogin } from '../../../../src/model/access.ts'

const READER: LoginAccess = {
  username: 'analytics_dev_reader',
  application: 'analytics_reader',
  accessLevel: 'reader',
  auth: 'iam',
  canLogin: true,
  createDb: false,
  connectionLimit: 20,
  memberOf: ['pg_monitor'],
  connect: true,
  temporary: false,
  create: false,
  schemas: [
    { schema: 'public', may: 'read' },
    { schema: 'mart', may: 'read' },
  ],
  build: '101',
  validUntil: new Date('2027-01-01T00:00:00Z'),
}
const OWNER: LoginAccess = {
  username: 'analytics_dev_user',
  application: null,
  accessLevel: 'owner',
  auth: 'password',
  canLogin: false,
  createDb: true,
  connectionLimit: null,
  memberOf: [],
  connect: true,
  temporary: true,
  create: true,
  schemas: [],
  build: null,
  validUntil: null,
}
const ORPHAN: OrphanLogin = {
  username: 'analytics_dev_user',
  application: 'analytics',
  state: 'disabled',
  cleanupPolicy: 'disable',
  canLogin: false,
  databases: ['analytics_dev_db', 'b'],
  since: '2026-05-01T10:00:00.000Z',
  build: '103',
}
const MATRIX: AccessMatrix = {
  environment: 'dev',
  stack: 'shared/dev',
  clusterName: 'shared',
  instance: 'shared-1',
  databases: [
    { database: 'b', owner: 'o', logins: [], outsideGrants: [], isSeen: true },
    {
      database: 'analytics_dev_db',
      owner: 'analytics_dev_user',
      logins: [OWNER, READER].toReversed(),
      outsideGrants: [
        { role: 'bob', privilege: 'SELECT', on: 'table public.t' },
        { role: '', privilege: 'CONNECT', on: 'database' },
      ],
      isSeen: true,
    },
  ],
  orphans: [
    ORPHAN,
    {
      username: 'an_dev_user',
      application: 'an',
      state: 'retained',
      cleanupPolicy: 'retain',
      canLogin: true,
      databases: [],
      since: null,
      build: null,
    },
  ],
}
/** The audit knows the build of the reader, and that of the owner's access. */
const STARTS: Beginnings = {
  access: (_instance, _database, username) =>
    username === OWNER.username ? { day: '2026-04-01', build: '102' } : null,
  firstDay: (build) => (build === '101' ? '2026-03-01' : null),
}

test('the matrix as a person reads it', (t) => {
  t.is(
    renderAccess(MATRIX, STARTS),
    `\
## Stack shared/dev on instance shared-1

Cluster: shared. Databases: 2.

### Database analytics_dev_db

Owner: analytics_dev_user.

| Login | Application | Level | Logs in by | As a role | On the database | In its schemas | Since | By build | Valid until |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| analytics_dev_reader | analytics_reader | reader | iam | 20 connections, member of pg_monitor | CONNECT | mart: read<br>public: read | 2026-03-01 | 101 | 2027-01-01T00:00:00.000Z |
| analytics_dev_user | – | owner | – | NOLOGIN, CREATEDB | CONNECT, TEMP, CREATE | – | 2026-04-01 | 102 | – |

Granted outside of rds-provision:

| Role | Privilege | On |
| --- | --- | --- |
| PUBLIC (everybody) | CONNECT | database |
| bob | SELECT | table public.t |

### Database b

Owner: o.

### Logins no longer declared

| Login | Application | State | May log in | Databases it reaches | Since | By build |
| --- | --- | --- | --- | --- | --- | --- |
| an_dev_user | an | retained | yes | – | – | – |
| analytics_dev_user | analytics | disabled | no | analytics_dev_db, b | 2026-05-01 | 103 |`,
  )
})

test('what nobody could look into is not told as nothing', (t) => {
  const logins = [{ ...READER, accessLevel: null, schemas: [], build: null, application: null, validUntil: null }]
  const text = renderAccess(
    { ...MATRIX, databases: [{ database: 'b', owner: 'o', logins, outsideGrants: [], isSeen: false }] },
    STARTS,
  )
  t.true(
    text.includes(
      'Owner: o. rds-provision could not look inside: what may be done in its schemas, and what was granted there, is not known.',
    ),
  )
  t.true(
    text.includes(
      '| analytics_dev_reader | – | not known | iam | 20 connections, member of pg_monitor | CONNECT | not known | – | – | – |',
    ),
  )
})

test('the order in which things come does not show', (t) => {
  const shuffled: AccessMatrix = {
    ...MATRIX,
    orphans: MATRIX.orphans.toReversed(),
    databases: MATRIX.databases.toReversed().map((database) => ({
      ...database,
      logins: database.logins.toReversed(),
      outsideGrants: database.outsideGrants.toReversed(),
    })),
  }
  t.is(renderAccess(shuffled, STARTS), renderAccess(MATRIX, STARTS))
})

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '|',
        '\\',
        '`',
        '\n',
        '<',
        '-->',
        '<!-- rds-provision:end -->',
        '# x',
        '| --- |',
        '_',
        '*',
        'a',
        '\u2028',
        '\u202e',
        '[x](y)',
      ),
    )
    .map((parts) => parts.join('')),
)

test('hostile names keep every table whole and no section ends early', (t) => {
  fc.assert(
    fc.property(hostile, hostile, hostile, (name, other, may) => {
      const matrix: AccessMatrix = {
        environment: 'dev',
        stack: other,
        clusterName: may,
        instance: name,
        databases: [
          {
            database: name,
            owner: other,
            outsideGrants: [{ role: other, privilege: may, on: name }],
            logins: [
              {
                ...READER,
                username: name,
                application: other,
                build: other,
                memberOf: [other],
                schemas: [{ schema: name, may }],
              },
            ],
            isSeen: true,
          },
        ],
        orphans: [{ ...ORPHAN, username: name, application: other, databases: [may], build: other }],
      }
      const text = replaceSection(replaceSection('', MATRIX, STARTS), matrix, STARTS)
      const lines = text.split('\n')
      t.is(lines.filter((line) => line === '<!-- rds-provision:end -->').length, 2)
      for (const line of lines) t.notRegex(line, /[\p{Cc}\u2028\u2029\u202e]/u)
      for (const line of lines.filter((candidate) => candidate.startsWith('|')))
        t.true([4, 8, 11].includes(columnBars(line)), line)
      t.is(replaceSection(text, matrix, STARTS), text)
      t.is(replaceSection(text, MATRIX, STARTS), text)
    }),
  )
})

/** Bars that end a cell: those without a backslash before them that is not itself escaped. */
function columnBars(line: string): number {
  return line.replace(/\\./g, '').split('|').length - 1
}

test('a run replaces its own section only, wherever it stands', (t) => {
  const other: AccessMatrix = { ...MATRIX, instance: 'shared-2' }
  const third: AccessMatrix = { ...MATRIX, stack: 'a' }
  const text = replaceSection(replaceSection(replaceSection('', other, STARTS), third, STARTS), MATRIX, STARTS)
  const changed = replaceSection(text, { ...MATRIX, databases: [] }, STARTS)
  t.is(changed, text.replace(renderAccess(MATRIX, STARTS), renderAccess({ ...MATRIX, databases: [] }, STARTS)))
  t.deepEqual(
    [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading),
    ['Stack a on instance shared-1', 'Stack shared/dev on instance shared-1', 'Stack shared/dev on instance shared-2'],
  )
})

test("a file that a person or Windows changed still keeps the others' sections", (t) => {
  const other: AccessMatrix = { ...MATRIX, instance: 'shared-2' }
  const both = replaceSection(replaceSection('', other, STARTS), MATRIX, STARTS)
  const endless = both.replaceAll('<!-- rds-provision:end -->\n', '').replaceAll('\n', '\r\n')
  t.is(replaceSection(endless, MATRIX, STARTS), both)
  t.is(replaceSection(`notes of a person\n${both}`, MATRIX, STARTS), both)
})
