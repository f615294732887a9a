/** What an interrupt ends by itself: waits for AWS, and statements in flight. */
import { ApplyError } from '../errors.ts'
import { cancelBusy } from '../server/blockers.ts'
import type { Connections } from '../server/connections.ts'
import type { SnapshotClient } from '../snapshot/snapshot-client.ts'
import { interruptedProblem } from './outcome.ts'
import type { RunContext } from './context.ts'

/** Statements in flight get this long to end by themselves after an interrupt; after that they are cancelled. */
const GRACE_MS = 2_000

/** A server that does not answer to that either is left: the run ends within seconds. */
const ABANDON_MS = 8_000

/** Ends what sessions of this instance are doing once the run is interrupted. @returns stops that */
export function cancelOnInterrupt({ dependencies: { signal, progress } }: RunContext, server: Connections): () => void {
  const timers: NodeJS.Timeout[] = []
  const cancel = (): void => {
    cancelBusy(server).catch((error: unknown) => {
      progress(`could not cancel: ${String(error)}`)
    })
  }
  const abandon = (): void => {
    for (const session of new Set([...server.sessions, server.admin, server.lock])) session.abandon()
  }
  const onAbort = (): void => {
    timers.push(setTimeout(cancel, GRACE_MS), setTimeout(abandon, ABANDON_MS))
  }
  signal.addEventListener('abort', onAbort, { once: true })
  return () => {
    signal.removeEventListener('abort', onAbort)
    for (const timer of timers) clearTimeout(timer)
  }
}

/** An answer of AWS, which an interrupt need not wait for. @throws ApplyError when interrupted */
export async function raceInterrupt<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const settled = new AbortController()
  const interrupt = new Promise<never>((_resolve, reject) => {
    const stop = (): void => {
      reject(new ApplyError([interruptedProblem(signal)]))
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true, signal: settled.signal })
  })
  try {
    return await Promise.race([answer, interrupt])
  } finally {
    settled.abort()
  }
}

export function withInterrupt(client: SnapshotClient, signal: AbortSignal): SnapshotClient {
  return {
    locate: async (identifier, host) => raceInterrupt(client.locate(identifier, host), signal),
    list: async (source) => raceInterrupt(client.list(source), signal),
    find: async (id, source) => raceInterrupt(client.find(id, source), signal),
    create: async (id, source, tags) => raceInterrupt(client.create(id, source, tags), signal),
    close: () => {
      client.close()
    },
  }
}
