/** All rights that a stack's review is about, as the server has them. */
import type { AccessMatrix } from '../../model/access.ts'
import type { Actual } from '../../model/catalog.ts'
import type { Declaration } from '../../model/declaration.ts'
import { reviewContext } from './context.ts'
import { grantLines } from './grants.ts'
import { instanceLines } from './instance.ts'
import { levelLines } from './levels.ts'
import type { Line } from './line.ts'

/** By database, those on the whole instance last; then by login. The order is that of code points, in each look. */
export function reviewLines(declaration: Declaration, actual: Actual, matrix: AccessMatrix): Line[] {
  const context = reviewContext(declaration, actual, matrix)
  const inDatabases = [...levelLines(context), ...grantLines(context)]
  const lines = [...inDatabases, ...instanceLines(context, new Set(inDatabases.map(({ login }) => login)))]
  return lines.sort((a, b) => compare(orderOf(a), orderOf(b)))
}

function orderOf({ database, login, right }: Line): string {
  return JSON.stringify([database === '' ? 1 : 0, database, login, right])
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
