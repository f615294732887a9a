/**
 * The module as callers use it: several instances, an instance made in the same apply, unknown values, workspaces
 * (src/README.md: The declaration).
 */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { apply, configure, makeRig, removal, words } from './rig.ts'

const several = (instances: string) => `
module "databases" {
  source                = "./module"
  for_each              = ${instances}
  environment           = "dev"
  instance              = { host = "\${each.key}.example.internal" }
  admin_secret_id       = "admin"
  node_command          = "NODE"
  application_databases = each.value
}
`

test('for_each over instances: a removed instance runs its removals, the others are left alone', async (t) => {
  const rig = await makeRig()
  await configure(rig, several('{ one = { a = {} }, two = { a = {}, b = {} } }'))
  t.is((await apply(rig)).code, 0)
  t.deepEqual(await words(rig), ['apply', 'apply'])
  await configure(rig, several('{ one = { a = {} } }'))
  t.is((await apply(rig)).code, 0)
  const removals = await rig.calls()
  t.deepEqual(removals.map(({ args }) => (args.includes('--request') ? args.at(-1) : args[1])).sort(), [
    '--requested',
    'a',
    'b',
  ])
  t.true(removals.at(-1)?.args.includes('--requested'))
  for (const { input } of removals) t.like(input, { instance: { host: 'two.example.internal' }, stack: 'two/dev' })
  await rig.stack.remove()
})

/** An instance and its secrets are made, and go, in the same configuration; each notes that it was there when it went. */
const INSTANCE = `
resource "terraform_data" "instance" {
  input = { host = "new.example.internal", id = "db-NEW" }
  provisioner "local-exec" {
    when        = destroy
    interpreter = ["NODE", "instance"]
    command     = "gone"
    environment = { RDS_PROVISION_INPUT = "{}" }
  }
}
resource "terraform_data" "secret_version" {
  input = "v1"
  provisioner "local-exec" {
    when        = destroy
    interpreter = ["NODE", "secret"]
    command     = "gone"
    environment = { RDS_PROVISION_INPUT = "{}" }
  }
}
module "databases" {
  source                = "./module"
  environment           = "dev"
  instance              = { host = terraform_data.instance.output.host, resource_id = terraform_data.instance.id }
  admin_secret_id       = "admin"
  node_command          = "NODE"
  secret_versions       = { admin = terraform_data.secret_version.output }
  application_databases = { a = { secret_id = terraform_data.secret_version.id }, b = {} }
  EXTRA
}
output "databases" { value = module.databases.databases }
`

test('an instance made in the same apply: unknown at plan, provisioned, and outlived by no marker and no claim', async (t) => {
  const rig = await makeRig()
  await configure(rig, INSTANCE.replace('EXTRA', ''))
  t.is((await apply(rig)).code, 0)
  const [call, ...others] = await rig.calls()
  t.deepEqual(others, [])
  t.like(call?.input, { instance: { host: 'new.example.internal', identifier: 'new' }, stack: 'new/dev' })
  t.is((await rig.stack.terraform(['plan', '-detailed-exitcode'])).code, 0)
  // A rebuilt instance, its address unknown again: it is provisioned anew, and no removal runs.
  t.is((await rig.stack.terraform(['apply', '-no-color', '-auto-approve', '-replace=terraform_data.instance'])).code, 0)
  t.deepEqual(await words(rig), ['gone', 'apply'])
  t.is((await rig.stack.terraform(['destroy', '-no-color', '-auto-approve'])).code, 0)
  const gone = await rig.calls()
  t.deepEqual(
    gone
      .slice(0, 2)
      .map(({ args }) => args.at(-1))
      .sort(),
    ['a', 'b'],
  )
  t.true(gone[2]?.args.includes('--requested'))
  t.deepEqual(
    gone
      .slice(3)
      .map(({ bundle }) => bundle)
      .sort(),
    ['instance', 'secret'],
  )
  await rig.stack.remove()
})

test('mistakes fail at plan while ids are unknown', async (t) => {
  const rig = await makeRig()
  await configure(
    rig,
    INSTANCE.replace('EXTRA', '').replace('b = {}', 'b = { acces_level = "reader", username = "postgres" }'),
  )
  const { code, text } = await rig.stack.terraform(['plan', '-no-color'])
  t.is(code, 1)
  t.regex(text, /b: acces_level: is not a known field\. Did you mean "access_level"\?/)
  t.regex(text, /b: username: "postgres" is reserved/)
  await rig.stack.remove()
})

test('a misspelled field is named at plan, whatever else is unknown; a bad value that nobody knew fails before anything runs', async (t) => {
  const rig = await makeRig()
  const withEntries = (entries: string): Promise<void> =>
    configure(rig, INSTANCE.replace('EXTRA', '').replace('b = {}', entries))
  await withEntries(
    'b = { username = terraform_data.secret_version.id, settings = { search_path = terraform_data.secret_version.output }, acces_level = "reader" }',
  )
  const misspelled = await rig.stack.terraform(['plan', '-no-color'])
  t.is(misspelled.code, 1)
  t.regex(misspelled.text, /b: acces_level: is not a known field/)
  await withEntries(
    'b = { username = "rds_${terraform_data.secret_version.output}", connection_limit = terraform_data.secret_version.output }',
  )
  t.is((await rig.stack.terraform(['plan', '-no-color'])).code, 0)
  const { code, text } = await apply(rig)
  t.is(code, 1)
  t.regex(text, /b: username: "rds_v1" is reserved/)
  t.regex(text, /b: connection_limit: "v1" is not accepted/)
  t.deepEqual(await words(rig), [])
  await withEntries('b = { username = "u_${terraform_data.secret_version.output}" }')
  t.is((await apply(rig)).code, 0)
  const [call] = await rig.calls()
  t.like(call?.input['application_databases'], { b: { username: 'u_v1' } })
  await rig.stack.remove()
})

test('attributes of the instance: one misspelled is named while the host is unknown; the outputs are known as far as they can be', async (t) => {
  const rig = await makeRig()
  const given = 'host = terraform_data.instance.output.host'
  const database =
    'output "known" { value = { for app, entry in module.databases.databases : app => entry.database } }\n'
  const configuration = INSTANCE.replace('EXTRA', '') + database
  await configure(rig, configuration.replace(given, `${given}, identifer = "orders"`))
  const misspelled = await rig.stack.terraform(['plan', '-no-color'])
  t.is(misspelled.code, 1)
  t.regex(misspelled.text, /instance\.identifer: is not a known field\. Did you mean "identifier"\?/)
  await configure(rig, configuration.replace(given, `${given}, identifier = "orders", port = "5433"`))
  const { code, text } = await rig.stack.terraform(['plan', '-no-color'])
  t.is(code, 0, text)
  t.regex(text, /known += \{ \+ a += "a_dev_db" \+ b += "b_dev_db" \}/)
  t.regex(text, /\+ host += \(known after apply\) \+ port += 5433/)
  t.regex(text, /is += "owner of b_dev_db as b_dev_user"/)
  t.is((await apply(rig)).code, 0)
  const [call] = await rig.calls()
  const instance = { host: 'new.example.internal', identifier: 'orders', port: 5433, database: 'postgres' }
  t.like(call?.input['instance'], instance)
  await rig.stack.remove()
})

test('an instance of which nothing is known at plan: what is wrong with it fails before anything runs', async (t) => {
  const rig = await makeRig()
  const withInstance = (attributes: string): Promise<void> =>
    configure(
      rig,
      INSTANCE.replace('EXTRA', '')
        .replace(/instance {14}= \{.*\}/, 'instance = jsondecode(terraform_data.late.output)')
        .concat(`resource "terraform_data" "late" {\n  input = jsonencode({ ${attributes} })\n}\n`),
    )
  await withInstance('host = "new.example.internal", identifer = "orders"')
  const planned = await rig.stack.terraform(['plan', '-no-color'])
  t.is(planned.code, 0, planned.text)
  const { code, text } = await apply(rig)
  t.is(code, 1)
  t.regex(text, /instance\.identifer: is not a known field\. Did you mean "identifier"\?/)
  t.deepEqual(await words(rig), [])
  t.false((await rig.stack.addresses()).some((address) => address.includes('module.')))
  await withInstance('host = "new.example.internal", port = 5433')
  t.is((await apply(rig)).code, 0)
  const [call] = await rig.calls()
  const instance = { host: 'new.example.internal', identifier: 'new', port: 5433, database: 'postgres' }
  t.deepEqual(call?.input['instance'], instance)
  await rig.stack.remove()
})

test('a file of authorities that the same apply makes: a path that is not known waits for it', async (t) => {
  const rig = await makeRig()
  const file = join(rig.stack.folder, 'made.pem')
  const withFile = INSTANCE.replace('EXTRA', 'tls = { ca_file = terraform_data.ca.output }').concat(
    `resource "terraform_data" "ca" {\n  input = "${file}"\n  provisioner "local-exec" {\n    command = "touch ${file}"\n  }\n}\n`,
  )
  await configure(rig, withFile)
  const { code, text } = await apply(rig)
  t.is(code, 0, text)
  const [call] = await rig.calls()
  t.deepEqual(call?.input['tls'], { mode: 'verify-full', ca_file: file })
  await configure(rig, withFile.replace('touch', 'true'))
  t.is((await rig.stack.terraform(['plan', '-no-color', '-detailed-exitcode'])).code, 0)
  await rm(file)
  const gone = await rig.stack.terraform(['plan', '-no-color'])
  t.is(gone.code, 1)
  t.regex(gone.text, /tls\.ca_file: ".*made\.pem" cannot be read by Terraform/)
  t.is((await rig.stack.terraform(['destroy', '-no-color', '-auto-approve'])).code, 0, 'removals do not plan')
  await rig.stack.remove()
})

test('the module under depends_on: a change there neither runs it again nor hides its outputs', async (t) => {
  const rig = await makeRig()
  const configuration =
    INSTANCE.replace('EXTRA', 'depends_on = [terraform_data.network]') +
    'resource "terraform_data" "network" { input = "VALUE" }\n'
  await configure(rig, configuration.replace('VALUE', '1'))
  t.is((await apply(rig)).code, 0)
  await rig.calls()
  await configure(rig, configuration.replace('VALUE', '2'))
  t.regex((await apply(rig)).text, /0 added, 1 changed, 0 destroyed/)
  t.deepEqual(await words(rig), [])
  await rig.stack.remove()
})

test('a consumer created before it is destroyed, with depends_on: the provisioning comes first, and -replace runs no removal', async (t) => {
  const rig = await makeRig()
  const configuration = (key: string): string =>
    several('{ one = {} }').replace(
      'each.value\n',
      `{ ${key} = { database_name = "orders", username = "orders" } }\n`,
    ) +
    `
resource "terraform_data" "consumer" {
  depends_on = [module.databases]
  lifecycle { create_before_destroy = true }
}
`
  await configure(rig, configuration('old'))
  t.is((await apply(rig)).code, 0)
  await rig.calls()
  await configure(rig, configuration('new'))
  t.is((await apply(rig)).code, 0)
  t.deepEqual(await words(rig), ['apply', removal('old')])
  const replaced = await rig.stack.terraform([
    'apply',
    '-no-color',
    '-auto-approve',
    '-replace=module.databases["one"].terraform_data.application["new"]',
  ])
  t.is(replaced.code, 0)
  t.deepEqual(await words(rig), ['apply'], 'the marker is another one')
  await rig.stack.remove()
})

test('a consumer created before it is destroyed that comes together with a removal: a cycle, and nothing runs; one after the other works', async (t) => {
  const rig = await makeRig()
  const configuration = (keys: string, before: string): string =>
    several('{ one = {} }').replace('each.value\n', `${keys}\n`) +
    `
resource "terraform_data" "consumer" {
  depends_on       = [module.databases]
  triggers_replace = module.databases["one"].databases
  lifecycle { create_before_destroy = ${before} }
}
`
  await configure(rig, configuration('{ a = {}, b = {} }', 'false'))
  t.is((await apply(rig)).code, 0)
  await rig.calls()
  await configure(rig, configuration('{ a = {} }', 'true'))
  t.regex((await apply(rig)).text, /Error: Cycle/)
  t.deepEqual(await words(rig), [])
  await configure(rig, configuration('{ a = {}, b = {} }', 'true'))
  t.is((await apply(rig)).code, 0)
  await configure(rig, configuration('{ a = {} }', 'true'))
  t.is((await apply(rig)).code, 0)
  t.deepEqual(await words(rig), ['apply', removal('b')])
  t.is((await rig.stack.terraform(['plan', '-detailed-exitcode'])).code, 0)
  await rig.stack.remove()
})

test('a consumer created before it is destroyed that uses outputs alone: -replace of a marker', async (t) => {
  const rig = await makeRig()
  // What waits for the provisioning waits for the markers, which are created first then, and asks for no removal.
  const waiting = ['audit', 'audit_json', 'audit_file', 'changed', 'databases', 'proxy_auth']
  for (const output of [...waiting, 'claim', 'declaration', 'declaration_json']) {
    await configure(
      rig,
      several('{ one = {} }').replace('each.value\n', '{ a = {} }\n') +
        `
resource "terraform_data" "consumer" {
  input = module.databases["one"].${output}
  lifecycle { create_before_destroy = true }
}
`,
    )
    t.is((await apply(rig)).code, 0)
    await rig.calls()
    t.is(
      (
        await rig.stack.terraform([
          'apply',
          '-no-color',
          '-auto-approve',
          '-replace=module.databases["one"].terraform_data.application["a"]',
        ])
      ).code,
      0,
    )
    t.deepEqual(await words(rig), waiting.includes(output) ? ['apply'] : [removal('a'), 'apply'], output)
  }
  await rig.stack.remove()
})

test('workspaces have states and audits of their own', async (t) => {
  const rig = await makeRig({ a: {} })
  await rig.stack.applyOk()
  t.is((await rig.stack.terraform(['workspace', 'new', 'second'])).code, 0)
  await rig.stack.applyOk()
  const runs = await rig.calls()
  t.is(new Set(runs.map(({ audit }) => audit)).size, 2)
  await rig.stack.destroy()
  const [request, end, ...others] = await rig.calls()
  t.deepEqual(others, [])
  for (const call of [request, end]) t.is(call?.input['workspace'], 'second')
  t.is((await rig.stack.terraform(['workspace', 'select', 'default'])).code, 0)
  t.is((await rig.stack.plan()).code, 0)
  await rig.stack.remove()
})

test('a consumer waits for the provisioning', async (t) => {
  const rig = await makeRig()
  await configure(
    rig,
    INSTANCE.replace('EXTRA', '') +
      `
resource "terraform_data" "consumer" {
  input = module.databases.databases["a"].database
  provisioner "local-exec" {
    interpreter = ["NODE", "consumer"]
    command     = "made"
    environment = { RDS_PROVISION_INPUT = "{}" }
  }
}
`,
  )
  t.is((await apply(rig)).code, 0)
  const [first, second] = await rig.calls()
  t.deepEqual([first?.args, second?.bundle], [['apply'], 'consumer'])
  t.regex(await readFile(join(rig.stack.folder, 'terraform.tfstate'), 'utf8'), /a_dev_db/)
  await rig.stack.remove()
})

test('what an aws_db_proxy needs: password logins only, the ARN where it is known', async (t) => {
  const rig = await makeRig()
  await configure(
    rig,
    `
module "databases" {
  source                = "./module"
  environment           = "dev"
  instance              = { host = "x" }
  admin_secret_id       = "admin"
  node_command          = "NODE"
  application_databases = { a = { secret_id = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-x" }, b = {}, c = { auth = "iam" } }
}
output "proxy_auth" { value = module.databases.proxy_auth }
`,
  )
  t.is((await apply(rig)).code, 0)
  const { proxy_auth } = await rig.stack.outputs()
  const common = { auth_scheme: 'SECRETS', client_password_auth_type: 'POSTGRES_SCRAM_SHA_256', iam_auth: 'DISABLED' }
  const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-x'
  t.deepEqual(proxy_auth, {
    a: { ...common, secret_id: arn, secret_arn: arn, username: 'a_dev_user' },
    b: { ...common, secret_id: 'platform/dev/b/postgres', secret_arn: null, username: 'b_dev_user' },
  })
  await rig.stack.remove()
})
