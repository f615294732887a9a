/** The way to AWS where the network is closed: a proxy that only knows CONNECT, and endpoints with TLS behind it. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Certificates } from '../certificates.ts'

/** A stand-in of a proxy. Wherever a tunnel is asked for, it leads to the same port of the loopback. */
export interface ConnectProxy {
  readonly url: string
  /** What was asked for, as `host:port`. */
  readonly tunnels: readonly string[]
  /** `Proxy-Authorization` of each. */
  readonly logins: readonly (string | undefined)[]
  /** Requests that came without a tunnel. */
  readonly plain: readonly string[]
  /** Answers with this status and no tunnel, from now on. */
  refuse(status: number): void
  stop(): Promise<void>
}

/** @param port where all tunnels lead to */
export async function startConnectProxy(port: number): Promise<ConnectProxy> {
  const tunnels: string[] = []
  const logins: (string | undefined)[] = []
  const plain: string[] = []
  let refusal: number | null = null
  const server = createHttpServer((request, response) => {
    plain.push(`${request.method ?? ''} ${request.url ?? ''}`)
    response.writeHead(501).end()
  })
  const stop = stopper(server)
  server.on('connect', (request, near: Socket) => {
    tunnels.push(request.url ?? '')
    logins.push(request.headers['proxy-authorization'])
    near.on('error', () => near.destroy())
    if (refusal !== null) {
      near.end(`HTTP/1.1 ${String(refusal)} No\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    const far = connect(port, '127.0.0.1', () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n')
      near.pipe(far).pipe(near)
    })
    far.on('error', () => near.destroy())
    near.on('close', () => far.destroy())
  })
  return {
    url: `http://127.0.0.1:${String(await listen(server))}`,
    tunnels,
    logins,
    plain,
    refuse: (status) => {
      refusal = status
    },
    stop,
  }
}

/** TLS in front of a port of the loopback. @returns its own port */
export async function startTlsFront(
  port: number,
  { certificateFile, keyFile }: Certificates,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const [cert, key] = await Promise.all([readFile(certificateFile), readFile(keyFile)])
  const server = createTlsServer({ cert, key }, (near) => {
    const far = connect(port, '127.0.0.1')
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
    near.pipe(far).pipe(near)
  })
  const stop = stopper(server)
  return { port: await listen(server), stop }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return (server.address() as AddressInfo).port
}

/** Tunnels are no connections of an HTTP server any more, so each socket is ended here. */
function stopper(server: Server): () => Promise<void> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  return async () => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
}
