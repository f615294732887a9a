/** What an AWS call was refused for, in tests. */
import { AwsError } from '../../../src/errors.ts'
import type { Problem } from '../../../src/model/problem.ts'

/** @returns the problems of the AwsError that the work rejects with; none where it succeeds */
export async function problemsOf(work: Promise<unknown>): Promise<readonly Problem[]> {
  try {
    await work
  } catch (error) {
    if (error instanceof AwsError) return error.problems
    throw error
  }
  return []
}
