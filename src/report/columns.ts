import type { Cell, Column, Section } from './report.ts'

/** One column with the cells of all rows. */
export interface Filled {
  readonly column: Column
  readonly cells: readonly Cell[]
}

/**
 * The columns that tell something, apart: `shared` says the same in all of three or more rows and is better said once;
 * `listed` is the table.
 */
export function layOut({ columns, rows }: Section): {
  readonly shared: readonly Filled[]
  readonly listed: readonly Filled[]
} {
  const filled = columns.map((column, index) => ({ column, cells: rows.map(({ cells }) => cells[index] ?? null) }))
  const telling = filled.filter(({ cells }) => cells.some((cell) => cell !== null && cell !== ''))
  const shared = rows.length > 2 ? telling.filter(({ cells }) => cells.every((cell) => cell === cells[0])) : []
  return { shared, listed: telling.filter((column) => !shared.includes(column)) }
}
