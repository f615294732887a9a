/** What each problem code means and what to do: the pages are made from this, and the compiler keeps it complete. */
import { type EXIT } from '../../../src/errors.ts'
import type { ProblemCode } from '../../../src/model/problem.ts'
import { RUN_MEANINGS } from './run-meanings.ts'
import type { Meaning } from './meaning.ts'
import { INPUT_MEANINGS } from './input-meanings.ts'
import { GUARDRAIL_MEANINGS } from './guardrail-meanings.ts'
import { CONNECTION_MEANINGS } from './connection-meanings.ts'
import { AWS_MEANINGS } from './aws-meanings.ts'

/** By the name of the exit code. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'Done; of `plan`: made, whether or not there is something to change.',
  failed:
    'Something failed while applying, `report --verify` found something wrong, or a plan or report could not be printed.',
  changes: '`plan --detailed-exitcode` found something to change.',
  invalidInput: 'The declaration, an option or the environment of the run cannot be used. Nothing was read or changed.',
  blocked: 'A guardrail stands in the way. Nothing was changed.',
  secret: 'A secret or another AWS call failed.',
  connection: 'The server cannot be reached, trusted or logged in to.',
}

/** In the order of the page. */
export const GROUPS: readonly (readonly [string, Readonly<Partial<Record<ProblemCode, Meaning>>>])[] = [
  ['Guardrails', GUARDRAIL_MEANINGS],
  ['Command line, environment and declaration', INPUT_MEANINGS],
  ['Secrets and AWS', AWS_MEANINGS],
  ['Connections', CONNECTION_MEANINGS],
  ['Runs', RUN_MEANINGS],
]

/** All of it; a code without a meaning does not compile. */
export const MEANINGS: Readonly<Record<ProblemCode, Meaning>> = {
  ...GUARDRAIL_MEANINGS,
  ...INPUT_MEANINGS,
  ...AWS_MEANINGS,
  ...CONNECTION_MEANINGS,
  ...RUN_MEANINGS,
}
