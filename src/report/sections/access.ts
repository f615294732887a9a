import type { AccessMatrix, DatabaseAccess, LoginAccess } from '../../model/access.ts'
import { describeRole } from '../../audit/governance/access.ts'
import type { Criteria } from '../../input/report-options.ts'
import { matches } from '../criteria.ts'
import type { ReportRow, Section } from '../report.ts'
import { counted } from '../verdict.ts'

const LOGIN_COLUMNS = [
  { key: 'database', title: 'Database' },
  { key: 'username', title: 'Login' },
  { key: 'application', title: 'Application' },
  { key: 'access_level', title: 'Level' },
  { key: 'auth', title: 'Logs in by' },
  { key: 'as_a_role', title: 'As a role' },
  { key: 'on_database', title: 'On the database' },
  { key: 'in_schemas', title: 'In its schemas' },
  { key: 'build_id', title: 'Created by build' },
  { key: 'valid_until', title: 'Valid until' },
] as const

const GRANT_COLUMNS = [
  { key: 'database', title: 'Database' },
  { key: 'role', title: 'Role' },
  { key: 'privilege', title: 'Privilege' },
  { key: 'on', title: 'On' },
] as const

/** Of a list of names in one line. */
const MAX_NAMED = 3

/** Which login may do what, as the server says now. */
export function accessSection(matrix: AccessMatrix, criteria: Criteria): Section {
  const logins = concernedLogins(matrix, criteria).flatMap((database) =>
    database.logins.map((login) => loginRow(matrix, database, login)),
  )
  const rows = logins.filter(({ build = null }) => matches(criteria.build, build))
  return {
    id: 'access',
    title: 'Access now',
    about:
      rows.length === 0
        ? 'Nothing matches.'
        : `As the server says, on instance ${matrix.instance}, stack ${matrix.stack}.`,
    columns: LOGIN_COLUMNS,
    rows,
  }
}

/** Privileges that others granted, or that are held by roles that are not this stack's. */
export function outsideGrantsSection(matrix: AccessMatrix, criteria: Criteria): Section {
  const databases = concernedLogins(matrix, criteria)
  const rows = databases.flatMap(({ database, outsideGrants }) =>
    outsideGrants.map(({ role, privilege, on }): ReportRow => ({
      cells: [database, role === '' ? 'PUBLIC (everybody)' : role, privilege, on],
      environment: matrix.environment,
      mark: 'warning',
    })),
  )
  return {
    id: 'outside-grants',
    title: 'Granted outside of rds-provision',
    about:
      databases.length === 0
        ? 'Nothing matches.'
        : rows.length === 0
          ? 'Nobody else holds anything on these databases.'
          : 'Privileges of roles that are not among the logins above. rds-provision leaves them alone.',
    attention: beyond(rows),
    columns: GRANT_COLUMNS,
    rows,
  }
}

/** Who has access that nobody declared. */
function beyond(rows: readonly ReportRow[]): string | null {
  const roles = [...new Set(rows.map(({ cells }) => String(cells[1] ?? '')))]
  const named = roles.slice(0, MAX_NAMED).join(', ')
  if (roles.length === 0) return null
  const privileges = counted(rows.length, 'privilege', 'privileges')
  return `${privileges} beyond the declaration, of ${named}${roles.length > MAX_NAMED ? ', …' : ''}`
}

/** An application's databases, all logins of each: whoever else is let in matters as much. */
function concernedLogins({ environment, databases }: AccessMatrix, criteria: Criteria): DatabaseAccess[] {
  if (!matches(criteria.environment, environment)) return []
  return databases.filter(
    ({ database, logins }) =>
      matches(criteria.database, database) &&
      (criteria.application === null || logins.some(({ application }) => application === criteria.application)),
  )
}

function loginRow({ environment }: AccessMatrix, { database, isSeen }: DatabaseAccess, login: LoginAccess): ReportRow {
  const onDatabase = [
    login.connect ? 'CONNECT' : '',
    login.temporary ? 'TEMP' : '',
    login.create ? 'CREATE' : '',
  ].filter((word) => word !== '')
  const schemas = login.schemas.map(({ schema, may }) => `${schema}: ${may}`)
  return {
    cells: [
      database,
      login.username,
      login.application,
      login.accessLevel,
      login.canLogin ? login.auth : null,
      describeRole(login),
      onDatabase.join(', '),
      isSeen ? schemas.join('; ') : 'not known: could not be looked into',
      login.build,
      login.validUntil?.toISOString() ?? null,
    ],
    environment,
    application: login.application,
    build: login.build,
  }
}
