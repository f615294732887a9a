/**
 * Characters that move the cursor, start an escape sequence, break a line or reorder the text around them: C0 and C1
 * controls, line and paragraph separators, the bidirectional controls of Unicode UAX #9 and unpaired surrogates.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** `##[error]` (GitHub), `##vso[…]` (Azure Pipelines), `##teamcity[…]`: obeyed anywhere in a line, so also behind Terraform's prefix. */
const RUNNER_COMMAND = /##(\w*)\[/g

/**
 * `text` as one line that is safe to print, whatever a server or a person put into it: line breaks and tabs become a
 * space, other unprintable characters `\u{…}`, and what a CI runner would obey as a command is disarmed.
 */
export function oneLine(text: string): string {
  return disarm(text.replace(/\s*[\r\n\t]\s*/g, ' ')).trim()
}

/** As `oneLine`, for names: keeps every character, so that two different names never look the same. */
export function visible(name: string): string {
  return disarm(name)
}

function disarm(text: string): string {
  return text
    .replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`)
    .replace(RUNNER_COMMAND, '##$1\\[')
}
