/** What ends soon, and what is old. */
import type { Cluster, RoleState } from '../../model/catalog.ts'
import type { Credential } from '../../model/credential.ts'
import type { Declaration } from '../../model/declaration.ts'
import { isEndedByRuns } from '../../model/expiry.ts'
import { stackTag } from '../access-matrix.ts'
import type { Criteria } from '../../input/report-options.ts'
import { matches } from '../criteria.ts'
import type { ReportRow, Section } from '../report.ts'
import { counted } from '../verdict.ts'

const DAY_MS = 86_400_000

/** Logins of the stack whose valid_until is over, or will be within `days`. */
export function expiringSection(
  declaration: Declaration,
  cluster: Cluster,
  days: number,
  criteria: Criteria,
  now: Date,
): Section {
  const ended = new Set(declaration.applications.filter(isEndedByRuns).map(({ username }) => username))
  const rows = [...cluster.roles.values()].flatMap((role): ReportRow[] => {
    const tag = stackTag(declaration, cluster, role.name)
    if (tag === null || role.validUntil === null) return []
    const left = Math.floor((role.validUntil.getTime() - now.getTime()) / DAY_MS)
    const application = tag.get('Application') ?? null
    if (left >= days || !matches(criteria.application, application)) return []
    return [
      {
        cells: [
          role.name,
          application,
          role.validUntil.toISOString(),
          left,
          stateOf(role, !ended.has(role.name), left < 0),
        ],
        application,
        build: tag.get('BuildId') ?? null,
        mark: left < 0 ? 'failed' : 'warning',
      },
    ]
  })
  return {
    id: 'expiring',
    title: 'Expiring logins',
    about:
      rows.length === 0
        ? `No login${ofWhom(criteria)} expires within ${String(days)} days.`
        : `valid_until is over, or within ${String(days)} days.`,
    attention:
      rows.length === 0 ? null : counted(rows.length, 'login expired or expiring', 'logins expired or expiring'),
    columns: [
      { key: 'username', title: 'Login' },
      { key: 'application', title: 'Application' },
      { key: 'valid_until', title: 'Valid until' },
      { key: 'days_left', title: 'Days left' },
      { key: 'state', title: 'State' },
    ],
    rows: rows.sort((a, b) => Number(a.cells[3]) - Number(b.cells[3])),
  }
}

/** PostgreSQL ends passwords alone; another login is closed by a run (`src/model/expiry.ts`). */
function stateOf({ canLogin }: RoleState, byPassword: boolean, isOver: boolean): string {
  if (byPassword) return isOver ? 'expired' : 'expires'
  if (!isOver) return 'expires: the first apply after it closes the login'
  return canLogin ? 'over, and still open: the next apply closes the login' : 'expired'
}

function ofWhom({ application }: Criteria): string {
  return application === null ? '' : ` of ${application}`
}

/** A credential and whom it is for; null: the delegated admin. */
export interface OwnedCredential {
  readonly application: string | null
  readonly credential: Credential
}

/** Secrets whose current version is older than `days`; Secrets Manager says when a version was made. */
export function secretsSection(
  credentials: readonly OwnedCredential[],
  days: number,
  criteria: Criteria,
  now: Date,
): Section {
  const rows = credentials.flatMap(({ application, credential }): ReportRow[] => {
    const { createdAt, secretId, versionId } = credential
    const age = createdAt === null ? null : Math.floor((now.getTime() - createdAt.getTime()) / DAY_MS)
    if (createdAt === null || age === null || age < days || !matches(criteria.application, application)) return []
    return [
      {
        cells: [secretId, application ?? '(delegated admin)', versionId, createdAt.toISOString(), age],
        application,
        mark: 'warning',
      },
    ]
  })
  return {
    id: 'secrets',
    title: 'Old secrets',
    about:
      rows.length === 0
        ? `No secret${ofWhom(criteria)} is older than ${String(days)} days.`
        : `The current version is ${String(days)} days old or older.`,
    attention: rows.length === 0 ? null : counted(rows.length, 'old secret', 'old secrets'),
    columns: [
      { key: 'secret_id', title: 'Secret' },
      { key: 'application', title: 'Application' },
      { key: 'version_id', title: 'Version' },
      { key: 'created_at', title: 'Made' },
      { key: 'age_days', title: 'Age in days' },
    ],
    rows: rows.sort((a, b) => Number(b.cells[4]) - Number(a.cells[4])),
  }
}
