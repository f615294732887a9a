/**
 * How much fits through one environment variable (src/README.md: One environment variable), and what Terraform says of
 * more.
 */
import { createHash } from 'node:crypto'
import test from 'ava'
import * as v from 'valibot'
import type { Variables } from '../../support/terraform.ts'
import { makeRig } from './rig.ts'

/** The markers are not what this is about, and five thousand of them take Terraform long. */
const ONLY = '-target=module.databases.null_resource.provision'

const Entries = v.record(v.string(), v.unknown())

/** Names that a compressor cannot guess. */
function nameOf(index: number): string {
  return `app-${createHash('sha256').update(String(index)).digest('hex').slice(0, 10)}`
}

function applications(count: number, entry: (index: number) => Variables = () => ({})): Variables {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [nameOf(index), entry(index)]))
}

test('5,000 applications reach the script whole', async (t) => {
  const declared = applications(5000)
  const { stack, calls } = await makeRig(declared)
  t.teardown(() => stack.remove())
  await stack.applyOk([ONLY])
  const [call] = await calls()
  t.deepEqual(Object.keys(v.parse(Entries, call?.input['application_databases'])).sort(), Object.keys(declared).sort())
})

test('what is too large fails at plan, in a sentence that says how large and what to do', async (t) => {
  const secretId = (index: number): string => createHash('sha512').update(String(index)).digest('base64url')
  const { stack, calls } = await makeRig(applications(2500, (index) => ({ secret_id: secretId(index) })))
  t.teardown(() => stack.remove())
  const { code, output } = await stack.plan([ONLY])
  t.is(code, 1)
  t.regex(
    output.replaceAll(/[\s│]+/g, ' '),
    /application_databases: the declaration is \d{6} bytes compressed; one environment variable holds at most 131051\. Split the applications into two module calls with different `stack` values\./,
  )
  t.deepEqual(await calls(), [])
})
