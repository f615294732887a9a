/** Names in one GRANT or REVOKE: keeps statements readable in logs, whatever the number of tables. */
export const OBJECTS_PER_STATEMENT = 200

/** Parts of at most `size` items, in order. */
export function chunk<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
