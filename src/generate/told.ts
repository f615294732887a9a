/** What is told of rights that are missing, and of what was taken out of a draft. Pure. */
import { administrators } from '../guardrails/members.ts'
import type { Problem } from '../model/problem.ts'
import { printStatements } from '../sql/print.ts'
import { grantAdministration } from '../sql/role.ts'
import type { Drops } from './drops.ts'
import { inOrder } from './names.ts'
import type { Entry, Note, Survey } from './types.ts'

/** Where the master's secret is given, the apply lets the master give them. */
export function rightNotes(
  { cluster, admin, declaration }: Survey,
  entries: readonly Entry[],
  rights: readonly Problem[],
): Note[] {
  if (declaration.masterSecretId !== null) return []
  const roles = rights.flatMap(({ application, role }) => {
    const name = role ?? entries.find(({ key }) => key === application)?.role
    return name === undefined ? [] : [name]
  })
  return roles.length === 0 ? [] : [rightNote(cluster, admin, inOrder(new Set(roles)))]
}

function rightNote(cluster: Survey['cluster'], admin: string, roles: readonly string[]): Note {
  const statements = roles.map((role) => {
    const who = administrators(cluster, role)
    return `${who.slice(0, 1).toLowerCase()}${who.slice(1)}: ${printStatements([grantAdministration(role, admin)])}`
  })
  const text = `${admin} needs a right over each role that it takes over, which master_secret_id would let the master give`
  return { application: null, database: null, role: admin, kind: 'person_first', text, statements }
}

/** What was taken out of the draft. */
export function dropNotes(drafted: readonly Entry[], entries: readonly Entry[], drops: Drops): Note[] {
  const left = new Set(entries.map(({ key }) => key))
  return drafted.flatMap(({ key, role, database }): Note[] => {
    const about = { database, role, kind: 'not_expressed' as const, statements: [] }
    if (!left.has(key)) {
      const why = drops.entries.get(key) ?? 'what it belongs to could not be declared'
      return [{ ...about, application: null, text: `no entry: ${why}` }]
    }
    return [...(drops.fields.get(key) ?? [])].map(([field, why]) => ({
      ...about,
      application: key,
      text: `without ${field}: ${why}`,
    }))
  })
}
