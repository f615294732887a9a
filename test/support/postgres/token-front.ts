import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect as connectTcp, createServer, type Socket } from 'node:net'
import { connect as connectTls, TLSSocket } from 'node:tls'
import type { Server } from '../postgres.ts'

/** A second door to a server, where members of rds_iam may show tokens of any length. */
export interface TokenFront {
  /** Its port on 127.0.0.1; the certificate is the server's own. */
  readonly port: number
  close(): Promise<void>
}

type FrontServer = Pick<Server, 'port' | 'caFile' | 'certificateFile' | 'keyFile' | 'acceptToken'>
type Accepts = (user: string, token: string) => boolean

interface Keys {
  readonly key: Buffer
  readonly cert: Buffer
  readonly ca: Buffer
}

// Manual 55.7: SSLRequest is length 8 and code 80877103; AuthenticationCleartextPassword is R, length 8, code 3.
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])
/** A record of TLS: a client of 17 and later may begin with it, and then names `postgresql` as its protocol (manual 55.2.11). */
const TLS_HANDSHAKE = 22
const ASK_CLEARTEXT = Buffer.from([82, 0, 0, 0, 8, 0, 0, 0, 3])

/**
 * Opens a door in front of the server. PostgreSQL takes no RADIUS password over 128 bytes, and an IAM token is longer: where
 * the server asks for a password in clear text, `accepts` decides, and the server is shown the token's SHA-256 instead, or a word that it refuses.
 * All else passes through unchanged.
 */
export async function startTokenFront(server: FrontServer, accepts: Accepts): Promise<TokenFront> {
  const [key, cert, ca] = await Promise.all(
    [server.keyFile, server.certificateFile, server.caFile].map((file) => readFile(file)),
  )
  if (key === undefined || cert === undefined || ca === undefined) throw new Error('The server has no certificate.')
  const open = new Set<Socket>()
  const listener = createServer((client) => {
    open.add(client)
    client.on('close', () => open.delete(client))
    carry(client, server, { key, cert, ca }, accepts).catch((error: unknown) => {
      client.destroy(error instanceof Error ? error : undefined)
    })
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('The front has no port.')
  return {
    port: address.port,
    async close() {
      for (const client of open) client.destroy()
      await once(listener.close(), 'close')
    },
  }
}

async function carry(client: Socket, server: FrontServer, { key, cert, ca }: Keys, accepts: Accepts): Promise<void> {
  const request = await nextChunk(client)
  const isDirect = request[0] === TLS_HANDSHAKE
  if (!isDirect && !request.equals(SSL_REQUEST)) throw new Error('The front speaks TLS only.')
  const upstream = connectTcp(server.port, '127.0.0.1')
  upstream.write(SSL_REQUEST)
  if ((await nextChunk(upstream)).toString() !== 'S') throw new Error('The server speaks no TLS.')
  if (isDirect) client.unshift(request)
  const outside = new TLSSocket(client, {
    isServer: true,
    key,
    cert,
    ...(isDirect ? { ALPNProtocols: ['postgresql'] } : {}),
  })
  const inside = connectTls({ socket: upstream, ca, servername: 'localhost' })
  if (!isDirect) client.write('S')
  for (const [socket, other] of [
    [outside, inside],
    [inside, outside],
  ] as const) {
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      other.destroySoon()
    })
  }
  const user = readUser(await forwardFirst(outside, inside))
  let tokenIsNext = false
  inside.on('data', (data: Buffer) => {
    tokenIsNext = data.equals(ASK_CLEARTEXT)
    outside.write(data)
  })
  outside.on('data', (data: Buffer) => {
    inside.write(
      tokenIsNext
        ? replaceText(data, (token) => {
            if (!accepts(user, token)) return 'refused'
            const digest = createHash('sha256').update(token).digest('hex')
            server.acceptToken(user, digest)
            return digest
          })
        : data,
    )
    tokenIsNext = false
  })
}

/** The next bytes of a socket that is still paused or silent; each message of the handshake comes in one piece. */
async function nextChunk(socket: Socket): Promise<Buffer> {
  const event: unknown[] = await once(socket, 'data')
  const [chunk] = event
  socket.pause()
  if (!Buffer.isBuffer(chunk)) throw new Error('A socket gave no bytes.')
  return chunk
}

async function forwardFirst(from: Socket, to: Socket): Promise<Buffer> {
  const startup = await nextChunk(from)
  to.write(startup)
  from.resume()
  return startup
}

/** The user in a StartupMessage: length, version, then names and values, each ended by a zero byte. */
function readUser(startup: Buffer): string {
  const fields = startup.subarray(8).toString().split('\0')
  return fields[fields.indexOf('user') + 1] ?? ''
}

/** A PasswordMessage (p, length, the text, a zero byte) with another text. */
function replaceText(message: Buffer, replace: (token: string) => string): Buffer {
  const text = Buffer.from(replace(message.subarray(5, -1).toString()))
  const head = Buffer.alloc(5, 'p')
  head.writeInt32BE(4 + text.length + 1, 1)
  return Buffer.concat([head, text, Buffer.alloc(1)])
}
