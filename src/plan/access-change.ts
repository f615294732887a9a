/** A statement that changes a login's privileges, together with what it changes as data: both are made at one place. */
import type { AccessChange, PrivilegeChange } from '../model/access-change.ts'
import type { AccessLevel } from '../model/declaration.ts'
import type { Statement } from '../model/statement.ts'

export interface PrivilegeStatement {
  readonly statement: Statement
  readonly change: PrivilegeChange
}

export function statementsOf(items: readonly PrivilegeStatement[]): Statement[] {
  return items.map(({ statement }) => statement)
}

/** Equal changes count once: of many objects each statement names some. Null where nothing changes. */
export function accessChangeOf(level: AccessLevel | null, items: readonly PrivilegeStatement[]): AccessChange | null {
  if (items.length === 0) return null
  const changes = new Map(items.map(({ change }) => [JSON.stringify(change), change]))
  return { level, changes: [...changes.values()] }
}
