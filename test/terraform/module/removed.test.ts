/**
 * A call of the module that is taken out together with `removed` blocks, as the guide prints them, on a real server
 * (src/README.md: Markers and destroy provisioners). Terraform knows provisioners in them from 1.9 on.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { MODULE } from '../../support/terraform.ts'
import { instance } from './instance.ts'
import { findLogins } from './protocol-found.ts'

const given = instance()

/** The blocks of the guide, with the bundle of this checkout. */
async function removedBlocks(): Promise<string> {
  const blocks = await readFile(new URL('removed.tf', import.meta.url), 'utf8')
  return blocks.replaceAll('terraform-module/dist', join(MODULE, 'dist'))
}

test.serial('the removed blocks of the guide run every policy, in one piece, and end the claim', async (t) => {
  const { server, aws, declare } = given()
  const own = (key: string, cleanup_policy: string) => ({
    username: `gone_${key}`,
    database_name: `gone_${key}_db`,
    secret_id: `gone/${key}`,
    cleanup_policy,
  })
  const identifier = 'orders-gone'
  aws.putInstance(identifier)
  const stack = await declare(
    t,
    {
      a: own('a', 'delete'),
      s: own('s', 'snapshot-and-delete'),
      g: { ...own('g', 'disable'), database_name: 'gone_d_db', access_level: 'reader' },
      r: own('r', 'release'),
      d: own('d', 'retain'),
    },
    { instance: { host: server.host, port: server.port, identifier } },
  )
  await stack.applyOk()
  const before = await findLogins(server, 'gone')
  t.deepEqual([...before.keys()].sort(), ['a', 'd', 'g', 'r', 's'])
  await writeFile(join(stack.folder, 'main.tf.json'), '{}')
  await writeFile(join(stack.folder, 'removed.tf'), await removedBlocks())
  const init = await stack.terraform(['init', '-no-color'])
  t.is(init.code, 0, init.output)
  const planned = await stack.terraform(['plan', '-no-color', '-detailed-exitcode'])
  t.is(planned.code, 2, planned.output)
  t.deepEqual(await findLogins(server, 'gone'), before)
  const applied = await stack.terraform(['apply', '-no-color', '-auto-approve'])
  t.is(applied.code, 0, applied.output)
  const after = await findLogins(server, 'gone')
  t.deepEqual([...after.keys()].sort(), ['d', 'g', 'r'])
  t.like(after.get('d'), { oid: before.get('d')?.oid, canLogin: true, claim: null, application: 'd' })
  t.like(after.get('g'), { canLogin: false, hasGrants: false, claim: null })
  t.like(after.get('r'), { oid: before.get('r')?.oid, canLogin: true, application: null })
  for (const { isPending } of after.values()) t.false(isPending)
  t.is(aws.snapshots.filter(({ source }) => source === identifier).length, 1)
  t.deepEqual(await stack.addresses(), [])
})

test.serial('a removal that needs an approval is refused, nothing is done, and the blocks run again', async (t) => {
  const { server, declare } = given()
  const stack = await declare(
    t,
    { a: { username: 'asked_a', database_name: 'asked_a_db', secret_id: 'asked/a', cleanup_policy: 'delete' } },
    { environment: 'test' },
  )
  stack.env = { ...stack.env, ALLOW_DB_PROVISION: 'true', RDS_PROVISION_BUILD_ID: 'build-100' }
  await stack.applyOk()
  const before = await findLogins(server, 'asked')
  await writeFile(join(stack.folder, 'main.tf.json'), '{}')
  await writeFile(join(stack.folder, 'removed.tf'), await removedBlocks())
  t.is((await stack.terraform(['init', '-no-color'])).code, 0)
  const refused = await stack.terraform(['apply', '-no-color', '-auto-approve'])
  t.is(refused.scriptExit, 4, refused.output)
  t.regex(refused.text, /ALLOW_DB_DESTROY/)
  t.deepEqual(await findLogins(server, 'asked'), before)
  const approved = await stack.terraform(['apply', '-no-color', '-auto-approve'], { ALLOW_DB_DESTROY: 'true' })
  t.is(approved.code, 0, approved.output)
  t.is((await findLogins(server, 'asked')).size, 0)
  t.deepEqual(await stack.addresses(), [])
})
