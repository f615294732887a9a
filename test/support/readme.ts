/** The README as data: its tables, code blocks and links. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export interface CodeBlock {
  readonly language: string
  readonly text: string
  /** The file that it is taken from, as a comment before the block says; null: none. */
  readonly file: string | null
}

export function readReadme(): string {
  return readFileSync(`${ROOT}README.md`, 'utf8')
}

/** The code blocks of a Markdown text. */
export function codeBlocks(text: string): CodeBlock[] {
  const found = text.matchAll(/(?:^<!-- (\S+) -->\n)?^```(\w*)\n([\s\S]*?)^```$/gm)
  return [...found].map(([, file, language = '', block = '']) => ({ language, text: block, file: file ?? null }))
}

/** The rows of the first table under a heading, each as its cells; the head is the first. */
export function tableUnder(text: string, heading: string): string[][] {
  const section = text.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`))
  if (section === undefined) throw new Error(`The README has no heading ${heading}.`)
  const [table = ''] = /^\|.*\|$(?:\n\|.*\|$)*/m.exec(section) ?? []
  const rows = table.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  return rows.filter((_, index) => index !== 1)
}

/** What stands in `code` in a text. */
export function codesIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}

/** Targets of links, outside of code. */
export function linksIn(text: string): string[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
}

/** The anchors that GitHub gives the headings. */
export function anchorsIn(text: string): string[] {
  return [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]+`/g, '')
}
