/** The policies that come with the module, by the real Open Policy Agent on plans of the real Terraform. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { denied, prepareOpa } from '../support/compat/opa.ts'
import { MODULE, type Variables } from '../support/terraform.ts'
import { apply, configure, makeRig, type Rig } from '../terraform/module/rig.ts'

const CREATE_DATABASES = join(MODULE, 'policies', 'create_databases.rego')
const LOCAL_EXEC = join(MODULE, 'policies', 'local_exec.rego')
const ADDRESS = 'module.databases.terraform_data.declaration'

async function rigFor(t: ExecutionContext, applications: Variables, environment: string): Promise<Rig> {
  const rig = await makeRig(applications, { environment }, [])
  t.teardown(() => rig.stack.remove())
  return rig
}

async function planned({ stack }: Rig): Promise<string> {
  const { code, output } = await stack.plan(['-out=saved'])
  if (code === 1) throw new Error(output)
  return (await stack.terraform(['show', '-json', 'saved'])).stdout
}

test('nobody adds can_create_databases in prod; who has it keeps it', async (t) => {
  t.timeout(900_000)
  const opa = await prepareOpa()
  const rig = await rigFor(t, { shop: {}, stock: { can_create_databases: true } }, 'prod')
  const look = async (applications: Variables): Promise<readonly string[]> => {
    rig.stack.applications = applications
    return denied(opa, CREATE_DATABASES, await planned(rig))
  }
  const having = { can_create_databases: true }
  t.deepEqual(await look({ shop: {}, stock: having }), [`${ADDRESS}: stock is to get can_create_databases.`])
  for (const text of ['true', '1'])
    t.deepEqual(await look({ shop: {}, stock: { can_create_databases: text } }), [
      `${ADDRESS}: stock is to get can_create_databases.`,
    ])
  t.deepEqual(await look({ shop: {}, stock: { can_create_databases: false } }), [])
  rig.stack.applications = { shop: {}, stock: having }
  await rig.stack.applyOk()
  t.deepEqual(await look({ shop: { connection_limit: 5 }, stock: having }), [])
  t.deepEqual(await look({ shop: having, stock: having, more: having }), [
    `${ADDRESS}: more is to get can_create_databases.`,
    `${ADDRESS}: shop is to get can_create_databases.`,
  ])
  t.deepEqual(await look({ shop: {}, stock: {} }), [])
})

test('elsewhere it is allowed, and what is not known yet is denied', async (t) => {
  t.timeout(900_000)
  const opa = await prepareOpa()
  const dev = await rigFor(t, { shop: { can_create_databases: true } }, 'dev')
  t.deepEqual(await denied(opa, CREATE_DATABASES, await planned(dev)), [])

  const rig = await rigFor(t, {}, 'prod')
  await configure(
    rig,
    `
resource "terraform_data" "flag" { input = true }
module "databases" {
  source = "./module"
  environment = "prod"
  instance = { host = "orders.example.internal" }
  admin_secret_id = "platform/prod/admin"
  build_id = "1"
  node_command = "NODE"
  application_databases = { shop = { can_create_databases = terraform_data.flag.output } }
}`,
  )
  const { code, output } = await rig.stack.terraform(['plan', '-no-color', '-out=saved'])
  t.is(code, 0, output)
  const { stdout } = await rig.stack.terraform(['show', '-json', 'saved'])
  const reasons = await denied(opa, CREATE_DATABASES, stdout)
  t.is(reasons.length, 1, JSON.stringify(reasons))
  t.regex(reasons[0] ?? '', /not known before the apply/)
  t.is((await apply(rig)).code, 0)
})

test('what the module runs is allowed at the named source, and nowhere else', async (t) => {
  t.timeout(900_000)
  const opa = await prepareOpa()
  const rig = await rigFor(t, { shop: {} }, 'dev')
  rig.stack.variables['node_command'] = 'node'
  const plan = await planned(rig)
  t.is((await denied(opa, LOCAL_EXEC, plan)).length, 4)
  const own = join(rig.stack.folder, 'own.rego')
  const text = await readFile(LOCAL_EXEC, 'utf8')
  await writeFile(own, text.replace(/^allowed_sources := .*$/m, 'allowed_sources := {"./module"}'))
  t.deepEqual(await denied(opa, own, plan), [])
})
