import { disarm } from '../model/printable.ts'

/**
 * `text` as one line that is safe to print, whatever a server or a person put into it: line breaks and tabs become a
 * space, other unprintable characters `\u{…}`, and what a CI runner would obey as a command is disarmed.
 */
export function oneLine(text: string): string {
  return disarm(text.replace(/\s*[\r\n\t]\s*/g, ' ')).trim()
}

/**
 * Terraform shows a provisioner's line of more than 64 KiB as an empty one (seen on 1.11.4: bufio.Scanner's limit), so
 * a sentence ends here; four bytes a character stay below it.
 */
const MAX_CHARACTERS = 10_000

/** As `oneLine`, cut where Terraform would drop the line; the audit file has all of it. */
export function shortLine(text: string): string {
  const line = oneLine(text)
  return line.length <= MAX_CHARACTERS ? line : `${line.slice(0, MAX_CHARACTERS)}… (cut here; the audit has all of it)`
}

/** As `oneLine`, for names: keeps every character, so that two different names never look the same. */
export function visible(name: string): string {
  return disarm(name)
}
