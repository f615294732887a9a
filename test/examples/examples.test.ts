/**
 * Every example and submodule against the schemas of hashicorp/aws 6: that Terraform accepts it, and what it plans.
 * `npm test -- --examples`
 */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { MODULE } from '../support/terraform.ts'
import { prepareSchemas } from '../support/terraform/schemas.ts'

const EXAMPLES = (await readdir(join(MODULE, 'examples'))).map((name) => `examples/${name}`)
const MODULES = ['.', 'modules/drift', 'modules/lambda-runner']

interface Ran {
  readonly code: number | undefined
  readonly output: string
}

type Terraform = (...args: readonly string[]) => Promise<Ran>

/** A copy of the module with all that comes with it, and Terraform in one of its folders. */
async function copied(t: ExecutionContext, folder: string): Promise<{ root: string; terraform: Terraform }> {
  t.timeout(600_000)
  const { program, env } = await prepareSchemas()
  const copy = await mkdtemp(join(tmpdir(), 'rds-provision-examples-'))
  t.teardown(() => rm(copy, { recursive: true, force: true }))
  await cp(MODULE, copy, { recursive: true, filter: (path) => !/\/\.terraform(?:\/|$)/.test(path) })
  const root = join(copy, folder)
  const terraform: Terraform = async (...args) => {
    const { exitCode, all } = await execa(program.command, [...args, '-no-color'], {
      cwd: root,
      env: { ...env, CHECKPOINT_DISABLE: '1' },
      reject: false,
      all: true,
    })
    return { code: exitCode, output: all.replaceAll(/[\s│╷╵]+/g, ' ') }
  }
  const { code, output } = await terraform('init', '-input=false')
  t.is(code, 0, output)
  return { root, terraform }
}

async function change(root: string, file: string, from: string, to: string): Promise<void> {
  const path = join(root, file)
  const text = await readFile(path, 'utf8')
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`)
  await writeFile(path, text.replace(from, to))
}

for (const folder of MODULES)
  test(`${folder}: Terraform accepts it`, async (t) => {
    const { terraform } = await copied(t, folder)
    const { code, output } = await terraform('validate')
    t.is(code, 0, output)
    t.regex(output, /Success! The configuration is valid\./)
  })

for (const folder of EXAMPLES)
  test(`${folder}: Terraform accepts it, and plans it`, async (t) => {
    const { terraform } = await copied(t, folder)
    const validated = await terraform('validate')
    t.is(validated.code, 0, validated.output)
    t.notRegex(validated.output, /Warning/)
    const planned = await terraform('plan', '-input=false')
    t.is(planned.code, 0, planned.output)
    t.regex(planned.output, /null_resource\.provision/)
    t.regex(planned.output, /Plan: [1-9]\d* to add, 0 to change, 0 to destroy\./)
  })

test('modules/lambda-runner: its own tests pass, with mocks', async (t) => {
  const { terraform } = await copied(t, 'modules/lambda-runner')
  const { code, output } = await terraform('test')
  t.is(code, 0, output)
  t.regex(output, /Success! [1-9]\d* passed, 0 failed/)
})

test('a caller that overrides the module tests itself, and nothing is run', async (t) => {
  const { root, terraform } = await copied(t, 'examples/existing-instance')
  await cp(join(MODULE, 'docs', 'override.tftest.hcl'), join(root, 'override.tftest.hcl'))
  const { code, output } = await terraform('test')
  t.is(code, 0, output)
  t.regex(output, /Success! 1 passed, 0 failed/)
  t.notRegex(output, /local-exec/)
})

test('mistakes in names, types and what may be written are found', async (t) => {
  const mistakes: readonly (readonly [string, string, string, RegExp])[] = [
    ['instance.tf', 'allocated_storage =', 'allocated_strage =', /argument named "allocated_strage" is not expected/],
    ['instance.tf', 'allocated_storage = 50', 'allocated_storage = "much"', /a number is required/],
    ['secrets.tf', 'secret_string_wo =', 'secret_string_wx =', /Did you mean "secret_string_wo"/],
    ['secrets.tf', 'secret_string_wo =', 'secret_string =', /Ephemeral values are not valid/],
    [
      'databases.tf',
      'aws_db_instance.main.address',
      'aws_db_instance.main.adress',
      /no argument, nested block, or exported attribute named "adress"/,
    ],
  ]
  for (const [file, from, to, said] of mistakes) {
    const { root, terraform } = await copied(t, 'examples/complete')
    await change(root, file, from, to)
    const { code, output } = await terraform('validate')
    t.is(code, 1, to)
    t.regex(output, said)
  }
})
