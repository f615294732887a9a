/**
 * Removal under the real Terraform on a real server (src/README.md: Removal): every policy and access level, by every
 * way in which a marker goes, with the catalogs before and after. Where the entry stays declared nothing goes. With
 * RDS_PROVISION_FAULTS=whole also each group alone, by a targeted destroy too, on a server below 16 as well.
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

      await removal(t, bed, { title: said('-replace'), leaving, by: null }, () =>
        stack.applyOk([AT_ONCE, ...leaving.map((entry) => `-replace=${marker(entry)}`)]),
      )
      t.deepEqual(differing(whole, await dump(server)), [], said('-replace'))
      t.is((await stack.plan()).code, 0, 'the markers are there again')

      stack.applications = declaration(TABLE.filter((entry) => !leaving.includes(entry)))
      await removal(t, bed, { title: said('key removed'), leaving, by: 'apply' }, () => stack.applyOk([AT_ONCE]))
      t.deepEqual(differing(left, await dump(server)), [], said('key removed'))
      stack.applications = declaration(TABLE)
      await provisionedAgain(t, bed, whole)

      if (!IS_WHOLE) continue
      await removal(t, bed, { title: said('destroy -target'), leaving, by: null }, () =>
        stack.destroy([AT_ONCE, ...leaving.map((entry) => `-target=${marker(entry)}`)]),
      )
      await stack.applyOk()
      t.deepEqual(differing(whole, await dump(server)), [], said('destroy -target, and declared'))
    }

    await removal(t, bed, { title: 'destroy', leaving: TABLE, by: 'destroy' }, () => stack.destroy([AT_ONCE]))
    t.deepEqual(
      differing(
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

/** Puts back what was dropped: all is as it was, but for when it was claimed and by which marker. */
async function provisionedAgain(t: ExecutionContext, bed: Bed, whole: Dump): Promise<void> {
  await bed.stack.applyOk()
  await fill(bed)
  t.deepEqual(differing(whole, await dump(bed.server)), [])
}

/** Of a tag, in a line of a dump: what names markers, and whose claim it is since when. */
const IDS = /,?\\?"(?:Marker\\?":\{[^}]*\}|(?:Claim|ClaimedAt|ClaimedByBuildId|UpdatedByBuildId)\\?":\\?"[^"\\]*\\?")/g

/** What differs beside ids. */
function differing(expected: Dump, actual: Dump): string[] {
  const changed = difference(expected, actual).map((line) => line.slice(2).replaceAll(IDS, ''))
  return changed.filter((line) => changed.filter((other) => other === line).length === 1)
}

interface Removal {
  readonly title: string
  readonly leaving: readonly Entry[]
  /** Which command carries it out, all of it together; null: nobody, since it is declared, or nobody has looked. */
  readonly by: 'apply' | 'destroy' | null
}

/** Each marker asks and carries nothing out; one run then does it for all, with one snapshot. */
async function removal(
  t: ExecutionContext,
  { aws, stack }: Bed,
  { title, leaving, by }: Removal,
  act: () => Promise<{ code: number; output: string }>,
): Promise<void> {
  const told = (await stack.audits()).length
  const snapshots = aws.snapshots.length
  const { code, output } = await act()
  t.is(code, 0, output)
  const audits = (await stack.audits()).slice(told)
  const asked = new Map(
    leaving.map(({ application }) => [
      application,
      audits.find(({ run, records }) => run.command === 'destroy' && records[0]?.application === application),
    ]),
  )
  for (const { application, policy } of leaving) {
    const isKept = policy === 'keep'
    const audit = asked.get(application)
    t.is(audit?.run.outcome, isKept ? 'no_change' : 'changed', `${title}: ${application}`)
    const actions = new Set(audit?.records.map(({ action }) => action))
    t.deepEqual([...actions], [isKept ? 'retain' : 'requested'], `${title}: ${application}`)
  }
  const others = audits.filter((audit) => ![...asked.values()].includes(audit))
  const dropped = others.flatMap(({ run, records }) =>
    records
      .filter(({ action, object, status }) => action === 'drop' && object === 'role' && status === 'removed')
      .map(({ application }) => `${run.command} ${application ?? ''}`),
  )
  const gone = leaving.filter(({ policy }) => policy !== 'keep').map(({ application }) => application)
  t.deepEqual(dropped.sort(), by === null ? [] : gone.map((application) => `${by} ${application}`).sort(), title)
  const needsOne = by !== null && leaving.some(({ policy, isOwner }) => policy === 'snap' && isOwner)
  assertSnapshots(t, title, aws.snapshots.slice(snapshots), needsOne ? 1 : 0)
}

/** Databases that go together share one. */
function assertSnapshots(t: ExecutionContext, title: string, made: readonly Snapshot[], count: number): void {
  t.is(made.length, count, title)
  for (const { source, tags } of made) {
    t.is(source, INSTANCE)
    t.like(Object.fromEntries(tags), { BuildId: 'build-100', ClusterName: INSTANCE, ManagedBy: 'platform' })
  }
}
