/** What to ask the server for, so that its answer tells everything that an entry could say. Pure. */
import type { Cluster } from '../model/catalog.ts'
import type { Application, Database, Declaration } from '../model/declaration.ts'
import { LEVEL_ALONE } from '../model/own-privileges.ts'

const NOBODY: Application = {
  name: 'survey',
  database: null,
  username: '',
  loginOf: null,
  accessLevel: 'none',
  connects: false,
  secretId: '',
  auth: 'unmanaged',
  canLogin: false,
  canCreateDatabases: false,
  connectionLimit: -1,
  validUntil: null,
  settings: new Map(),
  schemas: [],
  allSchemas: false,
  ownsSchemas: [],
  privileges: LEVEL_ALONE,
  cleanupPolicy: 'retain',
  marker: null,
  memberOf: [],
  actsAs: null,
  adoptExisting: true,
  undeclared: 'keep',
  kept: new Set(),
}

/**
 * A declaration that names every role and database, and so is told what concerns them.
 * @param known what is known of them by now; null: nothing
 */
export function surveyDeclaration(declaration: Declaration, known: Cluster | null): Declaration {
  if (known === null) return { ...declaration, applications: [], databases: [] }
  const settings = new Map(known.settings.map(({ name }) => [name.toLowerCase(), '']))
  const applications = [...known.roles.keys()].map((username) => ({ ...NOBODY, name: username, username, settings }))
  const databases = [...known.databases.values()].map(({ name, encoding }): Database => ({
    name,
    owner: NOBODY,
    guests: [],
    schemas: [],
    schemaOwners: new Map(),
    extensions: ['plpgsql'],
    encoding,
    locale: null,
    connectionLimit: -1,
    recreateMissing: false,
  }))
  return { ...declaration, applications, databases }
}
