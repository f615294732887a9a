import * as v from 'valibot'
import { InvalidInputError } from '../errors.ts'
import { fewNames } from '../model/few-names.ts'
import type { InputCode } from '../model/problem.ts'
import { show, suggestion } from './text.ts'

/** A declaration that some output of the root holds. */
interface Candidate {
  /** `declaration`, `databases.orders.declaration`: names of the output and of what is inside of it. */
  readonly path: string
  readonly json: string
  /** What is known only after the apply. */
  readonly unknown: readonly string[]
}

const Plan = v.object({
  output_changes: v.record(
    v.string(),
    v.object({ after: v.optional(v.unknown()), after_unknown: v.optional(v.unknown()) }),
  ),
})
const Fields = v.record(v.string(), v.unknown())
const NAMES = v.looseObject({ schema_version: v.literal(1) })

/** A whole module that is passed on, in a map of them. */
const MOST_DEPTH = 4

const PASS_ON = 'output "declaration" { value = module.<name>.declaration }'

/**
 * Finds the declaration in `terraform show -json` of a saved plan: before a first apply no output can be read, and a
 * plan has of an object all that is known (https://developer.hashicorp.com/terraform/internals/json-format).
 * @param output which, where the root passes several on; null: there is one
 * @returns its JSON text. @throws InvalidInputError, also where something of it is known only after the apply
 */
export function declarationInPlan(text: string, output: string | null): string {
  const all = distinct(
    Object.entries(outputsOf(text)).flatMap(([name, { after, after_unknown: unknown }]) =>
      candidatesIn(name, after, unknown, MOST_DEPTH),
    ),
  )
  const { path, json, unknown } = choose(all, output)
  if (unknown.length === 0) return json
  throw refusal(
    'unknown_at_plan',
    `${path} has what is known only after the apply: ${fewNames(unknown)}.`,
    'There is nothing to look at yet, and no plan of it: ALLOW_DB_PROVISION=true is what approves this apply.',
  )
}

function outputsOf(text: string): v.InferOutput<typeof Plan>['output_changes'] {
  const remedy = 'Give what `terraform show -json FILE` prints, where FILE is that of `terraform plan -out=FILE`.'
  if (text.startsWith('PK')) throw refusal('unreadable_input', 'is the saved plan itself.', remedy)
  const found = v.safeParse(Plan, parsed(text))
  if (found.success) return found.output.output_changes
  throw refusal('unreadable_input', text.trim() === '' ? 'is empty.' : 'is no plan of Terraform as JSON.', remedy)
}

/** null where it is not JSON: the parser's own message quotes what is not ours to print. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function candidatesIn(path: string, value: unknown, unknown: unknown, depth: number): Candidate[] {
  if (typeof value === 'string') {
    const inside = value.startsWith('{') ? parsed(value) : null
    return isDeclaration(inside, false) ? [{ path, json: JSON.stringify(inside), unknown: [] }] : []
  }
  if (!v.is(Fields, value) || depth === 0) return []
  if (isDeclaration(value, unknown)) return [{ path, json: JSON.stringify(value), unknown: unknownIn('', unknown) }]
  return Object.entries(value).flatMap(([name, item]) =>
    candidatesIn(`${path}.${name}`, item, v.is(Fields, unknown) ? unknown[name] : unknown, depth - 1),
  )
}

/** What is not known is left out of the value. */
function isDeclaration(value: unknown, unknown: unknown): boolean {
  const has = (item: unknown): boolean => v.is(Fields, item) && Object.hasOwn(item, 'application_databases')
  return v.is(NAMES, value) && (has(value) || has(unknown))
}

function unknownIn(path: string, unknown: unknown): string[] {
  if (unknown === true) return [path]
  if (Array.isArray(unknown)) return unknown.some((item) => unknownIn(path, item).length > 0) ? [path] : []
  if (!v.is(Fields, unknown)) return []
  return Object.entries(unknown).flatMap(([name, item]) => unknownIn(path === '' ? name : `${path}.${name}`, item))
}

/** A module's declaration as an object, and the same as JSON text, are one. */
function distinct(all: readonly Candidate[]): Candidate[] {
  const found = new Map([...all].reverse().map((item) => [`${item.json} ${item.unknown.join()}`, item]))
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

function choose(all: readonly Candidate[], output: string | null): Candidate {
  const names = all.map(({ path }) => path)
  const [first, ...others] = output === null ? all : all.filter(({ path }) => path === output)
  if (first !== undefined && others.length === 0) return first
  if (first !== undefined)
    throw refusal(
      'invalid_value',
      `holds several declarations: ${names.join(', ')}.`,
      'Name one with --terraform-output.',
    )
  if (output === null || all.length === 0)
    throw refusal(
      'missing_input',
      'has no output that holds a declaration.',
      `Pass it on from the root module: ${PASS_ON}. It is known at plan where nothing in it waits for the apply.`,
    )
  const remedy = `Use one of ${names.join(', ')}.${suggestion(output, names)}`
  throw refusal('invalid_value', `has no declaration in the output ${show(output)}.`, remedy)
}

function refusal(code: InputCode, message: string, remedy: string): InvalidInputError {
  return new InvalidInputError([{ application: null, code, field: '--terraform-plan', message, remedy }])
}
