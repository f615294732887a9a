/** Schemas of guests in what is generated (src/README.md: Schemas of guests). */
import test from 'ava'
import { entriesOf, generateOn, runFirst } from '../../support/generate.ts'
import { probeCatalogs } from '../../support/messy/catalogs.ts'
import { lost } from '../../support/messy/probe.ts'
import { bedFor, VERSIONS } from '../../support/provision.ts'

const MASTER_SECRET = 'rds!db-master'
const ROLES = ['house', 'loader', 'analyst']
const MADE = [
  'SET SESSION AUTHORIZATION dbmaster',
  ...ROLES.map((role) => `CREATE ROLE ${role} LOGIN PASSWORD 'pw'`),
  'GRANT house TO dbmaster',
  'CREATE DATABASE house OWNER house',
  'REVOKE house FROM dbmaster',
  'RESET SESSION AUTHORIZATION',
]
const INSIDE = [
  'CREATE SCHEMA raw AUTHORIZATION loader',
  'SET SESSION AUTHORIZATION loader',
  'CREATE TABLE raw.t (id int)',
  'GRANT USAGE ON SCHEMA raw TO analyst',
  'GRANT SELECT ON ALL TABLES IN SCHEMA raw TO analyst',
  'ALTER DEFAULT PRIVILEGES IN SCHEMA raw GRANT SELECT ON TABLES TO analyst',
  'RESET SESSION AUTHORIZATION',
]

for (const version of VERSIONS) {
  const bed = bedFor(version)

  test.serial(`PostgreSQL ${String(version)}: a guest's schema is its own, and its readers' to read`, async (t) => {
    const { server } = bed()
    const { user, password } = server.master
    bed().aws.putSecret(MASTER_SECRET, { username: user, password })
    for (const statement of MADE) await server.sql(statement)
    for (const statement of INSIDE) await server.sql(statement, [], 'house')
    const stack = bed().declare({}, { stack: 'guests', master_secret_id: MASTER_SECRET })
    const before = await probeCatalogs(server, ROLES)
    const generated = await generateOn(bed(), stack)
    const entries = entriesOf(generated)
    t.like(entries['loader'], { database_of: 'house', access_level: 'none', owns_schemas: ['raw'] })
    t.like(entries['analyst'], { database_of: 'house', access_level: 'reader', schemas: ['raw'] })
    await runFirst(server, generated)
    stack.applications = entries
    await stack.applyOk()
    t.deepEqual(lost(before, await probeCatalogs(server, ROLES)), [])
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
  })
}
