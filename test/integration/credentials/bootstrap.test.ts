/**
 * The delegated admin from day one: made and repaired by the master, which does nothing else (src/README.md: Delegated
 * admin).
 */
import { randomBytes } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import type { AuditRecord } from '../../../src/model/audit.ts'
import { parseTag } from '../../../src/model/tag.ts'
import { awsDependencies } from '../../../src/run/aws.ts'
import { type Bed, bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'

/** As RDS names the secret of a master that it manages itself. */
const MASTER_SECRET = 'rds!db-6f3e2a10-1111-4c3b-8d5a-0123456789ab'

interface Admin {
  readonly user: string
  readonly password: string
  readonly secretId: string
}

/** A delegated admin of its own for each test: a secret, and no role yet. */
function newAdmin(bed: Bed, user: string): Admin {
  const admin = { user, password: `Pw_${randomBytes(12).toString('hex')}`, secretId: `admin/${user}` }
  bed.aws.putLogin(admin.secretId, admin.user, admin.password)
  return admin
}

function declare(
  bed: Bed,
  admin: Admin,
  applications: Readonly<Record<string, Entry>> = {},
  variables: Entry = {},
): Stack {
  return bed.declare(applications, { admin_secret_id: admin.secretId, master_secret_id: MASTER_SECRET, ...variables })
}

function adminRecords(records: readonly AuditRecord[]): AuditRecord[] {
  return records.filter(({ object }) => object === 'admin')
}

async function roleOf(bed: Bed, name: string): Promise<Record<string, unknown>> {
  const [role = {}] = await bed.server.sql(
    `SELECT rolcanlogin AS login, rolcreatedb AS createdb, rolcreaterole AS createrole, rolsuper AS super, rolreplication AS replication, rolbypassrls AS bypassrls,
      shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname = $1`,
    [name],
  )
  return role
}

async function membershipsOf(bed: Bed, name: string): Promise<unknown[]> {
  const rows = await bed.server.sql(
    'SELECT pg_get_userbyid(roleid)::text AS role FROM pg_auth_members WHERE member = to_regrole($1) ORDER BY 1',
    [name],
  )
  return rows.map(({ role }) => role)
}

/** A look at the catalogs: it changes nothing, whatever it is asked about. */
const LOOKS = /^(?:statement|execute [^:]*):\s*(?:SELECT|WITH)\b/

const ATTRIBUTES = { login: true, createdb: true, createrole: true, super: false, replication: false, bypassrls: false }

async function isRepaired(t: ExecutionContext, bed: Bed, stack: Stack, admin: Admin): Promise<AuditRecord[]> {
  const { audit, records } = await stack.applyOk()
  t.is(audit.run.database_login, admin.user)
  t.like(await roleOf(bed, admin.user), ATTRIBUTES)
  t.true(await bed.server.canLogin(admin.user, admin.password))
  return adminRecords(records)
}

for (const version of VERSIONS) {
  const bed = bedFor(version, {
    createAdmin: false,
    settings: { log_disconnections: 'on', 'rds.restrict_password_commands': 'on' },
  })
  const on = `PostgreSQL ${version}: `

  test.serial.before(`${on}the master's secret, as RDS manages it`, () => {
    const { user, password } = bed().server.master
    bed().aws.putSecret(MASTER_SECRET, { username: user, password })
  })

  test.serial(
    `${on}a fresh instance: one run makes the admin and provisions, the second reads no master secret and changes nothing`,
    async (t) => {
      const { server, aws } = bed()
      const admin = newAdmin(bed(), 'fresh_admin')
      const stack = declare(bed(), admin, { shop: {} }, { tags: { team: 'platform' } })
      const mark = await server.mark()
      const { audit, records } = await stack.applyOk()
      t.is(audit.run.database_login, admin.user)
      t.is(aws.readsOf(MASTER_SECRET).length, 1)

      const { comment, ...attributes } = await roleOf(bed(), admin.user)
      t.deepEqual(attributes, ATTRIBUTES)
      const tag = parseTag(String(comment))
      t.is(tag?.get('BuildId'), 'build-1')
      t.is(tag?.get('team'), 'platform')
      t.false(tag?.has('Application'), 'no teardown by application finds it')
      const created = version >= 16 ? [stack.username('shop')] : []
      t.deepEqual(await membershipsOf(bed(), admin.user), [
        'pg_read_all_stats',
        'pg_signal_backend',
        'rds_password',
        ...created,
      ])

      const made = adminRecords(records)
      t.deepEqual(
        made.map(({ action, status }) => `${action} ${status}`),
        ['create created', 'grant created', 'grant created', 'grant created'],
      )
      t.true(
        made.every(
          ({ application, username, message }) =>
            application === null && username === admin.user && message.includes('(as dbmaster)'),
        ),
      )
      t.false(JSON.stringify(audit).includes('SCRAM-SHA-256'))

      const log = await server.logSince(mark)
      const masterLeft = log.findIndex(
        ({ user, message }) => user === 'dbmaster' && message.startsWith('disconnection'),
      )
      const adminChanges = log.findIndex(
        ({ user, message }) => user === admin.user && message.startsWith('statement: BEGIN'),
      )
      t.true(masterLeft >= 0 && adminChanges > masterLeft, 'the master is gone before anything is provisioned')
      const byMaster = new Set(made.flatMap(({ statements }) => statements))
      t.true(
        byMaster.size > 0 &&
          log
            .filter(({ user }) => user === 'dbmaster')
            .every(({ message }) => LOOKS.test(message) || !message.includes(stack.database('shop'))),
      )

      const again = await stack.applyOk()
      t.is(again.audit.run.outcome, 'no_change')
      t.deepEqual(adminRecords(again.records), [])
      t.is(aws.readsOf(MASTER_SECRET).length, 1)
      t.deepEqual(
        again.records.filter(
          ({ username, action }) => username === admin.user || action === 'orphan' || action === 'retained',
        ),
        [],
      )
    },
  )

  test.serial(`${on}the admin's password differs: repaired, and told`, async (t) => {
    const admin = newAdmin(bed(), 'changed_admin')
    const stack = declare(bed(), admin)
    await stack.applyOk()
    await bed().server.setPassword(admin.user, 'somebody else')
    const records = await isRepaired(t, bed(), stack, admin)
    t.deepEqual(
      records.map(({ action, status }) => `${action} ${status}`),
      ['repair updated'],
    )
    t.regex(records[0]?.message ?? '', /password.*\(as dbmaster\)/)
    const tag = parseTag(String((await roleOf(bed(), admin.user))['comment']))
    t.is(tag?.get('BuildId'), 'build-1')
  })

  test.serial(`${on}the admin may not log in: repaired, its password left as it is`, async (t) => {
    const admin = newAdmin(bed(), 'nologin_admin')
    const stack = declare(bed(), admin)
    await stack.applyOk()
    await bed().server.sql(`ALTER ROLE ${admin.user} NOLOGIN`)
    const [record] = await isRepaired(t, bed(), stack, admin)
    t.false(record?.statements.join().includes('PASSWORD'))
  })

  if (version >= 16) {
    test.serial(
      `${on}an admin that somebody else created, and that cannot log in: blocked, with the grant that the master lacks`,
      async (t) => {
        const admin = newAdmin(bed(), 'foreign_admin')
        await bed().server.sql(`CREATE ROLE ${admin.user} LOGIN`)
        const stack = declare(bed(), admin)
        const { audit, problems } = await stack.apply()
        t.is(audit.run.exit_code, 4)
        await bed().server.sql(/GRANT .*(?=;)/.exec(problems[0]?.remedy ?? '')?.[0] ?? '')
        await isRepaired(t, bed(), stack, admin)
      },
    )
  }

  for (const lost of ['NOCREATEROLE', 'NOCREATEDB', 'NOCREATEROLE NOCREATEDB']) {
    test.serial(`${on}the admin lost ${lost}: repaired by the master, blocked without one`, async (t) => {
      const admin = newAdmin(bed(), `lost_${lost.length}`)
      const stack = declare(bed(), admin)
      await stack.applyOk()
      await bed().server.sql(`ALTER ROLE ${admin.user} ${lost}`)
      stack.applications = { [admin.user]: {} }
      stack.variables = { ...stack.variables, master_secret_id: null }
      const { audit, problems } = await stack.apply()
      t.is(audit.run.exit_code, 4)
      t.regex(problems[0]?.remedy ?? '', /ALTER ROLE "lost_\d+" CREATE/)
      stack.variables = { ...stack.variables, master_secret_id: MASTER_SECRET }
      await isRepaired(t, bed(), stack, admin)
      t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
    })
  }

  test.serial(`${on}the admin exists, made by hand with nothing but its name: made the delegated admin`, async (t) => {
    const admin = newAdmin(bed(), 'handmade_admin')
    await bed().server.sql(`SET ROLE dbmaster; CREATE ROLE ${admin.user}; RESET ROLE`)
    await isRepaired(t, bed(), declare(bed(), admin), admin)
  })

  test.serial(
    `${on}the admin's own secret is being rotated: the pending version is used, nothing repaired, no master read`,
    async (t) => {
      const { aws, server } = bed()
      const admin = newAdmin(bed(), 'rotated_admin')
      const stack = declare(bed(), admin, { rota: {} })
      await stack.applyOk()
      const reads = aws.readsOf(MASTER_SECRET).length
      aws.putLogin(admin.secretId, admin.user, 'the next one', ['AWSPENDING'])
      await server.setPassword(admin.user, 'the next one')
      const { audit, records } = await stack.applyOk()
      t.is(audit.run.outcome, 'no_change')
      t.deepEqual(adminRecords(records), [])
      t.is(aws.readsOf(MASTER_SECRET).length, reads)
      t.true(await server.canLogin(admin.user, 'the next one'))
    },
  )

  test.serial(
    `${on}a rotation of the admin's secret ends between our read and our login: the new version is used`,
    async (t) => {
      const { aws, server } = bed()
      const admin = newAdmin(bed(), 'moving_admin')
      const stack = declare(bed(), admin)
      await stack.applyOk()
      const reads = aws.readsOf(MASTER_SECRET).length
      const { audit } = await stack.apply({
        secrets: (settings) => {
          const reader = awsDependencies().secrets(settings)
          return {
            ...reader,
            readCurrent: async (ids) => {
              const read = await reader.readCurrent(ids)
              await server.setPassword(admin.user, 'newest')
              aws.putLogin(admin.secretId, admin.user, 'newest')
              return read
            },
          }
        },
      })
      t.is(audit.run.outcome, 'no_change')
      t.is(aws.readsOf(MASTER_SECRET).length, reads)
    },
  )

  test.serial(`${on}two runs at once on a fresh instance: one makes the admin, the other finds it made`, async (t) => {
    const admin = newAdmin(bed(), 'contended_admin')
    const stacks = [declare(bed(), admin, { one: {} }), declare(bed(), admin, { two: {} })]
    const outcomes = await Promise.all(stacks.map((stack) => stack.applyOk()))
    const records = outcomes.flatMap((outcome) => adminRecords(outcome.records))
    t.deepEqual(
      records.filter(({ action }) => action !== 'grant').map(({ action }) => action),
      ['create'],
    )
    t.true(await bed().server.canLogin(admin.user, admin.password))
  })

  test.serial(`${on}neither the admin nor the master can log in: exit 6, and the error says both`, async (t) => {
    const { aws, server } = bed()
    aws.putSecret('wrong-master', { username: server.master.user, password: 'wrong' })
    const stack = declare(bed(), newAdmin(bed(), 'locked_out'), {}, { master_secret_id: 'wrong-master' })
    const { audit, problems } = await stack.apply()
    t.is(audit.run.exit_code, 6)
    t.regex(problems[0]?.message ?? '', /as dbmaster/)
    t.regex(
      problems[0]?.remedy ?? '',
      /delegated admin locked_out cannot log in.*master.*cannot either.*master_secret_id/,
    )
    t.deepEqual(await bed().server.sql(`SELECT FROM pg_roles WHERE rolname = 'locked_out'`), [])
  })

  test.serial(`${on}a wrong admin password without a master: exit 6 with a remedy`, async (t) => {
    const { server } = bed()
    const stack = declare(bed(), newAdmin(bed(), 'nobody_there'), {}, { master_secret_id: null })
    const mark = await server.mark()
    const { audit, problems } = await stack.apply()
    t.is(audit.run.exit_code, 6)
    t.regex(problems[0]?.remedy ?? '', /master_secret_id/)
    t.deepEqual(await server.changesSince(mark), [])
  })

  test.serial(
    `${on}the master as delegated admin is refused, before the server is asked where the secret is one and the same`,
    async (t) => {
      const { aws, server } = bed()
      aws.putLogin('admin/master', server.master.user, 'whatever')
      const stack = bed().declare({}, { admin_secret_id: 'admin/master', master_secret_id: MASTER_SECRET })
      const refused = await stack.apply()
      t.is(refused.audit.run.exit_code, 4)
      t.is(refused.problems[0]?.field, 'reserved names')
      t.true(await server.canLogin(server.master.user, server.master.password))
      stack.variables = { ...stack.variables, admin_secret_id: MASTER_SECRET }
      const error = await t.throwsAsync(stack.apply(), { name: 'InvalidInputError' })
      t.regex(error.message, /master_secret_id/)
    },
  )

  test.serial(`${on}a role that is more than an admin is never given a password`, async (t) => {
    const admin = newAdmin(bed(), 'replicator')
    await bed().server.sql(`CREATE ROLE ${admin.user} LOGIN REPLICATION PASSWORD 'its own'`)
    const { audit, problems } = await declare(bed(), admin).apply()
    t.is(audit.run.exit_code, 4)
    t.is(problems[0]?.field, 'privileged role')
    t.true(await bed().server.canLogin(admin.user, 'its own'))
  })

  test.serial(`${on}a run that will be blocked makes no admin`, async (t) => {
    const { server } = bed()
    await server.sql('CREATE ROLE barred_taken LOGIN')
    const mark = await server.mark()
    const byToken = version >= 16 ? { token: { auth: 'iam' } } : {}
    const stack = declare(bed(), newAdmin(bed(), 'barred_admin'), {
      taken: { username: 'barred_taken' },
      odd: { extensions: ['no_such_extension'], settings: { no_such_parameter: 1 } },
      ...byToken,
    })
    const { audit, problems } = await stack.apply()
    t.is(audit.run.exit_code, 4)
    const iam = version >= 16 ? [['token', 'IAM']] : []
    t.deepEqual(problems.map(({ application, field }) => [application, field]).sort(), [
      ['odd', 'extension'],
      ['odd', 'setting'],
      ['taken', 'unmanaged role'],
      ...iam,
    ])
    t.deepEqual(adminRecords(audit.records), [])
    t.deepEqual(await server.changesSince(mark), [])
    t.deepEqual(await roleOf(bed(), 'barred_admin'), {})
  })

  test.serial(`${on}an application's login is never made the admin`, async (t) => {
    const { aws, server } = bed()
    const stack = declare(bed(), newAdmin(bed(), 'victims_admin'), { victim: {} })
    await stack.applyOk()
    const login = stack.username('victim')
    const before = await roleOf(bed(), login)
    aws.putLogin('admin/victim', login, 'another one')
    const { audit, problems } = await bed()
      .declare({ other: {} }, { admin_secret_id: 'admin/victim', master_secret_id: MASTER_SECRET })
      .apply()
    t.is(audit.run.exit_code, 4)
    t.like(problems[0], {
      field: 'reserved names',
      message: `the delegated admin's secret names ${login}, the login of the application victim.`,
    })
    t.deepEqual(await roleOf(bed(), login), before)
    t.true(await server.canLogin(login, stack.password('victim')))
  })

  test.serial(
    `${on}an application that is named as the master or the admin is refused before anything is made`,
    async (t) => {
      const admin = newAdmin(bed(), 'reserved_admin')
      for (const username of ['dbmaster', 'reserved_admin']) {
        const { audit, problems } = await declare(bed(), admin, { app: { username, adopt_existing: true } }).apply()
        t.is(audit.run.exit_code, 4)
        t.is(problems[0]?.field, 'reserved names')
      }
      t.deepEqual(await roleOf(bed(), admin.user), {})
    },
  )
}
