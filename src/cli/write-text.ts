import { writeAtomically } from '../audit/atomic.ts'
import { InvalidInputError } from '../errors.ts'

/** @param option the one that names the file. @throws InvalidInputError where the file cannot be written */
export async function writeText(path: string, option: string, text: string): Promise<void> {
  try {
    await writeAtomically(path, text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `cannot be written: ${reason}.`
    const remedy = 'Give the path of a file in a folder that can be written to.'
    throw new InvalidInputError([{ application: null, code: 'output_unwritable', field: option, message, remedy }], {
      cause: error,
    })
  }
}
