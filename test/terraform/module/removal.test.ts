/**
 * Removal under the real Terraform on a real server (src/README.md: Removal): every policy and access level, by every
 * way in which a marker goes, with the catalogs before and after. With RDS_PROVISION_FAULTS=whole also each group
 * alone, by a targeted destroy too, on a server below 16 as well.
 */
import test, { type ExecutionContext } from 'ava'
import type { Snapshot } from '../../support/aws.ts'
import { difference, type Dump, dump } from '../../support/catalogs.ts'
import { IS_WHOLE } from '../../support/faults/intensity.ts'
import { VERSIONS } from '../../support/provision.ts'
import {
  type Bed,
  declaration,
  type Entry,
  fill,
  GROUP_NAMES,
  type GroupName,
  INSTANCE,
  makeBed,
  marker,
  TABLE,
  without,
} from './leavers.ts'

/** Everybody leaves at once in one apply; a Terraform that runs ten at a time would make waves of them. */
const AT_ONCE = '-parallelism=30'
const ALL: readonly (readonly GroupName[])[] = [GROUP_NAMES]
const ALONE: readonly (readonly GroupName[])[] = GROUP_NAMES.map((name) => [name])

for (const version of IS_WHOLE ? VERSIONS : VERSIONS.slice(-1)) {
  test(`each policy, for each who leaves, by each way on ${String(version)}`, async (t) => {
    t.timeout(IS_WHOLE ? 1_800_000 : 600_000)
    const bed = await makeBed(version)
    t.teardown(() => bed.stop())
    const { server, stack } = bed
    await stack.applyOk()
    await fill(bed)
    const whole = await dump(server)

    for (const groups of IS_WHOLE ? [...ALONE, ...ALL] : ALL) {
      const leaving = TABLE.filter(({ group, leaves }) => leaves && groups.includes(group))
      const left = without(
        whole,
        leaving.filter(({ policy }) => policy !== 'keep'),
      )
      const said = (way: string): string => `${way}: ${groups.join(', ')}`

      await removal(t, bed, said('-replace'), leaving, () =>
        stack.applyOk([AT_ONCE, ...leaving.map((entry) => `-replace=${marker(entry)}`)]),
      )
      t.deepEqual(difference(left, await dump(server)), [], said('-replace'))
      t.is((await stack.plan()).code, 0, 'the markers are there again')
      await stack.taint()
      await provisionedAgain(t, bed, whole)

      stack.applications = declaration(TABLE.filter((entry) => !leaving.includes(entry)))
      await removal(t, bed, said('key removed'), leaving, () => stack.applyOk([AT_ONCE]))
      t.deepEqual(difference(left, await dump(server)), [], said('key removed'))
      stack.applications = declaration(TABLE)
      await provisionedAgain(t, bed, whole)

      if (!IS_WHOLE) continue
      await removal(t, bed, said('destroy -target'), leaving, () =>
        stack.destroy([AT_ONCE, ...leaving.map((entry) => `-target=${marker(entry)}`)]),
      )
      t.deepEqual(difference(left, await dump(server)), [], said('destroy -target'))
      await stack.taint()
      await provisionedAgain(t, bed, whole)
    }

    await removal(t, bed, 'destroy', TABLE, () => stack.destroy([AT_ONCE]))
    t.deepEqual(
      difference(
        without(
          whole,
          TABLE.filter(({ policy }) => policy !== 'keep'),
        ),
        await dump(server),
      ),
      [],
      'destroy',
    )
    t.deepEqual(await stack.addresses(), [])
  })
}

/** Puts back what was dropped: all is as it was, but for when it was claimed. */
async function provisionedAgain(t: ExecutionContext, bed: Bed, whole: Dump): Promise<void> {
  await bed.stack.applyOk()
  await fill(bed)
  const changed = difference(whole, await dump(bed.server)).map((line) => line.slice(2).replace(CLAIMED_AT, ''))
  t.deepEqual(
    changed.filter((line) => changed.filter((other) => other === line).length === 1),
    [],
  )
}

/** Of a tag, in a line of a dump. */
const CLAIMED_AT = /\\?"ClaimedAt\\?":\\?"[^"]*"/

/** A removal ends well, tells of each who left, and makes no more snapshots than it needs. */
async function removal(
  t: ExecutionContext,
  { aws, stack }: Bed,
  title: string,
  leaving: readonly Entry[],
  act: () => Promise<{ code: number; output: string }>,
): Promise<void> {
  const told = (await stack.audits()).length
  const snapshots = aws.snapshots.length
  const { code, output } = await act()
  t.is(code, 0, output)
  const audits = (await stack.audits()).slice(told).filter(({ run }) => run.command === 'destroy')
  t.deepEqual(
    audits.map(({ records }) => records[0]?.application).sort(),
    leaving.map(({ application }) => application).sort(),
    title,
  )
  for (const { run, records } of audits) {
    const entry = leaving.find(({ application }) => application === records[0]?.application)
    const isKept = entry?.policy === 'keep'
    t.is(run.outcome, isKept ? 'no_change' : 'changed', `${title}: ${entry?.application ?? ''}`)
    if (isKept)
      t.deepEqual(
        records.map(({ action, status, statements }) => [action, status, statements]),
        [['retain', 'skipped', []]],
        title,
      )
  }
  assertSnapshots(
    t,
    title,
    aws.snapshots.slice(snapshots),
    leaving.filter(({ policy, isOwner }) => policy === 'snap' && isOwner).length,
  )
}

/** Databases that go together share one; one whose removal started late may have made its own. */
function assertSnapshots(t: ExecutionContext, title: string, made: readonly Snapshot[], databases: number): void {
  t.true(
    made.length >= Math.min(1, databases) && made.length <= databases,
    `${title}: ${String(made.length)} snapshots`,
  )
  for (const { source, tags } of made) {
    t.is(source, INSTANCE)
    t.like(Object.fromEntries(tags), { BuildId: 'build-100', ClusterName: INSTANCE, ManagedBy: 'platform' })
  }
}
