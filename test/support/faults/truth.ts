/** What an audit claims, beside what the server's log shows to have taken effect. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditRecord } from '../../../src/model/audit.ts'
import { changingStatements, type LogEntry, type Server } from '../postgres.ts'

/** Settings without which the log does not tell what took effect: the server logs a duration only for what succeeded. */
export const TRUTH_SETTINGS = { log_duration: 'on' } as const

/** Changing statements of messages that the server finished, redacted, in the log's order. */
export function effective(entries: readonly LogEntry[]): string[] {
  const open = new Map<number, string[]>()
  const done: string[] = []
  for (const { pid, message, severity } of entries) {
    const text = /^(?:statement|execute [^:]*): ([\s\S]*)$/.exec(message)?.[1]
    if (text !== undefined) open.set(pid, changingStatements(text))
    else if (severity === 'ERROR' || severity === 'FATAL' || severity === 'PANIC') open.delete(pid)
    else if (message.startsWith('duration: ')) {
      done.push(...(open.get(pid) ?? []))
      open.delete(pid)
    }
  }
  return done
}

/** What an audit says of the changing statements of its run. */
export interface Told {
  readonly claimed: readonly string[]
  /** In messages of records that say that it is not known. */
  readonly unknown: readonly string[]
}

export function told(records: readonly Pick<AuditRecord, 'statements' | 'message' | 'status'>[]): Told {
  const unknown = records.filter(({ message, status }) => status === 'failed' && message.includes('is not known'))
  return {
    claimed: records.flatMap(({ statements }) => statements.flatMap(changingStatements)),
    unknown: unknown.flatMap(({ message }) =>
      changingStatements(/ is not known; the next run finds out: ([\s\S]*)$/.exec(message)?.[1] ?? ''),
    ),
  }
}

/** Lies and omissions of an audit, one line each; empty where it is truthful. */
export function untruths({ claimed, unknown }: Told, happened: readonly string[]): string[] {
  const invented = without(claimed, happened).map((statement) => `claimed, but it did not take effect: ${statement}`)
  const silent = without(without(happened, claimed), unknown).map(
    (statement) => `took effect, but the audit does not tell: ${statement}`,
  )
  return [...invented, ...silent]
}

/** `items` less `others`, each of which takes away one. */
function without(items: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>()
  for (const other of others) left.set(other, (left.get(other) ?? 0) + 1)
  return items.filter((item) => {
    const count = left.get(item) ?? 0
    if (count > 0) left.set(item, count - 1)
    return count === 0
  })
}

const OURS = `SELECT application_name, datname, usename, state, wait_event, query FROM pg_stat_activity WHERE application_name LIKE 'rds-provision%'`

/** Waits until no session of a run is left: the server finishes what a dead client asked for. */
export async function quiet(server: Server): Promise<void> {
  const end = Date.now() + 20_000
  while (Date.now() < end) {
    if ((await server.sql(OURS)).length === 0) return
    await sleep(10)
  }
  throw new Error(`sessions of a run are left on the server: ${JSON.stringify(await server.sql(OURS))}`)
}
