/**
 * How much fits through one environment variable (src/README.md: One environment variable), and what Terraform says of
 * more.
 */
import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import * as v from 'valibot'
import type { Stack, Variables } from '../../support/terraform.ts'
import { keepStateBehind } from '../../support/terraform/state-server.ts'
import { askInputBytes } from './checks.ts'
import { makeRig } from './rig.ts'

/** The markers come along, since the provisioning waits for them. */
const ONLY = '-target=module.databases.null_resource.provision'

const LEAST: Variables = {
  environment: 'dev',
  instance: { host: 'orders.cluster.example.internal', port: 5433, resource_id: 'db-1' },
  admin_secret_id: 'platform/dev/rds/provisioner',
}

const Entries = v.record(v.string(), v.unknown())

/** Names that a compressor cannot guess. */
function nameOf(index: number): string {
  return `app-${createHash('sha256').update(String(index)).digest('hex').slice(0, 10)}`
}

function applications(count: number, entry: (index: number) => Variables = () => ({})): Variables {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [nameOf(index), entry(index)]))
}

async function keepStateElsewhere(t: ExecutionContext, stack: Stack): Promise<void> {
  const place = await keepStateBehind(stack.folder)
  t.teardown(async () => {
    await stack.remove()
    await place.stop()
  })
}

/** Of the name, the equals sign and the closing NUL, of 128 KiB. */
const MOST_BYTES = 131_051

test('2,000 applications fit', async (t) => {
  const bytes = await askInputBytes({ ...LEAST, application_databases: applications(2000) })
  t.log(`${String(bytes)} bytes`)
  t.true(bytes > 0 && bytes <= MOST_BYTES, String(bytes))
})

test('many applications reach the script whole, in as many bytes as the plan has counted', async (t) => {
  t.timeout(300_000)
  const declared = applications(300)
  const { stack, calls } = await makeRig(declared, LEAST)
  await keepStateElsewhere(t, stack)
  await stack.applyOk([ONLY])
  const [call] = await calls()
  t.deepEqual(Object.keys(v.parse(Entries, call?.input['application_databases'])).sort(), Object.keys(declared).sort())
  const counted = await askInputBytes({ ...LEAST, build_id: 'build-1', application_databases: declared })
  // Other ids of the same length compress nearly alike.
  const share = (call?.bytes ?? 0) / counted
  t.true(share > 0.98 && share < 1.02, `${String(call?.bytes)} of ${String(counted)}`)
})

test('on Windows, which paths tell, a variable holds a quarter of that', async (t) => {
  t.timeout(300_000)
  const { stack, module } = await makeRig(applications(700))
  t.teardown(() => stack.remove())
  const file = join(module, 'declaration.tf')
  const text = await readFile(file, 'utf8')
  for (const [path, isSo] of [
    ['C:/work/root', true],
    ['//server/share/root', true],
    ['/work/C:/root', false],
  ] as const) {
    await writeFile(file, text.replace('abspath(path.root)', JSON.stringify(path)))
    const { code, output } = await stack.plan([ONLY])
    t.is(code === 1, isSo, output)
    if (!isSo) continue
    t.regex(
      output.replaceAll(/[\s│]+/g, ' '),
      /is \d{5} bytes compressed; one environment variable holds at most 32746 on Windows\. Split the applications/,
    )
  }
})

test('what is too large fails at plan, in a sentence that says how large and what to do', async (t) => {
  const secretId = (index: number): string =>
    ['a', 'b']
      .map((part) =>
        createHash('sha512')
          .update(`${part}${String(index)}`)
          .digest('base64url'),
      )
      .join('')
  const { stack, calls } = await makeRig(applications(1000, (index) => ({ secret_id: secretId(index) })))
  t.teardown(() => stack.remove())
  const { code, output } = await stack.plan([ONLY])
  t.is(code, 1)
  t.regex(
    output.replaceAll(/[\s│]+/g, ' '),
    /application_databases: the declaration is \d{6} bytes compressed; one environment variable holds at most 131051\. Split the applications into two module calls with different `stack` values\./,
  )
  t.deepEqual(await calls(), [])
})

test('an audit that is larger than a provider takes is kept: in plans, after a failed run, and without its file', async (t) => {
  t.timeout(300_000)
  const declared = applications(201)
  const { stack } = await makeRig(declared)
  await keepStateElsewhere(t, stack)
  const written = join(stack.folder, 'large.json')
  // A message to a provider of the old kind has at most 4 MiB.
  await writeFile(
    written,
    JSON.stringify({ schema_version: 1, run: { outcome: 'changed' }, text: 'x'.repeat(5_000_000) }),
  )
  await stack.applyOk([], { STAND_IN_AUDIT_FILE: written })
  await rm(join(stack.folder, '.rds-provision'), { recursive: true })
  const isKept = async (): Promise<void> => {
    const { audit_json: text, changed } = await stack.outputs()
    t.true(text === (await readFile(written, 'utf8')))
    t.true(changed)
  }
  t.is((await stack.plan()).code, 0)
  await isKept()
  stack.applications['one_more'] = {}
  t.is((await stack.apply([], { STAND_IN_EXIT: '4' })).scriptExit, 4)
  await isKept()
  const small = JSON.stringify({ schema_version: 1, run: { outcome: 'no_change' } })
  for (const entries of [declared, { one_more: {} }, declared]) {
    stack.applications = entries
    await stack.applyOk([], { STAND_IN_AUDIT: small })
    t.is((await stack.outputs())['audit_json'], small)
    t.is((await stack.plan()).code, 0)
  }
})
