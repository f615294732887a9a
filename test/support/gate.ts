import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A TCP front that holds each new connection until a test has done what it wants to do first. */
export interface Gate {
  /** Its port on 127.0.0.1. */
  readonly port: number
  close(): Promise<void>
}

/** Opens a gate before `localhost:<upstream>`; each connection goes on once `arrived` is done. */
export async function startGate(upstream: number, arrived: () => Promise<void>): Promise<Gate> {
  const open = new Set<Socket>()
  const listener = createServer((client) => {
    const server = connect(upstream, '127.0.0.1')
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      open.add(socket)
      socket.on('error', () => socket.destroy()) // the other end learns of it by `close`
      socket.on('close', () => {
        open.delete(socket)
        other.destroySoon()
      })
    }
    arrived().then(
      () => client.pipe(server).pipe(client),
      (error: unknown) => client.destroy(error instanceof Error ? error : undefined),
    )
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('The gate has no port.')
  return {
    port: address.port,
    async close() {
      for (const socket of open) socket.destroy()
      await once(listener.close(), 'close')
    },
  }
}
