import * as v from 'valibot'
import type { Problem } from '../model/problem.ts'
import type { Part } from './endpoints.ts'
import { parseObject } from './object.ts'
import { show } from './text.ts'

const FUNCTION_RULE = 'Use the name of a Lambda function, or its ARN, with or without a version or alias.'

/**
 * Name, ARN, and a version or alias behind either:
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (FunctionName)
 */
const FUNCTION =
  /^(?:arn:aws[a-z-]*:lambda:[a-z0-9-]{1,40}:\d{12}:function:)?[A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9$_-]{1,128})?$/

const RUNNER = { function: v.pipe(v.string(FUNCTION_RULE), v.regex(FUNCTION, FUNCTION_RULE)) }

/** Parses `runner`: the function that does the run; null: there is none. */
export function parseRunner(input: unknown): Part<string> {
  if (input === undefined || input === null) return { value: null, problems: [] }
  const { value, problems } = parseObject(RUNNER, input, { application: null, path: 'runner.' })
  return { value: value?.function ?? null, problems }
}

/** @param given what `--runner` says; null: nothing */
export function checkRunner(given: string | null): Problem[] {
  if (given === null || FUNCTION.test(given)) return []
  const message = `${show(given)} is not accepted.`
  return [{ application: null, code: 'invalid_value', field: '--runner', message, remedy: FUNCTION_RULE }]
}
