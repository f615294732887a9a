/** Many tables, made as an application would: without a transaction that holds them all. */
import type { LogEntry } from './postgres.ts'
import type { Stack } from './provision.ts'

/** Makes `count` tables `t1`, `t2`, … in a schema, as the application that owns it. */
export async function makeTables(stack: Stack, application: string, schema: string, count: number): Promise<void> {
  await stack.sql(
    application,
    `DO $$ BEGIN
      FOR i IN 1..${String(count)} LOOP
        EXECUTE 'CREATE TABLE ${schema}.t' || i || ' (id int)';
        IF i % 200 = 0 THEN COMMIT; END IF;
      END LOOP;
    END $$`,
  )
}

/** How many of those tables each message of the log names, the most first: a message of ours is one transaction. */
export function tablesNamed(entries: readonly LogEntry[], schema: string): number[] {
  const name = new RegExp(`"?${schema}"?\\."?t\\d+`, 'g')
  return entries
    .filter(({ message }) => message.includes('BEGIN'))
    .map(({ message }) => message.match(name)?.length ?? 0)
    .filter((count) => count > 0)
    .sort((a, b) => b - a)
}
