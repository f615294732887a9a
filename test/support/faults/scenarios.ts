/** The changes that the crash sweep cuts: a first run with every kind of step, an update, passwords, rotations, an adoption. Removals: removals.ts. */
import { randomBytes } from 'node:crypto'
import { MASTER_SECRET, putMaster } from '../major-upgrade.ts'
import { letMasterExtend } from '../master-extensions.ts'
import type { Bed, Entry, Stack } from '../provision.ts'
import { beginRotation, STEPS } from '../rotation.ts'
import type { Scenario } from './sweep.ts'

const OWNED = ['shop_dev_db', 'other_dev_db', 'token_dev_db']
const LOGINS = ['shop_dev_user', 'ed_dev_user', 'rd_dev_user', 'rd_dev_user_clone', 'other_dev_user', 'token_dev_user']
export const SHARED = { database_name: 'shop_dev_db' }

/** IAM logins need an admin that logs in by IAM from 16 on (src/README.md: IAM and PAM). */
function everyKind({ server }: Bed): Record<string, Entry> {
  return {
    shop: {
      schemas: ['public', 'mart'],
      extensions: ['pgcrypto'],
      settings: { search_path: ['mart', 'public'], statement_timeout: '1min' },
      connection_limit: 20,
      valid_until: '2040-01-01T00:00:00Z',
      database_connection_limit: 50,
      can_create_databases: true,
    },
    ed: { ...SHARED, access_level: 'editor' },
    rd: { ...SHARED, access_level: 'reader', settings: { work_mem: '8MB' } },
    other: {},
    ...(server.version < 16 && { token: { auth: 'iam' } }),
  }
}

/** The other end of the update: levels, attributes, settings, schemas and tags differ, in both directions. */
function otherwise(bed: Bed): Record<string, Entry> {
  return {
    ...everyKind(bed),
    shop: {
      schemas: ['public', 'lake'],
      settings: { search_path: ['lake'], work_mem: '9MB' },
      database_connection_limit: 40,
      connection_limit: 7,
    },
    ed: { ...SHARED, access_level: 'reader', can_create_databases: true },
    rd: { ...SHARED, access_level: 'editor', valid_until: '2041-01-01T00:00:00Z' },
  }
}

/** Everything that the scenarios make, away. */
export async function wipe({ server }: Bed): Promise<void> {
  for (const database of OWNED) {
    await server.forget(database)
    await server.sql(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)
  }
  for (const login of LOGINS) await server.sql(`DROP ROLE IF EXISTS ${login}`)
}

export function firstRun(bed: Bed): Scenario {
  const stack = bed.declare(everyKind(bed))
  return { title: 'first run', stack, legs: [{ title: 'first run', prepare: () => wipe(bed) }] }
}

/** A database that the master makes extensions in, and its reader. */
export function masterExtension(bed: Bed): Scenario {
  putMaster(bed)
  const stack = bed.declare(
    {
      shop: { schemas: ['mart', 'public'], extensions: ['earthdistance', 'file_fdw', 'pgcrypto'] },
      rd: { ...SHARED, access_level: 'reader' },
      other: {},
    },
    { master_secret_id: MASTER_SECRET },
  )
  let isMade = false
  const prepare = async (): Promise<void> => {
    if (!isMade) await letMasterExtend(bed)
    isMade = true
    await wipe(bed)
  }
  return { title: 'master extension', stack, legs: [{ title: 'master extension', prepare }] }
}

export function update(bed: Bed): Scenario {
  const stack = bed.declare(everyKind(bed))
  let isMade = false
  const leg = (title: string, applications: Record<string, Entry>, tags: Entry) => ({
    title,
    prepare: async (): Promise<void> => {
      if (!isMade) await makeContent(bed, stack)
      isMade = true
      stack.applications = applications
      stack.variables = { ...stack.variables, tags }
    },
  })
  return {
    title: 'update',
    stack,
    legs: [leg('update', otherwise(bed), { team: 'blue' }), leg('update back', everyKind(bed), {})],
  }
}

export async function makeContent(bed: Bed, stack: Stack): Promise<void> {
  await wipe(bed)
  await stack.applyOk()
  await stack.sql(
    'shop',
    `CREATE TABLE mart.t (id serial PRIMARY KEY); CREATE FUNCTION mart.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    REVOKE EXECUTE ON FUNCTION mart.f() FROM PUBLIC; CREATE SCHEMA lake; CREATE TABLE lake.t (id serial PRIMARY KEY)`,
  )
}

export function password(bed: Bed): Scenario {
  const stack = bed.declare(everyKind(bed))
  let isMade = false
  const prepare = async (): Promise<void> => {
    if (!isMade) await makeContent(bed, stack)
    isMade = true
    for (const application of ['shop', 'rd']) stack.setPassword(application, `Pw_${randomBytes(12).toString('hex')}`)
  }
  return { title: 'password', stack, legs: [{ title: 'password', prepare }] }
}

/** A role, a guest's role and a database that a person made, with a user who came in through PUBLIC. */
export function adoption(bed: Bed): Scenario {
  const adopted = { adopt_existing: true }
  const stack = bed.declare({
    shop: { ...adopted, schemas: ['public', 'mart'], settings: { work_mem: '9MB' } },
    ed: { ...SHARED, ...adopted, access_level: 'editor' },
    other: {},
  })
  const { server } = bed
  const prepare = async (): Promise<void> => {
    await wipe(bed)
    await server.sql(
      `SET ROLE platform_provisioner; CREATE ROLE shop_dev_user LOGIN; CREATE ROLE ed_dev_user LOGIN; CREATE ROLE rd_dev_user LOGIN; RESET ROLE`,
    )
    await server.sql('CREATE DATABASE shop_dev_db OWNER shop_dev_user')
    await server.sql(
      `SET ROLE shop_dev_user; CREATE SCHEMA mart; CREATE TABLE mart.t (id serial PRIMARY KEY); GRANT USAGE ON SCHEMA mart TO rd_dev_user; GRANT SELECT ON mart.t TO rd_dev_user; RESET ROLE`,
      [],
      'shop_dev_db',
    )
    await server.forget('shop_dev_db')
  }
  return { title: 'adoption', stack, legs: [{ title: 'adoption', prepare, adopts: true }] }
}

/** AWS's rotation: under way, ended, and with the second of two users. */
export function rotation(bed: Bed): Scenario {
  const stack = bed.declare(everyKind(bed))
  const { server, aws } = bed
  let isMade = false
  let single = beginRotation(aws, server, stack.secretId('shop'), null)
  const underWay = async (): Promise<void> => {
    if (!isMade) await makeContent(bed, stack)
    isMade = true
    single = beginRotation(aws, server, stack.secretId('shop'), null)
    for (const step of STEPS.slice(0, 2)) await single.run(step)
  }
  const ended = async (): Promise<void> => {
    for (const step of STEPS.slice(2)) await single.run(step)
  }
  const alternating = async (): Promise<void> => {
    // From 16 on only who made a role may grant it (src/README.md: Rights over roles).
    const other = beginRotation(aws, server, stack.secretId('rd'), server.version >= 16 ? server.admin : server.master)
    for (const step of STEPS) await other.run(step)
  }
  return {
    title: 'rotation',
    stack,
    legs: [
      { title: 'rotation under way', prepare: underWay },
      { title: 'rotation ended', prepare: ended },
      { title: 'rotation of two users', prepare: alternating },
    ],
  }
}
