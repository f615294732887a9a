/** What the command line finds in a plan that the real program saved, and in what it prints where there is no output. */
import test from 'ava'
import { decodeInput } from '../../../src/input/decode.ts'
import { parseDeclaration } from '../../../src/input/parse.ts'
import { declarationInPlan } from '../../../src/input/terraform-plan.ts'
import { problemsOf } from '../../unit/input/sample.ts'
import { apply, configure, makeRig, type Rig } from './rig.ts'

const CALL = `
  source = "./module"
  environment = "prod"
  admin_secret_id = "platform/prod/admin"
  node_command = "NODE"
  application_databases = { shop = {}, eve = { access_level = "reader", database_name = "shop_prod_db" } }`

/** `terraform show -json` of a plan of what is configured. */
async function planned({ stack }: Rig): Promise<string> {
  const { code, output } = await stack.terraform(['plan', '-no-color', '-out=saved'])
  if (code !== 0) throw new Error(output)
  return (await stack.terraform(['show', '-json', 'saved'])).stdout
}

test('a declaration is found in a saved plan before the first apply and after it, in one module and in many', async (t) => {
  t.timeout(300_000)
  const rig = await makeRig()
  t.teardown(() => rig.stack.remove())
  await configure(
    rig,
    `
module "db" {
  for_each = toset(["orders", "stock"])
  instance = { host = "\${each.key}.example.internal", identifier = each.key }
${CALL}
}
output "declaration_json" { value = module.db["orders"].declaration_json }
output "all" { value = { for name, call in module.db : name => call.declaration } }`,
  )
  const none = await rig.stack.terraform(['output', '-raw', 'declaration_json'])
  t.is(none.code, 0)
  const [problem] = problemsOf(() => decodeInput(none.stdout))
  t.regex(problem?.message ?? '', /message of Terraform's/)

  for (const when of ['before', 'after']) {
    const plan = await planned(rig)
    t.regex(
      problemsOf(() => declarationInPlan(plan, null))[0]?.message ?? '',
      /several declarations: all\.orders, all\.stock\./,
    )
    for (const name of ['orders', 'stock']) {
      const found = parseDeclaration(declarationInPlan(plan, name === 'orders' ? 'all.orders' : 'all.stock'), 'stack')
      t.is(found.declaration.instance.host, `${name}.example.internal`, when)
      t.deepEqual(
        found.declaration.applications.map((application) => application.name),
        ['eve', 'shop'],
      )
    }
    t.is((await apply(rig)).code, 0)
  }
  const { stdout } = await rig.stack.terraform(['output', '-raw', 'declaration_json'])
  t.is(parseDeclaration(decodeInput(stdout), 'stack').declaration.stack, 'orders/prod')
})

test('an instance that the same apply makes has no host yet: that is told, and nothing is planned', async (t) => {
  t.timeout(300_000)
  const rig = await makeRig()
  t.teardown(() => rig.stack.remove())
  await configure(
    rig,
    `
resource "terraform_data" "instance" { input = "new.example.internal" }
module "db" {
  instance = { host = terraform_data.instance.output, identifier = "new" }
${CALL}
}
output "declaration" { value = module.db.declaration }
output "declaration_json" { value = module.db.declaration_json }`,
  )
  const plan = await planned(rig)
  const [unknown] = problemsOf(() => declarationInPlan(plan, null))
  t.is(unknown?.code, 'unknown_at_plan')
  t.is(unknown?.message, 'declaration has what is known only after the apply: instance.host.')
})
