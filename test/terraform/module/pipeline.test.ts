/** A pipeline under the real Terraform on a real server: planned on one runner, approved by digest, applied on another. */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import * as v from 'valibot'
import { MODULE, prepareTerraform, type Result, type Stack } from '../../support/terraform.ts'
import { instance } from './instance.ts'

const BUNDLE = join(MODULE, 'dist', 'rds-provision.mjs')
const given = instance()
const PlanFile = v.object({ digest: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)), effects: v.array(v.unknown()) })

interface Ended {
  readonly code: number | undefined
  readonly stdout: string
}

/** The script as a step of the pipeline runs it; it has no approval. */
async function script(stack: Stack, args: readonly string[], input = ''): Promise<Ended> {
  const env = { PATH: process.env['PATH'] ?? '', ...stack.env }
  const options = { cwd: stack.folder, env, extendEnv: false, reject: false, input }
  const { exitCode: code, stdout, stderr } = await execa(process.execPath, [BUNDLE, ...args], options)
  return { code, stdout: `${stdout}${stderr}` }
}

/** The first job: a saved plan, and what approves its effects. */
async function planJob(t: ExecutionContext, stack: Stack): Promise<string> {
  const { code, output } = await stack.plan(['-out=saved'])
  t.is(code, 2, output)
  const planned = await action(stack, { ACTION_COMMAND: 'plan' })
  t.is(planned.code, 0, planned.stdout)
  const { digest } = v.parse(PlanFile, JSON.parse(await readFile(join(stack.folder, 'approved.json'), 'utf8')))
  t.true(planned.stdout.includes(`plan:${digest}`), planned.stdout)
  t.is(planned.outputs, `digest=${digest}\n`)
  return digest
}

/** `action.sh` as `action.yml` runs it on a runner, with the inputs' defaults. */
async function action(stack: Stack, inputs: Readonly<Record<string, string>>): Promise<Ended & { outputs: string }> {
  const bin = join(stack.folder, 'bin')
  await mkdir(bin, { recursive: true })
  const { program } = await prepareTerraform()
  if (program.command !== 'terraform')
    await writeFile(join(bin, 'terraform'), `#!/bin/sh\nexec ${program.command} "$@"\n`, { mode: 0o755 })
  const outputs = join(stack.folder, 'outputs')
  await writeFile(outputs, '')
  const defaults = {
    ACTION_PLAN_FILE: 'saved',
    ACTION_OUTPUT: '',
    ACTION_OUT: 'approved.json',
    ACTION_AUDIT_DIR: 'audit',
  }
  const env = { ...stack.env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, ...defaults, ...inputs }
  const { exitCode, stdout, stderr } = await execa(join(MODULE, 'action.sh'), [], {
    cwd: stack.folder,
    env: { ...env, GITHUB_OUTPUT: outputs, CHECKPOINT_DISABLE: '1' },
    extendEnv: false,
    reject: false,
  })
  return { code: exitCode, stdout: `${stdout}${stderr}`, outputs: await readFile(outputs, 'utf8') }
}

/** The second job, in a checkout of its own that has the artifacts of the first. */
async function applyJob(t: ExecutionContext, stack: Stack, digest: string): Promise<Result> {
  const other = `${stack.folder}-other`
  await cp(stack.folder, other, { recursive: true })
  t.teardown(() => rm(other, { recursive: true, force: true }))
  const approval = { ALLOW_DB_PROVISION: `plan:${digest}`, RDS_PROVISION_PLAN_FILE: join(other, 'approved.json') }
  const applied = await stack.terraform([`-chdir=${other}`, 'apply', '-no-color', 'saved'], approval)
  // The state would be in a backend that both have.
  await cp(join(other, 'terraform.tfstate'), join(stack.folder, 'terraform.tfstate'))
  await rm(other, { recursive: true })
  return applied
}

test.serial(
  'what was approved runs on another runner; a change by hand in between is refused, and shown',
  async (t) => {
    t.timeout(900_000)
    const { server } = given()
    const limitOf = async (): Promise<unknown> =>
      (await server.sql(`SELECT rolconnlimit AS limit FROM pg_roles WHERE rolname = 'shop_prod_user'`))[0]
    const stack = await given().declare(t, { shop: {} }, { environment: 'prod' })
    stack.passOn(['declaration', 'declaration_json', 'audit', 'changed'])

    const first = await planJob(t, stack)
    const made = await applyJob(t, stack, first)
    t.is(made.code, 0, made.output)
    t.deepEqual(await limitOf(), { limit: -1 })

    stack.applications = { shop: { connection_limit: 20 } }
    const approved = await planJob(t, stack)
    t.not(approved, first)
    await server.sql('ALTER ROLE shop_prod_user CONNECTION LIMIT 3 CREATEDB')
    const refused = await applyJob(t, stack, approved)
    t.is(refused.scriptExit, 4, refused.output)
    t.regex(refused.output, /\+ .*loses CREATEDB/)
    t.regex(refused.output, /- .*connection limit -1 -> 20/)
    t.deepEqual(await limitOf(), { limit: 3 })

    await server.sql('ALTER ROLE shop_prod_user CONNECTION LIMIT -1 NOCREATEDB')
    t.is(await planJob(t, stack), approved, 'the digest stays where the effects do')
    const applied = await applyJob(t, stack, approved)
    t.is(applied.code, 0, applied.output)
    t.deepEqual(await limitOf(), { limit: 20 })
    t.is((await stack.plan()).code, 0)
  },
)

test.serial(
  'an apply that failed half-way is gone on with by a plan made anew and the approval that it had',
  async (t) => {
    t.timeout(900_000)
    const { server } = given()
    const applications = { mill: {}, mill_ro: { database_name: 'mill_prod_db', access_level: 'reader' } }
    const stack = await given().declare(t, applications, { environment: 'prod' })
    stack.applications = { mill: {} }
    stack.passOn(['declaration', 'declaration_json', 'audit', 'changed'])
    const first = await applyJob(t, stack, await planJob(t, stack))
    t.is(first.code, 0, first.output)
    await server.sql(
      'CREATE TABLE public.held (id int); ALTER TABLE public.held OWNER TO mill_prod_user',
      [],
      'mill_prod_db',
    )

    stack.applications = applications
    const approved = await planJob(t, stack)
    // Somebody else's transaction, not yet committed: the reader's grant on the table is given up.
    await server.sql('BEGIN; GRANT SELECT ON public.held TO PUBLIC', [], 'mill_prod_db')
    const failed = await applyJob(t, stack, approved)
    await server.sql('ROLLBACK', [], 'mill_prod_db')
    t.is(failed.scriptExit, 1, failed.output)

    const stale = await applyJob(t, stack, approved)
    t.regex(stale.output, /Saved plan is stale/)
    const { code, output } = await stack.plan(['-out=saved'])
    t.is(code, 2, output)
    const gone = await applyJob(t, stack, approved)
    t.is(gone.code, 0, gone.output)
    t.regex(gone.output, /was begun by a run before, and this one goes on with it/)
    t.is((await stack.plan()).code, 0)
  },
)

test.serial('drift of the next day is seen by a job that plans what was applied', async (t) => {
  t.timeout(900_000)
  const { server } = given()
  const stack = await given().declare(t, { stock: {} })
  stack.passOn(['declaration_json'])
  const none = await stack.terraform(['output', '-raw', 'declaration_json'])
  const early = await script(stack, ['plan', '--input', '-', '--detailed-exitcode'], none.stdout)
  t.is(early.code, 3)
  await stack.applyOk()
  const look = async (): Promise<Ended> => {
    const { stdout } = await stack.terraform(['output', '-raw', 'declaration_json'])
    return script(stack, ['plan', '--input', '-', '--detailed-exitcode'], stdout)
  }
  t.is((await look()).code, 0)
  for (const command of ['drift', 'report'])
    t.like(await action(stack, { ACTION_COMMAND: command }), { code: 0 }, command)
  await server.sql('ALTER ROLE stock_dev_user CREATEDB')
  const drifted = await look()
  t.is(drifted.code, 2)
  t.regex(drifted.stdout, /stock_dev_user: loses CREATEDB/)
  t.is((await action(stack, { ACTION_COMMAND: 'drift' })).code, 2)
  t.is((await action(stack, { ACTION_COMMAND: 'deploy' })).code, 3)
})
