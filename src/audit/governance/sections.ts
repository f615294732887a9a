import type { AccessMatrix } from '../../model/access.ts'
import { markdownName } from '../markdown.ts'
import { renderAccess } from './access.ts'
import type { Beginnings } from './starts.ts'

const BEGIN = /^<!-- rds-provision:begin (.*) -->$/
const END = '<!-- rds-provision:end -->'

/**
 * The new text of `access.md`: the section of the matrix's stack and instance replaced or added, all others as they
 * stand, sorted. Sections are found by comment lines, not by headings; inside a section every `<` is escaped, so no
 * name can imitate one. What stands outside of sections is not kept: the file is generated.
 *
 * `previous` is the file's text, '' where there is none. A section without an end (the file was edited) goes up to the
 * next one's beginning.
 */
export function replaceSection(previous: string, matrix: AccessMatrix, starts: Beginnings): string {
  const sections = new Map(parseSections(previous))
  sections.set(sectionKey(matrix), renderAccess(matrix, starts))
  const sorted = [...sections].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const body = sorted.map(([key, text]) => `<!-- rds-provision:begin ${key} -->\n\n${text}\n\n${END}\n`)
  return [heading(matrix.environment), ...body].join('\n')
}

function heading(environment: string): string {
  const what = 'Who may do what on which database, as the server said after the last apply.'
  return `# Access in ${markdownName(environment)}\n\n${what} Written by rds-provision: edits are lost.\n`
}

/**
 * One JSON text a stack and instance, in ASCII; no `<`, `>` or `-` in it, which could end the comment that holds it.
 */
function sectionKey({ stack, instance }: AccessMatrix): string {
  return JSON.stringify([stack, instance]).replace(
    /[^\x20-\x7e]|[<>-]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function parseSections(text: string): readonly (readonly [string, string])[] {
  const sections: { key: string; lines: string[] }[] = []
  let open: { key: string; lines: string[] } | null = null
  for (const line of text.split(/\r?\n/)) {
    const key = BEGIN.exec(line)?.[1]
    if (key !== undefined) {
      open = { key, lines: [] }
      sections.push(open)
    } else if (line === END) open = null
    else open?.lines.push(line)
  }
  return sections.map(({ key, lines }) => [key, lines.join('\n').trim()])
}
