/** modules/drift under the real Terraform on a real server: what somebody changed by hand is a warning of each plan. */
import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { MODULE, type Stack, type Variables } from '../../support/terraform.ts'
import { prepareExternal } from '../../support/terraform/external.ts'
import { instance } from './instance.ts'

const given = instance()

/** A stack that is looked at for drift, as a root calls both modules. */
async function watched(t: ExecutionContext, applications: Record<string, Variables>): Promise<Stack> {
  const stack = await given().declare(t, applications)
  stack.env = { ...stack.env, ...(await prepareExternal()) }
  const source = relative(stack.folder, join(MODULE, 'modules', 'drift'))
  await writeFile(
    join(stack.folder, 'drift.tf'),
    `module "drift" {
  source           = "${source}"
  declaration_json = module.databases.declaration_json
  provision_id     = module.databases.provision_id
}
`,
  )
  return stack
}

/** What a plan says, without Terraform's frames and line breaks. */
async function planned(stack: Stack, env: Record<string, string> = {}): Promise<{ code: number; text: string }> {
  const { code, output } = await stack.plan([], env)
  return { code, text: output.replaceAll(/[\s│╷╵]+/g, ' ') }
}

const DRIFT = /The server is not as it was provisioned/

test.serial('a change by hand is named by every plan, and plans nothing; what is pending is no drift', async (t) => {
  t.timeout(600_000)
  const { server } = given()
  const stack = await watched(t, { shop: {}, eve: { access_level: 'reader', database_name: 'shop_dev_db' } })
  const first = await planned(stack)
  t.is(first.code, 2, first.text)
  t.notRegex(first.text, DRIFT)
  const applied = await stack.applyOk()
  t.notRegex(applied.output, DRIFT)
  const quiet = await planned(stack)
  t.is(quiet.code, 0, quiet.text)
  t.notRegex(quiet.text, DRIFT)
  t.notRegex(quiet.text, /look for drift/)

  await server.sql('ALTER ROLE shop_dev_user CONNECTION LIMIT 3')
  for (let time = 1; time <= 2; time += 1) {
    const { code, text } = await planned(stack)
    t.is(code, 0, text)
    t.regex(text, /Warning: Check block assertion failed/)
    t.regex(text, DRIFT)
    t.regex(text, /connection limit 3 -> -1/)
  }

  stack.applications = { shop: { settings: { work_mem: '8MB' } }, eve: stack.applications['eve'] ?? {} }
  const pending = await planned(stack)
  t.is(pending.code, 2)
  t.notRegex(pending.text, DRIFT)
  const repaired = await stack.applyOk()
  t.notRegex(repaired.output.replaceAll(/[\s│]+/g, ' '), DRIFT)
  t.is((await planned(stack)).code, 0)
  t.deepEqual(await server.sql(`SELECT rolconnlimit FROM pg_roles WHERE rolname = 'shop_dev_user'`), [
    { rolconnlimit: -1 },
  ])
})

test.serial('who cannot look is warned, and the plan is what it is', async (t) => {
  t.timeout(600_000)
  const stack = await watched(t, { away: {} })
  await stack.applyOk()
  const { code, text } = await planned(stack, { AWS_ENDPOINT_URL: 'http://localhost:1' })
  t.is(code, 0, text)
  t.regex(text, /Nobody could look for drift: .*ECONNREFUSED/)
  t.notRegex(text, DRIFT)
})
