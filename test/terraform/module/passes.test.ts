/** What the module hands to the script, exactly (src/README.md: The declaration; Build and run ids). */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import * as v from 'valibot'
import { makeRig } from './rig.ts'

const ENTRY = { access_level: 'owner', cleanup_policy: 'retain' }
const SHARED = {
  schema_version: 1,
  environment: 'dev',
  instance: {
    host: 'orders.cluster.example.internal',
    port: 5433,
    database: 'postgres',
    identifier: 'orders',
    resource_id: 'db-1',
  },
  cluster_name: 'orders',
  stack: 'orders/dev',
  admin_secret_id: 'platform/dev/rds/provisioner',
  admin_auth: 'password',
  admin_username: 'platform_provisioner',
  tls: { mode: 'verify-full' },
  connect_timeout: 300,
  lock_timeout: 300,
  workspace: 'default',
}

const State = v.object({
  resources: v.array(v.object({ name: v.string(), instances: v.array(v.object({ attributes: v.looseObject({}) })) })),
})

/** What the script gets of the stack in a state: its id, and when it was made. */
function stackIn(state: string): { readonly claim: unknown; readonly stack_made_at: unknown } {
  const { resources } = v.parse(State, JSON.parse(state))
  const attributes = resources.find(({ name }) => name === 'stack')?.instances[0]?.attributes
  const made = v.parse(v.object({ value: v.string() }), attributes?.['triggers_replace'])
  return { claim: attributes?.['id'], stack_made_at: made.value }
}

test('apply gets the whole declaration, defaults filled in, nulls left out', async (t) => {
  const { stack, calls } = await makeRig(
    {
      keycloak: { secret_id: null, schemas: null },
      'back-stage': {
        settings: { search_path: ['a', 'b'], statement_timeout: 5000 },
        valid_until: '2030-01-31T00:00:00+02:00',
      },
    },
    { tags: { Team: 'O\'Brien ${x} %{y} "q" \\ ü' } },
  )
  await stack.applyOk()
  const [call, ...others] = await calls()
  const state = await readFile(join(stack.folder, 'terraform.tfstate'), 'utf8')
  t.deepEqual(others, [])
  t.is(call?.bundle, 'module/dist/rds-provision.mjs')
  t.deepEqual(call?.args, ['apply'])
  t.false(call?.plain)
  t.deepEqual(call?.input, {
    ...SHARED,
    ...stackIn(state),
    accept_tags_from: [],
    secret_prefix: 'platform',
    cleanup_policy: 'retain',
    enforce_naming: false,
    max_connections: 4,
    build_id: 'build-1',
    tags: { Team: 'O\'Brien ${x} %{y} "q" \\ ü' },
    application_databases: {
      keycloak: {
        ...ENTRY,
        database_name: 'keycloak_dev_db',
        username: 'keycloak_dev_user',
        secret_id: 'platform/dev/keycloak/postgres',
      },
      'back-stage': {
        ...ENTRY,
        database_name: 'back_stage_dev_db',
        username: 'back_stage_dev_user',
        secret_id: 'platform/dev/back-stage/postgres',
        settings: { search_path: ['a', 'b'], statement_timeout: 5000 },
        valid_until: '2030-01-31T00:00:00+02:00',
      },
    },
  })
  const outputs = await stack.outputs()
  t.is(call?.audit, './.rds-provision/audit/' + (/\d+\.json$/.exec(call?.audit ?? '')?.[0] ?? ''))
  t.is(outputs['audit_file'], call?.audit)
  t.deepEqual(outputs['audit'], { schema_version: 1, run: { outcome: 'changed', id: call?.audit } })
  t.is(outputs['changed'], true)
  await stack.remove()
})

test('a removal gets its application alone, as plain JSON, without the ids of a run', async (t) => {
  const { stack, calls } = await makeRig(
    { keycloak: { auth: 'iam', schemas: ['app'] }, other: {} },
    { run_id: 'run-1', governance_dir: 'governance' },
  )
  await stack.applyOk()
  await calls()
  const state = await readFile(join(stack.folder, 'terraform.tfstate'), 'utf8')
  t.notRegex(state, /build-1|run-1/)
  delete stack.applications['keycloak']
  const result = await stack.applyOk()
  t.regex(result.text, /2 added, 0 changed, 3 destroyed/)
  const [removal, provisioning, ...others] = await calls()
  t.deepEqual(others, [])
  t.deepEqual(removal?.args, ['destroy', '--application', 'keycloak'])
  t.is(removal?.bundle, 'module/dist/rds-provision.mjs')
  t.true(removal?.plain)
  t.deepEqual(removal?.input, {
    ...SHARED,
    claim: stackIn(state).claim,
    governance_dir: 'governance',
    audit_dir: './.rds-provision/audit',
    node_command: join(stack.folder, 'stand-in'),
    application_databases: {
      keycloak: {
        ...ENTRY,
        auth: 'iam',
        database_name: 'keycloak_dev_db',
        username: 'keycloak_dev_user',
        secret_id: 'platform/dev/keycloak/postgres',
      },
    },
  })
  t.deepEqual(provisioning?.args, ['apply'])
  t.deepEqual(provisioning?.input['application_databases'], {
    other: {
      ...ENTRY,
      database_name: 'other_dev_db',
      username: 'other_dev_user',
      secret_id: 'platform/dev/other/postgres',
    },
  })
  await stack.remove()
})

test('every variable reaches the script under its own name', async (t) => {
  const variables = {
    connect_through: { host: '127.0.0.1', port: 15432 },
    cluster_name: 'cluster',
    stack: 'stack',
    accept_tags_from: ['z', 'a'],
    admin_secret_id: null,
    admin_auth: 'iam',
    admin_username: 'admin',
    master_secret_id: 'rds!db-1',
    prepare_major_upgrade: true,
    aws_region: 'eu-central-1',
    assume_role_arn: 'arn:aws:iam::123456789012:role/provision',
    external_id: 'of-us',
    aws_profile: 'runner',
    expected_account: '123456789012',
    secret_prefix: 'prefix',
    run_id: 'run-1',
    cleanup_policy: 'delete',
    governance_dir: 'governance',
    tls: { mode: 'verify-ca', ca_file: 'ca.pem', server_name: 'name' },
    max_connections: 8,
    connect_timeout: 10,
    lock_timeout: 20,
    enforce_naming: true,
  }
  const { stack, calls } = await makeRig({ a: {} }, variables)
  await stack.applyOk()
  const [call] = await calls()
  const { admin_secret_id: _none, ...expected } = { ...variables, accept_tags_from: ['a', 'z'] }
  for (const [name, value] of Object.entries(expected)) t.deepEqual(call?.input[name], value, name)
  t.false('admin_secret_id' in (call?.input ?? {}))
  t.like(call?.input['application_databases'], { a: { secret_id: 'prefix/dev/a/postgres', cleanup_policy: 'delete' } })
  await stack.remove()
})
