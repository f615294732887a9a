/**
 * What the function does for whom: its own list, from its own configuration, since whoever may invoke it may ask for
 * anything (src/README.md: The function). Pure.
 */
import * as v from 'valibot'
import { InvalidInputError } from '../errors.ts'
import { violation } from '../guardrails/violation.ts'
import { decodeInput } from '../input/decode.ts'
import { ENVIRONMENTS, type Declaration } from '../model/declaration.ts'
import type { Problem } from '../model/problem.ts'
import { COMMAND_NAMES, type Command } from '../model/run.ts'

/** The variable of the function that holds the list: JSON, or base64gzip of it. */
export const PERMITS_VARIABLE = 'RDS_PROVISION_PERMITS'

const WORDS = v.pipe(v.array(v.pipe(v.string(), v.minLength(1))), v.minLength(1))

/** A request needs one permit that allows all of it; two do not make up for each other. */
const PERMIT = v.strictObject({
  environments: v.pipe(v.array(v.picklist(ENVIRONMENTS)), v.minLength(1)),
  stacks: WORDS,
  /** Hosts, with a port where it is not 5432. */
  instances: WORDS,
  /** ARNs of callers as STS tells them, or of IAM roles. */
  callers: WORDS,
  commands: v.optional(v.pipe(v.array(v.picklist(COMMAND_NAMES)), v.minLength(1)), [...COMMAND_NAMES]),
})
export type Permit = v.InferOutput<typeof PERMIT>

/** @throws InvalidInputError where the function's own configuration cannot be read: then it does nothing. */
export function parsePermits(text: string | undefined): readonly Permit[] {
  if (text === undefined || text === '') return []
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.array(PERMIT)), decodeInput(text))
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  throw new InvalidInputError([
    {
      application: null,
      code: 'invalid_value',
      field: PERMITS_VARIABLE,
      message: `of the function cannot be read: ${v.getDotPath(issue) ?? 'list'}: ${issue.message}.`,
      remedy: 'Correct `permits` of the function; modules/lambda-runner writes them.',
    },
  ])
}

/** What a request is about, before anybody is asked who makes it. */
export interface Asked {
  readonly command: Command
  readonly declaration: Pick<Declaration, 'environment' | 'stack' | 'instance' | 'connectThrough'>
}

/** The permits that allow what is asked, whoever asks. */
export function permitsFor(permits: readonly Permit[], { command, declaration }: Asked): readonly Permit[] {
  const { environment, stack, instance, connectThrough } = declaration
  if (connectThrough !== null) return []
  return permits.filter(
    ({ environments, stacks, instances, commands }) =>
      environments.includes(environment) &&
      commands.includes(command) &&
      stacks.some((pattern) => isLike(stack, pattern)) &&
      instances.some((pattern) => isLike(placeOf(instance), withPort(pattern))),
  )
}

export function allowsCaller(permits: readonly Permit[], arn: string): boolean {
  return permits.some(({ callers }) => callers.some((pattern) => isLike(arn, sessionsOf(pattern))))
}

/** Nobody is told what would be allowed. */
export function notPermitted({ command, declaration }: Asked, caller: string | null): Problem {
  const { environment, stack, instance, connectThrough } = declaration
  const whom = caller === null ? '' : ` for ${caller}`
  const what = `${command} of the stack ${JSON.stringify(stack)} in ${environment} on ${placeOf(instance)}`
  if (connectThrough !== null)
    return violation(
      null,
      'not_permitted',
      'connect_through is set, and the function stands beside the instance: it goes through no tunnel.',
      'Take connect_through out, or runner.',
    )
  return violation(
    null,
    'not_permitted',
    `the function does no ${what}${whom}.`,
    'Add it to the permits of the function (modules/lambda-runner), or correct environment, stack, instance or credentials of the run.',
  )
}

function placeOf({ host, port }: Declaration['instance']): string {
  return `${host.toLowerCase().replace(/\.$/, '')}:${String(port)}`
}

function withPort(pattern: string): string {
  const place = pattern.toLowerCase()
  return /:(?:\d+|\*)$/.test(place) ? place : `${place}:5432`
}

/**
 * STS tells the sessions of a role, without its path:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
 */
function sessionsOf(pattern: string): string {
  const [, partition, account, role] = /^arn:([^:]+):iam::([^:]+):role\/(?:.*\/)?([^/]+)$/.exec(pattern) ?? []
  if (partition === undefined || account === undefined || role === undefined) return pattern
  return `arn:${partition}:sts::${account}:assumed-role/${role}/*`
}

/** `*` stands for any characters, as in IAM's ArnLike without its sections; everything else for itself. */
function isLike(text: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found === -1 || found + part.length > text.length - last.length) return false
    at = found + part.length
  }
  return true
}
