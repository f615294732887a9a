/**
 * The one error family. Each member carries its exit code (src/README.md: Exit codes); only main.ts turns it into an
 * exit.
 */

import { EXIT, type ExitCode } from './model/exit-code.ts'
import type { Problem } from './model/problem.ts'

export { EXIT, type ExitCode }

/** Base of everything the program reports; `problems` is complete, never only the first. */
export abstract class ProvisionError extends Error {
  abstract readonly exitCode: ExitCode
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map(describeProblem).join('\n'), options)
    this.name = new.target.name
    this.problems = problems
  }
}

/** `keycloak: access_level: … (…)` on one line. */
export function describeProblem(problem: Problem): string {
  const subject = problem.application === null ? problem.field : `${problem.application}: ${problem.field}`
  return `${subject}: ${problem.message} ${problem.remedy}`.trim()
}

/** Exit 3: the declaration or the environment of the run is not usable. Nothing was read or changed. */
export class InvalidInputError extends ProvisionError {
  override readonly exitCode = EXIT.invalidInput
}

/** Exit 4: a guardrail stands in the way. Nothing was changed. */
export class BlockedError extends ProvisionError {
  override readonly exitCode = EXIT.blocked
}

/** Exit 5: a secret or another AWS call failed. */
export class AwsError extends ProvisionError {
  override readonly exitCode = EXIT.secret
}

/** Exit 6: the server cannot be reached, trusted or logged in to. */
export class ConnectionError extends ProvisionError {
  override readonly exitCode = EXIT.connection
}

/** Exit 1: something went wrong while applying; what took effect stands in the audit. */
export class ApplyError extends ProvisionError {
  override readonly exitCode = EXIT.failed
}

/** The same error, with more that is wrong; `own` are its own problems in other words. */
export function withProblems(
  error: ProvisionError,
  problems: readonly Problem[],
  own: readonly Problem[] = error.problems,
): ProvisionError {
  const all = [...own, ...problems]
  if (error instanceof BlockedError) return new BlockedError(all, { cause: error })
  if (error instanceof AwsError) return new AwsError(all, { cause: error })
  if (error instanceof ConnectionError) return new ConnectionError(all, { cause: error })
  return new ApplyError(all, { cause: error })
}
