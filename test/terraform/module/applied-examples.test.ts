/** Examples of what an entry can say, each applied by the real Terraform to a real server, and tried by logging in. */
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import * as v from 'valibot'
import { REGION, startAws } from '../../support/aws.ts'
import { type Server, startServer, startTokenFront } from '../../support/postgres.ts'
import { VERSIONS } from '../../support/provision.ts'
import { ADMIN_SECRET, MASTER_SECRET, MODULE, prepareTerraform } from '../../support/terraform.ts'
import { writeExample } from './examples.ts'

const DENIED = '42501'

const Login = v.object({
  username: v.string(),
  secret_id: v.string(),
  auth: v.optional(v.string()),
  can_login: v.optional(v.boolean()),
  login_of: v.optional(v.string()),
})
const Declaration = v.object({ application_databases: v.record(v.string(), Login) })
const Planned = v.object({
  planned_values: v.object({ outputs: v.object({ declaration_json: v.object({ value: v.string() }) }) }),
})

/** Who logs in, and whether the server lets it do something in a database: `ok`, or the code of its refusal. */
interface Applied {
  readonly server: Server
  readonly answer: (user: string, query: string, database: string) => Promise<string>
}

/**
 * Plans for what secrets are needed, makes them, applies, and asks whether there is nothing left to do.
 * @throws Error with what Terraform said, where a command fails or something is left to do
 */
async function applied(t: ExecutionContext, example: string): Promise<Applied> {
  const [server, aws] = await Promise.all([
    startServer({ version: VERSIONS.at(-1) ?? 16, createAdmin: false }),
    startAws(),
  ])
  const front = await startTokenFront(server, (user, token) => token.includes(`DBUser=${user}&`))
  t.teardown(async () => {
    await front.close()
    await Promise.all([server.stop(), aws.stop()])
  })
  aws.putLogin(ADMIN_SECRET, server.admin.user, server.admin.password)
  const { program, env } = await prepareTerraform()
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'rds-provision-example-')))
  t.teardown(() => rm(folder, { recursive: true }))
  const tls = `{ mode = "verify-full", ca_file = ${JSON.stringify(server.caFile)} }`
  const more = ['stack', 'aws_region', 'audit_dir'].map((name, index) => [name, [example, REGION, 'audit'][index]])
  await writeExample(folder, example, {
    address: JSON.stringify(server.host),
    port: String(server.port),
    masterSecret: JSON.stringify(MASTER_SECRET),
    call: [
      `source = ${JSON.stringify(MODULE)}`,
      `tls = ${tls}`,
      `connect_through = { host = "127.0.0.1", port = ${String(front.port)} }`,
      ...more.map(([name, value]) => `${String(name)} = ${JSON.stringify(value)}`),
    ].join('\n'),
  })
  await writeFile(
    join(folder, 'outputs.tf'),
    'output "declaration_json" {\n  value = module.databases.declaration_json\n}\n',
  )
  const terraform = async (...args: string[]): Promise<string> => {
    const options = { cwd: folder, env: { ...env, ...aws.env, CHECKPOINT_DISABLE: '1' }, reject: false, all: true }
    const { exitCode, all, stdout } = await execa(program.command, args, options)
    if (exitCode !== 0) throw new Error(all)
    return stdout
  }
  await terraform('init', '-no-color')
  await terraform('plan', '-no-color', '-out=plan')
  const { planned_values: planned } = v.parse(Planned, JSON.parse(await terraform('show', '-json', 'plan')))
  const declared: unknown = JSON.parse(planned.outputs.declaration_json.value)
  const logins = Object.values(v.parse(Declaration, declared).application_databases)
  for (const { username, secret_id: secret } of logins) aws.putLogin(secret, username, passwordOf(username))
  aws.putSecret(MASTER_SECRET, { username: server.master.user, password: server.master.password })
  await terraform('apply', '-no-color', 'plan')
  await terraform('plan', '-no-color', '-detailed-exitcode')
  return {
    server,
    answer: async (user, query, database) => {
      const iam = logins.find(({ username }) => username === user)?.auth === 'iam'
      if (iam) server.acceptToken(user, passwordOf(user))
      try {
        const client = await server.connect({ user, password: passwordOf(user), database })
        await client.query(query).finally(() => client.end())
        return 'ok'
      } catch (error) {
        return v.parse(v.object({ code: v.string() }), error).code
      }
    },
  }
}

function passwordOf(user: string): string {
  return `Pw_of_${user}_7391`
}

async function makeOrders(owner: string, answer: Applied['answer'], database: string, schema: string): Promise<string> {
  return answer(owner, `CREATE TABLE ${schema}.orders (id int)`, database)
}

test.serial('people-and-groups: rights come from groups, and nobody else has any', async (t) => {
  const { answer, server } = await applied(t, 'people-and-groups')
  t.is(await makeOrders('shop_dev_user', answer, 'shop_dev_db', 'public'), 'ok')
  t.is(await answer('anna_dev_user', 'SELECT FROM public.orders', 'shop_dev_db'), 'ok')
  t.is(await answer('anna_dev_user', 'INSERT INTO public.orders VALUES (1)', 'shop_dev_db'), DENIED)
  t.is(await answer('ben_dev_user', 'INSERT INTO public.orders VALUES (1)', 'shop_dev_db'), 'ok')
  t.is(await answer('ben_dev_user', 'DROP TABLE public.orders', 'shop_dev_db'), DENIED)
  t.deepEqual(
    await server.sql(
      `SELECT rolname::text AS name, rolcanlogin AS can, rolvaliduntil IS NOT NULL AS ends FROM pg_roles
       WHERE rolname IN ('analysts_dev_user', 'anna_dev_user', 'ben_dev_user') ORDER BY 1`,
    ),
    [
      { name: 'analysts_dev_user', can: false, ends: false },
      { name: 'anna_dev_user', can: true, ends: false },
      { name: 'ben_dev_user', can: true, ends: true },
    ],
  )
})

test.serial('bi-login: one login reads every database of the stack, and writes in none', async (t) => {
  const { answer } = await applied(t, 'bi-login')
  for (const [app, schema] of [
    ['orders', 'public'],
    ['billing', 'billing'],
  ] as const) {
    const database = `${app}_dev_db`
    t.is(await makeOrders(`${app}_dev_user`, answer, database, schema), 'ok', app)
    t.is(await answer(`${app}_dev_user`, 'CREATE SCHEMA later CREATE TABLE later.t ()', database), 'ok', app)
    t.is(await answer('bi_dev_user', `SELECT FROM ${schema}.orders`, database), 'ok', app)
    t.is(await answer('bi_dev_user', 'SELECT FROM later.t', database), 'ok', app)
    t.is(await answer('bi_dev_user', `INSERT INTO ${schema}.orders VALUES (1)`, database), DENIED, app)
  }
})

test.serial('monitoring: statistics of the server, and no row of a table', async (t) => {
  const { answer } = await applied(t, 'monitoring')
  const owner = 'shop_dev_user'
  t.is(await answer('monitoring_dev_user', 'SELECT pg_database_size(oid) FROM pg_database', 'postgres'), 'ok')
  t.is(await answer('monitoring_dev_user', 'SELECT FROM pg_ls_waldir()', 'postgres'), 'ok')
  t.is(await answer(owner, 'SELECT FROM pg_ls_waldir()', 'postgres'), DENIED)
  t.is(await answer('monitoring_dev_user', 'SELECT 1', 'shop_dev_db'), DENIED)
})

test.serial('owner-group: what is deployed belongs to the owner, and the application writes rows only', async (t) => {
  const { answer, server } = await applied(t, 'owner-group')
  t.is(await makeOrders('shop_deploy_dev_user', answer, 'shop_dev_db', 'public'), 'ok')
  const [made] = await server.sql(
    `SELECT tableowner::text AS owner FROM pg_tables WHERE tablename = 'orders'`,
    [],
    'shop_dev_db',
  )
  t.deepEqual(made, { owner: 'shop_dev_user' })
  t.is(await answer('shop_app_dev_user', 'INSERT INTO public.orders VALUES (1)', 'shop_dev_db'), 'ok')
  t.is(await answer('shop_app_dev_user', 'DROP TABLE public.orders', 'shop_dev_db'), DENIED)
  t.is(await answer('shop_deploy_dev_user', 'DROP TABLE public.orders', 'shop_dev_db'), 'ok')
  t.not(await answer('shop_dev_user', 'SELECT 1', 'shop_dev_db'), 'ok')
})

test.serial('one-login-many-databases: the login works in each, and in no other', async (t) => {
  const { answer, server } = await applied(t, 'one-login-many-databases')
  t.is(await answer('shop_dev_user', 'CREATE TABLE t ()', 'tenant_01_dev_db'), DENIED)
  await server.sql('CREATE DATABASE other')
  await server.sql('REVOKE CONNECT ON DATABASE other FROM PUBLIC')
  t.is(await answer('shop_dev_user', 'SELECT 1', 'tenant_50_dev_db'), 'ok')
  t.is(await answer('shop_dev_user', 'SELECT 1', 'other'), DENIED)
})
