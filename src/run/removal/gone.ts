/** What to do about an instance that a removal cannot reach. */
import { ConnectionError } from '../../errors.ts'

const GONE =
  ' If the instance is gone for good, its databases are gone with it: run again with RDS_CLEANUP_POLICY=retain in the environment.'

/** The first connection of a removal. @throws ConnectionError (exit 6) with the way out */
export async function explainUnreachable<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error
    throw new ConnectionError(
      error.problems.map((problem) => ({ ...problem, remedy: problem.remedy + GONE })),
      { cause: error },
    )
  }
}
