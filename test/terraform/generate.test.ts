/**
 * What the guide "An instance that exists already" says of `generate`, line by line: on a server that people made by
 * hand, by the real Terraform.
 */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { toHcl } from '../../src/generate/hcl.ts'
import { type Aws, REGION, startAws } from '../support/aws.ts'
import { codeBlocks, guide, readDocument, ROOT } from '../support/documents.ts'
import { makeMessy, OLD_HBA } from '../support/messy/instance.ts'
import { lost, probe } from '../support/messy/probe.ts'
import { type Server, startServer } from '../support/postgres.ts'
import { ADMIN_SECRET, makeStack, MASTER_SECRET, MODULE, prepareTerraform } from '../support/terraform.ts'
import { SAMPLE } from '../unit/generate/sample.ts'

const page = readDocument(guide('existing-instance'))
const section = /^## Declare what is there$([\s\S]*?)^## /m.exec(page)?.[1] ?? ''
/** The blocks of a part, whatever their indentation, in order. */
function blocksIn(part: string, language: string): string[] {
  const flat = part.replace(/^ {3}/gm, '')
  return codeBlocks(flat).flatMap((block) => (block.language === language ? [block.text] : []))
}
const [main = '', tighten = '', leave = '', , provider = '', script = ''] = section.split(/^### .*$/m)

const started: { server: Server; aws: Aws; folder: string; env: Record<string, string> }[] = []
async function begin(): Promise<(typeof started)[number]> {
  const server = await startServer({ version: 16, createAdmin: false, hba: OLD_HBA })
  const aws = await startAws()
  aws.putLogin(MASTER_SECRET, server.master.user, server.master.password)
  aws.putLogin(ADMIN_SECRET, 'platform_provisioner', 'a')
  const stack = await makeStack({ server, aws, applications: {} })
  const { folder } = stack
  const bin = await mkdtemp(join(tmpdir(), 'rds-provision-bin-'))
  const program = `#!/bin/sh\nexec "${process.execPath}" "--import=${import.meta.resolve('tsx')}" "${join(ROOT, 'src/main.ts')}" "$@"\n`
  await writeFile(join(bin, 'rds-provision'), program)
  await chmod(join(bin, 'rds-provision'), 0o755)
  const { env } = await prepareTerraform()
  const found = {
    server,
    aws,
    folder,
    env: {
      ...env,
      ...aws.env,
      AWS_REGION: REGION,
      PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
      HOME: folder,
      TF_IN_AUTOMATION: '1',
      TF_INPUT: '0',
      TF_CLI_ARGS_apply: '-auto-approve -no-color',
      CHECKPOINT_DISABLE: '1',
      RDS_PROVISION_BUILD_ID: '4711',
    },
  }
  started.push(found)
  return found
}
test.after.always(async () => {
  for (const { server, aws, folder } of started) {
    await server.stop()
    await aws.stop()
    await rm(folder, { recursive: true, force: true })
  }
})

/** With what the guide's reader has instead of the guide's names. */
function own(text: string, { host, port, caFile }: Server): string {
  return text
    .replaceAll('db.example.com', host)
    .replaceAll('5432', String(port))
    .replace('"environment": "dev",', `"environment": "dev", "tls": ${JSON.stringify({ ca_file: caFile })},`)
    .replace('source = "../.."', `source = ${JSON.stringify(MODULE)}\n  tls = { ca_file = ${JSON.stringify(caFile)} }`)
    .replace('application_databases = var', `stack = "db-1/dev"\n  application_databases = var`)
}

/** `psql` runs what is in the file as the login that the line names: there need be none here. */
async function psql({ server, folder }: (typeof started)[number], line: string): Promise<void> {
  const who = /user=(\w+)/.exec(line)?.[1]
  const text = await readFile(join(folder, /--file (\S+)/.exec(line)?.[1] ?? ''), 'utf8')
  const named = [...text.matchAll(/^-- as (\S+):$/gm)].map(([, name]) => name)
  if (who !== server.master.user || named.some((name) => name !== who))
    throw new Error(`not as ${String(who)}: ${text}`)
  const client = await server.connect({ ...server.master, database: 'postgres' })
  await client.query(text).finally(() => client.end())
}

const run = (at: (typeof started)[number], line: string) =>
  execa('bash', ['-c', `set -o pipefail; ${line}`], {
    cwd: at.folder,
    env: at.env,
    extendEnv: false,
    reject: false,
    all: true,
  })

async function runAll(at: (typeof started)[number], text: string): Promise<void> {
  for (const line of text.split('\n').filter((item) => item !== '')) {
    if (line.startsWith('psql ')) {
      await psql(at, line)
      continue
    }
    const { exitCode, all } = await run(at, line)
    if (exitCode !== 0) throw new Error(`${line}\n${all}`)
  }
}

test.serial('each line of the guide, from what is there to a second plan that is empty', async (t) => {
  const at = await begin()
  await makeMessy(at.server)
  const before = await probe(at.server)
  const [input = ''] = blocksIn(main, 'json')
  const [root = ''] = blocksIn(main, 'hcl')
  await writeFile(join(at.folder, 'instance.json'), own(input, at.server))
  await writeFile(join(at.folder, 'main.tf'), own(root, at.server))
  const shell = blocksIn(main, 'sh')
  t.is(shell.length, 4)
  for (const text of shell) await runAll(at, text)
  const formatted = await run(at, 'terraform fmt -check -diff applications.auto.tfvars')
  t.is(formatted.exitCode, 0, formatted.all)
  t.is((await run(at, 'terraform validate')).exitCode, 0)
  t.deepEqual(lost(before, await probe(at.server)), [])
  const second = await run(at, 'terraform plan -detailed-exitcode -no-color')
  t.is(second.exitCode, 0, second.all)

  const [look = ''] = blocksIn(script, 'sh')
  t.is((await run(at, look)).exitCode, 0)
  await at.server.sql('GRANT SELECT ON kpis TO helpdesk', [], 'stats')
  t.is((await run(at, look)).exitCode, 0, 'what a script grants is kept')
  await at.server.sql('ALTER ROLE stats CONNECTION LIMIT 41')
  const differs = await run(at, look)
  t.is(differs.exitCode, 2)
  t.regex(differs.all, /connection limit 41 -> 40/)
  await tightened(t, at)
  await left(t, at)
})

const VARIABLES = 'applications.auto.tfvars'

async function edit({ folder }: (typeof started)[number], file: string, change: (text: string) => string) {
  const path = join(folder, file)
  await writeFile(path, change(await readFile(path, 'utf8')))
}

/** From `keep` on, as the guide says: who loses what stands in the plan before, and nothing else is lost. */
async function tightened(t: ExecutionContext, at: (typeof started)[number]): Promise<void> {
  const [list = '', steps = ''] = blocksIn(tighten, 'sh')
  t.regex((await run(at, list.trim())).all, /depot +PUBLIC \(everybody\) +CONNECT, TEMPORARY +database depot/)
  await edit(at, VARIABLES, (text) => text.replace(/^ {2}depot = \{$/m, '$&\n    undeclared = "report"'))
  const before = await probe(at.server)
  const [plan = '', show = '', look = '', apply = ''] = steps.trim().split('\n')
  await runAll(at, [plan, show].join('\n'))
  const told = await run(at, look)
  t.is(told.exitCode, 0, told.all)
  t.regex(told.all, /LOSES till: SELECT, INSERT on public\.baskets in market/)
  t.regex(told.all, /PUBLIC may not connect to depot\n +LOSES .*: CONNECT, TEMPORARY on database depot/)
  await runAll(at, apply)
  const gone = lost(before, await probe(at.server))
  t.true(gone.length > 0)
  t.deepEqual(
    gone.filter((line) => !line.includes(' in depot: ') && !line.startsWith('till in ')),
    [],
  )
}

/** Everything is given back as it is, and carries no tag any more. */
async function left(t: ExecutionContext, at: (typeof started)[number]): Promise<void> {
  const before = await probe(at.server)
  const [release = '', away = ''] = blocksIn(leave, 'sh')
  const map = 'application_databases = var.application_databases'
  await edit(at, 'main.tf', (text) => text.replace(map, `cleanup_policy = "release"\n  ${map}`))
  await runAll(at, release)
  await edit(at, 'main.tf', (text) => text.replace(map, 'application_databases = {}'))
  await runAll(at, away)
  const tags = await at.server.sql(
    `SELECT r.rolname AS name FROM pg_shdescription d JOIN pg_roles r ON r.oid = d.objoid WHERE description LIKE '%ManagedBy%'`,
  )
  t.deepEqual(
    tags.map(({ name }) => name),
    ['platform_provisioner'],
  )
  const after = await probe(at.server)
  t.deepEqual([lost(before, after), lost(after, before)], [[], []])
}

const resource = (type: string, name: string, values: object): object => ({
  address: `${type}.${name}`,
  mode: 'managed',
  type,
  name,
  values,
})

/** The provider is in no registry that these tests reach: its state is written as it does, and its types stand in. */
const STATE = {
  format_version: '1.0',
  values: {
    root_module: {
      resources: [
        resource('postgresql_role', 'single_sign_on', { name: 'gate', password: 'hunter2', login: true }),
        resource('postgresql_database', 'web_shop', { name: 'market', owner: 'market' }),
        resource('postgresql_grant', 'readers', {
          database: 'market',
          role: 'helpdesk',
          schema: 'public',
          object_type: 'table',
          objects: [],
          privileges: ['SELECT'],
        }),
      ],
    },
  },
}

test.serial('names of the other provider are keys, and its resources are forgotten', async (t) => {
  const at = await begin()
  await makeMessy(at.server)
  const [input = ''] = blocksIn(main, 'json')
  await writeFile(join(at.folder, 'instance.json'), own(input, at.server))
  await writeFile(join(at.folder, 'state.json'), JSON.stringify(STATE))
  const [text = ''] = blocksIn(provider, 'sh')
  const [show = '', generate = '', ...more] = text.split('\n').filter((line) => line !== '')
  t.is(show, 'terraform show -json > state.json')
  t.is(more.length, 0)
  await runAll(at, generate)
  const declared = await readFile(join(at.folder, 'applications.auto.tfvars'), 'utf8')
  t.regex(declared, /^ {2}web_shop = \{$/m)
  t.regex(declared, /# NOT EXPRESSED: postgresql_grant\.readers: it meant SELECT on all, tables of the schema public/)
  t.false(declared.includes('hunter2'))
  t.is((await run(at, 'terraform fmt -check removed.tf')).exitCode, 0)

  const forgotten = await mkdtemp(join(tmpdir(), 'rds-provision-removed-'))
  const other = { ...at, folder: forgotten }
  const blocks = (await readFile(join(at.folder, 'removed.tf'), 'utf8')).replace(/postgresql_\w+/g, 'terraform_data')
  await writeFile(
    join(forgotten, 'main.tf'),
    ['single_sign_on', 'web_shop', 'readers'].map((name) => `resource "terraform_data" "${name}" {}\n`).join(''),
  )
  await runAll(other, 'terraform init\nterraform apply')
  await writeFile(join(forgotten, 'main.tf'), blocks)
  const { exitCode, all } = await run(other, 'terraform apply')
  t.is(exitCode, 0, all)
  t.regex(all, /0 added, 0 changed, 0 destroyed/)
  t.is((await run(other, 'terraform state list')).stdout, '')
  await rm(forgotten, { recursive: true })

  const commented = await run(at, generate.replace(' --removed removed.tf', ''))
  t.is(commented.exitCode, 0, commented.all)
  t.regex(
    await readFile(join(at.folder, 'applications.auto.tfvars'), 'utf8'),
    /^# {3}from = postgresql_role\.single_sign_on$/m,
  )
})

test.serial('terraform fmt changes nothing, whatever the names are', async (t) => {
  const { program, env } = await prepareTerraform()
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-fmt-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'sample.auto.tfvars'), toHcl(SAMPLE))
  await writeFile(
    join(folder, 'main.tf'),
    'variable "application_databases" {\n  type = any\n}\n\noutput "read" {\n  value = jsonencode(var.application_databases)\n}\n',
  )
  const terraform = (...args: string[]) =>
    execa(program.command, args, { cwd: folder, env: { ...env, CHECKPOINT_DISABLE: '1' }, reject: false, all: true })
  const { exitCode, all } = await terraform('fmt', '-check', '-diff')
  t.is(exitCode, 0, all)
  await terraform('init')
  t.is((await terraform('apply', '-auto-approve', '-no-color')).exitCode, 0)
  const { stdout } = await terraform('output', '-raw', 'read')
  t.deepEqual(JSON.parse(stdout), Object.fromEntries(SAMPLE.entries.map(({ key, fields }) => [key, fields])))
})
