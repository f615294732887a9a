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

/** How many objects of a schema each message of the log names, the most first: a message of ours is one transaction. */
export function objectsNamed(entries: readonly LogEntry[], schema: string): number[] {
  return entries
    .map(({ message }) => message.split(`"${schema}".`).length - 1)
    .filter((count) => count > 0)
    .sort((a, b) => b - a)
}
