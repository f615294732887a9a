/** The Markdown of the project as data: its tables, code blocks and links. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export interface CodeBlock {
  readonly language: string
  readonly text: string
  /** The file that it is taken from, as a comment before the block says; null: none. */
  readonly file: string | null
}

/** Where no Markdown of the project stands: what is installed, made or kept by runs. */
const NOT_OURS = new Set(['node_modules', '.git', '.cache', '.rds-provision', '.terraform', 'dist'])

/** Paths of all Markdown files of the project, from its root. */
export function documents(folder = ''): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter(({ name }) => !NOT_OURS.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return documents(path)
      return entry.isFile() && entry.name.endsWith('.md') ? [path] : []
    })
}

/** Path of a guide, from the project's root. */
export function guide(name: string): string {
  return `terraform-module/docs/${name}.md`
}

/** The text of a file. @param path from the project's root */
export function readDocument(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** The text of all sources below a folder. */
export function sourcesOf(folder: string): string {
  const files = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name.endsWith('.ts'),
  )
  return files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')).join('\n')
}

/** Each once, in order. */
export function sorted(items: Iterable<string>): string[] {
  return [...new Set(items)].sort()
}

/** The code blocks of a Markdown text. */
export function codeBlocks(text: string): CodeBlock[] {
  const found = text.matchAll(/(?:^<!-- (\S+) -->\n)?^```(\w*)\n([\s\S]*?)^```$/gm)
  return [...found].map(([, file, language = '', block = '']) => ({ language, text: block, file: file ?? null }))
}

/** The rows of the first table under a heading, each as its cells; the head is the first. */
export function tableUnder(text: string, heading: string): string[][] {
  const section = text.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`))
  if (section === undefined) throw new Error(`There is no heading ${heading}.`)
  const [table = ''] = /^\|.*\|$(?:\n\|.*\|$)*/m.exec(section) ?? []
  const rows = table.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  return rows.filter((_, index) => index !== 1)
}

/** What the first column of the table under a heading has in `code`. */
export function fieldsUnder(text: string, heading: string): string[] {
  return tableUnder(text, heading)
    .slice(1)
    .flatMap(([cell = '']) => codesIn(cell))
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
