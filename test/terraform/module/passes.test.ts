/** What the module hands to the script, exactly (src/README.md: The declaration; Build and run ids). */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import * as v from 'valibot'
import type { Stack, Variables } from '../../support/terraform.ts'
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

const Instance = v.object({ index_key: v.optional(v.string()), attributes: v.looseObject({ id: v.string() }) })
const State = v.object({ resources: v.array(v.object({ name: v.string(), instances: v.array(Instance) })) })

const Entries = v.record(v.string(), v.object({ cleanup_policy: v.string() }))

const Timestamp = v.object({ value: v.string() })

interface Ids {
  readonly claim: string | undefined
  /** When the stack was made. */
  readonly madeAt: string
  /** By application. */
  readonly markers: ReadonlyMap<string, string>
}

/** The ids in a state: that of the stack, and those of the markers. */
async function idsIn(stack: Stack): Promise<Ids> {
  const text = await readFile(join(stack.folder, 'terraform.tfstate'), 'utf8')
  const { resources } = v.parse(State, JSON.parse(text))
  const instances = (name: string) => resources.find((resource) => resource.name === name)?.instances ?? []
  const [made] = instances('stack')
  return {
    claim: made?.attributes.id,
    madeAt: v.parse(Timestamp, made?.attributes['triggers_replace']).value,
    markers: new Map(instances('application').map(({ index_key: key = '', attributes }) => [key, attributes.id])),
  }
}

/** What a removal does not use: no change of it may change a marker. */
const OF_THE_PROVISIONING = ['connect_timeout', 'lock_timeout']
const WAY = Object.fromEntries(Object.entries(SHARED).filter(([name]) => !OF_THE_PROVISIONING.includes(name)))

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
  const { claim, madeAt, markers } = await idsIn(stack)
  t.deepEqual(others, [])
  t.is(call?.bundle, 'module/dist/rds-provision.mjs')
  t.deepEqual(call?.args, ['apply'])
  t.is(call?.words, '')
  t.is(markers.size, 2)
  t.deepEqual(call?.input, {
    ...SHARED,
    claim,
    stack_made_at: madeAt,
    accept_tags_from: [],
    secret_prefix: 'platform',
    enforce_naming: false,
    max_connections: 4,
    build_id: 'build-1',
    tags: { Team: 'O\'Brien ${x} %{y} "q" \\ ü' },
    application_databases: {
      keycloak: {
        ...ENTRY,
        marker: markers.get('keycloak'),
        database_name: 'keycloak_dev_db',
        username: 'keycloak_dev_user',
        secret_id: 'platform/dev/keycloak/postgres',
      },
      'back-stage': {
        ...ENTRY,
        marker: markers.get('back-stage'),
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

test('a removal gets its marker: words, then its application alone, without the ids of a run', async (t) => {
  const { stack, calls } = await makeRig(
    { keycloak: { auth: 'iam', schemas: ['app'], connection_limit: 5 }, other: {} },
    { run_id: 'run-1', governance_dir: 'governance' },
  )
  await stack.applyOk()
  await calls()
  t.notRegex(await readFile(join(stack.folder, 'terraform.tfstate'), 'utf8'), /build-1|run-1/)
  const { claim, markers } = await idsIn(stack)
  delete stack.applications['keycloak']
  const result = await stack.applyOk()
  t.regex(result.text, /3 added, 0 changed, 4 destroyed/)
  const [removal, provisioning, ...others] = await calls()
  t.deepEqual(others, [])
  t.deepEqual(removal?.args, ['destroy', '--request', '--marker', markers.get('keycloak'), '--application', 'keycloak'])
  t.is(removal?.bundle, 'module/dist/rds-provision.mjs')
  t.is(removal?.words, 'KEEPS keycloak_dev_db, login keycloak_dev_user')
  t.deepEqual(removal?.input, {
    ...WAY,
    claim,
    governance_dir: 'governance',
    audit_dir: './.rds-provision/audit',
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
      marker: markers.get('other'),
      database_name: 'other_dev_db',
      username: 'other_dev_user',
      secret_id: 'platform/dev/other/postgres',
    },
  })
  await stack.remove()
})

test('the end of the state gets the way there, the claim, and whether any policy removes something', async (t) => {
  for (const [policy, removes] of [
    ['retain', false],
    ['release', false],
    ['delete', true],
  ] as const) {
    const { stack, calls } = await makeRig({ a: { cleanup_policy: policy } }, { run_id: 'run-1' })
    await stack.applyOk()
    await calls()
    const { claim } = await idsIn(stack)
    t.is((await stack.destroy()).code, 0)
    const [removal, end, ...others] = await calls()
    t.deepEqual(others, [])
    t.deepEqual(removal?.args.slice(0, 2), ['destroy', '--request'], 'the end of the state comes last')
    t.deepEqual(end?.args, ['destroy', '--requested', '--claim', claim])
    t.is(end?.words, 'ends the claim of orders/dev')
    t.deepEqual(end?.input, { ...WAY, removes, audit_dir: './.rds-provision/audit', application_databases: {} })
    await stack.remove()
  }
})

test('the policy of an entry that names none is by its level, or the one of all', async (t) => {
  const applications = {
    owner: {},
    guest: { database_name: 'owner_dev_db', access_level: 'reader' },
    own: { cleanup_policy: 'release' },
  }
  const policies = async (variables: Variables): Promise<unknown[]> => {
    const { stack, calls } = await makeRig(applications, variables)
    await stack.applyOk()
    const [call] = await calls()
    await stack.remove()
    const entries = v.parse(Entries, call?.input['application_databases'])
    return [call?.input['cleanup_policy'], ...Object.values(entries).map((entry) => entry.cleanup_policy)]
  }
  // In the order of the keys: guest, own, owner.
  t.deepEqual(await policies({}), [undefined, 'disable', 'release', 'retain'])
  t.deepEqual(await policies({ cleanup_policy: null }), [undefined, 'disable', 'release', 'retain'])
  t.deepEqual(await policies({ cleanup_policy: 'snapshot-and-delete' }), [
    'snapshot-and-delete',
    'snapshot-and-delete',
    'release',
    'snapshot-and-delete',
  ])
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
    runner: { function: 'rds-provision' },
    secret_prefix: 'prefix',
    run_id: 'run-1',
    cleanup_policy: 'delete',
    governance_dir: 'governance',
    tls: { mode: 'verify-ca', ca_file: 'ca.pem', server_name: 'name' },
    max_connections: 8,
    verify_logins: 'changed',
    connect_timeout: 10,
    lock_timeout: 20,
    enforce_naming: true,
  }
  const { stack, calls } = await makeRig({ a: {} }, variables)
  await writeFile(join(stack.folder, 'ca.pem'), '')
  await stack.applyOk()
  const [call] = await calls()
  const { admin_secret_id: _none, ...expected } = { ...variables, accept_tags_from: ['a', 'z'] }
  for (const [name, value] of Object.entries(expected)) t.deepEqual(call?.input[name], value, name)
  t.false('admin_secret_id' in (call?.input ?? {}))
  t.like(call?.input['application_databases'], { a: { secret_id: 'prefix/dev/a/postgres', cleanup_policy: 'delete' } })
  await stack.remove()
})
