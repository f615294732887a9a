/**
 * What a removal shows others over a session of its own, which a process that dies takes along: that databases are
 * closed on purpose, and, where Terraform runs several removals side by side, that it is about to close some.
 */
import type { Connections } from '../../server/connections.ts'
import { countPending, hidePending, showClosed, showPending } from '../../server/removal-signals.ts'

export interface Signs {
  /** No other process removes for this run. */
  readonly isAlone: boolean
  /** It has not closed its databases yet: others of its run wait for it with their snapshot. */
  readonly pending: () => Promise<void>
  /** Nobody should wait for it. */
  readonly settled: () => Promise<void>
  /** These databases are closed on purpose. */
  readonly closed: (databases: readonly string[]) => Promise<void>
  /** How many others of its run have not closed their databases yet. */
  readonly countOthers: () => Promise<number>
  readonly close: () => Promise<void>
}

/**
 * @param open a connection without the instance's lock; made where the first sign is shown
 * @param group the removals that share a snapshot
 * @param isAlone no other process removes for this run
 */
export function makeSigns(open: () => Promise<Connections>, group: string, isAlone: boolean): Signs {
  let opened: Promise<Connections> | null = null
  const session = async (): Promise<Connections['admin']> => {
    opened ??= open()
    return (await opened).admin
  }
  return {
    isAlone,
    pending: async () => {
      if (!isAlone) await showPending(await session(), group)
    },
    settled: async () => {
      if (opened !== null) await hidePending(await session(), group)
    },
    closed: async (databases) => showClosed(await session(), group, databases),
    countOthers: async () => (isAlone ? 0 : countPending(await session(), group)),
    close: async () => {
      const server = await opened?.catch(() => null)
      await server?.close()
    },
  }
}
