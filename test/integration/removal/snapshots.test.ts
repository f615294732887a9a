/**
 * The snapshot before a drop (src/README.md: Removal): it holds the last write, is shared by a run's removals, and
 * decides whether anything is dropped.
 */
import test, { type ExecutionContext } from 'ava'
import { lockHolders, until } from '../../support/faults/moments.ts'
import { IS_WHOLE } from '../../support/faults/intensity.ts'
import { type Bed, bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'
import { closedOnes, leftMemberships, told } from '../../support/removal.ts'

const SNAPSHOT: Entry = { cleanup_policy: 'snapshot-and-delete' }

async function databases({ server }: Bed, ...names: readonly string[]): Promise<string[]> {
  const rows = await server.sql('SELECT datname::text AS name FROM pg_database WHERE datname = ANY ($1) ORDER BY 1', [
    names,
  ])
  return rows.map(({ name }) => String(name))
}

async function isClosed({ server }: Bed, database: string): Promise<boolean> {
  const [row] = await server.sql('SELECT datallowconn FROM pg_database WHERE datname = $1', [database])
  return row?.['datallowconn'] === false
}

/**
 * Exit 5; nothing was dropped, and the database is open again. Where AWS does not know what the snapshot would be of,
 * nobody is disturbed.
 */
async function keepsAll(
  t: ExecutionContext,
  bed: Bed,
  stack: Stack,
  message: RegExp,
  isDisturbed = true,
): Promise<void> {
  const outcome = await stack.destroy('kept', {
    snapshotTimeoutMs: 1_000,
    waits: { othersMs: 0, abandonedMs: 0, superusersMs: 0 },
  })
  t.is(outcome.audit.run.exit_code, 5, outcome.audit.run.error ?? '')
  t.is(outcome.audit.run.outcome, 'failed')
  t.regex(outcome.audit.run.error ?? '', message)
  t.true(told(outcome).includes('kept snapshot create failed'))
  t.is(outcome.audit.summary.removed, 0)
  t.is((outcome.audit.run.error ?? '').includes('kept_dev_user can no longer log in'), isDisturbed)
  t.deepEqual([await closedOnes(bed), await leftMemberships(bed)], [isDisturbed ? ['kept_dev_user'] : [], []])
}

/** What RDS says has nothing to do with the server's version. */
for (const version of IS_WHOLE ? VERSIONS : VERSIONS.slice(-1)) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial.before(`${on}RDS knows the instance`, () => {
    bed().aws.putInstance('db-1')
  })
  test.afterEach.always(() => {
    bed().aws.heal()
    bed().aws.snapshotsTake({ milliseconds: 0 })
  })

  test.serial(
    `${on}asked for once the database is closed and empty, tagged, waited for without the lock, with progress`,
    async (t) => {
      const stack = bed().declare({ last: SNAPSHOT })
      await stack.applyOk()
      const writer = await stack.connect('last')
      writer.on('error', () => {}) // ended by the removal
      const lines: string[] = []
      bed().aws.snapshotsTake({ milliseconds: 1_200 })
      bed().aws.delay('CreateDBSnapshot', 300)
      const before = bed().aws.callsTo('CreateDBSnapshot').length
      const removal = stack.destroyOk('last', {
        progress: (line) => {
          lines.push(line)
        },
      })
      await until('a snapshot is asked for', () => bed().aws.callsTo('CreateDBSnapshot').length > before)
      t.true(await isClosed(bed(), 'last_dev_db'))
      t.deepEqual(
        await bed().server.sql(
          `SELECT pid FROM pg_stat_activity WHERE datname = 'last_dev_db' AND backend_type = 'client backend'`,
        ),
        [],
      )
      await until(
        'the snapshot is under way and the lock is free',
        async () => lines.some((line) => line.includes('asked for')) && (await lockHolders(bed().server)) <= 1,
      )
      await bed().declare({ meanwhile: {} }, { lock_timeout: 1 }).applyOk()
      const outcome = await removal
      const [snapshot] = bed().aws.snapshots.filter(({ tags }) => tags.get('BuildId') === 'build-1')
      t.like(Object.fromEntries(snapshot?.tags ?? []), {
        BuildId: 'build-1',
        ClusterName: 'db-1',
        ManagedBy: 'platform',
      })
      t.true(lines.some((line) => /^snapshot .*: creating, \d+ %/.test(line)))
      t.deepEqual(
        told(outcome).filter((line) => line.includes(' snapshot ') || line.includes(' drop ')),
        ['last snapshot create created', 'last database drop removed', 'last role drop removed'],
      )
      t.deepEqual(await databases(bed(), 'last_dev_db'), [])
    },
  )

  test.serial(
    `${on}failed, over quota, denied, too slow or of an instance that is unknown: nothing is dropped`,
    async (t) => {
      const stack = bed().declare({ kept: SNAPSHOT })
      await stack.applyOk()
      const { aws } = bed()
      aws.snapshotsTake({ milliseconds: 100, outcome: 'failed' })
      await keepsAll(t, bed(), stack, /snapshot .* is failed/)
      aws.snapshotsTake({ milliseconds: 600_000 })
      await keepsAll(t, bed(), stack, /is not available after/)
      aws.snapshotsTake({ milliseconds: 0 })
      aws.fail('CreateDBSnapshot', { code: 'SnapshotQuotaExceeded', status: 400 })
      await keepsAll(t, bed(), stack, /SnapshotQuotaExceeded.*(Delete old manual snapshots)/)
      aws.heal()
      aws.fail('CreateDBSnapshot', { code: 'InvalidDBInstanceState', status: 400 })
      await keepsAll(t, bed(), stack, /was busy for/)
      aws.heal()
      for (const action of ['CreateDBSnapshot', 'DescribeDBSnapshots']) {
        aws.deny(action)
        await keepsAll(t, bed(), stack, new RegExp(`AccessDenied.*Allow rds:${action}`))
        aws.heal()
      }
      await bed().server.sql('ALTER ROLE kept_dev_user LOGIN')
      aws.deny('DescribeDBInstances')
      await keepsAll(t, bed(), stack, /AccessDenied.*Allow rds:DescribeDBInstances/, false)
      aws.heal()
      const { host, port } = bed().server
      stack.variables = { ...stack.variables, instance: { host, port, identifier: 'nobody' } }
      await keepsAll(t, bed(), stack, /neither an instance nor a cluster.*Set instance\.identifier/, false)
      stack.variables = { ...stack.variables, instance: { host, port, identifier: 'db-1' } }
      aws.fail('CreateDBSnapshot', { code: 'InvalidDBInstanceState', status: 400, times: 1 })
      await stack.destroyOk('kept')
      t.deepEqual(await databases(bed(), 'kept_dev_db'), [])
    },
  )

  test.serial(`${on}somebody opens the database meanwhile: it is not dropped`, async (t) => {
    const stack = bed().declare({ opened: SNAPSHOT })
    await stack.applyOk()
    bed().aws.snapshotsTake({ milliseconds: 1_500 })
    const before = bed().aws.callsTo('CreateDBSnapshot').length
    const removal = stack.destroy('opened')
    await until('a snapshot is asked for', () => bed().aws.callsTo('CreateDBSnapshot').length > before)
    await bed().server.sql('ALTER DATABASE opened_dev_db ALLOW_CONNECTIONS true')
    const { audit } = await removal
    t.is(audit.run.exit_code, 4)
    t.regex(audit.run.error ?? '', /somebody opened the database opened_dev_db/)
    t.deepEqual(await closedOnes(bed()), ['opened_dev_user'])
    bed().aws.snapshotsTake({ milliseconds: 0 })
    await stack.destroyOk('opened')
  })

  test.serial(`${on}what is to go only since the snapshot stays; what was to go before goes`, async (t) => {
    const stack = bed().declare({ early: SNAPSHOT, late: SNAPSHOT, opened: SNAPSHOT }, { build_id: 'build-early' })
    await stack.applyOk()
    const tagged = async (build: string): Promise<void> => {
      await bed().server.sql(`DO $$ BEGIN EXECUTE format('COMMENT ON ROLE late_dev_user IS %L', jsonb_set(
        shobj_description('late_dev_user'::regrole, 'pg_authid')::jsonb, '{BuildId}', '"${build}"')); END $$`)
    }
    await tagged('build-other')
    stack.applications = {}
    bed().aws.snapshotsTake({ milliseconds: 1_500 })
    const before = bed().aws.callsTo('CreateDBSnapshot').length
    const removal = stack.destroy({ by: 'build-id', value: 'build-early' })
    await until('a snapshot is asked for', () => bed().aws.callsTo('CreateDBSnapshot').length > before)
    await tagged('build-early')
    await bed().server.sql('ALTER DATABASE opened_dev_db ALLOW_CONNECTIONS true')
    const { audit, problems } = await removal
    t.is(audit.run.exit_code, 4, audit.run.error ?? '')
    t.deepEqual(problems.map(({ application, code }) => [application, code]).sort(), [
      ['late', 'left_during_snapshot'],
      ['opened', 'opened_during_snapshot'],
    ])
    t.deepEqual(await databases(bed(), 'early_dev_db'), [])
    t.is((await databases(bed(), 'late_dev_db')).length + (await databases(bed(), 'opened_dev_db')).length, 2)
    bed().aws.snapshotsTake({ milliseconds: 0 })
    await stack.destroyOk({ by: 'build-id', value: 'build-early' })
    t.deepEqual(await databases(bed(), 'late_dev_db'), [])
  })

  test.serial(
    `${on}a guest that leaves while the owner's removal waits keeps nobody waiting; a later removal makes its own snapshot`,
    async (t) => {
      const guest = { database_name: 'both_dev_db', access_level: 'editor', ...SNAPSHOT }
      const stack = bed().declare({ both: SNAPSHOT, guest: { ...guest, username: 'both_guest' }, later: SNAPSHOT })
      await stack.applyOk()
      const before = bed().aws.snapshots.length
      const waits = { othersMs: 2_000, abandonedMs: 500, superusersMs: 500 }
      const owner = stack.destroyOk('both', { runGroup: 'same', waits })
      await until('the database is closed', () => isClosed(bed(), 'both_dev_db'))
      // If each waited for the other, the guest would give up first.
      await stack.destroyOk('guest', { runGroup: 'same', waits, snapshotTimeoutMs: 20_000 })
      await owner
      t.is(bed().aws.snapshots.length - before, 1)
      await stack.destroyOk('later', { runGroup: 'same' })
      t.is(bed().aws.snapshots.length - before, 2)
      t.deepEqual(await databases(bed(), 'both_dev_db', 'later_dev_db'), [])
    },
  )

  test.serial(
    `${on}three processes of one run, started at once, share one snapshot that began after all were closed`,
    async (t) => {
      const names = ['one', 'two', 'three']
      const stack = bed().declare(Object.fromEntries(names.map((name) => [name, SNAPSHOT])))
      await stack.applyOk()
      bed().aws.delay('CreateDBSnapshot', 500)
      const before = bed().aws.snapshots.length
      const calls = bed().aws.callsTo('CreateDBSnapshot').length
      const removals = names.map((name) =>
        stack.bundle(['destroy', '--application', name], {
          RDS_PROVISION_INPUT: JSON.stringify(stack.marker(name)),
          RDS_PROVISION_RUN_ID: 'run-of-three',
        }),
      )
      await until('a snapshot is asked for', () => bed().aws.callsTo('CreateDBSnapshot').length > calls)
      for (const name of names) t.true(await isClosed(bed(), `${name}_dev_db`), name)
      t.deepEqual(
        (await Promise.all(removals)).map(({ code }) => code),
        [0, 0, 0],
      )
      t.is(bed().aws.snapshots.length - before, 1)
      t.deepEqual(await databases(bed(), ...names.map((name) => `${name}_dev_db`)), [])
    },
  )
}
