/** The table of the guide on guardrails, from the catalogue. */
import { markdownTable } from '../../../src/audit/markdown.ts'
import { GUARDRAILS } from '../../../src/model/problem.ts'
import { GUARDRAIL_MEANINGS } from './guardrail-meanings.ts'

const BEGIN = '<!-- guardrails: npm run docs -->'
const END = '<!-- end of guardrails -->'

/** The guide with its table made anew. @throws Error where its marks are missing */
export function withGuardrails(text: string): string {
  const [before, rest] = text.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined) throw new Error(`The guide has no ${BEGIN} … ${END}.`)
  return `${before}${BEGIN}\n${table()}\n${END}${after}`
}

function table(): string {
  const words = new Map<string, string>(Object.entries(GUARDRAILS))
  const rows = Object.entries(GUARDRAIL_MEANINGS).map(([code, { says, meaning, remedy }]) => [
    words.get(code) ?? '',
    `\`${code}\``,
    says.map((text) => `\`${text}\``).join(' or '),
    local(meaning),
    local(remedy),
  ])
  return markdownTable(['guardrail', 'code', 'it says', 'meaning', 'what to do'], rows)
}

/** Links of the catalogue are from the module's folder, the guides are one below. */
function local(text: string): string {
  return text.replaceAll('](docs/', '](')
}
