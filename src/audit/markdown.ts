import { oneLine, visible } from './one-line.ts'

/** ASCII punctuation that Markdown, HTML in it, tables, references, or mathematics on GitHub give a meaning to. */
const ACTIVE = /[\\`*|<>[\]~&$!#]/g

/**
 * A single underscore inside a word (keycloak_dev_db) has no meaning in GitHub's Markdown; elsewhere it is emphasis.
 */
const EDGE_UNDERSCORE = /(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g

/** A name as text in Markdown, in a table cell or a heading too: two different names never look the same. */
export function markdownName(name: string): string {
  return escape(visible(name))
}

/** A sentence as text in Markdown, on one line. */
export function markdownText(text: string): string {
  return escape(oneLine(text))
}

function escape(text: string): string {
  return text.replace(ACTIVE, (character) => `\\${character}`).replace(EDGE_UNDERSCORE, '\\_')
}

/** A table of GitHub Flavored Markdown; cells must be escaped already. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}
