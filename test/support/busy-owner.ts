/** An application that changes its tables while we run, and what it notices of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Stack } from './provision.ts'

/** What the application saw. */
export interface Seen {
  /** How often it did its work. */
  readonly turns: number
  readonly longestMs: number
  /** SQLSTATE and message of each failure. */
  readonly errors: readonly string[]
}

/**
 * Repeats `work` over one connection of the owner.
 * @returns ends it, and tells what it saw
 */
export async function keepBusy(
  stack: Stack,
  application: string,
  everyMs: number,
  work: (client: pg.Client, turn: number) => Promise<void>,
): Promise<() => Promise<Seen>> {
  const client = await stack.connect(application)
  const errors: string[] = []
  let longestMs = 0
  let turns = 0
  const state = { isOn: true }
  const loop = (async () => {
    while (state.isOn) {
      turns += 1
      const started = Date.now()
      await work(client, turns).catch((error: unknown) => {
        errors.push(
          error instanceof Error && 'code' in error ? `${String(error.code)} ${error.message}` : String(error),
        )
      })
      const tookMs = Date.now() - started
      longestMs = Math.max(longestMs, tookMs)
      await sleep(Math.max(0, everyMs - tookMs))
    }
  })()
  return async () => {
    state.isOn = false
    await loop
    await client.end()
    return { turns, longestMs, errors }
  }
}

/** Exchanges a table of `schema.t1` to `schema.t<count>` for a new one, as a nightly load does. */
export function swapTables(schema: string, count: number): (client: pg.Client, turn: number) => Promise<void> {
  return async (client, turn) => {
    const table = `t${String((turn % count) + 1)}`
    for (const statement of [
      `DROP TABLE IF EXISTS ${schema}.${table}_new, ${schema}.${table}_old`,
      `CREATE TABLE ${schema}.${table}_new (id int)`,
      `ALTER TABLE IF EXISTS ${schema}.${table} RENAME TO ${table}_old`,
      `ALTER TABLE ${schema}.${table}_new RENAME TO ${table}`,
      `DROP TABLE IF EXISTS ${schema}.${table}_old`,
    ])
      await client.query(statement)
  }
}
