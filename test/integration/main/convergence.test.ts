/** Whatever somebody changes by hand: the plan shows it, one run undoes it, and the plan is clean again. */
import test, { type ExecutionContext } from 'ava'
import { difference, dump } from '../../support/catalogs.ts'
import { type Bed, bedFor, type Stack, VERSIONS } from '../../support/provision.ts'

const D = '"shop_dev_db"'
const OWNER = '"shop_dev_user"'
const EDITOR = '"ed_dev_user"'
const READER = '"rd_dev_user"'
const OTHER = '"other_dev_user"'
const ADMIN = '"platform_provisioner"'

const APPLICATIONS = {
  shop: {
    schemas: ['public', 'mart', 'bare'],
    extensions: ['pgcrypto'],
    settings: { search_path: ['mart', 'public'], statement_timeout: '1min' },
    connection_limit: 20,
    valid_until: '2040-01-01T00:00:00.123+02:00',
    database_connection_limit: 50,
  },
  ed: { database_name: 'shop_dev_db', access_level: 'editor' },
  rd: { database_name: 'shop_dev_db', access_level: 'reader', settings: { work_mem: '8MB' } },
  other: {},
}

/** What the owner made, so that there is something to hold privileges on. */
const CONTENT = `CREATE TABLE mart.t (id serial PRIMARY KEY, name text);
  CREATE FUNCTION mart.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE EXECUTE ON FUNCTION mart.f() FROM PUBLIC`

interface Perturbation {
  readonly title: string
  /** Run by the bootstrap superuser from the admin's database. */
  readonly outside?: string
  /** Run by the superuser inside the application's database. */
  readonly inside?: string
  /** Run by the owner, as it could by itself, inside its database. */
  readonly byOwner?: string
}

const PERTURBATIONS: readonly Perturbation[] = [
  {
    title: 'attributes of roles',
    outside: `ALTER ROLE ${READER} NOLOGIN CONNECTION LIMIT 3; ALTER ROLE ${EDITOR} CREATEDB CREATEROLE; ALTER ROLE ${OWNER} VALID UNTIL 'infinity' CONNECTION LIMIT -1`,
  },
  { title: 'a moment one millisecond off', outside: `ALTER ROLE ${OWNER} VALID UNTIL '2040-01-01 00:00:00.124+02'` },
  {
    title: 'tags',
    outside: `COMMENT ON ROLE ${OWNER} IS '{"ManagedBy":"platform","Stack":"%stack","Environment":"dev","Application":"shop","BuildId":"build-1"}'; COMMENT ON DATABASE ${D} IS NULL`,
  },
  {
    title: 'the tag of a database, by its owner',
    byOwner: `COMMENT ON DATABASE ${D} IS '{"ManagedBy":"platform","BuildId":"build-1","Application":"other"}'`,
  },
  {
    title: 'settings',
    outside: `ALTER ROLE ${OWNER} IN DATABASE ${D} SET search_path = public; ALTER ROLE ${OWNER} IN DATABASE ${D} SET work_mem = '1MB'; ALTER ROLE ${READER} IN DATABASE ${D} RESET ALL`,
  },
  {
    title: 'privileges on the database',
    byOwner: `GRANT ALL ON DATABASE ${D} TO PUBLIC; REVOKE CONNECT ON DATABASE ${D} FROM ${READER}; GRANT CREATE ON DATABASE ${D} TO ${EDITOR}; GRANT TEMP ON DATABASE ${D} TO ${READER}; REVOKE CONNECT, CREATE ON DATABASE ${D} FROM ${OWNER}`,
  },
  {
    title: 'privileges on schemas',
    byOwner: `REVOKE USAGE ON SCHEMA mart FROM ${READER}; GRANT CREATE ON SCHEMA mart TO ${EDITOR}`,
  },
  {
    title: "the owner's own privileges on its schemas",
    byOwner: `REVOKE ALL ON SCHEMA mart FROM ${OWNER}; REVOKE CREATE ON SCHEMA bare FROM ${OWNER}`,
  },
  {
    title: 'privileges on objects',
    byOwner: `GRANT INSERT, TRUNCATE ON mart.t TO ${READER}; REVOKE SELECT ON mart.t FROM ${EDITOR}; GRANT UPDATE ON SEQUENCE mart.t_id_seq TO ${READER}; REVOKE ALL ON SEQUENCE mart.t_id_seq FROM ${EDITOR}; REVOKE EXECUTE ON FUNCTION mart.f() FROM ${READER}`,
  },
  {
    title: 'default privileges',
    byOwner: `ALTER DEFAULT PRIVILEGES IN SCHEMA mart GRANT INSERT ON TABLES TO ${READER}; ALTER DEFAULT PRIVILEGES IN SCHEMA mart REVOKE SELECT ON TABLES FROM ${EDITOR}; ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM ${EDITOR}; ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE EXECUTE ON FUNCTIONS FROM ${READER}`,
  },
  {
    title: 'default privileges in all schemas',
    byOwner: `ALTER DEFAULT PRIVILEGES GRANT INSERT, UPDATE, DELETE ON TABLES TO ${READER}; ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO ${OTHER}`,
  },
  { title: 'a schema and an extension dropped', byOwner: 'DROP SCHEMA bare; DROP EXTENSION pgcrypto' },
  {
    title: 'the login of another application let in',
    byOwner: `GRANT CONNECT ON DATABASE ${D} TO ${OTHER}; GRANT USAGE ON SCHEMA mart TO ${OTHER}; GRANT ALL ON mart.t TO ${OTHER}; ALTER DEFAULT PRIVILEGES IN SCHEMA mart GRANT SELECT ON TABLES TO ${OTHER}`,
  },
  {
    title: 'privileges inside for the login of another application that cannot connect',
    byOwner: `GRANT USAGE ON SCHEMA mart TO ${OTHER}; GRANT SELECT ON mart.t TO ${OTHER}; ALTER DEFAULT PRIVILEGES IN SCHEMA mart GRANT SELECT ON TABLES TO ${OTHER}`,
  },
  {
    title: 'the admin locked out by REVOKE',
    byOwner: `REVOKE CONNECT ON DATABASE ${D} FROM ${ADMIN}; REVOKE CONNECT ON DATABASE ${D} FROM ${OWNER}; GRANT INSERT ON mart.t TO ${READER}`,
  },
  {
    title: 'the admin locked out by CONNECTION LIMIT 0',
    byOwner: `GRANT INSERT ON mart.t TO ${READER}; ALTER DATABASE ${D} CONNECTION LIMIT 0`,
  },
  {
    title: 'the admin locked out by ALLOW_CONNECTIONS false',
    outside: `ALTER DATABASE ${D} ALLOW_CONNECTIONS false`,
    byOwner: `GRANT INSERT ON mart.t TO ${READER}`,
  },
  {
    title: 'the database made a template, which whoever has CREATEDB may copy',
    byOwner: `ALTER DATABASE ${D} IS_TEMPLATE true`,
  },
]

async function perturb(bed: Bed, stack: Stack, { outside, inside, byOwner }: Perturbation): Promise<void> {
  if (byOwner !== undefined) await stack.sql('shop', byOwner)
  if (inside !== undefined) await bed.server.sql(inside, [], 'shop_dev_db')
  if (outside !== undefined) await bed.server.sql(outside.replaceAll('%stack', String(stack.variables['stack'])))
  await bed.server.forget('shop_dev_db')
}

async function isUndone(t: ExecutionContext, bed: Bed, stack: Stack, change: () => Promise<void>): Promise<void> {
  const before = await dump(bed.server)
  await change()
  const planned = (await stack.plan()).flatMap((step) => step.statements.map((statement) => statement.redacted))
  t.not(planned.length, 0, 'the plan shows it')
  const { audit, records } = await stack.applyOk()
  t.is(audit.run.outcome, 'changed')
  const done = records.flatMap((record) => record.statements)
  t.deepEqual(
    planned.filter((statement) => !done.includes(statement)),
    [],
    'what was planned was done',
  )
  t.deepEqual(difference(before, await dump(bed.server)), [])
  t.deepEqual(await stack.plan(), [])
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `
  let stack: Stack

  test.serial.before(`${on}provision`, async () => {
    stack = bed().declare(APPLICATIONS)
    await stack.applyOk()
    await stack.sql('shop', CONTENT)
    await stack.applyOk()
  })

  for (const perturbation of PERTURBATIONS) {
    test.serial(`${on}undone: ${perturbation.title}`, async (t) => {
      await isUndone(t, bed(), stack, () => perturb(bed(), stack, perturbation))
    })
  }

  test.serial(`${on}undone: a password changed by hand, proven by a login`, async (t) => {
    await isUndone(t, bed(), stack, async () => {
      await bed().server.setPassword('rd_dev_user', "somebody else's")
      t.is(await stack.answer('rd', 'SELECT 1'), '28P01')
    })
    t.is(await stack.answer('rd', 'SELECT 1'), 'ok')
  })

  test.serial(`${on}undone: a membership that a crash around CREATE DATABASE left behind`, async (t) => {
    await isUndone(t, bed(), stack, async () => {
      const admin = await bed().server.connect({ ...bed().server.admin, database: 'postgres' })
      await admin.query(`GRANT ${OWNER} TO ${ADMIN}${version >= 16 ? ' WITH INHERIT TRUE, SET TRUE' : ''}`)
      await admin.end()
    })
  })

  if (version >= 15) {
    test.serial(`${on}undone: CREATE on schema public for everybody`, async (t) => {
      await isUndone(t, bed(), stack, async () => {
        await stack.sql('shop', 'GRANT CREATE ON SCHEMA public TO PUBLIC')
      })
    })
  }

  test.serial(`${on}words that somebody wrote over the tag of a database are kept in it`, async (t) => {
    await stack.sql('shop', `COMMENT ON DATABASE ${D} IS 'the shop'`)
    t.is((await stack.applyOk()).audit.run.outcome, 'changed')
    const [row] = await bed().server.sql(
      `SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = 'shop_dev_db'`,
    )
    t.regex(String(row?.['comment']), /"ManagedBy":"platform".*"Comment":"the shop"/)
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
  })
}
