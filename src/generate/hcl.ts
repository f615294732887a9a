/** A declaration as HCL, exactly as `terraform fmt` would leave it. Pure. */
import { disarm, UNPRINTABLE } from '../model/printable.ts'
import { showBytes } from '../model/sendable.ts'
import type { Entry, FieldValue, Generated, Note } from './types.ts'

/** What a note of a kind begins with. */
const HEADS: Readonly<Record<Note['kind'], string>> = {
  gains: 'GAINS',
  not_expressed: 'NOT EXPRESSED',
  person_first: 'FIRST',
  never: 'NEVER',
}

const LEGEND =
  'GAINS: somebody would get it. NOT EXPRESSED: stays as it is, and no field says it. FIRST: a person runs it before ' +
  'the first apply. NEVER: in no declaration.'

/** One attribute, `application_databases`, as in a `.tfvars` file; what no entry stands for is told before it. */
export function toHcl({ entries, notes }: Generated): string {
  const keys = new Set(entries.map(({ key }) => key))
  const general = notes.filter(({ application }) => application === null || !keys.has(application))
  const body = entries.map((entry) =>
    entryLines(
      entry,
      notes.filter(({ application }) => application === entry.key),
    ),
  )
  const lines = [
    comment(LEGEND),
    ...general.map((note) => comment(generalText(note))),
    'application_databases = {',
    ...body
      .flatMap((list, index) => [...(index === 0 ? [] : ['']), ...list])
      .map((line) => (line === '' ? '' : `  ${line}`)),
    '}',
  ]
  return `${lines.join('\n')}\n`
}

function generalText(note: Note): string {
  const about = [
    ...(note.database === null ? [] : [`database ${note.database}`]),
    ...(note.role === null ? [] : [`role ${note.role}`]),
  ]
  return noteText(note, about.length === 0 ? '' : `${about.join(', ')}: `)
}

function noteText({ kind, text, statements }: Note, about: string): string {
  const first = kind === 'person_first' && statements.length > 0 ? ' (see --statements)' : ''
  return `${HEADS[kind]}: ${about}${text}${first}`
}

/** One line, whatever the names in it hold. */
export function comment(text: string): string {
  return `# ${disarm(showBytes(text).replace(/\s*[\r\n\t]\s*/g, ' ')).trim()}`
}

function entryLines({ key, fields }: Entry, notes: readonly Note[]): string[] {
  return [
    ...notes.map((note) => comment(noteText(note, ''))),
    ...objectLines(`${nameOf(key)} = `, Object.entries(fields)),
  ]
}

function objectLines(head: string, members: readonly (readonly [string, FieldValue])[]): string[] {
  const lines = members.map(([name, value]): Line => {
    if (isObject(value)) return { name: nameOf(name), text: null, lines: objectLines('', Object.entries(value)) }
    return { name: nameOf(name), text: valueOf(value), lines: [] }
  })
  return [`${head}{`, ...aligned(lines).map((line) => `  ${line}`), '}']
}

interface Line {
  readonly name: string
  /** null: it takes several lines. */
  readonly text: string | null
  readonly lines: readonly string[]
}

/** `=` of lines that follow each other stands in one column; one that opens an object ends that. */
function aligned(lines: readonly Line[]): string[] {
  const printed: string[] = []
  let run: Line[] = []
  const flush = (): void => {
    const width = Math.max(0, ...run.map(({ name }) => widthOf(name)))
    for (const { name, text } of run) printed.push(`${name}${' '.repeat(width - widthOf(name))} = ${text ?? ''}`)
    run = []
  }
  for (const line of lines) {
    if (line.text !== null) {
      run.push(line)
      continue
    }
    flush()
    const [first = '', ...rest] = line.lines
    printed.push(`${line.name} = ${first}`, ...rest)
  }
  flush()
  return printed
}

/** In characters as a person counts them, as `terraform fmt` does. */
function widthOf(text: string): number {
  return [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].length
}

/** Words that begin an expression. */
const KEYWORDS = new Set(['for', 'if', 'in', 'true', 'false', 'null'])

function nameOf(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name) && !KEYWORDS.has(name) ? name : quoted(name)
}

function valueOf(value: Exclude<FieldValue, Readonly<Record<string, unknown>>>): string {
  if (typeof value === 'string') return quoted(value)
  if (isList(value)) return `[${value.map(quoted).join(', ')}]`
  return String(value)
}

function isList(value: FieldValue): value is readonly string[] {
  return Array.isArray(value)
}

function isObject(value: FieldValue): value is Readonly<Record<string, string | readonly string[]>> {
  return typeof value === 'object' && !isList(value)
}

/** https://developer.hashicorp.com/terraform/language/expressions/strings */
function quoted(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('${', () => '$${')
    .replaceAll('%{', '%%{')
    .replace(UNPRINTABLE, (character) => {
      const code = character.codePointAt(0)?.toString(16) ?? '0'
      return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`
    })
  return `"${escaped}"`
}
