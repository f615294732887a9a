/** The tables of the module's README, made from its sources as `terraform fmt` writes them. */
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { MODULE } from '../../support/terraform.ts'

export const README = join(MODULE, 'README.md')

/** The README with its tables of inputs and outputs as the sources of the module give them. */
export async function currentReadme(readme: string): Promise<string> {
  const files = (await readdir(MODULE)).filter((name) => name.endsWith('.tf')).sort()
  const source = (await Promise.all(files.map((name) => readFile(join(MODULE, name), 'utf8')))).join('\n')
  return replaceTable(replaceTable(readme, 'inputs', inputs(source)), 'outputs', outputs(source))
}

function inputs(source: string): string {
  const rows = blocks(source, 'variable').map(({ name, body }) => {
    const declared = attribute(body, 'default')
    return `| \`${name}\` | ${description(body)} | \`${typeOf(body)}\` | ${declared === null ? 'required' : `\`${declared}\``} |`
  })
  return ['| name | description | type | default |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** A comment behind it is for whoever reads the source. */
function typeOf(body: string): string {
  return (attribute(body, 'type') ?? 'any').replace(/ #.*$/, '')
}

function outputs(source: string): string {
  const rows = blocks(source, 'output').map(({ name, body }) => `| \`${name}\` | ${description(body)} |`)
  return ['| name | description |', '| --- | --- |', ...rows].join('\n')
}

interface Block {
  readonly name: string
  readonly body: string
}

/** Top-level blocks of one kind, by name; those without a default first. Their closing brace stands in the first column. */
function blocks(source: string, kind: 'variable' | 'output'): Block[] {
  const found = [...source.matchAll(new RegExp(`^${kind} "(\\w+)" \\{\\n([\\s\\S]*?)^\\}`, 'gm'))].map(
    ([, name = '', body = '']) => ({ name, body }),
  )
  const rank = ({ body }: Block): number => (kind === 'variable' && attribute(body, 'default') === null ? 0 : 1)
  return found.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
}

/** The text of an attribute on the first level of a block, on one line; null where it is not there. */
function attribute(body: string, name: string): string | null {
  const text = new RegExp(`^ {2}${name} *= (.*(?:\\n {4}.*|\\n {2}[\\])}]+)*)`, 'm').exec(body)?.[1]
  return text === undefined
    ? null
    : text
        .replaceAll(/\(\{\s+/g, '({ ')
        .replaceAll(/\s+\}\)/g, ' })')
        .replaceAll(/\n\s+/g, ', ')
        .replaceAll(/ {2,}/g, ' ')
}

function description(body: string): string {
  const heredoc = /^ {2}description = <<-EOT\n([\s\S]*?)^ {2}EOT/m.exec(body)?.[1]
  if (heredoc !== undefined) return heredoc.trim().replaceAll(/\s*\n\s*/g, ' ')
  const text = /^ {2}description = "(.*)"$/m.exec(body)?.[1]
  if (text === undefined) throw new Error(`a variable or output has no description:\n${body}`)
  return text.replaceAll('\\"', '"')
}

function replaceTable(readme: string, name: string, table: string): string {
  const place = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- /${name} -->)`)
  if (!place.test(readme)) throw new Error(`the README has no place for its ${name}`)
  return readme.replace(place, (_, start: string, end: string) => `${start}${table}\n${end}`)
}
