/** The file of a sheet that came back. */
import { readFile } from 'node:fs/promises'
import { refusal } from './signed-rows.ts'

/** @throws InvalidInputError where it cannot be read, or is no text */
export async function readSigned(path: string): Promise<string> {
  const bytes = await readBytes(path)
  // A spreadsheet's "Unicode text" is UTF-16.
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8'
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    // An older code page does not say which it is, and names of reviewers would be other ones.
    throw refusal([{ message: 'is no text in UTF-8.', remedy: 'Save it as "CSV UTF-8" in the spreadsheet.' }])
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw refusal([{ message: `cannot be read: ${reason}.`, remedy: 'Give the path of the sheet that came back.' }])
  }
}
