/** What the demo declares, and how it stands in a person's own configuration. */
import type { Variables } from '../support/terraform.ts'

export const OWNER = 'keycloak'
export const MAKER = 'backstage'
export const SHARED = 'analytics'
export const EDITOR = 'analytics_editor'
export const READER = 'analytics_reader'

export const APPLICATIONS = {
  [OWNER]: {},
  [MAKER]: { can_create_databases: true },
  [SHARED]: { extensions: ['pgcrypto'], schemas: ['public', 'mart'] },
  [EDITOR]: { database_name: 'analytics_dev_db', access_level: 'editor' },
  [READER]: { database_name: 'analytics_dev_db', access_level: 'reader' },
} satisfies Variables

export type ApplicationName = keyof typeof APPLICATIONS
export const NAMES: readonly ApplicationName[] = [OWNER, MAKER, SHARED, EDITOR, READER]

/** By default the login of an application in `dev`. */
export function usernameOf(application: ApplicationName): string {
  return `${application}_dev_user`
}

export function databaseOf(application: ApplicationName): string {
  const entry = APPLICATIONS[application]
  return 'database_name' in entry ? entry.database_name : `${application}_dev_db`
}

export function secretOf(application: ApplicationName): string {
  return `platform/dev/${application}/postgres`
}

/** The declaration in HCL, one entry a line. */
export function declarationLines(): string[] {
  const width = Math.max(...NAMES.map((name) => name.length))
  const entries = NAMES.map((name) => {
    const fields = Object.entries(APPLICATIONS[name]).map(
      ([field, value]) => `${field} = ${JSON.stringify(value).replaceAll('","', '", "')}`,
    )
    return `  ${name.padEnd(width)} = ${fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`}`
  })
  return ['application_databases = {', ...entries, '}']
}
