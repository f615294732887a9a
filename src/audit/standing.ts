/** What is so in every run, as one line (src/README.md: The audit). Pure. */
import type { AuditRecord } from '../model/audit.ts'

type Told = Pick<AuditRecord, 'object' | 'standing'>

/**
 * `. no longer declared: 12 roles, 9 databases; not declared and left alone: 3 (the audit names each)`; null where
 * there is nothing of the kind.
 * @param where who names each
 */
export function standingLine(told: readonly Told[], where: string): string | null {
  const orphans = told.filter(({ standing }) => standing === 'orphan')
  const databases = orphans.filter(({ object }) => object === 'database').length
  const counts = [counted(orphans.length - databases, 'role'), counted(databases, 'database')].filter(
    (text) => text !== '',
  )
  const beyond = told.filter(({ standing }) => standing === 'beyond').length
  const parts = [
    ...(counts.length === 0 ? [] : [`no longer declared: ${counts.join(', ')}`]),
    ...(beyond === 0 ? [] : [`not declared and left alone: ${String(beyond)}`]),
  ]
  return parts.length === 0 ? null : `. ${parts.join('; ')} (${where})`
}

function counted(count: number, word: string): string {
  return count === 0 ? '' : `${String(count)} ${word}${count === 1 ? '' : 's'}`
}
