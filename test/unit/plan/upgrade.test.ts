/** What the helper of a major upgrade is given, and what of it is there already (src/README.md: Major upgrades). */
import test from 'ava'
import type { Membership, RoleState } from '../../../src/model/catalog.ts'
import { planSteps } from '../../../src/model/step.ts'
import { parseTag } from '../../../src/model/tag.ts'
import { planPreparation } from '../../../src/plan/upgrade.ts'
import { actual, membership, role, tagOf } from './sample.ts'

const U = role('u', { comment: tagOf('a') })
const HELPER = role('admin_upgrade', { canLogin: false })

interface Case {
  readonly version?: number
  readonly roles?: readonly RoleState[]
  readonly memberships?: readonly Membership[]
  readonly master?: string | null
}

function prepared({ version = 150004, roles = [U], memberships = [], master = 'master' }: Case) {
  const { cluster } = actual({ version, roles, cluster: { memberships } })
  return planPreparation({ cluster, master, buildId: 'b9', tags: new Map([['Team', 'db']]) })
}

/** Its statements, a tag shortened. */
const statements = (given: Case): string[] =>
  planSteps(prepared(given)).flatMap((step) =>
    step.statements.map(({ redacted }) => redacted.replace(/ IS '.*/, ' IS tag')),
  )

const MAKE = ['CREATE ROLE "admin_upgrade" NOLOGIN NOINHERIT', 'COMMENT ON ROLE "admin_upgrade" IS tag']
const gives = (name: string, to = 'admin_upgrade'): string => `GRANT "${name}" TO "${to}" WITH ADMIN OPTION`
const TO_MASTER = [gives('admin_upgrade', 'master'), gives('admin', 'master')]
const right = (of: string, member: string): Membership => membership(of, member, { admin: true })

test('the helper is made, gets the right over each managed role, and the master one over it and the admin', (t) => {
  t.deepEqual(statements({}), [...MAKE, gives('u'), ...TO_MASTER])
  const roles = [
    U,
    role('v', { comment: tagOf('b', { Stack: 'theirs' }) }),
    role('root', { comment: tagOf('c'), superuser: true }),
    role('tagged', { comment: tagOf('', { Application: undefined }) }),
    role('stranger'),
  ]
  t.deepEqual(statements({ roles }), [...MAKE, gives('u'), gives('v'), ...TO_MASTER], 'of whichever stack')
  const [job] = prepared({}).jobs
  t.deepEqual([job?.stage, job?.connectTo], ['closing', null], 'once the roles are made')
  const comment = planSteps(prepared({}))[0]?.statements[1]?.redacted ?? ''
  t.deepEqual(Object.fromEntries(parseTag(/ IS '(.*)'/.exec(comment)?.[1] ?? null) ?? []), {
    ManagedBy: 'platform',
    BuildId: 'b9',
    Team: 'db',
  })
})

test('what is prepared already stays as it is, and is told', (t) => {
  const all = [right('u', 'admin_upgrade'), right('admin_upgrade', 'master'), right('admin', 'master')]
  const roles = [U, HELPER]
  const missing = (left: number): string[] =>
    statements({ roles, memberships: all.filter((_, index) => index !== left) })
  t.deepEqual([0, 1, 2].map(missing), [[gives('u')], [gives('admin_upgrade', 'master')], [gives('admin', 'master')]])
  t.deepEqual(statements({ roles, memberships: [membership('u', 'admin_upgrade'), ...all.slice(1)] }), [gives('u')])
  t.deepEqual(statements({ roles, memberships: [right('u', 'other'), ...all.slice(1)] }), [gives('u')])
  t.deepEqual(statements({ roles, memberships: [...all.slice(0, 2), right('admin', 'other')] }), [
    gives('admin', 'master'),
  ])
  t.deepEqual(statements({ roles, memberships: [...all.slice(0, 2), membership('admin', 'master')] }), [
    gives('admin', 'master'),
  ])
  const { jobs, findings } = prepared({ roles, memberships: all })
  t.deepEqual(jobs, [])
  t.deepEqual(
    findings.map(({ status, message }) => [status, message]),
    [
      [
        'no_change',
        'prepared for an upgrade to PostgreSQL 16 or later: admin_upgrade administers 1 managed role(s), and master administers it',
      ],
    ],
  )
})

test('nothing is prepared unasked, nor from 16 on, where that is told', (t) => {
  t.deepEqual(prepared({ master: null }), { findings: [], jobs: [] })
  t.true(statements({ version: 159999 }).length > 0)
  const { jobs, findings } = prepared({ version: 160000 })
  t.deepEqual(jobs, [])
  t.deepEqual(
    findings.map(({ status }) => status),
    ['skipped'],
  )
})
