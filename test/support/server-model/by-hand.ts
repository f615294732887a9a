/** What a person does on the model, at a prompt. */
import { SUPERUSER } from './names.ts'
import type { ModelServer } from './server.ts'
import { Refusal } from './state.ts'

/** A statement by hand. */
export interface Operation {
  /** null: the superuser. */
  readonly as: string | null
  readonly database: string | null
  readonly sql: string
}

export const by = (sql: string, database: string | null = null, as: string | null = null): Operation => ({
  as,
  database,
  sql,
})

/** By hand; @returns the server's refusal, null where it did it. */
export function byHand(server: ModelServer, { as, database, sql }: Operation): string | null {
  try {
    server.transaction(() => {
      server.run(sql, { login: SUPERUSER, runAs: as, database })
    })
    return null
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
}
