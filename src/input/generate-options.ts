/** The options of `generate`. Pure. */
import { InvalidInputError } from '../errors.ts'
import { show, suggestion } from './text.ts'

export const GENERATE_FORMATS = ['hcl', 'json'] as const
export type GenerateFormat = (typeof GENERATE_FORMATS)[number]

export interface GenerateOptions {
  readonly command: 'generate'
  readonly input: string | null
  /** The Lambda function that does it; null: that of the input, if any. */
  readonly runner: string | null
  readonly format: GenerateFormat
  /** null: standard output. */
  readonly output: string | null
  /** null, like the next ones: not given. */
  readonly statements: string | null
  readonly database: string | null
  readonly terraformState: string | null
  readonly removed: string | null
}

/**
 * @param text the value of an option; null where it is not given
 * @throws InvalidInputError
 */
export function generateOptions(text: (option: string) => string | null): Omit<GenerateOptions, 'runner'> {
  const word = text('format') ?? 'hcl'
  const format = GENERATE_FORMATS.find((item) => item === word)
  if (format === undefined)
    throw refusal(
      '--format',
      `${show(word)} is not known.`,
      `Use one of ${GENERATE_FORMATS.join(', ')}.${suggestion(word, GENERATE_FORMATS)}`,
    )
  const [input, terraformState, removed] = ['input', 'terraform-state', 'removed'].map(text)
  if (input === '-' && terraformState === '-')
    throw refusal('--terraform-state', 'is standard input, and so is --input.', 'Give a file for one of the two.')
  if ((removed ?? null) !== null && (terraformState ?? null) === null)
    throw refusal('--removed', 'goes with --terraform-state only.', 'Give --terraform-state too, or leave it out.')
  return {
    command: 'generate',
    input: input ?? null,
    format,
    output: text('output'),
    statements: text('statements'),
    database: text('database'),
    terraformState: terraformState ?? null,
    removed: removed ?? null,
  }
}

function refusal(field: string, message: string, remedy: string): InvalidInputError {
  return new InvalidInputError([{ application: null, code: 'usage', field, message, remedy }])
}
