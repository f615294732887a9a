/** A renamed key on a real server, under the policy that would drop its database (src/README.md: Removal). */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { AuditDocument } from '../../../src/model/audit.ts'
import type { Stack, Variables } from '../../support/terraform.ts'
import { instance } from './instance.ts'

const given = instance()

/** The database's oid tells it from another of the same name. */
async function oid(name: string): Promise<unknown> {
  return (await given().server.sql('SELECT oid FROM pg_database WHERE datname = $1', [name]))[0]?.['oid']
}

async function tagOf(username: string): Promise<unknown> {
  const [row] = await given().server.sql(
    `SELECT shobj_description(oid, 'pg_authid')::json->>'Application' AS application FROM pg_roles WHERE rolname = $1`,
    [username],
  )
  return row?.['application']
}

/** Whether a removal of the role is asked for and not carried out. */
async function pendingOf(username: string): Promise<unknown> {
  const [row] = await given().server.sql(
    `SELECT shobj_description(oid, 'pg_authid')::jsonb ? 'Removal' AS pending FROM pg_roles WHERE rolname = $1`,
    [username],
  )
  return row?.['pending']
}

interface Renamed {
  readonly stack: Stack
  readonly before: unknown
}

/** A stack with the key `old<n>`, renamed to `new<n>` in the declaration; the files of the root module beside the call. */
async function rename(t: ExecutionContext, name: string, files: Readonly<Record<string, string>>): Promise<Renamed> {
  const { declare } = given()
  const entry: Variables = {
    database_name: name,
    username: name,
    cleanup_policy: 'delete',
    secret_id: `rename/${name}`,
  }
  const stack = await declare(t, { [`old-${name}`]: entry })
  for (const [file, text] of Object.entries(files))
    if (file !== 'moved.tf') await writeFile(join(stack.folder, file), text)
  await stack.applyOk()
  const before = await oid(name)
  if (files['moved.tf'] !== undefined) await writeFile(join(stack.folder, 'moved.tf'), files['moved.tf'])
  stack.applications = { [`new-${name}`]: entry }
  return { stack, before }
}

test.serial('with `moved`: no removal, the same database, the tag says the new name', async (t) => {
  const { stack, before } = await rename(t, 'moves', {
    'moved.tf': `moved {
      from = module.databases.terraform_data.application["old-moves"]
      to   = module.databases.terraform_data.application["new-moves"]
    }`,
  })
  await stack.applyOk()
  t.deepEqual(
    (await stack.audits()).map(({ run }) => run.command),
    ['apply', 'apply'],
  )
  t.is(await oid('moves'), before)
  t.is(await tagOf('moves'), 'new-moves')
  t.is((await stack.plan()).code, 0)
})

test.serial(
  'with a consumer that is created before it is destroyed: the provisioning retags, and the removal leaves all as it is',
  async (t) => {
    const { stack, before } = await rename(t, 'flips', {
      'consumer.tf':
        'resource "terraform_data" "consumer" {\n depends_on = [module.databases]\n lifecycle { create_before_destroy = true }\n}',
    })
    await stack.applyOk()
    const [, , removal] = await stack.audits()
    t.deepEqual(
      [removal?.run.command, removal?.run.outcome, removal?.records[0]?.status],
      ['destroy', 'no_change', 'skipped'],
    )
    t.is(await oid('flips'), before)
    t.is(await tagOf('flips'), 'new-flips')
    t.is((await stack.plan()).code, 0)
  },
)

test.serial(
  'without either: the removal comes first and only asks; the run that knows the whole declaration takes it back',
  async (t) => {
    const { stack, before } = await rename(t, 'asked', {})
    await stack.applyOk()
    const [, request, run, ...others] = await stack.audits()
    t.deepEqual([request?.run.command, run?.run.command, others], ['destroy', 'apply', []])
    const told = (audit: AuditDocument | undefined): string[] =>
      (audit?.records ?? []).filter(({ object }) => object === 'role').map(({ action }) => action)
    t.true(told(request).includes('requested'), told(request).join())
    t.true(told(run).includes('renamed'), told(run).join())
    t.is(await oid('asked'), before)
    t.is(await tagOf('asked'), 'new-asked')
    t.is(await pendingOf('asked'), false)
    t.is((await stack.plan()).code, 0)
    // The key that has the data now removes it as ever.
    stack.applications = {}
    await stack.applyOk()
    t.is(await oid('asked'), undefined)
  },
)

test.serial(
  'without either, outside of dev: the removal comes first and needs its approval; with it and without it nothing goes',
  async (t) => {
    const { declare } = given()
    const entry: Variables = {
      database_name: 'asks',
      username: 'asks',
      cleanup_policy: 'delete',
      secret_id: 'rename/asks',
    }
    const stack = await declare(t, { 'old-asks': entry }, { environment: 'test' })
    stack.env = { ...stack.env, ALLOW_DB_PROVISION: 'true', RDS_PROVISION_BUILD_ID: 'build-100' }
    await stack.applyOk()
    const before = await oid('asks')
    stack.applications = { 'new-asks': entry }
    const refused = await stack.apply()
    t.is(refused.scriptExit, 4)
    t.regex(refused.text, /ALLOW_DB_DESTROY/)
    t.is(await oid('asks'), before)
    // The new key has its marker by now, which `moved` cannot give way to: the removal is approved, and nothing goes.
    await stack.applyOk([], { ALLOW_DB_DESTROY: 'true' })
    t.is(await oid('asks'), before)
    t.is(await tagOf('asks'), 'new-asks')
    t.is(await pendingOf('asks'), false)
    t.is((await stack.plan()).code, 0)
    // With `moved` from the start it needs none.
    stack.applications = { 'newer-asks': entry }
    await writeFile(
      join(stack.folder, 'moved.tf'),
      `moved {
    from = module.databases.terraform_data.application["new-asks"]
    to   = module.databases.terraform_data.application["newer-asks"]
  }`,
    )
    await stack.applyOk()
    t.is(await oid('asks'), before)
    t.is(await tagOf('asks'), 'newer-asks')
  },
)
