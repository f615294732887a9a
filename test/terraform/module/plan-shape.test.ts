/**
 * What a reviewer or a policy sees of a change: `terraform show` of a saved plan names it, in few lines, however many
 * applications there are and whatever the run before did.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import * as v from 'valibot'
import type { Variables } from '../../support/terraform.ts'
import { keepStateBehind } from '../../support/terraform/state-server.ts'
import { configure, makeRig, type Rig } from './rig.ts'

const COUNTS = [5, 30, 100] as const
const MANY = 1000
/** Of `terraform show`, whose lines end in a line feed. */
const MOST_LINES = 60
const MOST_BYTES = 6 * 1024

/** Applications of a few fields each, so that a change has to be found among others. */
function applications(count: number): Record<string, Variables> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [
      `app-${String(at).padStart(3, '0')}`,
      {
        connection_limit: 20,
        schemas: ['public', 'mart'],
        extensions: ['pgcrypto'],
        settings: { statement_timeout: '30s', search_path: ['mart', 'public'] },
        cleanup_policy: at % 2 === 0 ? 'delete' : 'snapshot-and-delete',
      },
    ]),
  )
}

/** An audit of a run that changed everything, as large as the script's: some fields of each record, one a statement. */
function auditOf(count: number): string {
  const records = Object.keys(applications(count)).flatMap((application) =>
    Array.from({ length: 8 }, (_, at) => ({
      application,
      status: 'created',
      message: `created the thing ${String(at)} of ${application}, which an audit tells in a sentence`,
      statements: [`GRANT USAGE, CREATE ON SCHEMA "s${String(at)}" TO "${application}_dev_user"`],
    })),
  )
  return JSON.stringify({ schema_version: 1, run: { outcome: 'changed' }, records }, null, 2)
}

interface Shown {
  readonly text: string
  readonly lines: number
  readonly bytes: number
}

/** `terraform show` of a plan of what is declared now. */
async function shown(t: ExecutionContext, { stack }: Rig, title: string): Promise<Shown> {
  const planned = await stack.plan(['-out=saved'])
  t.is(planned.code, 2, planned.output)
  const { stdout: text } = await stack.terraform(['show', '-no-color', 'saved'])
  const found = { text, lines: text.trimEnd().split('\n').length, bytes: Buffer.byteLength(text) }
  t.log(`${title}: ${String(found.lines)} lines, ${String(found.bytes)} bytes`)
  return found
}

function isShort(t: ExecutionContext, { text, lines, bytes }: Shown): void {
  t.true(lines <= MOST_LINES, `${String(lines)} lines:\n${text}`)
  t.true(bytes <= MOST_BYTES, `${String(bytes)} bytes:\n${text}`)
}

/** A rig in which a run has changed everything, and whose root passes nothing on. */
async function settled(t: ExecutionContext, count: number): Promise<Rig> {
  const rig = await makeRig(applications(count), {}, [])
  t.teardown(() => rig.stack.remove())
  const place = await keepStateBehind(rig.stack.folder)
  t.teardown(() => place.stop())
  const audit = join(rig.stack.folder, 'large.json')
  await writeFile(audit, auditOf(count))
  await rig.stack.applyOk([], { STAND_IN_AUDIT_FILE: audit })
  const { stdout: state } = await rig.stack.terraform(['state', 'pull'])
  t.true(state.includes('which an audit tells in a sentence'), 'the audit is in the state')
  return rig
}

interface Change {
  readonly title: string
  /** Of `app-003`, whose policy is snapshot-and-delete; undefined takes it away. */
  readonly entry: Variables | undefined
  /** What the plan says, spaces folded. */
  readonly says: readonly string[]
}

const ENTRY = applications(4)['app-003'] ?? {}

const CHANGES: readonly Change[] = [
  {
    title: 'connection_limit',
    entry: { ...ENTRY, connection_limit: 25 },
    says: ['~ app-003 = {', '~ connection_limit = 20 -> 25'],
  },
  {
    title: 'a setting',
    entry: { ...ENTRY, settings: { statement_timeout: '60s', search_path: ['mart', 'public'] } },
    says: ['~ app-003 = {', '~ statement_timeout = "30s" -> "60s"'],
  },
  {
    title: 'can_create_databases',
    entry: { ...ENTRY, can_create_databases: true },
    says: ['~ app-003 = {', '+ can_create_databases = true'],
  },
  {
    title: 'an extension',
    entry: { ...ENTRY, extensions: ['pgcrypto', 'hstore'] },
    says: ['~ app-003 = {', '~ extensions = [', '+ "hstore",'],
  },
  {
    title: 'a level',
    entry: { ...ENTRY, access_level: 'reader', database_name: 'app_004_dev_db' },
    says: [
      '~ app-003 = {',
      '~ access_level = "owner" -> "reader"',
      '-> "reader of app_004_dev_db as app_003_dev_user"',
    ],
  },
  {
    title: 'a policy',
    entry: { ...ENTRY, cleanup_policy: 'retain' },
    says: ['~ app-003 = {', '~ cleanup_policy = "snapshot-and-delete" -> "retain"', '"KEEPS app_003_dev_db'],
  },
  {
    title: 'removed',
    entry: undefined,
    says: ['- app-003 = {', 'DROPS app_003_dev_db, login app_003_dev_user after a snapshot | '],
  },
]

test('what changes is named in few lines, which are the same with ten times as many applications', async (t) => {
  t.timeout(1_200_000)
  const seen: Shown[][] = []
  for (const count of COUNTS) {
    const rig = await settled(t, count)
    const { 'app-003': _entry, ...others } = applications(count)
    const plans: Shown[] = []
    for (const { title, entry, says } of CHANGES) {
      rig.stack.applications = { ...others, ...(entry && { 'app-003': entry }) }
      const plan = await shown(t, rig, `${title}, of ${String(count)}`)
      // Of an entry that goes all fields are told, however many these are.
      if (entry !== undefined) isShort(t, plan)
      const folded = plan.text.replaceAll(/ +/g, ' ')
      for (const words of says) t.true(folded.includes(words), `${title}: ${words}\n${plan.text}`)
      t.notRegex(plan.text, /app[-_]002/, 'others are counted')
      plans.push(plan)
    }
    rig.stack.applications = { ...applications(count), x: {} }
    const added = await shown(t, rig, `added, to ${String(count)}`)
    isShort(t, added)
    t.regex(added.text, /^ *\+ +is += "owner of x_dev_db as x_dev_user"$/m)
    t.regex(added.text, /"KEEPS x_dev_db, login x_dev_user \| /)
    seen.push([...plans, added])
  }
  isAlike(t, seen)
})

test('a thousand applications: as few lines as five', async (t) => {
  t.timeout(1_200_000)
  const seen: Shown[][] = []
  for (const count of [5, MANY]) {
    const rig = await settled(t, count)
    rig.stack.applications = { ...applications(count), 'app-003': { ...ENTRY, connection_limit: 25 } }
    const plan = await shown(t, rig, `connection_limit, of ${String(count)}`)
    isShort(t, plan)
    t.regex(plan.text, /^ *~ +connection_limit += 20 -> 25$/m)
    seen.push([plan])
  }
  isAlike(t, seen)
})

test('what is of no application: in few lines too, or in none', async (t) => {
  t.timeout(1_200_000)
  const seen: Shown[][] = []
  for (const count of COUNTS) {
    const rig = await settled(t, count)
    const { stack } = rig
    const own = stack.variables
    stack.variables = { ...own, connect_timeout: 10, lock_timeout: 10, max_connections: 2, build_id: 'build-2' }
    t.is((await stack.plan()).code, 0, 'a wait is no reason to run, and stands in no marker')
    const plans: Shown[] = []
    for (const [title, variables] of [
      ['a secret version', { secret_versions: { a: 'v2' } }],
      ['the convention', { enforce_naming: true }],
    ] as const) {
      stack.variables = { ...own, ...variables }
      plans.push(await shown(t, rig, `${title}, of ${String(count)}`))
    }
    t.regex(plans[1]?.text ?? '', /^ *~ +enforce_naming += false -> true$/m)
    stack.variables = own
    await stack.taint()
    plans.push(await shown(t, rig, `a taint, of ${String(count)}`))
    for (const plan of plans) isShort(t, plan)
    seen.push(plans)
  }
  isAlike(t, seen)
})

/** As many lines, and nearly as many bytes: a count of what is not shown has more digits. */
function isAlike(t: ExecutionContext, [few = [], ...more]: readonly (readonly Shown[])[]): void {
  t.true(few.length > 0 && more.length > 0)
  for (const many of more) {
    t.deepEqual(
      few.map(({ lines }) => lines),
      many.map(({ lines }) => lines),
    )
    for (const [at, { bytes }] of few.entries()) t.true(Math.abs(bytes - (many[at]?.bytes ?? 0)) < 100)
  }
}

const CALL = `
resource "terraform_data" "secret" {}
module "databases" {
  source                = "./module"
  environment           = "dev"
  instance              = { host = "db.example.internal" }
  admin_secret_id       = "admin"
  node_command          = "NODE"
  application_databases = { a = { connection_limit = 20SECRET }, b = { schemas = ["app"] } }
}
output "declaration_json" { value = module.databases.declaration_json }
`

const Planned = v.object({
  planned_values: v.object({ outputs: v.record(v.string(), v.object({ value: v.optional(v.unknown()) })) }),
  resource_changes: v.array(
    v.object({
      address: v.string(),
      change: v.object({ after: v.nullable(v.record(v.string(), v.unknown())) }),
    }),
  ),
})

async function planned(t: ExecutionContext, { stack }: Rig): Promise<v.InferOutput<typeof Planned>> {
  const { code, output } = await stack.terraform(['plan', '-no-color', '-out=saved'])
  t.is(code, 0, output)
  const { stdout } = await stack.terraform(['show', '-json', 'saved'])
  return v.parse(Planned, JSON.parse(stdout))
}

const entryOf = (app: string): Record<string, unknown> => ({
  access_level: 'owner',
  cleanup_policy: 'retain',
  database_name: `${app}_dev_db`,
  username: `${app}_dev_user`,
})

test('a first plan knows `declaration_json`, and policies find each entry as an object', async (t) => {
  const rig = await makeRig()
  t.teardown(() => rig.stack.remove())
  await configure(rig, CALL.replace('SECRET', ''))
  const { planned_values: values, resource_changes: changes } = await planned(t, rig)
  const text = v.parse(v.string(), values.outputs['declaration_json']?.value)
  const json = v.parse(v.record(v.string(), v.unknown()), JSON.parse(text))
  const a = { ...entryOf('a'), connection_limit: 20, secret_id: 'platform/dev/a/postgres' }
  const b = { ...entryOf('b'), schemas: ['app'], secret_id: 'platform/dev/b/postgres' }
  t.like(json, { stack: 'db/dev', workspace: 'default', application_databases: { a, b } })
  t.false('claim' in json || 'build_id' in json || 'run_id' in json)
  const declaration = changes.find(({ address }) => address === 'module.databases.terraform_data.declaration')
  t.like(declaration?.change.after?.['triggers_replace'], {
    a: { ...a, is: 'owner of a_dev_db as a_dev_user' },
    b: { ...b, is: 'owner of b_dev_db as b_dev_user' },
  })
})

test('a secret id that is unknown at plan hides nothing else of what is declared', async (t) => {
  const rig = await makeRig()
  t.teardown(() => rig.stack.remove())
  await configure(rig, CALL.replace('SECRET', ', secret_id = terraform_data.secret.id'))
  const { resource_changes: changes } = await planned(t, rig)
  const declaration = changes.find(({ address }) => address === 'module.databases.terraform_data.declaration')
  const entries = v.parse(v.record(v.string(), v.unknown()), declaration?.change.after?.['triggers_replace'])
  t.deepEqual(entries['a'], { ...entryOf('a'), connection_limit: 20, is: 'owner of a_dev_db as a_dev_user' })
  t.like(entries['b'], { schemas: ['app'], secret_id: 'platform/dev/b/postgres' })
  t.like(entries['(all applications)'], { stack: 'db/dev', admin_secret_id: 'admin' })
  const { stdout } = await rig.stack.terraform(['show', '-no-color', 'saved'])
  t.regex(stdout, /^ *\+ +secret_id += \(known after apply\)$/m)
})
