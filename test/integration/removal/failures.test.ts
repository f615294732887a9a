/**
 * A removal that fails or dies: the login stays closed and the database does not, nothing is left held, and the next run
 * ends where it should.
 */
import test from 'ava'
import { IS_WHOLE } from '../../support/faults/intensity.ts'
import { until } from '../../support/faults/moments.ts'
import { type Bed, bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'
import { closedOnes, isTruthful, leftMemberships, told } from '../../support/removal.ts'

const DELETED: Entry = { cleanup_policy: 'delete' }
const SNAPSHOT: Entry = { cleanup_policy: 'snapshot-and-delete' }

async function exists({ server }: Bed, name: string): Promise<boolean> {
  const rows = await server.sql(
    'SELECT FROM pg_database WHERE datname = $1 UNION ALL SELECT FROM pg_roles WHERE rolname = $1',
    [name],
  )
  return rows.length > 0
}

async function isClosed({ server }: Bed, database: string): Promise<boolean> {
  const [row] = await server.sql('SELECT datallowconn FROM pg_database WHERE datname = $1', [database])
  return row?.['datallowconn'] === false
}

/** A removal of the bundle that was killed while it waited for its snapshot, its database closed. */
async function killed(bed: Bed, stack: Stack, application: string): Promise<void> {
  bed.aws.snapshotsTake({ milliseconds: 600_000 })
  const run = stack.launch(['destroy', '--application', application], {
    RDS_PROVISION_INPUT: JSON.stringify(stack.marker(application)),
  })
  await until('a snapshot is asked for', () => run.output().includes('asked for'))
  run.kill('SIGKILL')
  await run.ended
  bed.aws.snapshotsTake({ milliseconds: 0 })
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial.before(`${on}RDS knows the instance`, () => {
    bed().aws.putInstance('db-1')
  })

  test.serial(`${on}a drop that fails opens the database again, names who is there, and holds nothing`, async (t) => {
    const stack = bed().declare({ kept: DELETED })
    await stack.applyOk()
    await bed().server.sql('SELECT 1', [], 'kept_dev_db') // a superuser's session, which nobody may end
    const mark = await bed().server.mark()
    const outcome = await stack.destroy('kept')
    t.is(outcome.audit.run.exit_code, 1)
    t.regex(outcome.audit.run.error ?? '', /sessions in kept_dev_db: rdsadmin ×1/)
    t.regex(outcome.audit.run.error ?? '', /kept_dev_user can no longer log in; the next run tries again\./)
    t.is(await stack.answer('kept', 'SELECT 1'), '28000')
    t.deepEqual([await closedOnes(bed()), await leftMemberships(bed())], [['kept_dev_user'], []])
    await bed().server.forget('kept_dev_db')
    const failed = (await bed().server.changesSince(mark)).filter((statement) => !statement.startsWith('DROP DATABASE'))
    t.deepEqual(outcome.records.flatMap(({ statements }) => statements).sort(), failed.sort())
    await stack.destroyOk('kept')
    t.false(await exists(bed(), 'kept_dev_db'))
  })

  test.serial(`${on}where one of several drops fails, no role keeps what was held for its own drop`, async (t) => {
    const stack = bed().declare({ goes: DELETED, stays: DELETED }, { build_id: 'build-several' })
    await stack.applyOk()
    await bed().server.sql('SELECT 1', [], 'stays_dev_db')
    const { audit } = await stack.destroy({ by: 'build-id', value: 'build-several' })
    t.is(audit.run.exit_code, 1)
    t.deepEqual([await exists(bed(), 'goes_dev_db'), await exists(bed(), 'stays_dev_db')], [false, true])
    t.false(await exists(bed(), 'goes_dev_user'))
    t.deepEqual([await closedOnes(bed()), await leftMemberships(bed())], [['stays_dev_user'], []])
    await bed().server.forget('stays_dev_db')
    await stack.destroyOk({ by: 'build-id', value: 'build-several' })
    t.deepEqual([await exists(bed(), 'goes_dev_user'), await exists(bed(), 'stays_dev_user')], [false, false])
  })

  // Each waits for the others of its run, as the program does: on one version in every run of the tests.
  if (version >= 16 || IS_WHOLE) {
    test.serial(
      `${on}after a removal that was killed, an apply that declares it again opens it; the same removal ends it`,
      async (t) => {
        const stack = bed().declare({ dies: SNAPSHOT })
        await stack.applyOk()
        for (const next of ['apply', 'destroy'] as const) {
          await killed(bed(), stack, 'dies')
          t.deepEqual(await closedOnes(bed()), ['dies_dev_db', 'dies_dev_user'])
          const mark = await bed().server.mark()
          const outcome = next === 'apply' ? await stack.applyOk() : await stack.destroyOk('dies')
          await isTruthful(t, bed(), mark, outcome)
          t.deepEqual([await closedOnes(bed()), await leftMemberships(bed())], [[], []])
          t.is(await stack.answer('dies', 'SELECT 1').catch(() => 'gone'), next === 'apply' ? 'ok' : '28P01')
        }
        t.deepEqual([await exists(bed(), 'dies_dev_db'), await exists(bed(), 'dies_dev_user')], [false, false])
      },
    )

    test.serial(
      `${on}told to stop while it waits for its snapshot, it opens the database, drops nothing and says that the login is closed`,
      async (t) => {
        const stack = bed().declare({ stopped: SNAPSHOT })
        await stack.applyOk()
        bed().aws.snapshotsTake({ milliseconds: 600_000 })
        const run = stack.launch(['destroy', '--application', 'stopped'], {
          RDS_PROVISION_INPUT: JSON.stringify(stack.marker('stopped')),
        })
        await until('a snapshot is asked for', () => run.output().includes('asked for'))
        t.true(await isClosed(bed(), 'stopped_dev_db'))
        run.kill('SIGTERM')
        const { code, stdout } = await run.ended
        bed().aws.snapshotsTake({ milliseconds: 0 })
        t.is(code, 1)
        t.regex(stdout, /interrupted: received SIGTERM/)
        t.regex(stdout, /stopped_dev_user can no longer log in/)
        t.is(await stack.answer('stopped', 'SELECT 1'), '28000')
        t.deepEqual(await closedOnes(bed()), ['stopped_dev_user'])
        await stack.destroyOk('stopped')
      },
    )
  }

  test.serial(
    `${on}a guest leaves a database that a killed removal has left closed, and finds it open to the others afterwards`,
    async (t) => {
      const guest = { database_name: 'left_dev_db', access_level: 'editor', cleanup_policy: 'delete' }
      const stack = bed().declare({ left: SNAPSHOT, guest })
      await stack.applyOk()
      await stack.request('left')
      await bed().server.sql('ALTER DATABASE left_dev_db ALLOW_CONNECTIONS false; ALTER ROLE left_dev_user NOLOGIN') // as a killed removal leaves it
      const mark = await bed().server.mark()
      const outcome = await stack.destroyOk('guest')
      await isTruthful(t, bed(), mark, outcome)
      t.true(told(outcome).includes('guest database reopen updated'))
      t.deepEqual(await closedOnes(bed()), ['left_dev_user']) // the other removal's own, which its next run ends
      stack.applications = { left: SNAPSHOT }
      await stack.applyOk()
      t.is(await stack.answer('left', 'SELECT 1'), 'ok')
      await stack.destroyOk('left')
    },
  )

  test.serial(
    `${on}an owner that locked the admin out: once the guest's access has ended it is let in to look, and what it finds blocks`,
    async (t) => {
      const guest = { database_name: 'lock_dev_db', access_level: 'reader', cleanup_policy: 'delete' }
      const stack = bed().declare({ lock: DELETED, guest: { ...guest, username: 'lock_guest' } })
      await stack.applyOk()
      await bed().server.sql(
        'CREATE TABLE public.own (id int); ALTER TABLE public.own OWNER TO lock_guest',
        [],
        'lock_dev_db',
      )
      await bed().server.forget('lock_dev_db')
      await stack.sql(
        'lock',
        'REVOKE CONNECT ON DATABASE lock_dev_db FROM platform_provisioner; ALTER DATABASE lock_dev_db CONNECTION LIMIT 0',
      )
      const blocked = await stack.destroy('guest')
      t.is(blocked.audit.run.exit_code, 4)
      t.regex(blocked.audit.run.error ?? '', /lock_guest owns table (public\.)?own in database lock_dev_db/)
      t.deepEqual(
        blocked.records.filter(({ statements }) => statements.length > 0).map(({ action }) => action),
        ['requested', 'close', 'reopen', 'close'],
      )
      await bed().server.sql('DROP TABLE public.own', [], 'lock_dev_db')
      await bed().server.forget('lock_dev_db')
      await stack.destroyOk('guest')
      t.deepEqual(await leftMemberships(bed()), [])
      await stack.destroyOk('lock')
    },
  )

  test.serial(
    `${on}databases in every odd state go: invalid, a template, full, with its own settings, already closed`,
    async (t) => {
      const stack = bed().declare({
        invalid: DELETED,
        snapshot: SNAPSHOT,
        template: DELETED,
        full: DELETED,
        odd: DELETED,
        shut: DELETED,
      })
      await stack.applyOk()
      await stack.sql('template', 'ALTER DATABASE template_dev_db IS_TEMPLATE true')
      await stack.sql('full', 'ALTER DATABASE full_dev_db CONNECTION LIMIT 0')
      await stack.sql(
        'odd',
        `ALTER DATABASE odd_dev_db SET search_path = nowhere; ALTER DATABASE odd_dev_db SET default_transaction_read_only = on; REVOKE CONNECT ON DATABASE odd_dev_db FROM platform_provisioner`,
      )
      await bed().server.sql(
        `UPDATE pg_database SET datconnlimit = -2 WHERE datname IN ('invalid_dev_db', 'snapshot_dev_db')`,
      )
      await bed().server.sql('ALTER DATABASE shut_dev_db ALLOW_CONNECTIONS false')
      for (const application of ['invalid', 'snapshot', 'template', 'full', 'odd', 'shut']) {
        const mark = await bed().server.mark()
        await isTruthful(t, bed(), mark, await stack.destroyOk(application))
        t.deepEqual(
          [await exists(bed(), `${application}_dev_db`), await exists(bed(), `${application}_dev_user`)],
          [false, false],
          application,
        )
      }
    },
  )

  if (version < 16) {
    test.serial(
      `${on}an IAM login's database: the admin holds no membership in rds_iam, and a failed drop gives the login back its own`,
      async (t) => {
        const stack = bed().declare({ token: { ...DELETED, auth: 'iam' } })
        await stack.applyOk()
        const isIam = async (): Promise<unknown> =>
          (await bed().server.sql(`SELECT pg_has_role('token_dev_user', 'rds_iam', 'MEMBER') AS yes`))[0]?.['yes']
        await bed().server.sql('SELECT 1', [], 'token_dev_db')
        t.is((await stack.destroy('token')).audit.run.exit_code, 1)
        t.true(await isIam())
        t.deepEqual([await closedOnes(bed()), await leftMemberships(bed())], [['token_dev_user'], []])
        await bed().server.forget('token_dev_db')
        const mark = await bed().server.mark()
        await isTruthful(t, bed(), mark, await stack.destroyOk('token'))
      },
    )
  }
}
