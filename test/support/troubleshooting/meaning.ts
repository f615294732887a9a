import { EXIT } from '../../../src/errors.ts'

export interface Meaning {
  readonly exit: number
  /** What the message says, one or more forms of it; `…` stands for what differs from run to run. */
  readonly says: readonly string[]
  readonly meaning: string
  readonly remedy: string
}

/** One line of the catalogue. */
export function entry(exit: number, says: readonly string[], meaning: string, remedy: string): Meaning {
  return { exit, says, meaning, remedy }
}

export const { failed, invalidInput, blocked, secret, connection } = EXIT
