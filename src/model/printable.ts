/** What may not be printed as it is: whoever prints a text replaces it, in the way of that text. */

/**
 * Characters that move the cursor, start an escape sequence, break a line or reorder the text around them: C0 and C1
 * controls, line and paragraph separators, the bidirectional controls of Unicode UAX #9 and unpaired surrogates.
 */
export const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/**
 * `##[error]` (GitHub), `##vso[…]` (Azure Pipelines), `##teamcity[…]`: obeyed anywhere in a line, so also behind
 * Terraform's prefix.
 */
export const RUNNER_COMMAND = /##(\w*)\[/g

/** Unprintable characters as `\\u{…}`, and nothing that a CI runner would obey. */
export function disarm(text: string): string {
  return text
    .replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`)
    .replace(RUNNER_COMMAND, '##$1\\[')
}

/** One line of at most so many characters, of text that somebody else wrote. */
export function shorten(text: string, characters: number): string {
  const beginning = text.slice(0, characters + 1)
  const cut = beginning.length > characters ? `${beginning.slice(0, characters)}…` : beginning
  return disarm(cut.replace(/\s*[\r\n\t]\s*/g, ' ')).trim()
}
