/** Declarations whose entries speak of one another. */
import type { Variables } from '../../support/terraform.ts'

/** An owner's entry, and one of its guests beside it; in the order of Terraform, that of their keys. */
const guest = (fields: Variables): Variables => ({
  guest: { database_name: 'own_dev_db', access_level: 'reader', ...fields },
  own: {},
})

/** A tenant's database, and an entry that uses the login of `own` there. */
const user = (fields: Variables): Variables => ({
  own: {},
  tenant: { can_login: false },
  tenant_own: { login_of: 'own', database_of: 'tenant', access_level: 'reader', ...fields },
})

/** Plan time and the script accept or refuse each of them alike. */
export const DECLARATIONS: readonly Variables[] = [
  guest({ privileges: { tables: ['SELECT', 'TRUNCATE', 'SELECT'], sequences: null, functions: [] } }),
  guest({ privileges: { tables: ['TRIGGER'] } }),
  guest({ privileges: {} }),
  guest({ schemas: ['*'] }),
  guest({ schemas: ['*', 'mart'] }),
  guest({ access_level: 'none' }),
  guest({ access_level: 'none', settings: { work_mem: '8MB' }, extensions: ['pgcrypto'] }),
  guest({ access_level: 'none', encoding: 'UTF8' }),
  guest({ access_level: 'none', schemas: ['public'] }),
  guest({ access_level: 'none', privileges: { tables: ['SELECT'] } }),
  guest({ access_level: 'none', database_name: null }),
  guest({ access_level: 'none', database_name: null, database_of: 'own', settings: {} }),
  guest({ access_level: 'none', database_name: null, database_of: 'guest' }),
  guest({ access_level: 'none', database_name: null, settings: {} }),
  guest({ access_level: 'none', database_name: null, extensions: [] }),
  guest({ access_level: 'none', database_name: null, extensions: ['pgcrypto'] }),
  guest({ access_level: 'none', database_name: null, recreate_missing: true }),
  { ...guest({ access_level: 'none', database_name: null }), third: { database_of: 'guest' } },
  { alone: { access_level: 'none', database_name: 'x' } },
  guest({ database_name: null, database_of: 'own' }),
  guest({ database_of: 'own' }),
  guest({ database_name: null, database_of: 'own', access_level: null }),
  guest({ database_name: null, database_of: 'guest' }),
  guest({ database_name: null, database_of: 'won' }),
  guest({ database_name: 'own_dev_bd' }),
  { ...guest({ database_name: null, database_of: 'own' }), third: { database_of: 'guest', access_level: 'reader' } },
  // That a database is nobody's own is told after the reference was followed.
  { a: { database_name: 'x', access_level: 'reader' }, b: { database_of: 'a' } },
  { a: { database_name: 'x', access_level: 'reader' }, b: { database_of: 'a', access_level: 'reader' } },
  guest({ username: null, login_of: 'own' }),
  user({}),
  user({ access_level: 'none' }),
  user({ access_level: 'owner' }),
  user({ login_of: 'nobody' }),
  user({ login_of: 'tenant_own' }),
  user({ database_of: 'own' }),
  user({ database_of: null, access_level: 'none' }),
  user({ username: 'own_dev_user', secret_id: 'platform/dev/own/postgres', cleanup_policy: 'disable' }),
  user({ username: 'other' }),
  user({ secret_id: 'other' }),
  user({ cleanup_policy: 'retain' }),
  user({ auth: 'iam' }),
  user({ can_login: true }),
  user({ can_create_databases: false, connection_limit: -1 }),
  user({ valid_until: '2030-01-31T00:00:00Z', adopt_existing: true }),
  user({ settings: { work_mem: '8MB' }, schemas: ['public'], extensions: ['pgcrypto'], encoding: 'UTF8' }),
  { ...user({}), twin: { login_of: 'own', database_of: 'tenant', access_level: 'reader' } },
  { ...user({}), third: { login_of: 'tenant_own', database_of: 'tenant', access_level: 'reader' } },
]
