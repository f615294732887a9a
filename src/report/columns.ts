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
  const isForm = ({ column }: Filled): boolean => column.isForm === true
  const telling = filled.filter((item) => isForm(item) || item.cells.some((cell) => cell !== null && cell !== ''))
  const isShared = (item: Filled): boolean => !isForm(item) && item.cells.every((cell) => cell === item.cells[0])
  const shared = rows.length > 2 ? telling.filter(isShared) : []
  return { shared, listed: telling.filter((column) => !shared.includes(column)) }
}
