/** What walks are about: names, entries, and the declaration that a run gets. */
import { parseDeclaration } from '../../../src/input/parse.ts'
import type { Declaration } from '../../../src/model/declaration.ts'
import { ADMIN_SECRET, MASTER_SECRET } from '../server-model/names.ts'

export type Entries = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export const KEYS = ['alpha', 'beta', 'gamma', 'delta'] as const
export const STRANGERS = ['stranger_1', 'stranger_2'] as const
/** Of a second stack on the same server. */
export const OTHER: Entries = { omega: {}, psi: { database_of: 'omega', access_level: 'reader' } }

export const usernameOf = (key: string): string => `${key}_dev_user`
export const databaseOf = (key: string): string => `${key}_dev_db`

/** Ids of two states. */
export const CLAIM = '00000000-0000-4000-8000-000000000001'
export const TWIN = '00000000-0000-4000-8000-000000000002'

export interface Stack {
  readonly stack?: string
  readonly claim?: string | null
  /** The master may be asked. */
  readonly hasMaster?: boolean
}

/** @throws InvalidInputError */
export function declare(
  entries: Entries,
  { stack = 'walk', claim = CLAIM, hasMaster = false }: Stack = {},
): Declaration {
  return parseDeclaration(
    JSON.stringify({
      environment: 'dev',
      instance: { host: '127.0.0.1', identifier: 'db-1' },
      tls: { mode: 'disable' },
      connect_timeout: 1,
      admin_secret_id: ADMIN_SECRET,
      ...(hasMaster && { master_secret_id: MASTER_SECRET }),
      cluster_name: 'c',
      stack,
      claim,
      application_databases: entries,
    }),
  ).declaration
}
