/** The tests' own Terraform tools, on a module small enough to know what it must do. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'

import test from 'ava'
import type { AuditDocument } from '../../../src/model/audit.ts'
import { prepareTerraform, Stack, type Variables } from '../../support/terraform.ts'
import { join } from 'node:path'

/** Writes its input where an audit would be, or fails with the exit code asked for. */
const SCRIPT = `
import { mkdirSync, writeFileSync } from 'node:fs'
const { AUDIT_DIR, AUDIT, EXIT } = process.env
if (EXIT) process.exit(Number(EXIT))
mkdirSync(AUDIT_DIR, { recursive: true })
writeFileSync(AUDIT_DIR + '/' + Date.now() + '.json', AUDIT)
`

const CONFIGURATION = {
  terraform: { required_providers: { null: { source: 'hashicorp/null', version: '>= 2.1.2' } } },
  variable: {
    application_databases: { type: 'any' },
    audit_dir: { type: 'string' },
    audit: { type: 'string' },
    exit: { type: 'string', default: '' },
  },
  resource: {
    null_resource: {
      provision: {
        triggers: { all: '${jsonencode(var.application_databases)}' },
        provisioner: [
          {
            'local-exec': {
              interpreter: ['node', '${path.module}/script.mjs'],
              command: 'apply',
              environment: { AUDIT_DIR: '${var.audit_dir}', AUDIT: '${var.audit}', EXIT: '${var.exit}' },
            },
          },
        ],
      },
    },
  },
  output: {
    audit: { value: null },
    audit_json: { value: '${var.audit}' },
    audit_file: { value: '${null_resource.provision.id}' },
    databases: { value: '${var.application_databases}' },
    changed: { value: true },
  },
}

const AUDIT: AuditDocument = {
  schema_version: 1,
  run: {
    run_id: 'r',
    build_id: 'b',
    command: 'apply',
    environment: 'dev',
    cluster_name: 'c',
    instance: null,
    actor: null,
    approval: 'not_required',
    approved_plan: null,
    database_login: null,
    server_version: null,
    tool_version: '1',
    input_sha256: '',
    started_at: '2026-01-02T03:04:05.678Z',
    finished_at: '2026-01-02T03:04:05.678Z',
    duration_ms: 1,
    outcome: 'changed',
    exit_code: 0,
    error_codes: [],
    error: null,
    applications: null,
    governance: null,
  },
  records: [],
  summary: { created: 0, updated: 0, removed: 0, no_change: 0, blocked: 0, failed: 0, skipped: 0, warning: 0 },
}

const HOSTILE = 'a ${path.module} %{ if true } $${x} "q" \\ \n'

let folder = ''

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rds-provision-module-'))
  await mkdir(join(folder, 'module'))
  await writeFile(join(folder, 'module', 'main.tf.json'), JSON.stringify(CONFIGURATION))
  await writeFile(join(folder, 'module', 'script.mjs'), SCRIPT)
})

test.after.always(() => rm(folder, { recursive: true, force: true }))

async function create(variables: Variables = {}): Promise<Stack> {
  const { program, env } = await prepareTerraform()
  const all = { audit: JSON.stringify(AUDIT), ...variables }
  return Stack.create({
    applications: { app: { text: HOSTILE } },
    variables: all,
    env,
    command: program.command,
    module: join(folder, 'module'),
  })
}

test('apply, outputs, state, a clean plan, taint, audits, destroy', async (t) => {
  const stack = await create()
  t.teardown(() => stack.remove())
  t.is((await stack.plan()).code, 2)
  await stack.applyOk()
  const { databases, audit_file: id } = await stack.outputs()
  t.deepEqual(databases, { app: { text: HOSTILE } })
  t.deepEqual(await stack.addresses(), ['module.databases.null_resource.provision'])
  t.true((await stack.stateText()).includes(String(id)))
  t.is((await stack.plan()).code, 0)
  await stack.taint()
  await stack.applyOk()
  t.deepEqual(await stack.audits(), [AUDIT, AUDIT])
  t.deepEqual(await stack.lastAudit(), AUDIT)
  t.is((await stack.destroy()).code, 0)
  t.deepEqual(await stack.addresses(), [])
})

test("a failure carries the script's exit code, and its text reads without frames", async (t) => {
  const stack = await create({ exit: '4' })
  t.teardown(() => stack.remove())
  const result = await stack.apply()
  t.is(result.code, 1)
  t.is(result.scriptExit, 4)
  t.regex(result.text, /local-exec provisioner error/)
  t.deepEqual(await stack.audits(), [])
  await t.throwsAsync(stack.lastAudit(), { message: /no audit/ })
  await t.throwsAsync(stack.applyOk(), { message: /terraform apply failed/ })
})

test('an audit with a field too many is no audit', async (t) => {
  const stack = await create({ audit: JSON.stringify({ ...AUDIT, extra: 1 }) })
  t.teardown(() => stack.remove())
  await stack.applyOk()
  await t.throwsAsync(stack.audits(), { message: /extra/ })
})
