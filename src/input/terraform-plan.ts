/** The declaration of a Terraform plan that was saved, from `terraform show -json` of it. Pure. */
import * as v from 'valibot'
import { InvalidInputError } from '../errors.ts'
import type { InputCode } from '../model/problem.ts'
import { parseJson } from './decode.ts'
import { show, suggestion } from './text.ts'

const CHANGE = v.object({ after: v.optional(v.unknown()), after_unknown: v.optional(v.unknown()) })
const SHOWN = v.object({
  format_version: v.string(),
  output_changes: v.optional(v.record(v.string(), CHANGE), {}),
})
const DECLARATION = v.looseObject({ application_databases: v.looseObject({}) })
const HOST = v.looseObject({ instance: v.looseObject({ host: v.string() }) })

/** An output of the root that passes a declaration on. */
interface Candidate {
  readonly name: string
  readonly declaration: v.InferOutput<typeof DECLARATION>
}

/**
 * @param text what `terraform show -json FILE` printed
 * @param output the root's output to take; null: the only one that holds a declaration
 * @returns the declaration as JSON text, as far as the plan knows it
 * @throws InvalidInputError where there is none, several, or a host that is known only after the apply
 */
export function declarationOfPlan(text: string, output: string | null): string {
  const shown = v.safeParse(SHOWN, parseJson(text))
  if (!shown.success)
    throw refusal('unreadable_input', 'is not what terraform show -json prints of a plan.', `Save a plan, ${HOW}`)
  const changes = Object.entries(shown.output.output_changes)
  const candidates = changes.flatMap(([name, { after }]): Candidate[] => {
    const declaration = v.safeParse(DECLARATION, typeof after === 'string' ? fromText(after) : after)
    return declaration.success ? [{ name, declaration: declaration.output }] : []
  })
  const { declaration } = chosen(candidates, output)
  if (!v.is(HOST, declaration))
    throw refusal(
      'missing_value',
      'does not know the host of the instance yet: there is no server to look at before the apply.',
      'Approve the first apply with ALLOW_DB_PROVISION=true, and plan against the server from then on.',
    )
  return JSON.stringify(declaration)
}

const OUTPUT = 'output "declaration" { value = module.<name>.declaration }'
const HOW = `terraform plan -out=saved, and give what terraform show -json saved prints; the root has ${OUTPUT}.`

function chosen(candidates: readonly Candidate[], output: string | null): Candidate {
  const names = candidates.map(({ name }) => name)
  if (candidates.length === 0)
    throw refusal('missing_input', 'has no output that holds a declaration.', `Pass it on: ${HOW}`)
  const [first] = candidates
  if (output === null && first !== undefined && isOne(candidates)) return first
  const found = candidates.find(({ name }) => name === output)
  if (found !== undefined) return found
  const message =
    output === null
      ? `has several declarations, in the outputs ${names.join(', ')}.`
      : `has no declaration in an output ${show(output)}.${suggestion(output, names)}`
  throw refusal('invalid_value', message, `Name one: --terraform-output ${names[0] ?? ''}.`)
}

/** An output as an object and one as its JSON text say the same. */
function isOne(candidates: readonly Candidate[]): boolean {
  return new Set(candidates.map(({ declaration }) => sorted(declaration))).size === 1
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )
}

function fromText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // An output is any text; most are no JSON.
    return null
  }
}

function refusal(code: InputCode, message: string, remedy: string): InvalidInputError {
  return new InvalidInputError([{ application: null, code, field: '--terraform-plan', message, remedy }])
}
