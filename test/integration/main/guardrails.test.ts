/** Each guardrail blocks with exit 4, names application, field and remedy, and nothing has changed. */
import test, { type ExecutionContext } from 'ava'
import { difference, dump } from '../../support/catalogs.ts'
import { type Bed, bedFor, type Entry, type Outcome, type Stack, VERSIONS } from '../../support/provision.ts'

interface Guardrail {
  readonly title: string
  /** Roles that are there before with this tag, made by the same delegated admin. */
  readonly tagged?: Readonly<Record<string, Entry>>
  /** What else a person did before, as superuser. */
  readonly before?: readonly string[]
  readonly applications: Readonly<Record<string, Entry>>
  readonly variables?: Entry
  readonly env?: Readonly<Record<string, string>>
  /** Application, field, and what the remedy says, of each violation. */
  readonly violations: readonly (readonly [string | null, string, RegExp])[]
}

const GUARDRAILS: readonly Guardrail[] = [
  {
    title: 'approval outside dev',
    applications: { a: {} },
    variables: { environment: 'staging' },
    violations: [[null, 'approval', /ALLOW_DB_PROVISION=true/]],
  },
  {
    title: 'approval is exactly `true`',
    applications: { a: {} },
    variables: { environment: 'prod' },
    env: { ALLOW_DB_PROVISION: 'yes' },
    violations: [[null, 'approval', /ALLOW_DB_PROVISION=true/]],
  },
  {
    title: 'owner mismatch',
    before: ['CREATE DATABASE legacy'],
    applications: { legacy: { database_name: 'legacy' } },
    violations: [
      [
        'legacy',
        'owner mismatch',
        /as a superuser: CREATE ROLE "legacy_dev_user" LOGIN; ALTER DATABASE "legacy" OWNER TO "legacy_dev_user";.*REASSIGN OWNED is refused for "rdsadmin"/,
      ],
    ],
  },
  {
    title: 'unmanaged role',
    before: ['CREATE ROLE somebody LOGIN'],
    applications: { takes: { username: 'somebody' } },
    violations: [['takes', 'unmanaged role', /adopt_existing = true/]],
  },
  {
    title: 'foreign claim of another stack',
    tagged: { claimed: { Stack: 'other', Environment: 'dev', Application: 'x' } },
    applications: { takes: { username: 'claimed' } },
    violations: [['takes', 'foreign claim', /list "other" in accept_tags_from/]],
  },
  {
    title: 'foreign claim of another environment',
    tagged: { elsewhere: { Stack: 'mine', Environment: 'prod', Application: 'takes' } },
    applications: { takes: { username: 'elsewhere' } },
    variables: { stack: 'mine' },
    violations: [['takes', 'foreign claim', /accept_tags_from/]],
  },
  {
    title: 'foreign claim of another application that is still declared',
    tagged: { swapped: { Stack: 'mine', Environment: 'dev', Application: 'b' } },
    applications: { a: { username: 'swapped' }, b: {} },
    variables: { stack: 'mine' },
    violations: [['a', 'foreign claim', /remove b from application_databases/]],
  },
  {
    title: 'extension',
    applications: { x: { extensions: ['no_such_extension', 'file_fdw'] } },
    violations: [
      ['x', 'extension', /Remove it from extensions/],
      ['x', 'extension', /as the master/i],
    ],
  },
  {
    title: 'setting',
    applications: {
      s: {
        settings: {
          no_such_parameter: '1',
          log_statement: 'all',
          role: 'postgres',
          session_authorization: 'x',
          local_preload_libraries: 'x',
          max_connections: '5',
        },
      },
    },
    violations: [
      ['s', 'setting', /Correct the name/],
      ['s', 'setting', /parameter group/],
      ['s', 'setting', /Remove it/],
      ['s', 'setting', /Remove it/],
      ['s', 'setting', /Remove it/],
      ['s', 'setting', /parameter group/],
    ],
  },
  {
    title: 'immutable',
    tagged: { fixed: { Stack: 'mine', Environment: 'dev', Application: 'fixed' } },
    before: [`CREATE DATABASE fixed OWNER fixed ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`],
    applications: { fixed: { username: 'fixed', database_name: 'fixed', encoding: 'LATIN1', locale: 'C.UTF-8' } },
    variables: { stack: 'mine' },
    violations: [
      ['fixed', 'immutable', /dump it into a new one/],
      ['fixed', 'immutable', /dump it into a new one/],
    ],
  },
  {
    title: 'reserved names',
    applications: {
      a: { username: 'postgres' },
      b: { username: 'rds_superuser' },
      c: { username: 'pg_signal_backend' },
      d: { database_name: 'template1' },
      e: { database_name: 'rdsadmin' },
      f: { username: 'platform_provisioner' },
      g: { schemas: ['pg_catalog', 'information_schema'] },
    },
    violations: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'g'].map(
      (name) => [name, 'reserved names', /Choose another name/] as const,
    ),
  },
  {
    title: 'naming',
    applications: { 'my-app': { username: 'Ugly Name' } },
    variables: { enforce_naming: true },
    violations: [['my-app', 'naming', /enforce_naming = false/]],
  },
  {
    title: 'endpoint of an RDS Proxy',
    applications: { a: {} },
    variables: { instance: { host: 'db.proxy-abc.eu-west-1.rds.amazonaws.com' } },
    violations: [[null, 'endpoint', /writer's own endpoint/]],
  },
]

async function makeTagged(bed: Bed, roles: Readonly<Record<string, Entry>>): Promise<void> {
  const admin = await bed.server.connect({ ...bed.server.admin, database: 'postgres' })
  for (const [role, tag] of Object.entries(roles)) {
    await admin.query(
      `CREATE ROLE ${role} LOGIN; COMMENT ON ROLE ${role} IS '${JSON.stringify({ ManagedBy: 'platform', ...tag })}'`,
    )
  }
  await admin.end()
}

async function isBlocked(
  t: ExecutionContext,
  bed: Bed,
  stack: Stack,
  violations: Guardrail['violations'],
): Promise<Outcome> {
  const before = await dump(bed.server)
  const mark = await bed.server.mark()
  const outcome = await stack.apply()
  const { audit, problems, records } = outcome
  t.is(audit.run.exit_code, 4, audit.run.error ?? '')
  t.is(audit.run.outcome, 'blocked')
  t.deepEqual(
    problems.map(({ application, field }) => [application, field]),
    violations.map(([application, field]) => [application, field]),
  )
  for (const [index, [, , remedy]] of violations.entries()) t.regex(problems[index]?.remedy ?? '', remedy)
  t.is(audit.summary.blocked, records.filter(({ status }) => status === 'blocked').length)
  t.true(audit.summary.blocked >= problems.length)
  t.deepEqual(
    records.flatMap(({ statements }) => statements),
    [],
  )
  t.deepEqual(await bed.server.changesSince(mark), [])
  t.deepEqual(difference(before, await dump(bed.server)), [])
  return outcome
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  for (const { title, tagged = {}, before = [], applications, variables = {}, env = {}, violations } of GUARDRAILS) {
    test.serial(`${on}blocked: ${title}`, async (t) => {
      await makeTagged(bed(), tagged)
      for (const sql of before) await bed().server.sql(sql)
      const stack = bed().declare(applications, variables)
      stack.env = env
      await isBlocked(t, bed(), stack, violations)
    })
  }

  test.serial(`${on}blocked: a role with more power than any application may have`, async (t) => {
    const names = ['super', 'maker', 'replica', 'bypass', 'member']
    await bed().server
      .sql(`CREATE ROLE p_super LOGIN SUPERUSER; CREATE ROLE p_maker LOGIN CREATEROLE; CREATE ROLE p_replica LOGIN REPLICATION;
                            CREATE ROLE p_bypass LOGIN BYPASSRLS; CREATE ROLE p_member LOGIN IN ROLE rds_superuser`)
    const stack = bed().declare(
      Object.fromEntries(names.map((name) => [name, { username: `p_${name}`, adopt_existing: true }])),
    )
    const { problems } = await stack.apply()
    t.deepEqual(
      problems
        .filter(({ field }) => field === 'privileged role')
        .map(({ application, message }) => [application, message.replace(/^.* holds /, '')]),
      [
        ['bypass', 'BYPASSRLS.'],
        ['maker', 'CREATEROLE.'],
        ['member', 'membership in rds_superuser.'],
        ['replica', 'REPLICATION.'],
        ['super', 'SUPERUSER.'],
      ],
    )
  })

  test.serial(
    `${on}blocked: a schema of another owner, seen only after the owner's lock was undone, and before anything else changed in there`,
    async (t) => {
      const stack = bed().declare({ locked: { schemas: ['app'] } })
      await stack.applyOk()
      await bed().server.sql('CREATE SCHEMA theirs', [], 'locked_dev_db')
      await bed().server.forget('locked_dev_db')
      stack.applications = { locked: { schemas: ['app', 'theirs', 'more'] } }
      await isBlocked(t, bed(), stack, [['locked', 'schema', /ALTER SCHEMA "theirs" OWNER TO "locked_dev_user";/]])
      await stack.sql('locked', 'ALTER DATABASE locked_dev_db CONNECTION LIMIT 0')
      const { audit, records } = await stack.apply()
      t.is(audit.run.exit_code, 4)
      t.deepEqual(
        records.filter(({ statements }) => statements.length > 0).map(({ action }) => action),
        ['limit'],
      )
    },
  )

  test.serial(`${on}blocked: a database that an interrupted DROP DATABASE left invalid`, async (t) => {
    const stack = bed().declare({ broken: {} })
    await stack.applyOk()
    await bed().server.sql(`UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'broken_dev_db'`)
    await isBlocked(t, bed(), stack, [['broken', 'invalid database', /DROP DATABASE "broken_dev_db"/]])
  })

  if (version >= 16) {
    test.serial(
      `${on}blocked: IAM with an admin that logs in by password, and a role that the admin has no right over`,
      async (t) => {
        await bed().server.sql('CREATE ROLE made_by_super LOGIN')
        const stack = bed().declare({
          iam: { auth: 'iam' },
          adopts: { username: 'made_by_super', adopt_existing: true },
        })
        await isBlocked(t, bed(), stack, [
          [
            'adopts',
            'missing right',
            /GRANT "made_by_super" TO "platform_provisioner" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE/,
          ],
          ['iam', 'IAM', /admin_auth = "iam"/],
        ])
      },
    )
  }

  test.serial(
    `${on}every violation of every application is told at once; what is not blocked itself is not begun`,
    async (t) => {
      await bed().server.sql('CREATE ROLE all_there LOGIN')
      await bed().server.sql('CREATE DATABASE all_taken')
      const stack = bed().declare({
        one: { username: 'all_there', extensions: ['nothing'] },
        two: { database_name: 'all_taken', settings: { log_statement: 'all' } },
        fine: {},
      })
      const { records } = await isBlocked(t, bed(), stack, [
        ['one', 'unmanaged role', /adopt_existing/],
        ['two', 'setting', /parameter group/],
        ['two', 'owner mismatch', /ALTER DATABASE "all_taken"/],
        ['one', 'extension', /Remove it/],
      ])
      t.deepEqual(
        records.filter(({ status }) => status === 'blocked').map(({ application, action }) => [application, action]),
        [
          ['one', 'unmanaged role'],
          ['two', 'setting'],
          ['two', 'owner mismatch'],
          ['one', 'extension'],
        ],
      )
      const [left, ...others] = records.filter(({ status }) => status !== 'blocked')
      t.like(left, { application: null, status: 'skipped', action: 'not begun' })
      t.regex(left?.message ?? '', /this concerns fine$/)
      t.deepEqual(others, [])
    },
  )

  test.serial(`${on}nothing is read and nobody is connected to where approval is missing`, async (t) => {
    const stack = bed().declare({ a: {} }, { environment: 'prod' })
    const calls = bed().aws.calls.length
    const mark = await bed().server.mark()
    t.is((await stack.apply()).audit.run.approval, 'missing')
    t.is(bed().aws.calls.length, calls)
    t.is(await bed().server.connectionsSince(mark), 0)
    stack.env = { ALLOW_DB_PROVISION: 'true' }
    t.is((await stack.applyOk()).audit.run.approval, 'approved')
  })
}
