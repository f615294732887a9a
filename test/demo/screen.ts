/** What the demo puts on the screen: headings, what is under way, what was proven, tables. */
import { clearLine, cursorTo } from 'node:readline'
import { isDeepStrictEqual, styleText } from 'node:util'
import Table from 'cli-table3'

const { stdout } = process
/** A line that says what is under way, not ended yet; replaced by what comes next. */
let isPending = false

function settle(): void {
  if (!isPending) return
  isPending = false
  clearLine(stdout, 0)
  cursorTo(stdout, 0)
}

function line(text: string): void {
  settle()
  stdout.write(`${text}\n`)
}

export function heading(text: string): void {
  line(`\n${styleText('bold', text)}`)
}

export function say(text: string): void {
  for (const part of text.split('\n')) line(`  ${part}`)
}

/** A line of somebody else's: Terraform's, the script's, a file's. */
export function quote(text: string): void {
  line(`  ${styleText('gray', '│')} ${text}`)
}

/** Says what is under way until the next line: on a terminal in place, elsewhere in a line of its own. */
export function doing(text: string): void {
  settle()
  stdout.write(`  ${styleText('gray', `… ${text}`)}${stdout.isTTY ? '' : '\n'}`)
  isPending = stdout.isTTY
}

export function done(text: string): void {
  line(`  ${styleText('green', '✔')} ${text}`)
}

export function failed(text: string): void {
  line(`  ${styleText('red', '✘')} ${text}`)
}

/** Prints a claim once it was found true. @throws Error that says what was found instead */
export function claim(text: string, found: unknown, expected: unknown = true): void {
  if (!isDeepStrictEqual(found, expected)) {
    throw new Error(`Not true: ${text}.\nExpected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}.`)
  }
  done(text)
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const style = stdout.isTTY && stdout.hasColors() ? { head: ['bold'], border: ['gray'] } : { head: [], border: [] }
  const made = new Table({ head: [...head], style: { ...style, compact: true } })
  made.push(...rows.map((row) => [...row]))
  say(made.toString())
}
