/** What may not be printed as it is: whoever prints a text replaces it, in the way of that text. */

/**
 * Characters that move the cursor, start an escape sequence, break a line, reorder the text around them or are not to
 * be seen, so that one name looks like another: C0 and C1 controls, line and paragraph separators, format characters
 * (the bidirectional controls of Unicode UAX #9 among them), what UAX #44 calls default ignorable, and unpaired
 * surrogates.
 */
export const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

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
