/** SIGINT and SIGTERM in a removal: it ends in order, and no database stays closed to its users. */
import test, { type ExecutionContext } from 'ava'
import { type Bed, bedFor, type Stack, VERSIONS } from '../../support/provision.ts'
import { count, IS_WHOLE } from '../../support/faults/intensity.ts'
import { isBlocked, lockHolders, until } from '../../support/faults/moments.ts'
import { endsInOrder, holdRoles, launch } from '../../support/faults/signals.ts'
import { quiet, TRUTH_SETTINGS } from '../../support/faults/truth.ts'

/** A database that an entry's policy removes. */
async function provisioned(t: ExecutionContext, bed: Bed, cleanup_policy = 'delete'): Promise<Stack> {
  const stack = bed.declare({ shop: { cleanup_policy } })
  await stack.applyOk()
  t.teardown(async () => {
    bed.aws.heal()
    bed.aws.snapshotsTake({ milliseconds: 0 })
    await bed.server.sql('DROP DATABASE IF EXISTS shop_dev_db WITH (FORCE)')
    await bed.server.sql('DROP ROLE IF EXISTS shop_dev_user')
  })
  return stack
}

/**
 * The application gets in as before, or its login is closed and nothing else; it may have been asked to go; nobody holds
 * the lock, and the removal can be run again.
 */
async function isAsBefore(
  t: ExecutionContext,
  bed: Bed,
  stack: Stack,
  login: 'open' | 'closed' = 'open',
): Promise<void> {
  bed.aws.heal()
  t.is(await stack.answer('shop', 'SELECT 1'), login === 'open' ? 'ok' : '28000')
  t.is(await lockHolders(bed.server), 0)
  t.deepEqual(
    (await stack.plan()).map(({ kind }) => kind).filter((kind) => kind !== 'take_back_removal'),
    login === 'open' ? [] : ['alter_role'],
  )
  stack.env = { RDS_CLEANUP_POLICY: 'delete' }
  await stack.destroyOk('shop')
  t.deepEqual(
    await bed.server.sql(
      `SELECT FROM pg_roles WHERE rolname = 'shop_dev_user' UNION ALL SELECT FROM pg_database WHERE datname = 'shop_dev_db'`,
    ),
    [],
  )
}

for (const version of IS_WHOLE ? VERSIONS : VERSIONS.slice(-1)) {
  const bed = bedFor(version, { settings: TRUTH_SETTINGS })
  const on = `PostgreSQL ${version}: `

  test.serial(`${on}interrupted while it waits for AWS`, async (t) => {
    const stack = await provisioned(t, bed())
    bed().aws.delay('BatchGetSecretValue', 60_000)
    const mark = await bed().server.mark()
    const asked = bed().aws.calls.length
    const run = await launch(t, stack, 'shop')
    await until('a call to AWS', () => bed().aws.calls.length > asked)
    await endsInOrder(t, bed(), run, 'SIGINT', mark)
    await isAsBefore(t, bed(), stack)
  })

  test.serial(`${on}interrupted in a statement that waits for a lock: it is cancelled and rolled back`, async (t) => {
    const stack = await provisioned(t, bed())
    const release = await holdRoles(t, bed())
    const mark = await bed().server.mark()
    const run = await launch(t, stack, 'shop')
    await until('a blocked statement', () => isBlocked(bed().server))
    await endsInOrder(t, bed(), run, 'SIGTERM', mark)
    await release()
    await isAsBefore(t, bed(), stack)
  })

  test.serial(`${on}interrupted while it waits for a snapshot: the database is open again`, async (t) => {
    bed().aws.putInstance('db-1')
    const stack = await provisioned(t, bed(), 'snapshot-and-delete')
    bed().aws.snapshotsTake({ milliseconds: 60_000 })
    const mark = await bed().server.mark()
    const run = await launch(t, stack, 'shop')
    await until('the wait for the snapshot', () => run.process.output().includes('asked for'))
    t.is(await stack.answer('shop', 'SELECT 1'), '28000', 'closed meanwhile')
    t.is(await lockHolders(bed().server), 0, 'the lock is not held while it waits')
    await endsInOrder(t, bed(), run, 'SIGTERM', mark)
    await isAsBefore(t, bed(), stack, 'closed')
  })

  test.serial(
    `${on}interrupted while RDS does not answer about the snapshot: the database is open again`,
    async (t) => {
      bed().aws.putInstance('db-1')
      const stack = await provisioned(t, bed(), 'snapshot-and-delete')
      bed().aws.delay('DescribeDBSnapshots', 60_000)
      const mark = await bed().server.mark()
      const asked = bed().aws.callsTo('DescribeDBSnapshots').length
      const run = await launch(t, stack, 'shop')
      await until('a call to RDS', () => bed().aws.callsTo('DescribeDBSnapshots').length > asked)
      await endsInOrder(t, bed(), run, 'SIGINT', mark)
      await isAsBefore(t, bed(), stack, 'closed')
    },
  )

  test.serial(`${on}killed while it waits for a snapshot: an apply opens what it had closed`, async (t) => {
    bed().aws.putInstance('db-1')
    const stack = await provisioned(t, bed(), 'snapshot-and-delete')
    bed().aws.snapshotsTake({ milliseconds: 60_000 })
    const run = await launch(t, stack, 'shop')
    await until('the wait for the snapshot', () => run.process.output().includes('asked for'))
    run.process.kill('SIGKILL')
    await run.process.ended
    await quiet(bed().server)
    t.is(await lockHolders(bed().server), 0)
    await stack.applyOk()
    await isAsBefore(t, bed(), stack)
    count('events', 'SIGKILL to a removal')
  })
}
