/** Faults to plant in `src`, one at a time: a walk has to find each (`npm run test:walk -- --faults`). */

export interface Fault {
  readonly what: string
  readonly file: string
  /** Stands there once at least; the first is replaced. */
  readonly from: string
  readonly to: string
}

export const FAULTS: readonly Fault[] = [
  {
    what: 'a login may not log in',
    file: 'src/sql/role.ts',
    from: "? 'LOGIN' : 'NOLOGIN'",
    to: "? 'NOLOGIN' : 'LOGIN'",
  },
  {
    what: 'CREATEDB for everybody',
    file: 'src/sql/role.ts',
    from: "? 'CREATEDB' : 'NOCREATEDB'",
    to: "? 'CREATEDB' : 'CREATEDB'",
  },
  {
    what: 'a limit of connections is one off',
    file: 'src/sql/role.ts',
    from: 'String(attributes.connectionLimit)',
    to: 'String(attributes.connectionLimit + 1)',
  },
  {
    what: 'PUBLIC keeps what is taken from it',
    file: 'src/sql/database.ts',
    from: 'REVOKE ${privileges.join',
    to: 'GRANT ${privileges.join',
  },
  {
    what: 'a database belongs to the admin',
    file: 'src/sql/database.ts',
    from: 'OWNER ${quoteIdentifier(database.owner)}',
    to: "OWNER ${quoteIdentifier('platform_provisioner')}",
  },
  {
    what: 'a new database is open',
    file: 'src/sql/database.ts',
    from: "words.push('ALLOW_CONNECTIONS false')",
    to: "words.push('ALLOW_CONNECTIONS true')",
  },
  {
    what: 'its connections stay closed',
    file: 'src/sql/database.ts',
    from: 'ALLOW_CONNECTIONS ${String(allow)}',
    to: 'ALLOW_CONNECTIONS ${String(!allow)}',
  },
  {
    what: 'the comment goes on the wrong object',
    file: 'src/sql/database.ts',
    from: '`COMMENT ON DATABASE ${quoteIdentifier(database)} IS ${text}`',
    to: '`COMMENT ON DATABASE ${quoteIdentifier(database)} IS NULL`',
  },
  {
    what: 'a role has no tag',
    file: 'src/sql/role.ts',
    from: "comment === null ? 'NULL' : quoteLiteral(comment)",
    to: "'NULL'.slice(0, 4)",
  },
  {
    what: 'a schema is granted to PUBLIC',
    file: 'src/sql/interior.ts',
    from: 'ON SCHEMA ${quoteIdentifier(schema)} TO ${quoteGrantee(role)}',
    to: "ON SCHEMA ${quoteIdentifier(schema)} TO ${quoteGrantee('')}",
  },
  {
    what: 'default privileges of the wrong schema',
    file: 'src/sql/interior.ts',
    from: "schema === null ? '' : ` IN SCHEMA",
    to: "schema !== null ? '' : ` IN SCHEMA",
  },
  {
    what: 'what is granted by default is revoked',
    file: 'src/sql/interior.ts',
    from: "`GRANT ${privileges.join(', ')} ON ${DEFAULT_KEYWORD",
    to: "`REVOKE ${privileges.join(', ')} ON ${DEFAULT_KEYWORD",
  },
  {
    what: 'the admin stays a member',
    file: 'src/plan/memberships-held.ts',
    from: '...(index === last ? release : [])',
    to: '',
  },
  {
    what: 'the admin is no member',
    file: 'src/plan/memberships-held.ts',
    from: '...(index === first ? hold : [])',
    to: '',
  },
  {
    what: 'the grantor is not named',
    file: 'src/sql/role.ts',
    from: 'version >= VERSION_16 ? ` GRANTED BY ${quoteIdentifier(admin)}`',
    to: 'version < VERSION_16 ? ` GRANTED BY ${quoteIdentifier(admin)}`',
  },
  {
    what: 'memberships are not joined',
    file: 'src/plan/plan.ts',
    from: '...roles.flatMap(({ joined }) => joined),',
    to: '',
  },
  { what: 'memberships are not left', file: 'src/plan/plan.ts', from: '...roles.flatMap(({ left }) => left),', to: '' },
  {
    what: 'nothing is done inside',
    file: 'src/plan/plan.ts',
    from: '      ...interiors,\n      ...databases',
    to: '      ...databases',
  },
  {
    what: 'nothing is closed last',
    file: 'src/plan/plan.ts',
    from: '...databases.flatMap((changes) => closingJob(context, changes)),',
    to: '',
  },
  {
    what: 'schemas are not made',
    file: 'src/plan/interior.ts',
    from: 'return missingSchemas(database, interior).map((name) => ({',
    to: 'return missingSchemas(database, interior).slice(1).map((name) => ({',
  },
]
