/** The declaration in `terraform show -json` of a saved plan; that of a real one is in test/terraform/module. */
import test from 'ava'
import { declarationInPlan } from '../../../src/input/terraform-plan.ts'
import { problemsOf } from './sample.ts'

const ORDERS = { schema_version: 1, stack: 'orders', instance: { port: 5432 }, application_databases: { shop: {} } }
const STOCK = { ...ORDERS, stack: 'stock' }

/** A plan whose root passes these on, all of it known. */
function planOf(outputs: object, unknown: object = {}): string {
  const changes = Object.entries(outputs).map(([name, after]) => {
    const own = Object.entries(unknown).find(([other]) => other === name)?.[1] ?? false
    return [name, { actions: ['create'], before: null, after, after_unknown: own }]
  })
  return JSON.stringify({ format_version: '1.2', output_changes: Object.fromEntries(changes) })
}

for (const [title, outputs, output] of [
  ['an object', { declaration: ORDERS }, null],
  ['JSON text', { declaration_json: JSON.stringify(ORDERS) }, null],
  ['both of one module', { declaration: ORDERS, declaration_json: JSON.stringify(ORDERS) }, null],
  ['among others', { audit: { schema_version: 1, run: {} }, claim: 'c', none: null, declaration: ORDERS }, null],
  ['a module passed on whole', { databases: { claim: 'c', declaration: ORDERS } }, null],
  ['one of several', { orders: ORDERS, stock: STOCK }, 'orders'],
  ['one in a map', { all: { orders: ORDERS, stock: STOCK } }, 'all.orders'],
] as const)
  test(`found: ${title}`, (t) => {
    t.deepEqual(JSON.parse(declarationInPlan(planOf(outputs), output)), ORDERS)
  })

test('what is known only after the apply is named, and there is nothing to plan from', (t) => {
  const unknown = { instance: { host: true }, application_databases: { shop: { secret_id: true } } }
  const [problem] = problemsOf(() => declarationInPlan(planOf({ declaration: ORDERS }, { declaration: unknown }), null))
  t.is(problem?.code, 'unknown_at_plan')
  t.regex(problem?.message ?? '', /: application_databases\.shop\.secret_id, instance\.host\.$/)
  t.regex(problem?.remedy ?? '', /ALLOW_DB_PROVISION=true is what approves/)
})

test('a value inside of a list, and applications that are unknown as a whole, count as unknown', (t) => {
  const { application_databases: _applications, ...rest } = ORDERS
  const unknown = { application_databases: true, tags: [false, true] }
  const [problem] = problemsOf(() => declarationInPlan(planOf({ declaration: rest }, { declaration: unknown }), null))
  t.regex(problem?.message ?? '', /: application_databases, tags\.$/)
})

const REFUSED: readonly (readonly [string, string, string | null, RegExp])[] = [
  ['several', planOf({ orders: ORDERS, all: { stock: STOCK } }), null, /several declarations: all\.stock, orders\./],
  ['another name', planOf({ orders: ORDERS }), 'order', /no declaration in the output "order".*Did you mean "orders"/],
  ['none', planOf({ databases: {} }), null, /no output.*output "declaration" \{ value = /],
  ['none of that name', planOf({}), 'declaration', /no output.*output "declaration" \{ value = /],
  ['another release', planOf({ declaration: { ...ORDERS, schema_version: 2 } }), null, /no output/],
  ['a state', JSON.stringify({ format_version: '1.0', values: { outputs: {} } }), null, /no plan of Terraform as JSON/],
  ['a saved plan', 'PK\u0003\u0004', null, /is the saved plan itself.*terraform show -json/],
  ['no JSON', 'Terraform will perform', null, /no plan of Terraform as JSON/],
  ['nothing', '\n', null, /is empty/],
]
for (const [title, text, output, message] of REFUSED)
  test(`refused: ${title}`, (t) => {
    const [problem] = problemsOf(() => declarationInPlan(text, output))
    t.is(problem?.field, '--terraform-plan')
    t.regex(`${problem?.message ?? ''} ${problem?.remedy ?? ''}`, message)
  })
