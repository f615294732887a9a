import type { Cluster } from '../../model/catalog.ts'
import type { Declaration } from '../../model/declaration.ts'
import { parseTag } from '../../model/tag.ts'
import { stackDatabases, stackTag } from '../access-matrix.ts'
import type { ReportRow, Section } from '../report.ts'
import type { RecordedRun } from '../../audit/governance/entry.ts'
import { counted } from '../verdict.ts'

const COLUMNS = [
  { key: 'kind', title: 'Kind' },
  { key: 'name', title: 'Name' },
  { key: 'build_id', title: 'Build in its tag' },
  { key: 'problem', title: 'Problem' },
] as const

/** A record of these says that the object was there in that build. */
const PROVES: ReadonlySet<string> = new Set(['created', 'updated', 'no_change'])

/**
 * Whether every role and database of the stack can be traced: the audit has a record on it with the build id that its
 * tag names. Lists those that cannot.
 * @param known as `provenBuilds` gives it
 */
export function traceabilitySection(declaration: Declaration, cluster: Cluster, known: ReadonlySet<string>): Section {
  const roles = [...cluster.roles.keys()]
    .filter((name) => stackTag(declaration, cluster, name) !== null)
    .map((name) => ({ kind: 'role', name, tag: stackTag(declaration, cluster, name) }))
  const databases = stackDatabases(declaration, cluster).map(({ name, comment }) => ({
    kind: 'database',
    name,
    tag: parseTag(comment),
  }))
  const objects = [...roles, ...databases]
  const rows = objects.flatMap(({ kind, name, tag }): ReportRow[] => {
    const build = tag?.get('BuildId') ?? null
    if (build !== null && known.has(JSON.stringify([kind, name, build]))) return []
    return [
      {
        cells: [
          kind,
          name,
          build,
          build === null ? 'it has no tag that names a build' : 'no record in the audit has it with this build',
        ],
        build,
        environment: declaration.environment,
        mark: 'failed',
      },
    ]
  })
  return {
    id: 'traceability',
    title: 'Traceability',
    about: `${String(objects.length - rows.length)} of ${String(objects.length)} roles and databases of this stack are traceable to a build.`,
    attention:
      rows.length === 0
        ? null
        : counted(rows.length, 'role or database without a build', 'roles and databases without a build'),
    columns: COLUMNS,
    rows,
  }
}

/** Which objects the audit has seen in which build, as texts that `traceabilitySection` compares. */
export function provenBuilds(
  { environment, instance }: Pick<Declaration, 'environment' | 'instance'>,
  entries: readonly RecordedRun[],
): Set<string> {
  const known = new Set<string>()
  for (const { run, records } of entries) {
    const ran = run?.instance ?? null
    if (ran !== null && ran.identifier !== instance.identifier) continue
    for (const record of records) {
      if (record.environment !== environment || !PROVES.has(record.status)) continue
      if (record.username !== null) known.add(JSON.stringify(['role', record.username, record.build_id]))
      if (record.database !== null) known.add(JSON.stringify(['database', record.database, record.build_id]))
    }
  }
  return known
}
