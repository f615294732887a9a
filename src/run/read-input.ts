/** Where the declaration comes from: a file, standard input, the environment, or a saved plan of Terraform. */
import { createReadStream } from 'node:fs'
import { decodeInput, MOST_BYTES } from '../input/decode.ts'
import type { RunEnvironment } from '../input/environment.ts'
import { declarationInPlan } from '../input/terraform-plan.ts'
import { InvalidInputError } from '../errors.ts'

export interface InputOptions {
  /** --input, before RDS_PROVISION_INPUT (src/README.md: Environment of a run); `-` is standard input. */
  readonly inputFile: string | null
  /** --terraform-plan, before both; absent: not given. */
  readonly terraformPlan?: TerraformPlan | null
  readonly environment: Pick<RunEnvironment, 'input'>
  /** Read where a path is `-`; absent: there is none. */
  readonly standardInput?: () => AsyncIterable<unknown>
}

/** `terraform show -json` of a saved plan. */
export interface TerraformPlan {
  /** `-` is standard input. */
  readonly path: string
  /** Which of its outputs; null: there is one. */
  readonly output: string | null
}

/** A plan holds each resource up to four times beside the declaration. */
export const MOST_PLAN_BYTES = 4 * MOST_BYTES

/** @returns the declaration as JSON text, not parsed. @throws InvalidInputError */
export async function readInput(options: InputOptions): Promise<string> {
  const { inputFile, terraformPlan = null, environment } = options
  if (terraformPlan !== null) {
    const { path, output } = terraformPlan
    return declarationInPlan(await readText(path, '--terraform-plan', MOST_PLAN_BYTES, options), output)
  }
  if (inputFile !== null) return decodeInput(await readText(inputFile, '--input', MOST_BYTES, options))
  if (environment.input !== null) return decodeInput(environment.input)
  throw new InvalidInputError([
    {
      application: null,
      code: 'missing_input',
      field: 'input',
      message: 'is missing.',
      remedy: 'Give --input FILE, or set RDS_PROVISION_INPUT.',
    },
  ])
}

/** @param option where the path was given; `-` is standard input. @throws InvalidInputError */
export async function readText(
  path: string,
  option: string,
  most: number,
  { standardInput }: Pick<InputOptions, 'standardInput'>,
): Promise<string> {
  try {
    if (path !== '-') return await readAll(createReadStream(path), option, most)
    return standardInput === undefined ? '' : await readAll(standardInput(), option, most)
  } catch (error) {
    if (error instanceof InvalidInputError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw unreadable(option, `cannot be read: ${reason}.`, 'Give the path of a readable file.', error)
  }
}

/**
 * No more than may be decoded: what is piped in has no end of its own.
 * @param option where it was given. @param most of bytes. @throws InvalidInputError where it is more
 */
export async function readAll(stream: AsyncIterable<unknown>, option: string, most = MOST_BYTES): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of stream) {
    const chunk = part instanceof Uint8Array ? part : Buffer.from(String(part))
    parts.push(chunk)
    bytes += chunk.length
    if (bytes > most)
      throw unreadable(option, `is larger than ${String(most / 1024 / 1024)} MiB.`, 'Give the declaration alone.')
  }
  return Buffer.concat(parts).toString('utf8')
}

function unreadable(field: string, message: string, remedy: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError([{ application: null, code: 'unreadable_input', field, message, remedy }], { cause })
}
