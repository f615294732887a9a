/** Where the command line says that the input is: a file, standard input, a plan of Terraform, the environment. */
import { readFile } from 'node:fs/promises'
import { InvalidInputError } from '../errors.ts'
import type { RunEnvironment } from '../input/environment.ts'
import { parsePlanFile } from '../input/plan-file.ts'
import { declarationOfPlan } from '../input/terraform-plan.ts'
import type { ApprovedPlan } from '../model/effect.ts'
import type { InputCode } from '../model/problem.ts'

export interface InputSource {
  /** --input, before RDS_PROVISION_INPUT (src/README.md: Environment of a run); `-` is standard input. */
  readonly file: string | null
  /** --terraform-plan, and the output of the root to take; null: not given. */
  readonly terraformPlan: { readonly file: string; readonly output: string | null } | null
  /** All of standard input. @throws RangeError where it is larger than an input may be */
  readonly readStandardInput: () => Promise<string>
}

/** @throws InvalidInputError where nothing can be read there */
export async function readInput(
  { file, terraformPlan, readStandardInput }: InputSource,
  environment: Pick<RunEnvironment, 'input'>,
): Promise<string> {
  if (terraformPlan !== null) {
    const { file: path, output } = terraformPlan
    return declarationOfPlan(await readText(path, '--terraform-plan', readStandardInput), output)
  }
  if (file !== null) return assertPrinted(await readText(file, '--input', readStandardInput))
  if (environment.input !== null) return environment.input
  const message = 'is missing.'
  throw refusal('missing_input', 'input', message, 'Give --input FILE, or set RDS_PROVISION_INPUT.')
}

/** What ALLOW_DB_PROVISION approves of single plans, with its effects where their file is given. */
export async function readApprovedPlan({
  approvedDigest: digest,
  planFile,
}: Pick<RunEnvironment, 'approvedDigest' | 'planFile'>): Promise<ApprovedPlan | null> {
  if (digest === null) return null
  if (planFile === null) return { digest, effects: null }
  return parsePlanFile(await readText(planFile, 'RDS_PROVISION_PLAN_FILE', null), digest)
}

/** Before the first apply `terraform output` prints a warning in place of a value, and exits with 0. */
function assertPrinted(text: string): string {
  if (!/^\P{L}*Warning:.*No outputs found/su.test(text.slice(0, 200).replaceAll(/\u001b\[[\d;]*m/g, ''))) return text
  const message = 'is the warning of terraform output that there are no outputs: nothing was applied yet.'
  throw refusal('missing_input', '--input', message, 'Give a saved plan: plan --terraform-plan FILE.')
}

/** @param readStandardInput what `-` is; null: a file of that name */
async function readText(
  path: string,
  field: string,
  readStandardInput: InputSource['readStandardInput'] | null,
): Promise<string> {
  try {
    return path === '-' && readStandardInput !== null ? await readStandardInput() : await readFile(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw refusal('unreadable_input', field, `cannot be read: ${reason}.`, 'Give the path of a readable file.', error)
  }
}

function refusal(code: InputCode, field: string, message: string, remedy: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError([{ application: null, code, field, message, remedy }], { cause })
}
