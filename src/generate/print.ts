/** What is generated as JSON, and the statements that a person runs first. Pure. */
import { disarm } from '../model/printable.ts'
import { comment } from './hcl.ts'
import type { Generated } from './types.ts'

/**
 * `{ application_databases, notes }`, and with a state of Terraform `removed`: the addresses that give up what this
 * declaration takes over.
 */
export function toJson({ entries, notes }: Generated, removed: readonly string[] | null): string {
  const document = {
    application_databases: Object.fromEntries(entries.map(({ key, fields }) => [key, fields])),
    notes: notes.map(({ application, database, role, kind, text, statements }) => ({
      application,
      database,
      role,
      kind,
      text: disarm(text),
      statements,
    })),
    ...(removed !== null && { removed }),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** Each below a comment that says why, with who runs it and where; empty lines between. */
export function toStatements({ notes }: Generated): string {
  const first = notes.filter(({ kind, statements }) => kind === 'person_first' && statements.length > 0)
  if (first.length === 0) return '-- There is nothing to run first.\n'
  const parts = first.map(({ database, role, text, statements }) => {
    const about = database ?? role ?? ''
    const why = `-- ${comment(`${about}: ${text}`).slice(2)}`
    const runs = statements.map((statement) => {
      const at = statement.search(/: (?:BEGIN|GRANT|CREATE|ALTER)\b/)
      return at < 0 ? [`-- ${statement}`] : [`-- ${statement.slice(0, at)}:`, statement.slice(at + 2)]
    })
    return [why, ...runs.flat()].join('\n')
  })
  return `${parts.join('\n\n')}\n`
}

/**
 * Blocks by which Terraform forgets what another provider made, and destroys nothing (Terraform 1.7).
 * https://developer.hashicorp.com/terraform/language/block/removed
 * @param addresses of resources, without keys of instances
 */
export function toRemoved(addresses: readonly string[]): string {
  const blocks = addresses.map(
    (address) => `removed {\n  from = ${address}\n  lifecycle {\n    destroy = false\n  }\n}\n`,
  )
  return blocks.join('\n')
}
