/** Extensions that only the master can create (src/README.md: The master in a database). */
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { RecordedRun } from '../../../src/audit/governance/entry.ts'
import { followAccess } from '../../../src/audit/governance/periods.ts'
import type { ExitCode } from '../../../src/model/exit-code.ts'
import { parseTag } from '../../../src/model/tag.ts'
import { MASTER_SECRET, putMaster } from '../../support/major-upgrade.ts'
import { letMasterExtend } from '../../support/master-extensions.ts'
import { bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'
import { followAll } from '../../support/remedies.ts'

for (const version of VERSIONS) {
  const bed = bedFor(version, { settings: { log_disconnections: 'on' } })
  const on = `PostgreSQL ${version}: `

  test.serial.before(`${on}a server as RDS, whose master may create extensions`, async () => {
    await letMasterExtend(bed())
    putMaster(bed())
  })

  const declare = (applications: Readonly<Record<string, Entry>>, variables: Entry = {}): Stack =>
    bed().declare(applications, { master_secret_id: MASTER_SECRET, ...variables })

  const installed = async (database: string): Promise<unknown[][]> => {
    const rows = await bed().server.sql(
      `SELECT extname, nspname, pg_get_userbyid(extowner) AS owner FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace
                                         WHERE extname <> 'plpgsql' ORDER BY 1`,
      [],
      database,
    )
    await bed().server.forget(database)
    return rows.map(Object.values)
  }

  /** The owner of a database, and who may connect to it. */
  const accessTo = async (database: string): Promise<unknown> => {
    const [row] = await bed().server.sql(
      `SELECT pg_get_userbyid(datdba)::text AS owner,
        (SELECT string_agg(coalesce(r.rolname, 'PUBLIC'), ' ' ORDER BY r.rolname) FROM aclexplode(datacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
         WHERE a.privilege_type = 'CONNECT') AS connect
       FROM pg_database WHERE datname = $1`,
      [database],
    )
    return row
  }

  /** A server whose master may create no extension: the answer is the server's own. */
  const withoutRight = async (use: () => Promise<void>): Promise<void> => {
    await bed().server.sql('REVOKE rds_superuser FROM dbmaster')
    try {
      await use()
    } finally {
      await bed().server.sql(`GRANT rds_superuser TO dbmaster${version >= 16 ? ' WITH ADMIN OPTION' : ''}`)
    }
  }

  /** Where the master connected to since a mark, but for the database that the admin connects to. */
  const visitedSince = async (mark: number): Promise<unknown[]> => {
    const log = await bed().server.logSince(mark)
    const seen = log.filter(({ user, database }) => user === 'dbmaster' && database !== 'postgres')
    return [...new Set(seen.map(({ database }) => database))]
  }

  test.serial(`${on}a new database gets them in the same run, before anybody else is in it`, async (t) => {
    const { server, aws } = bed()
    const stack = declare({
      geo: { schemas: ['app', 'public'], extensions: ['earthdistance', 'file_fdw', 'pgcrypto'] },
      look: { database_name: 'geo_dev_db', access_level: 'reader' },
      stat: { extensions: ['pg_stat_statements'], database_connection_limit: 7, settings: { work_mem: '9MB' } },
      plain: { extensions: ['pgcrypto'] },
    })
    const planned = (await stack.plan()).map(({ message }) => message)
    const mark = await server.mark()
    const { records } = await stack.applyOk()
    t.deepEqual(await installed('geo_dev_db'), [
      ['cube', 'app', 'geo_dev_user'],
      ['earthdistance', 'app', 'dbmaster'],
      ['file_fdw', 'app', 'dbmaster'],
      ['pgcrypto', 'app', 'geo_dev_user'],
    ])
    t.deepEqual(await installed('stat_dev_db'), [['pg_stat_statements', 'public', 'dbmaster']])
    const logins = 'geo_dev_user look_dev_user platform_provisioner'
    t.deepEqual(await accessTo('geo_dev_db'), { owner: 'geo_dev_user', connect: logins })
    t.deepEqual(await accessTo('stat_dev_db'), {
      owner: 'stat_dev_user',
      connect: 'platform_provisioner stat_dev_user',
    })
    t.deepEqual(
      records
        .filter(({ message }) => message.includes('(as dbmaster)'))
        .map(({ database, message, statements }) => [database, message, ...statements])
        .sort(),
      [
        [
          'geo_dev_db',
          'extension earthdistance in geo_dev_db (as dbmaster)',
          'CREATE EXTENSION "earthdistance" SCHEMA "app" CASCADE',
        ],
        [
          'geo_dev_db',
          'extension file_fdw in geo_dev_db (as dbmaster)',
          'CREATE EXTENSION "file_fdw" SCHEMA "app" CASCADE',
        ],
        [
          'stat_dev_db',
          'extension pg_stat_statements in stat_dev_db (as dbmaster)',
          'CREATE EXTENSION "pg_stat_statements" SCHEMA "public" CASCADE',
        ],
      ],
    )
    const done = records
      .filter(({ status }) => status === 'created' || status === 'updated')
      .map(({ message }) => message)
    t.deepEqual(done.sort(), planned.sort(), 'the plan told it')
    t.deepEqual((await visitedSince(mark)).sort(), ['geo_dev_db', 'stat_dev_db'])
    t.is(aws.readsOf(MASTER_SECRET).length, 2, 'by the plan, and by the apply')

    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
    t.is(aws.readsOf(MASTER_SECRET).length, 2)
    t.is(await stack.answer('look', 'SELECT app.earth()'), 'ok')
    t.deepEqual(await stack.sql('stat', 'SHOW work_mem'), [['9MB']])
    const [limit] = await server.sql(`SELECT datconnlimit FROM pg_database WHERE datname = 'stat_dev_db'`)
    t.deepEqual(limit, { datconnlimit: 7 })
    const tags = await server.sql(
      `SELECT shobj_description(oid, 'pg_database') AS tag FROM pg_database WHERE datname = 'geo_dev_db'`,
    )
    t.false(parseTag(String(tags[0]?.['tag']))?.has('WithheldFor'))
  })

  test.serial(`${on}what the server refuses is that application's trouble alone, and its database waits`, async (t) => {
    const { server } = bed()
    const stack = declare({ power: { extensions: ['file_fdw'] }, fine: {} })
    const runs: RecordedRun[] = []
    const accessOf = (login: string): string | undefined =>
      followAccess(runs).findLast(({ username }) => username === login)?.may
    await withoutRight(async () => {
      for (const _again of [1, 2]) {
        const { audit, records, problems } = await stack.apply()
        runs.push({ run: audit.run, records })
        t.is(audit.run.exit_code, 1)
        t.deepEqual(
          problems.map(({ application, code, field }) => [application, code, field]),
          [['power', 'statement_failed', 'extension']],
        )
        t.regex(
          problems[0]?.message ?? '',
          /^extension file_fdw in power_dev_db \(as dbmaster\): permission denied to create extension "file_fdw" \(HINT: Must be superuser/,
        )
        t.deepEqual(audit.run.applications, { done: 1, failed: ['power'], blocked: [], not_begun: [] })
        t.deepEqual(await accessTo('power_dev_db'), {
          owner: 'platform_provisioner',
          connect: 'platform_provisioner',
        })
        t.deepEqual(
          records
            .filter(({ action }) => action === 'dismiss')
            .map(({ message, statements }) => [message, ...statements]),
          [
            [
              'dbmaster may no longer connect to power_dev_db, which stays withheld from power_dev_user',
              'REVOKE ALL ON DATABASE "power_dev_db" FROM "dbmaster"',
            ],
          ],
        )
      }
      t.is(accessOf('power_dev_user'), 'log in')
      t.notRegex(await stack.report('text'), /database +power_dev_db +platform_provisioner/)
      t.is(await stack.answer('power', 'SELECT 1'), '42501')
      t.is(await stack.answer('fine', 'SELECT 1'), 'ok')
      const { problems } = await stack.apply()
      t.is(await followAll(bed(), problems[0]?.remedy ?? ''), 2, problems[0]?.remedy)
    })
    const mark = await server.mark()
    const { audit, records } = await stack.applyOk()
    runs.push({ run: audit.run, records })
    t.regex(accessOf('power_dev_user') ?? '', /^own it/)
    t.deepEqual(await visitedSince(mark), [], 'a person made it')
    t.deepEqual(await accessTo('power_dev_db'), {
      owner: 'power_dev_user',
      connect: 'platform_provisioner power_dev_user',
    })
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
  })

  test.serial(`${on}a fresh instance: the master makes the admin, and then the extension`, async (t) => {
    bed().aws.putLogin('admin/fresh', 'fresh_admin', 'of the admin')
    const stack = declare({ first: { extensions: ['file_fdw'] } }, { admin_secret_id: 'admin/fresh' })
    const { records } = await stack.applyOk()
    t.deepEqual(
      records.filter(({ message }) => message.endsWith('(as dbmaster)')).map(({ object }) => object),
      ['admin', 'admin', 'admin', 'extension'],
    )
    t.deepEqual(await accessTo('first_dev_db'), { owner: 'first_dev_user', connect: 'first_dev_user fresh_admin' })
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
  })

  test.serial(`${on}what was refused is made by the next run, or no longer asked for`, async (t) => {
    const stack = declare({
      later: { extensions: ['file_fdw'] },
      never: { schemas: ['app'], extensions: ['file_fdw'] },
    })
    await withoutRight(async () => {
      t.is((await stack.apply()).audit.run.exit_code, 1)
    })
    stack.applications = { later: { extensions: ['file_fdw'] }, never: { schemas: ['app'] } }
    await stack.applyOk()
    t.deepEqual(await installed('later_dev_db'), [['file_fdw', 'public', 'dbmaster']])
    t.deepEqual(await installed('never_dev_db'), [])
    for (const name of ['later', 'never'])
      t.deepEqual(await accessTo(`${name}_dev_db`), {
        owner: `${name}_dev_user`,
        connect: `${name}_dev_user platform_provisioner`,
      })
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
  })

  test.serial(`${on}the master goes into no database that others have used, and the reason is told`, async (t) => {
    const { server } = bed()
    const stack = declare({ used: {}, calm: {} })
    await stack.applyOk()
    stack.applications = { used: { extensions: ['file_fdw'] }, calm: { connection_limit: 3 } }
    const mark = await server.mark()
    const { audit, problems } = await stack.apply()
    t.is(audit.run.exit_code, 4)
    t.deepEqual(audit.run.applications, { done: 1, failed: [], blocked: ['used'], not_begun: [] })
    t.regex(
      problems[0]?.message ?? '',
      /^only a superuser could install file_fdw \(not trusted\)\. The master makes extensions only where nobody else was before, and others have used used_dev_db: /,
    )
    t.regex(
      problems[0]?.remedy ?? '',
      /^Look at what is in the schema public of used_dev_db, .*\. Then as used_dev_user: GRANT/,
    )
    t.deepEqual(await visitedSince(mark), [])
    await followAll(bed(), problems[0]?.remedy ?? '')
    t.is((await stack.applyOk()).audit.run.exit_code, 0)
  })

  test.serial(`${on}an owner that is there already does not get in before the master is gone`, async (t) => {
    const { server } = bed()
    const stack = declare({ eager: { database_name: 'eager_first' } })
    await stack.applyOk()
    stack.applications = { eager: { database_name: 'eager_second', extensions: ['earthdistance', 'file_fdw'] } }
    const own = await stack.connect('eager', 'eager_first')
    const run = { isOver: false }
    const pushIn = async (): Promise<number> => {
      let entered = 0
      // Once it is in, the database is its own: what it goes on undoing there would be its own failure.
      while (!run.isOver && entered === 0) {
        for (const statement of [
          'GRANT CONNECT ON DATABASE eager_second TO eager_dev_user',
          'GRANT CONNECT ON DATABASE eager_second TO PUBLIC',
          'ALTER DATABASE eager_second ALLOW_CONNECTIONS true',
          'ALTER DATABASE eager_second OWNER TO eager_dev_user',
          `COMMENT ON DATABASE eager_second IS 'mine'`,
        ])
          await own.query(statement).catch(() => null)
        if (
          (await stack.answer(
            'eager',
            'CREATE FUNCTION public.cube_dim(text) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
          )) === 'ok'
        )
          entered += 1
        await sleep(1)
      }
      return entered
    }
    const mark = await server.mark()
    const [, entered] = await Promise.all([
      stack.applyOk().finally(() => {
        run.isOver = true
      }),
      pushIn(),
    ])
    await own.end()
    t.is(entered <= 1, true)
    const log = (await server.logSince(mark)).filter(({ database }) => database === 'eager_second')
    const [first, last] = [
      log.findIndex(({ user, message }) => user === 'eager_dev_user' && message.startsWith('statement')),
      log.findLastIndex(({ user }) => user === 'dbmaster'),
    ]
    t.true(last >= 0 && (first === -1 || first > last), 'the master left first')
    t.true(
      log.some(({ user, sqlState }) => user === 'eager_dev_user' && sqlState === '42501'),
      'it did try',
    )
    t.deepEqual(await installed('eager_second'), [
      ['cube', 'public', 'eager_dev_user'],
      ['earthdistance', 'public', 'dbmaster'],
      ['file_fdw', 'public', 'dbmaster'],
    ])
  })

  test.serial(`${on}whom somebody let in by hand is told, and the master stays out`, async (t) => {
    const { server } = bed()
    const stack = declare({ shown: { extensions: ['file_fdw'] } })
    await withoutRight(async () => {
      await stack.apply()
    })
    await server.sql('GRANT CONNECT ON DATABASE shown_dev_db TO shown_dev_user')
    const mark = await server.mark()
    for (const _again of [1, 2]) {
      const { audit, problems } = await stack.apply()
      t.is(audit.run.exit_code, 4)
      t.regex(problems[0]?.message ?? '', /nobody else was before, and shown_dev_user may connect to shown_dev_db: /)
    }
    t.deepEqual(await visitedSince(mark), [])
    const { problems } = await stack.apply()
    await followAll(bed(), problems[0]?.remedy ?? '')
    await stack.applyOk()
    t.deepEqual(await accessTo('shown_dev_db'), {
      owner: 'shown_dev_user',
      connect: 'platform_provisioner shown_dev_user',
    })
  })

  const isUnchanged = async (t: ExecutionContext, stack: Stack, exitCode: ExitCode, message: RegExp): Promise<void> => {
    const mark = await bed().server.mark()
    const { audit, problems } = await stack.apply()
    t.is(audit.run.exit_code, exitCode)
    t.regex(problems.map((problem) => `${problem.message} ${problem.remedy}`).join('\n'), message)
    t.deepEqual(await bed().server.changesSince(mark), [])
  }

  test.serial(`${on}a master that cannot be asked ends the run before its first change`, async (t) => {
    const { aws, server } = bed()
    const applications = { alone: { extensions: ['file_fdw'] } }
    await isUnchanged(t, declare(applications, { master_secret_id: 'no/such/secret' }), 5, /the secret does not exist/)
    aws.putSecret('wrong/master', { username: 'dbmaster', password: 'not this one' })
    await isUnchanged(
      t,
      declare(applications, { master_secret_id: 'wrong/master' }),
      6,
      /as dbmaster.*check master_secret_id/s,
    )
    aws.putSecret('same/master', { username: server.admin.user, password: server.admin.password })
    await isUnchanged(t, declare(applications, { master_secret_id: 'same/master' }), 4, /both platform_provisioner/)
    await isUnchanged(t, declare({ alone: { extensions: ['no_such_one', 'file_fdw'] } }), 4, /no extension no_such_one/)
  })

  test.serial(`${on}what a run left behind that was cut off is found, told and taken back`, async (t) => {
    const { server } = bed()
    const stack = declare({ cut: { extensions: ['file_fdw'] }, other: {} })
    await withoutRight(async () => {
      await stack.apply()
    })
    const leave = () => server.sql('GRANT CONNECT, CREATE ON DATABASE cut_dev_db TO dbmaster')
    const withheld = { owner: 'platform_provisioner', connect: 'platform_provisioner' }

    await leave()
    stack.applications = { cut: { extensions: ['file_fdw'], settings: { no_such_parameter: 1 } }, other: {} }
    const blocked = await stack.apply()
    t.is(blocked.audit.run.exit_code, 4)
    t.true(blocked.records.some(({ action, message }) => action === 'dismiss' && message.includes('stays withheld')))
    t.deepEqual(await accessTo('cut_dev_db'), withheld, 'where something else is in the way')

    await leave()
    stack.applications = { other: {} }
    const { records } = await stack.applyOk()
    t.deepEqual(await accessTo('cut_dev_db'), withheld, 'where nobody declares it any more')
    t.true(records.some(({ database, action }) => database === 'cut_dev_db' && action === 'retained'))
    t.deepEqual(
      (await stack.preview()).plan.jobs.flatMap(({ transactions }) => transactions),
      [],
    )

    await leave()
    stack.applications = { cut: { extensions: ['file_fdw'], cleanup_policy: 'delete' }, other: {} }
    t.is((await stack.preview()).blocked.length, 0)
    await stack.destroyOk('cut')
    t.is(await accessTo('cut_dev_db'), undefined, 'it goes with its application')
    t.deepEqual(await server.sql(`SELECT FROM pg_roles WHERE rolname = 'cut_dev_user'`), [])
    await stack.applyOk()
    t.deepEqual(await installed('cut_dev_db'), [['file_fdw', 'public', 'dbmaster']])
  })

  test.serial(`${on}a database that was made and never opened is opened by the next run`, async (t) => {
    const { server } = bed()
    const stack = declare({ shut: { extensions: ['file_fdw'] } })
    await withoutRight(async () => {
      await stack.apply()
    })
    // What a run leaves that is cut off after CREATE DATABASE.
    await server.sql('DROP DATABASE shut_dev_db')
    await server.sql(
      'CREATE DATABASE shut_dev_db OWNER platform_provisioner TEMPLATE template0 ALLOW_CONNECTIONS false',
    )
    await stack.applyOk()
    t.deepEqual(await installed('shut_dev_db'), [['file_fdw', 'public', 'dbmaster']])
    t.deepEqual(await accessTo('shut_dev_db'), {
      owner: 'shut_dev_user',
      connect: 'platform_provisioner shut_dev_user',
    })
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
  })
}
