/**
 * The checks of the module alone, asked by `terraform console`: no provider, no init, no plan. A stand-in takes the place
 * of plain.tf where a test needs one.
 */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import * as v from 'valibot'
import { MODULE, type Variables } from '../../support/terraform.ts'
import { findProgram, SPARING } from '../../support/terraform/program.ts'

/** Each set of plain.tf, and the lists of problems that look at its entries only. */
export const SPARED = {
  odd_fields: ['field_problems'],
  odd_names: ['name_problems'],
  odd_secrets: ['secret_problems'],
  odd_types: ['type_problems'],
  odd_values: ['value_problems'],
  odd_settings: ['setting_problems'],
  odd_rights: ['right_problems'],
  odd_references: ['reference_problems'],
  odd_logins: ['login_problems'],
} as const

const SETS = Object.keys(SPARED)
const LISTS = Object.values(SPARED).flat()
const SOURCES = [
  'checks.tf',
  'checks-values.tf',
  'checks-rights.tf',
  'checks-references.tf',
  'checks-logins.tf',
  'declaration.tf',
  'objects.tf',
  'variables.tf',
  'variables-run.tf',
]

const IDS = `resource "terraform_data" "stack" {}
resource "terraform_data" "application" {
  for_each = {}
}
`

/** In the place of plain.tf: every entry is looked at. */
export const ALL_ODD = `locals {\n${SETS.map((set) => `  ${set} = keys(var.application_databases)\n`).join('')}}\n`

const Lists = v.record(v.string(), v.array(v.string()))
const Answer = v.object({ odd: Lists, problems: Lists })
/** What the checks say. `odd`: the applications in each set. `problems`: the messages in each list, without what concerns several entries. */
export type Answer = v.InferOutput<typeof Answer>

const object = (names: readonly string[]): string => `{ ${names.map((name) => `${name} = local.${name}`).join(', ')} }`
/** In base64, since the console prints a text as HCL quotes it. */
const QUESTION = `base64encode(jsonencode({ odd = ${object(SETS)}, problems = ${object(LISTS)} }))`

export function readPlain(): Promise<string> {
  return readFile(join(MODULE, 'plain.tf'), 'utf8')
}

/** Terraform's time grows faster than their number: 200 take two seconds, 1,356 more than five minutes. */
const ENTRIES_AT_ONCE = 200

/**
 * Evaluates the checks for the module's variables, so many entries at a time; `plain` is the text of plain.tf.
 * @throws Error with Terraform's output where the module cannot be evaluated
 */
export async function ask(
  plain: string,
  variables: Variables & { readonly application_databases: Variables },
): Promise<Answer> {
  const entries = Object.entries(variables.application_databases)
  const all: Answer = { odd: {}, problems: {} }
  for (let from = 0; from < Math.max(entries.length, 1); from += ENTRIES_AT_ONCE) {
    const some = Object.fromEntries(entries.slice(from, from + ENTRIES_AT_ONCE))
    const answer = await askOnce(plain, { ...variables, application_databases: some })
    for (const kind of ['odd', 'problems'] as const)
      for (const [name, items] of Object.entries(answer[kind])) all[kind][name] = [...(all[kind][name] ?? []), ...items]
  }
  return all
}

async function askOnce(plain: string, variables: Variables): Promise<Answer> {
  return inFolder(async (folder, run) => {
    await copyChecks(folder, plain)
    await writeFile(join(folder, 'terraform.tfvars.json'), JSON.stringify(variables))
    const encoded = /^"([A-Za-z0-9+/=]+)"$/.exec(await run(['console'], `${QUESTION}\n`))?.[1]
    if (encoded === undefined) throw new Error('terraform console has told nothing')
    return v.parse(Answer, JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')))
  })
}

/** How many bytes the script's input would have for the module's variables, as the plan counts them. */
export async function askInputBytes(variables: Variables): Promise<number> {
  return inFolder(async (folder, run) => {
    await copyChecks(folder, ALL_ODD)
    await writeFile(join(folder, 'terraform.tfvars.json'), JSON.stringify(variables))
    return Number(await run(['console'], 'local.input_bytes\n'))
  })
}

/**
 * What each list says where a value is known only after apply; null where that is not known at plan.
 * @param applications HCL, in which `terraform_data.late.id` is such a value
 */
export async function askAtPlan(plain: string, applications: string): Promise<Record<string, string | null>> {
  return inFolder(async (folder, run) => {
    const checks = join(folder, 'checks')
    await copyChecks(checks, plain)
    await writeFile(
      join(checks, 'lists.tf'),
      LISTS.map((name) => `output "${name}" {\n value = local.${name}\n}\n`).join(''),
    )
    await writeFile(
      join(folder, 'main.tf'),
      `resource "terraform_data" "late" {}
module "checks" {
  source                = "./checks"
  environment           = "dev"
  instance              = { host = "x" }
  admin_secret_id       = "a"
  application_databases = ${applications}
}
`,
    )
    await run(['init', '-no-color'])
    const encode = (name: string): string => `${name} = base64encode(jsonencode(module.checks.${name}))`
    const told = await run(['console'], `{ ${LISTS.map(encode).join(', ')} }\n`)
    const lines = told.matchAll(/^ *"(\w+)" = (?:"([A-Za-z0-9+/=]+)"|\(known after apply\))$/gm)
    return Object.fromEntries(
      [...lines].map(([, name = '', text]) => [
        name,
        text === undefined ? null : Buffer.from(text, 'base64').toString('utf8'),
      ]),
    )
  })
}

type Run = (args: readonly string[], input?: string) => Promise<string>

/** A folder of its own, and what runs Terraform there and gives its output. */
async function inFolder<T>(work: (folder: string, run: Run) => Promise<T>): Promise<T> {
  const { command } = await findProgram()
  const inherited = Object.fromEntries(['PATH', ...Object.keys(SPARING)].map((name) => [name, process.env[name]]))
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-checks-'))
  try {
    await mkdir(join(folder, 'home'))
    return await work(folder, async (args, input = '') => {
      const { stdout, exitCode, all } = await execa(command, args, {
        cwd: folder,
        env: { ...inherited, HOME: join(folder, 'home'), CHECKPOINT_DISABLE: '1' },
        extendEnv: false,
        input,
        reject: false,
        all: true,
      })
      if (exitCode !== 0) throw new Error(`terraform ${args.join(' ')} failed:\n${all}`)
      return stdout
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function copyChecks(folder: string, plain: string): Promise<void> {
  for (const file of SOURCES) await cp(join(MODULE, file), join(folder, file))
  await writeFile(join(folder, 'plain.tf'), plain)
  // Of main.tf, which has the provisioning, it needs the claim and the markers alone.
  await writeFile(join(folder, 'ids.tf'), IDS)
}

/** What breaks the invariant of plain.tf: a message about an entry that is plain. */
export function violations({ odd }: Pick<Answer, 'odd'>, { problems }: Pick<Answer, 'problems'>): string[] {
  return Object.entries(SPARED).flatMap(([set, lists]) => {
    const apps = new Set(odd[set])
    return lists.flatMap((list) =>
      (problems[list] ?? []).filter((message) => !apps.has(message.split(':', 1)[0] ?? '')),
    )
  })
}
