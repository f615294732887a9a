import type { Problem } from '../model/problem.ts'
import type { Application, Declaration } from '../model/declaration.ts'
import { helperOf } from '../model/upgrade-helper.ts'
import { violation } from './violation.ts'

/**
 * Names that belong to the server or to RDS. `public` and `none` are words that no role can have (manual, CREATE ROLE;
 * PostgreSQL's IsReservedName keeps `pg_`); `rdsproxyadmin` and the like are RDS's own roles:
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html
 */
const RESERVED = /^(?:postgres|rdsadmin|rdsrepladmin|rdsproxyadmin|rdstopmgr|rds_.*|pg_.*|template[01])$/s
const RESERVED_ROLES = new Set(['public', 'none'])
const RESERVED_SCHEMAS = /^(?:pg_.*|information_schema)$/s

/** Whether a role belongs to the server or to RDS, by its name. */
export function isReservedName(name: string): boolean {
  return RESERVED.test(name) || RESERVED_ROLES.has(name)
}

/**
 * Reserved names (src/README.md: Guardrails): what belongs to the server, to RDS, to the delegated admin or to the
 * master is no application's. `masterUsername` is null as long as it is not known.
 */
export function checkReservedNames(declaration: Declaration, masterUsername: string | null): Problem[] {
  const { admin, applications } = declaration
  return applications.flatMap((application) => {
    const { username, database, schemas, ownsSchemas } = application
    const reasons = [
      isReservedName(username) ? `the username "${username}" belongs to the server or to RDS.` : null,
      username === admin.username ? `the username "${username}" is the delegated admin's.` : null,
      username === helperOf(admin.username)
        ? `the username "${username}" is kept for the delegated admin's upgrades.`
        : null,
      username === masterUsername ? `the username "${username}" is the master's.` : null,
      database !== null && RESERVED.test(database)
        ? `the database name "${database}" belongs to the server or to RDS.`
        : null,
      ...[...schemas, ...ownsSchemas]
        .filter((schema) => RESERVED_SCHEMAS.test(schema))
        .map((schema) => `the schema "${schema}" belongs to the server.`),
    ]
    return reasons.flatMap((reason) => (reason === null ? [] : [reservedName(application, reason)]))
  })
}

function reservedName(application: Application, message: string): Problem {
  return violation(application, 'reserved_name', message, 'Choose another name.')
}

/**
 * The naming convention, where `enforce_naming` asks for it: `[a-z_][a-z0-9_]*` (src/README.md: Names), databases as
 * `<name>_<environment>_db`, logins as `<name>_<environment>_<purpose>`, which is the shape of the defaults and of the
 * second logins (src/README.md: Names).
 */
export function checkNaming({ applications, enforceNaming, environment }: Declaration): Problem[] {
  if (!enforceNaming) return []
  const database = new RegExp(`^[a-z_][a-z0-9_]*_${environment}_db$`)
  const username = new RegExp(`^[a-z_][a-z0-9_]*_${environment}_[a-z0-9_]+$`)
  return applications.flatMap((application) => [
    ...(application.database === null || database.test(application.database)
      ? []
      : [offConvention(application, 'database name', application.database, `<name>_${environment}_db`)]),
    ...(username.test(application.username)
      ? []
      : [offConvention(application, 'username', application.username, `<name>_${environment}_<purpose>`)]),
    ...[...application.schemas, ...application.ownsSchemas]
      .filter((schema) => !/^[a-z_][a-z0-9_]*$/.test(schema))
      .map((schema) => offConvention(application, 'schema', schema, '<name>')),
  ])
}

function offConvention(application: Application, kind: string, name: string, shape: string): Problem {
  return violation(
    application,
    'naming',
    `the ${kind} "${name}" is off the convention.`,
    `Use ${shape} in lower-case letters, digits and _; or set enforce_naming = false.`,
  )
}
